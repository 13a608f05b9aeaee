"""Three rounds by the same soldiers of eight companies: job satisfaction as a KPI of one item, companies as subjects."""

import csv
import gzip
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from app.scoring.columns import Floats, Integers
from app.scoring.linear import Spread
from app.scoring.pooling import pooled_covariance
from app.scoring.released import Released, ReleasedGroup
from app.scoring.results import KpiScore, NotScored
from app.scoring.soft import RaterMix, score_kpis
from app.scoring.totals import AtomTotals

FILE = Path(__file__).parents[1] / "data" / "univbct.csv.gz"


@dataclass(frozen=True)
class Rounds:
    """One row per soldier; NaN where a soldier did not answer. Shape of points: rounds by soldiers."""

    names: list[str]
    company: Integers
    points: Floats

    def common(self, one: int, other: int) -> dict[str, int]:
        """How many soldiers of each company answered in both rounds."""
        both = ~np.isnan(self.points[[one, other]]).any(axis=0)
        return dict(zip(self.names, np.bincount(self.company[both], minlength=len(self.names)).tolist(), strict=True))


@cache
def rounds() -> Rounds:
    with gzip.open(FILE, "rt") as file:
        rows = list(csv.DictReader(file))

    def points(text: str) -> float:
        return (float(text) - 1) * 25 if text not in {"", "NA"} else math.nan

    names, company = np.unique([row["COMPANY"] for row in rows], return_inverse=True)
    answers = [[points(row[f"JOBSAT{number}"]) for row in rows] for number in (1, 2, 3)]
    return Rounds(names.tolist(), company, np.array(answers))


def scored(number: int) -> tuple[Mapping[str, KpiScore | NotScored], Spread]:
    """Every company's score in a round, and the spread it rests on."""
    found = rounds()
    n, companies = len(found.company), len(found.names)
    totals = AtomTotals.from_scores(
        found.company, np.arange(n), np.zeros(n, np.int64), found.points[number], n_atoms=companies
    )
    spread = {"soldier": pooled_covariance(totals, range(companies), {0: 1})}
    groups = [ReleasedGroup(place, ("soldier",), (place,)) for place in range(companies)]
    values = score_kpis(Released.of(totals, groups), [RaterMix(0, {"soldier": 1})], spread).values()
    return {name: values[place, 0] for place, name in enumerate(found.names)}, spread
