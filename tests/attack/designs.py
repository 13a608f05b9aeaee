"""Random rounds: organisations of companies, units, persons and competitors, rated by people who rate each other."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from app.scoring.atoms import Kind, Mode, Pooling, RaterGroup, Subject
from tests.attack.played import Played, Sheet

Draw = np.random.Generator


def played_rounds(largest: int = 14) -> st.SearchStrategy[Played]:
    """Small rounds of every shape; a failure prints the seed, so that it can be played again."""
    return st.builds(random_round, st.integers(0, 2**32 - 1), st.just(largest))


def random_round(seed: int, largest: int = 14, mode: Mode | None = None) -> Played:
    draw = np.random.default_rng(seed)
    subjects = _tree(draw, int(draw.integers(1, largest + 1)))
    groups = _groups(draw, mode)
    measures = int(draw.integers(1, 4))
    people = int(draw.integers(3, 40))
    asked = {
        (subject, group): frozenset({0, *np.flatnonzero(draw.random(measures) < 0.8).tolist()})
        for subject in range(len(subjects))
        for group in range(len(groups))
    }
    sheets: list[Sheet] = []
    for (subject, group), measured in asked.items():
        most = 1 if groups[group].mode is Mode.NAMED else int(draw.choice([0, 1, 2, 3, 3, 4, 4, 5, 9]))
        raters = draw.permutation(people)[: int(draw.integers(most // 3, most + 1))].tolist()
        sheets += [_sheet(draw, subject, group, person, measured, measures) for person in raters]
    pooling = Pooling.POOL if draw.random() < 0.6 else Pooling.DROP
    return Played(subjects, groups, tuple(sheets), asked, measures, pooling)


def answered(played: Played) -> Played:
    """One measure, answered on every sheet, everyone counts: the case that weak rules were made for."""
    sheets = tuple(replace(sheet, scores=(50_000_000,), counts=True) for sheet in played.sheets)
    return replace(played, sheets=sheets, measures=1)


def _tree(draw: Draw, size: int) -> tuple[Subject, ...]:
    subjects: list[Subject] = []
    for place in range(size):
        units = [one for one in range(place) if subjects[one].kind is Kind.UNIT]
        if not units or draw.random() < 0.03:
            subjects.append(Subject(-1, Kind.UNIT))
            continue
        kind = draw.choice(
            [Kind.UNIT, Kind.PERSON, Kind.PERSON, Kind.PERSON, Kind.COMPETITOR], p=[0.3, 0.2, 0.2, 0.2, 0.1]
        )
        subjects.append(Subject(int(draw.choice(units)), Kind(kind)))
    return tuple(subjects)


def _groups(draw: Draw, mode: Mode | None) -> tuple[RaterGroup, ...]:
    modes: Sequence[Mode] = [Mode.CONFIDENTIAL, Mode.ANONYMOUS, Mode.NAMED, Mode.REPORT, Mode.CONFIDENTIAL]
    groups: list[RaterGroup] = []
    for place in range(int(draw.integers(1, 6))):
        k = int(draw.integers(3, 7))
        groups.append(
            RaterGroup(mode or modes[(place + int(draw.integers(0, 4))) % 5], k, k + int(draw.integers(0, 3)))
        )
    return tuple(groups)


def _sheet(draw: Draw, subject: int, group: int, person: int, measured: frozenset[int], measures: int) -> Sheet:
    scores = tuple(
        int(draw.integers(0, 5)) * 25_000_000 if measure in measured and draw.random() < 0.85 else None
        for measure in range(measures)
    )
    comment = f"{subject}/{group}/{person}" if draw.random() < 0.5 else ""
    return Sheet(subject, group, person, scores, comment, counts=bool(draw.random() < 0.92))
