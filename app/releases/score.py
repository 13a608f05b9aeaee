"""From atoms and readings to every figure of a round: groups, KPIs, items, hard KPIs, composites. Pure.

Numbers as in `partition`; hard KPIs are numbered after all measures. What is written down is decided in `rows`.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from app.deferred import dataclass
from app.kpis.values import KpiKind, RaterGroup
from app.metrics.values import Reading
from app.organisation.values import SubjectKind
from app.releases.measured import hard_scores
from app.releases.partition import JudgedRound
from app.rounds.values import FrozenKpi, FrozenRound
from app.scoring.composite import score_composites
from app.scoring.pooling import PooledCovariance, pooled_covariance
from app.scoring.released import Released, ReleasedGroup
from app.scoring.results import Composite, HardScore, NotScored
from app.scoring.scorecards import CardEntry, Form, Scorecard
from app.scoring.soft import RaterMix, SoftScores, score_kpis
from app.scoring.standing import speaking


@dataclass(frozen=True, slots=True, eq=False)
class ScoredRound:
    """Every figure of a round.

    figures : by number of the released group in `soft`, the number of its figure
    soft : groups, KPIs and items of all subjects
    hard_numbers : the number of each hard KPI by id
    hard : by subject and number of the KPI
    composites : by subject, for those with a card that are not competitors
    subtotals : by subject and kind, over the KPIs of that kind that the composite holds
    """

    judged: JudgedRound
    figures: tuple[int, ...]
    soft: SoftScores
    hard_numbers: Mapping[str, int]
    hard: Mapping[tuple[int, int], HardScore | NotScored]
    composites: Mapping[int, Composite | NotScored]
    subtotals: Mapping[tuple[int, KpiKind], Composite]


def score_round(frozen: FrozenRound, judged: JudgedRound, readings: Sequence[Reading]) -> ScoredRound:
    """Score everything that may be read.

    Parameters
    ----------
    frozen : the round as launched
    judged : its atoms
    readings : of the hard KPIs on its cards, within its period
    """
    return score_judged(frozen, judged, hard_scores(frozen, hard_numbers(frozen, judged), readings))


def score_judged(
    frozen: FrozenRound, judged: JudgedRound, hard: Mapping[tuple[int, int], HardScore | NotScored]
) -> ScoredRound:
    """The same from the scores of the hard KPIs, by subject and number of the KPI."""
    figures, released = _released(frozen, judged)
    soft = score_kpis(released, mixes_of(judged), _spread(frozen, judged))
    numbers = hard_numbers(frozen, judged)
    cards = _cards(frozen, judged, numbers)
    composites = score_composites(soft, cards, hard)
    subtotals = _subtotals(soft, cards, composites, hard)
    return ScoredRound(judged, figures, soft, numbers, hard, composites, subtotals)


def _subtotals(
    soft: SoftScores,
    cards: Mapping[int, Scorecard],
    composites: Mapping[int, Composite | NotScored],
    hard: Mapping[tuple[int, int], HardScore | NotScored],
) -> dict[tuple[int, KpiKind], Composite]:
    """By subject and kind; a composite of one kind only is its own subtotal."""
    found: dict[tuple[int, KpiKind], Composite] = {}
    mixed: dict[KpiKind, dict[int, Scorecard]] = {kind: {} for kind in KpiKind}
    for subject, composite in composites.items():
        if isinstance(composite, Composite):
            by_kind = _entries_by_kind(subject, cards[subject], composite, hard)
            for kind, entries in by_kind.items():
                if len(by_kind) == 1:
                    found[subject, kind] = composite
                else:
                    mixed[kind][subject] = replace(cards[subject], entries=tuple(entries))
    for kind, part_cards in mixed.items():
        totals = score_composites(soft, part_cards, hard) if part_cards else {}
        found |= {(subject, kind): total for subject, total in totals.items() if isinstance(total, Composite)}
    return found


def _entries_by_kind(
    subject: int, card: Scorecard, composite: Composite, hard: Collection[tuple[int, int]]
) -> dict[KpiKind, list[CardEntry]]:
    """The entries of a card that its composite holds, by kind."""
    present = {part.kpi for part in composite.parts}
    found: defaultdict[KpiKind, list[CardEntry]] = defaultdict(list)
    for entry in card.entries:
        if entry.kpi in present:
            kind = KpiKind.HARD if (subject, entry.kpi) in hard else KpiKind.SOFT
            found[kind].append(replace(entry, required=False))
    return found


def hard_numbers(frozen: FrozenRound, judged: JudgedRound) -> dict[str, int]:
    """The number of each hard KPI, after all measures."""
    hard = [kpi.kpi_id for kpi in frozen.kpis if kpi.kind is KpiKind.HARD]
    return {kpi_id: len(judged.measures) + place for place, kpi_id in enumerate(hard)}


# ------------------------------------------------------------ soft


def _released(frozen: FrozenRound, judged: JudgedRound) -> tuple[tuple[int, ...], Released]:
    """The readable rows as released groups; what is not shown on a measure is taken out there."""
    kept = tuple(number for number, extent in enumerate(judged.extents) if extent)
    whole = Released.of(judged.released, [_group(frozen, judged, number) for number in kept])
    is_shown = speaking(judged.figures, judged.is_shown)[np.array(kept, np.int64)[whole.group], whole.kpi]
    columns = {name: getattr(whole, name)[is_shown] for name in ("group", "kpi", "n", "mean")}
    return kept, replace(whole, **columns)


def _group(frozen: FrozenRound, judged: JudgedRound, number: int) -> ReleasedGroup:
    figure, atoms = judged.figures[number], judged.extents[number]
    names = tuple(frozen.groups[group].rater_group.value for group in figure.groups)
    if len(names) == 1:
        return ReleasedGroup(figure.subject, names, atoms)
    cells = [cell for atom in atoms for cell in judged.made.atoms[atom].cells]
    heads = tuple(sum(cell.sheets for cell in cells if cell.group == group) for group in figure.groups)
    return ReleasedGroup(figure.subject, names, atoms, heads)


def mixes_of(judged: JudgedRound) -> list[RaterMix]:
    """The weights of the rater groups on every measure; an item weighs its raters as its KPI does."""
    weights = [group_weights(measure.kpi) for measure in judged.measures]
    return [RaterMix(number, given) for number, given in enumerate(weights) if given]


def group_weights(kpi: FrozenKpi) -> dict[str, float]:
    """What each rater group weighs on a KPI, without self."""
    return {group.value: weight for group, weight in kpi.weights.items() if group is not RaterGroup.SELF and weight > 0}


def _spread(frozen: FrozenRound, judged: JudgedRound) -> dict[str, PooledCovariance]:
    """Pooled covariance by rater group, over the atoms that are one subject's own cell of this one group."""
    n_items = {
        number: len(measure.kpi.scored_items) if measure.item is None else 1
        for number, measure in enumerate(judged.measures)
    }
    own: defaultdict[int, list[int]] = defaultdict(list)
    for place, atom in enumerate(judged.made.atoms):
        is_own = len(atom.groups) == 1 and not atom.is_carried
        if is_own and frozen.subjects[atom.subject].kind is not SubjectKind.COMPETITOR:
            own[atom.groups[0]].append(place)
    return {
        policy.rater_group.value: pooled_covariance(judged.released, own[group], n_items)
        for group, policy in enumerate(frozen.groups)
    }


# ------------------------------------------------------------ composites


def _cards(frozen: FrozenRound, judged: JudgedRound, numbers: Mapping[str, int]) -> dict[int, Scorecard]:
    """The card of each subject; a KPI that can have no figure in this round stays on it and counts as missing."""
    soft = {measure.kpi.kpi_id: number for number, measure in enumerate(judged.measures) if measure.item is None}
    known = {**soft, **numbers}
    cards = {}
    for place, subject in enumerate(frozen.subjects):
        entries = tuple(
            CardEntry(known[line.kpi_id], line.weight, line.is_required)
            for line in subject.card
            if line.kpi_id in known
        )
        if entries and subject.kind is not SubjectKind.COMPETITOR:
            cards[place] = Scorecard(entries, Form(subject.form))
    return cards
