"""Subjects on one scale: over the KPIs and rater groups that all of them have, each with the same weight.

==============  ==============================================================
Name            Meaning
==============  ==============================================================
Compared        composites that mean the same for all, and what they rest on
NotCompared     why there are none
like_for_like   the comparison
alike           the subjects that have what nearly all have
==============  ==============================================================

A unit that only its customers rated and one that its colleagues rated too differ by who was asked, before they differ
in anything else. The composites of `composite` therefore say how a subject does; those of here, who does better.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

import numpy as np

from app.deferred import dataclass
from app.scoring.composite import HardScores, score_composites
from app.scoring.results import Composite, HardScore
from app.scoring.scorecards import CardEntry, Scorecard
from app.scoring.soft import RaterMix, SoftScores, score_kpis
from app.scoring.weights import reaches

Groups = tuple[str, ...]

NEARLY_ALL = 0.9
"""What so many of the subjects have, all of those that are compared must have."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Subjects on one scale.

    composites : by subject
    groups : by soft KPI that takes part, the released groups that all subjects have on it
    kpis : that take part, in the order of the card
    coverage : share of the weight of the card that these hold, 0..1
    """

    composites: Mapping[int, Composite]
    groups: Mapping[int, tuple[Groups, ...]]
    kpis: tuple[int, ...]
    coverage: float


class Uncompared(StrEnum):
    """Why there is no comparison; the set is closed.

    nothing_shared_groups : no KPI with weight has a figure for all subjects from the same rater groups
    """

    NOTHING_SHARED = "nothing_shared_groups"


@dataclass(frozen=True, slots=True)
class NotCompared:
    """A comparison that cannot be made."""

    reason: Uncompared


def like_for_like(
    soft: SoftScores, hard: HardScores, card: Scorecard, mixes: Sequence[RaterMix], subjects: Sequence[int]
) -> Compared | NotCompared:
    """Compare subjects over what all of them have.

    Parameters
    ----------
    soft : scores of the soft KPIs
    hard : scores of the hard KPIs
    card : whose weights count for everybody
    mixes : what each rater group weighs on a soft KPI
    subjects : one or more numbers

    Returns
    -------
    The comparison, or why there is none.

    Formula: group means, errors and composites as ever, over the rater groups that every subject has on a KPI and the
    KPIs on which every subject has a figure; weights rescaled over these, the same for all.
    Source: direct standardisation, here with the weights of the card; docs/scoring.md, section "Ranks".

    >>> from app.scoring.released import Released, ReleasedGroup
    >>> from app.scoring.totals import AtomTotals
    >>> totals = AtomTotals.from_scores([0, 1, 2], range(3), [0] * 3, [60, 90, 70], n_atoms=3)
    >>> groups = [ReleasedGroup(0, ("customer",), (0,)), ReleasedGroup(0, ("manager",), (1,))]
    >>> mixes = [RaterMix(0, {"customer": 1, "manager": 1})]
    >>> soft = score_kpis(Released.of(totals, [*groups, ReleasedGroup(1, ("customer",), (2,))]), mixes, {})
    >>> [score.score for score in soft.values().values()]
    [75.0, 70.0]
    >>> compared = like_for_like(soft, {}, Scorecard((CardEntry(0, 1),)), mixes, [0, 1])
    >>> [composite.score for composite in compared.composites.values()], compared.groups
    ([60.0, 70.0], {0: (('customer',),)})
    """
    groups = _shared_groups(soft, mixes, subjects)
    kept = [entry for entry in card.entries if entry.kpi in groups or _all_have(hard, entry.kpi, subjects)]
    weight = math.fsum(entry.weight for entry in kept)
    if not weight:
        return NotCompared(Uncompared.NOTHING_SHARED)
    same = replace(card, entries=tuple(CardEntry(entry.kpi, entry.weight) for entry in kept))
    found = score_composites(_rescored(soft, mixes, groups, subjects), dict.fromkeys(subjects, same), hard)
    return Compared(
        {subject: one for subject, one in found.items() if isinstance(one, Composite)},
        {entry.kpi: groups[entry.kpi] for entry in kept if entry.kpi in groups},
        tuple(entry.kpi for entry in kept),
        weight / math.fsum(entry.weight for entry in card.entries),
    )


def alike(
    soft: SoftScores, hard: HardScores, card: Scorecard, mixes: Sequence[RaterMix], subjects: Sequence[int]
) -> tuple[int, ...]:
    """The subjects that have what nearly all have, so that one who lacks a rater group does not take it from a hundred.

    Parameters
    ----------
    soft, hard, card, mixes : as `like_for_like`
    subjects : numbers

    Returns
    -------
    Those that have every rater group on a KPI, and every hard KPI, that nine of ten subjects have. Among fewer than ten
    subjects that is what all have, hence all of them.

    Source: decided by who has answered, never by how; docs/scoring.md, section "Ranks".

    >>> from app.scoring.released import Released, ReleasedGroup
    >>> from app.scoring.soft import score_kpis
    >>> from app.scoring.totals import AtomTotals
    >>> totals = AtomTotals.from_scores(range(19), range(19), [0] * 19, [60] * 19, n_atoms=19)
    >>> groups = [ReleasedGroup(one, ("customer",), (one,)) for one in range(10)]
    >>> groups += [ReleasedGroup(one, ("manager",), (10 + one,)) for one in range(9)]
    >>> mixes = [RaterMix(0, {"customer": 1, "manager": 1})]
    >>> soft = score_kpis(Released.of(totals, groups), mixes, {})
    >>> alike(soft, {}, Scorecard((CardEntry(0, 1),)), mixes, range(10))
    (0, 1, 2, 3, 4, 5, 6, 7, 8)
    """
    weighing = {entry.kpi for entry in card.entries if entry.weight > 0}
    having = [
        owners
        for kpi, labels in _owners(soft, mixes, subjects).items()
        if kpi in weighing
        for owners in labels.values()
    ]
    having += [{one for one in subjects if isinstance(hard.get((one, kpi)), HardScore)} for kpi in sorted(weighing)]
    needed = [owners for owners in having if reaches(len(owners), NEARLY_ALL * len(subjects))]
    return tuple(one for one in subjects if all(one in owners for owners in needed))


def _owners(soft: SoftScores, mixes: Sequence[RaterMix], subjects: Sequence[int]) -> dict[int, dict[Groups, set[int]]]:
    """By KPI the released groups with weight that any subject has, in the order of the first one, and who has each."""
    table, labels = soft.group_rows, [group.groups for group in soft.released.groups]
    rows = np.flatnonzero(np.isin(table.subject, subjects) & np.isin(table.kpi, [mix.kpi for mix in mixes]))
    having: dict[int, dict[Groups, set[int]]] = {}
    columns = (column[rows].tolist() for column in (table.group, table.subject, table.kpi, table.weight))
    for group, subject, kpi, weight in zip(*columns, strict=True):
        if weight > 0:
            having.setdefault(kpi, {}).setdefault(labels[group], set()).add(subject)
    return having


def _shared_groups(
    soft: SoftScores, mixes: Sequence[RaterMix], subjects: Sequence[int]
) -> dict[int, tuple[Groups, ...]]:
    """By KPI the released groups with weight that every subject has, in the order of the first one; never none."""
    shared = {
        kpi: tuple(name for name, owners in by_label.items() if owners == set(subjects))
        for kpi, by_label in _owners(soft, mixes, subjects).items()
    }
    return {kpi: names for kpi, names in shared.items() if names}


def _all_have(hard: HardScores, kpi: int, subjects: Sequence[int]) -> bool:
    return all(isinstance(hard.get((subject, kpi)), HardScore) for subject in subjects)


def _rescored(
    soft: SoftScores, mixes: Sequence[RaterMix], groups: Mapping[int, tuple[Groups, ...]], subjects: Sequence[int]
) -> SoftScores:
    """The scores of these subjects as if only these groups had been asked."""
    released = soft.released
    theirs = np.flatnonzero(np.isin(released.subjects(), subjects))
    rows = zip(released.group[theirs].tolist(), released.kpi[theirs].tolist(), strict=True)
    kept = theirs[np.array([released.groups[group].groups in groups.get(kpi, ()) for group, kpi in rows], np.bool_)]
    columns = {name: getattr(released, name)[kept] for name in ("group", "kpi", "n", "mean")}
    asked = [replace(mix, weights=_only(mix.weights, groups[mix.kpi])) for mix in mixes if mix.kpi in groups]
    return score_kpis(replace(released, **columns), asked, soft.spread)


def _only(weights: Mapping[str, float], groups: Sequence[Groups]) -> dict[str, float]:
    names = {name for group in groups for name in group}
    return {name: weight for name, weight in weights.items() if name in names}
