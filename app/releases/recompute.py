"""From what is kept of a release back to what was judged: its atoms, their totals, its hard figures. Pure.

The sheets are not needed, since those of `anonymous` groups are gone. Hard figures are taken as they stand and scored
again: their readings may have been corrected since.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from app.deferred import dataclass
from app.releases.measured import goalposts_of
from app.releases.partition import JudgedRound, Laid, asked_in, judged_of, measures_of
from app.releases.rows import REASONS
from app.releases.values import Score, ScoreStatus, Withheld
from app.rounds.preview import answered_cells, divided
from app.rounds.values import FrozenRound, FrozenSubject, Marks
from app.scoring.atoms import Partition
from app.scoring.goalposts import score_metric
from app.scoring.results import Certainty, HardScore, Interval, Measured, NotScored, Reason
from app.scoring.standing import cells_of
from app.scoring.tally import UNIT
from app.scoring.totals import AtomSums, AtomTotals, CellSums, PairSums

REASON_OF: Mapping[Withheld, Reason] = {withheld: reason for reason, withheld in REASONS.items()}


@dataclass(frozen=True, slots=True)
class KeptAtom:
    """An atom as it was stored; `rater_groups` joined by +, `totals` as `keep` writes them."""

    subject_id: str
    rater_groups: str
    is_own: bool
    is_protected: bool
    raters: int
    sheets: int
    totals: Mapping[str, Any]

    @property
    def place(self) -> tuple[str, str]:
        """What no other atom of the release has."""
        return self.subject_id, self.rater_groups

    @property
    def is_whole(self) -> bool:
        """Whether it tells who has answered which KPIs together, as the errors of composites need."""
        return "answered" in self.totals


def wrong_atoms(frozen: FrozenRound, marks: Marks, kept: Sequence[KeptAtom]) -> Iterator[str]:
    """What is wrong with stored atoms: sets that the answered assignments do not give, too few people, odd sums."""
    made = divided(frozen, answered_cells(frozen, marks))
    stored = {atom.place: (atom.is_own, atom.is_protected, atom.raters, atom.sheets) for atom in kept}
    again = {
        place: (not atom.is_carried, atom.is_protected, len(atom.heads), atom.sheets)
        for place, atom in zip(_places(frozen, made), made.atoms, strict=True)
    }
    differing = sum(stored.get(place) != again.get(place) for place in stored.keys() | again.keys())
    if differing:
        yield f"{differing} atoms are not those that the answered assignments make"
    least = {place: atom.minimum for place, atom in zip(_places(frozen, made), made.atoms, strict=True)}
    thin = sum(_fewest(atom) < least.get(atom.place, 0) for atom in kept)
    if thin:
        yield f"{thin} atoms hold figures of fewer people than their minimum"
    odd = sum(not _fits_histograms(atom.totals) for atom in kept)
    if odd:
        yield f"{odd} atoms have sums that do not follow from their histograms"
    uneven = sum(not _fits_patterns(atom.totals) for atom in kept)
    if uneven:
        yield f"{uneven} atoms have other numbers of scores than of those who have answered"


def judge_kept(frozen: FrozenRound, marks: Marks, kept: Iterable[KeptAtom]) -> JudgedRound:
    """What may be read of a round, from the answered assignments and the stored totals."""
    measures = measures_of(frozen)
    cells = answered_cells(frozen, marks)
    made = divided(frozen, cells)
    numbers = {
        measure.kpi.kpi_id if measure.item is None else measure.item.id: number
        for number, measure in enumerate(measures)
    }
    by_place = {atom.place: _sums(atom.totals, numbers) for atom in kept}
    sums = [by_place.get(place, AtomSums({}, {}, ())) for place in _places(frozen, made)]
    valid = np.zeros((len(cells_of(made)), len(measures)), np.int64)
    first = 0
    for atom, of_atom in zip(made.atoms, sums, strict=True):
        # How many of an atom's sheets are valid decides; in which of its cells they lie does not.
        for number, cell in of_atom.cells.items():
            valid[first, number] = cell.n
        first += len(atom.cells)
    nothing = np.zeros(0, np.int64)
    laid = Laid(cells, nothing, (nothing, nothing, np.zeros(0)))
    return judged_of(measures, laid, made, (asked_in(frozen, made, measures), valid), AtomTotals.from_sums(sums))


def _places(frozen: FrozenRound, made: Partition) -> list[tuple[str, str]]:
    """Subject id and rater groups of every atom, as they are stored."""
    return [
        (frozen.subjects[atom.subject].id, "+".join(frozen.groups[group].rater_group.value for group in atom.groups))
        for atom in made.atoms
    ]


def _sums(totals: Mapping[str, Any], numbers: Mapping[str, int]) -> AtomSums:
    cells = {numbers[name]: CellSums(*sums) for name, sums in totals["sums"].items()}
    pairs = {(numbers[one], numbers[other]): PairSums(*sums) for one, other, *sums in totals["pairs"]}
    patterns = totals.get("answered", ())
    together = [(sum(1 << numbers[name] for name in names), count) for names, count in patterns]
    told = {name for names, _ in patterns for name in names}
    # Items stand alone; and so do the KPIs of a release that did not keep who has answered which together.
    alone = [(1 << number, cells[number].n) for name, number in numbers.items() if number in cells and name not in told]
    return AtomSums(cells, pairs, tuple(together + alone))


def _fewest(atom: KeptAtom) -> int:
    """People behind the atom, or sheets behind its thinnest figure."""
    sheets: list[int] = [sums[0] for sums in atom.totals["sums"].values()]
    return min([atom.raters, *sheets])


def _fits_histograms(totals: Mapping[str, Any]) -> bool:
    return all(
        [sum(count for _, count in bars), sum(count * round(UNIT * points) for points, count in bars)]
        == totals["sums"].get(name, [])[:2]
        for name, bars in totals["histograms"].items()
    )


def _fits_patterns(totals: Mapping[str, Any]) -> bool:
    """Whether as many have answered a KPI as have a score on it."""
    patterns = totals.get("answered", ())
    told = {name for names, _ in patterns for name in names}
    return all(
        sum(count for names, count in patterns if name in names) == totals["sums"].get(name, [0])[0] for name in told
    )


def hard_kept(
    frozen: FrozenRound, numbers: Mapping[str, int], stored: Iterable[Score]
) -> dict[tuple[int, int], HardScore | NotScored]:
    """The hard figures as they are stored, scored again against the targets of the round; by subject and KPI number."""
    known = {
        (score.subject_id, score.kpi_id): score
        for score in stored
        if score.kpi_id is not None and not score.rater_groups and score.kpi_id in numbers
    }
    return {
        (place, numbers[line.kpi_id]): _scored_again(known.get((subject.id, line.kpi_id)), subject, numbers)
        for place, subject in enumerate(frozen.subjects)
        for line in subject.card
        if line.kpi_id in numbers
    }


def _scored_again(score: Score | None, subject: FrozenSubject, numbers: Mapping[str, int]) -> HardScore | NotScored:
    if score is None or score.kpi_id is None or score.status is not ScoreStatus.OK or score.details is None:
        reason = REASON_OF.get(score.reason) if score is not None and score.reason is not None else None
        return NotScored(reason or Reason.NO_VALUE, (score.coverage if score is not None else None) or 0.0)
    told = score.details
    measured = Measured(
        value=told["value"],
        se=0.0,
        df=math.inf,
        interval=Interval(told["lo"], told["hi"]),
        certainty=Certainty(told["certainty"]),
        n=told["readings"],
        completeness=score.coverage or 0.0,
        prorated=told["prorated"],
    )
    again = score_metric(numbers[score.kpi_id], measured, goalposts_of(subject.targets[score.kpi_id]))
    # The error of the value itself is not stored, that of its score is.
    return replace(again, se=score.se or 0.0, df=math.inf if score.df is None else score.df)
