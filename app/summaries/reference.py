"""What each KPI adds to the distance between a composite and something it is held against: a target, a norm, the last round. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.kpis.values import Form
from app.rounds.values import FrozenSubject
from app.scoring.composite import mean_of
from app.scoring.explain import against, geometric_parts
from app.scoring.goalposts import DEFAULT_TARGET_SCORE
from app.scoring.scorecards import Form as ScoringForm
from app.scoring.weights import normalise
from app.summaries.values import Place, Since
from app.words import Words

FULL = 100.0
Document = Mapping[str, Any]


class Reference(StrEnum):
    """What a composite is held against.

    last_round : the round before, over what both have
    norm : the unit above, in the same release
    target : every KPI at its target
    """

    LAST_ROUND = "last_round"
    NORM = "norm"
    TARGET = "target"


@dataclass(frozen=True, slots=True)
class Part:
    """One KPI: its share of the weight that takes part, both scores, and what it adds to the distance."""

    kpi_id: str
    name: Words
    share: float
    score: float
    reference: float
    points: float


@dataclass(frozen=True, slots=True)
class Against:
    """A composite and a reference, over the KPIs that both have; `parts` add up to `points`.

    place : the unit that is the norm; since : the earlier round
    is_real : of a change, whether it is one beyond chance
    without : the KPIs of the composite that have no reference
    """

    reference: Reference
    place: Place | None
    since: Since | None
    score: float
    reference_score: float
    points: float
    is_real: bool | None
    parts: tuple[Part, ...]
    without: tuple[Words, ...]


def target_scores(subject: FrozenSubject, kpi_ids: Sequence[str]) -> dict[str, float]:
    """What each KPI is worth at its target: 75, or 100 without a stretch and in the best range; a rated one 75.

    Source: docs/scoring.md, section "Goalposts".
    """
    posts = {kpi_id: subject.targets.get(kpi_id) for kpi_id in kpi_ids}
    return {
        kpi_id: DEFAULT_TARGET_SCORE if one is None or one.stretch is not None else FULL
        for kpi_id, one in posts.items()
    }


def norm_scores(explained: Document) -> dict[str, float]:
    """The KPI scores of a unit, as its own arithmetic has them."""
    return {one["kpi_id"]: one["score"] for one in explained["kpis"] if one["score"] is not None}


def distance_to(
    reference: Reference,
    composite: Document,
    references: Mapping[str, float],
    names: Mapping[str, Words],
    *,
    place: Place | None = None,
) -> Against | None:
    """A composite against scores by KPI; None where it has no KPI in common with them.

    Parameters
    ----------
    composite : as the arithmetic of the subject has it
    references : 0-100 by KPI id

    Formula: w (x - reference), or by log-mean if the composite is geometric; w rescaled over the KPIs that both have.
    """
    parts = [one for one in composite["parts"] if one["kpi_id"] in references]
    if not parts:
        return None
    form = ScoringForm(Form(composite["form"]))
    shares = normalise([one["share"] for one in parts])
    scores = [one["score"] for one in parts]
    others = [references[one["kpi_id"]] for one in parts]
    points = (against if form is ScoringForm.ARITHMETIC else geometric_parts)(shares, scores, others)
    ends = [mean_of(shares, column, form) for column in (scores, others)]
    return Against(
        reference,
        place,
        None,
        ends[0],
        ends[1],
        ends[0] - ends[1],
        None,
        tuple(
            Part(one["kpi_id"], names[one["kpi_id"]], *figures)
            for one, *figures in zip(parts, shares, scores, others, points, strict=True)
        ),
        tuple(names[one["kpi_id"]] for one in composite["parts"] if one["kpi_id"] not in references),
    )


def change_since(change: Document, since: Since, composite: Document, names: Mapping[str, Words]) -> Against:
    """The same for the round before, as the release found it: over the KPIs and rater groups that both rounds have."""
    parts = tuple(
        Part(one["kpi_id"], names[one["kpi_id"]], one["weight"], one["after"], one["before"], one["points"])
        for one in change["parts"]
    )
    told = {part.kpi_id for part in parts}
    return Against(
        Reference.LAST_ROUND,
        None,
        since,
        change["after"],
        change["before"],
        change["points"],
        change["is_real"],
        parts,
        tuple(names[one["kpi_id"]] for one in composite["parts"] if one["kpi_id"] not in told),
    )
