"""How scores have changed, and how alike the same raters answer in two rounds. Pure; nobody is told who is who."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np

from app.analysis.compose import Ratings, Voice
from app.analysis.rules import LEAST_SUBJECTS
from app.analysis.values import SubjectChange
from app.organisation.values import SubjectKind
from app.releases.changes import Earlier, Told, soft_changes, told_document
from app.releases.lookup import Tables
from app.scoring.discoveries import discoveries
from app.scoring.repeated import pooled_correlation
from app.scoring.trend import Untrended

_TOLD = ("before", "after", "points", "lo", "hi", "se", "df", "index", "is_real")


def correlation_of(before: Ratings, after: Ratings, people: Mapping[Voice, str]) -> tuple[int, float | None]:
    """How many scores there are of the same people about the same subjects in both rounds, and how alike they are.

    Parameters
    ----------
    before, after : of the two rounds
    people : who stands behind a voice without a name, of those who were asked in both

    Returns
    -------
    The number, and the correlation within subject and rater group; none below five subjects or 20 degrees of freedom.
    Whoever has rated a subject more than once counts with the mean.
    """
    one, other = _means(before, people), _means(after, people)
    both = sorted(one.keys() & other.keys())
    if len({subject for subject, _, _ in both}) < LEAST_SUBJECTS:
        return len(both), None
    cells = {cell: number for number, cell in enumerate(sorted({each[:2] for each in both}))}
    scores = ([found[each] for each in both] for found in (one, other))
    return len(both), pooled_correlation([cells[each[:2]] for each in both], *scores)


def change_lines(
    tables: Tables,
    kpi_id: str,
    earlier: Mapping[str, Earlier],
    correlations: Mapping[str, float],
    mine: Mapping[str, tuple[str, SubjectKind]],
) -> tuple[SubjectChange, ...]:
    """The changes of those whom the viewer analyses, by name; which are real is told among all of the round.

    Parameters
    ----------
    tables : the round
    kpi_id : of a soft KPI
    earlier : by subject what it is compared with
    correlations : by earlier release, where there is one
    mine : name and kind by subject
    """
    found = dict(soft_changes(tables, kpi_id, earlier, correlations))
    told = {subject_id: one for subject_id, one in found.items() if isinstance(one, Told)}
    stands = dict(zip(told, discoveries([one.difference.p for one in told.values()]), strict=True))
    lines = [
        _line(subject_id, mine[subject_id], one, earlier[subject_id].release_id, stands=stands.get(subject_id, False))
        for subject_id, one in found.items()
        if subject_id in mine
    ]
    return tuple(sorted(lines, key=lambda line: (line.name, line.subject_id)))


def _line(
    subject_id: str, called: tuple[str, SubjectKind], change: Told | Untrended, since: str, *, stands: bool
) -> SubjectChange:
    if isinstance(change, Untrended):
        return SubjectChange(subject_id, *called, since, change)
    told = told_document(change, stands=stands)
    figures: tuple[Any, ...] = tuple(told.get(name) for name in _TOLD)
    return SubjectChange(subject_id, *called, since, None, *figures)


def _means(rated: Ratings, people: Mapping[Voice, str]) -> dict[tuple[str, str, str], float]:
    """By subject, rater group and person."""
    found: defaultdict[tuple[str, str, str], list[float]] = defaultdict(list)
    rows = zip(rated.subjects, rated.groups, rated.voices, rated.scores.tolist(), strict=True)
    for subject, group, voice, score in rows:
        person = voice.mark if voice.is_named else people.get(voice)
        if person is not None:
            found[subject, group, person].append(score)
    return {each: float(np.mean(scores)) for each, scores in found.items()}
