"""Larger minimums tried on a release: whole atoms only, and nothing that is read of all trials together tells more."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pytest

from app.scoring.atoms import Atom, Cell, Mode, Partition, Pooling, RaterGroup, Withholding
from app.scoring.coarsening import Coarser, coarsened, joined
from app.scoring.disclosure import partition
from app.scoring.errors import ScoringError
from app.scoring.readable import Judged, figures, row_parts, withheld_atom
from app.scoring.totals import AtomTotals
from tests.attack.designs import random_round
from tests.attack.played import Played, release, sheets_of
from tests.attack.solving import Broken, attack, sums_of
from tests.scoring.rounds import competitor, named, person, protected, report, unit

DESIGNS = 150


def raised(groups: Sequence[RaterGroup], k: int, only: int | None = None) -> tuple[RaterGroup, ...]:
    """The groups with at least k, all of them or one."""
    return tuple(
        replace(group, k=max(k, group.k), comment_k=max(k, group.comment_k)) if only in {None, place} else group
        for place, group in enumerate(groups)
    )


def trials(played: Played) -> Iterator[tuple[RaterGroup, ...]]:
    """Every minimum for all groups together, and some for one alone."""
    yield from (raised(played.groups, k) for k in range(4, 13))
    yield from (raised(played.groups, k, only) for only in range(len(played.groups)) for k in (5, 7))


# ------------------------------------------------------------ atoms


def test_with_the_same_minimums_nothing_changes() -> None:
    for seed in range(DESIGNS):
        played = random_round(seed)
        made = played.partition()
        assert coarsened(made, played.groups, played.pooling) == Coarser(made, tuple(range(len(made.atoms)))), seed


def test_every_atom_is_made_of_whole_atoms_with_enough_people() -> None:
    for seed in range(DESIGNS):
        played = random_round(seed)
        made = played.partition()
        for groups in trials(played):
            found = coarsened(made, groups, played.pooling)
            for place, atom in enumerate(found.made.atoms):
                parts = [made.atoms[old] for old, new in enumerate(found.into) if new == place]
                assert sorted(cell.key for part in parts for cell in part.cells) == [cell.key for cell in atom.cells]
                assert not atom.is_protected or len(atom.heads) >= max(groups[group].k for group in atom.groups)
                assert all(part.subject in {atom.subject, *_below(made, atom.subject)} for part in parts)
            gone = {cell.key for old, new in enumerate(found.into) if new < 0 for cell in made.atoms[old].cells}
            before = {(cell.subject, cell.group) for cell in made.unpublished}
            assert {(cell.subject, cell.group) for cell in found.made.unpublished} == before | gone


def _below(made: Partition, subject: int) -> set[int]:
    found = {subject}
    while True:
        more = {place for place, one in enumerate(made.subjects) if one.parent in found} | found
        if more == found:
            return found
        found = more


def test_what_is_too_small_goes_up_and_joins_what_was_carried_there() -> None:
    """Persons with 4, 4 and 3, whose team had gathered 2 and 3 of two more: with k = 5 all sixteen stand at the team."""
    cells = [
        Cell(place, 0, frozenset(range(10 * place, 10 * place + size)), size)
        for place, size in enumerate((0, 4, 4, 3, 2, 3))
    ]
    people = (unit(), *(person(0) for _ in range(5)))
    made = partition(people, [protected(3)], cells[1:])
    assert [(atom.subject, len(atom.heads)) for atom in made.atoms] == [(1, 4), (2, 4), (3, 3), (5, 3)]
    found = coarsened(made, [protected(5)], Pooling.DROP)
    # The two of the fourth person are in no atom of the release and stay out.
    assert [(atom.subject, len(atom.heads)) for atom in found.made.atoms] == [(0, 14)]
    assert (found.into, [cell.subject for cell in found.made.unpublished]) == ((0, 0, 0, 0), [4])
    assert coarsened(made, [protected(15)], Pooling.DROP).into == (-1, -1, -1, -1)


def test_a_cell_that_was_carried_past_its_unit_does_not_come_back() -> None:
    """Carrying up anew would put the team's own two sheets under the persons' twelve, and so tell their sum."""
    subjects = (unit(), unit(0), unit(0), person(1), person(1), person(1))
    sizes = {(1, 0): 2, (2, 0): 3, (3, 0): 4, (4, 0): 4, (5, 0): 4}
    cells = [Cell(*key, frozenset(range(10 * key[0], 10 * key[0] + size)), size) for key, size in sizes.items()]
    made = partition(subjects, [protected(3)], cells)
    assert (made.atoms[0].subject, [cell.subject for cell in made.atoms[0].cells]) == (0, [1, 2])
    [top, team] = coarsened(made, [protected(5)], Pooling.DROP).made.atoms
    assert [cell.subject for cell in top.cells] == [1, 2]
    assert [cell.subject for cell in team.cells] == [3, 4, 5]
    naive = partition(subjects, [protected(5)], cells)
    assert [cell.subject for cell in naive.atoms[0].cells] == [1, 3, 4, 5]


def test_groups_that_are_too_small_alone_are_mixed_where_the_round_pools() -> None:
    cells = [Cell(0, group, frozenset(range(10 * group, 10 * group + 4)), 4) for group in (0, 1)]
    made = partition([person()], [protected(3), protected(3)], cells)
    for pooling, atoms in ((Pooling.DROP, []), (Pooling.POOL, [(0, 1)])):
        found = coarsened(made, [protected(6), protected(6)], pooling)
        assert [atom.groups for atom in found.made.atoms] == atoms, pooling
    barred = coarsened(made, [protected(6), protected(6)], Pooling.POOL, barred=[(0, (0, 1))])
    assert (barred.made.atoms, barred.into) == ((), (-1, -1))


def test_named_groups_and_visits_stay_and_competitors_pass_nothing_on() -> None:
    boss, visits = named(), report()
    cells = [
        Cell(1, 0, frozenset({1}), 1),
        Cell(1, 1, frozenset({2}), 4),
        Cell(2, 2, frozenset(range(5, 10)), 5),
    ]
    made = partition([unit(), person(0), competitor(0)], [boss, visits, protected(3)], cells)
    found = coarsened(made, [boss, replace(visits, k=9), protected(8)], Pooling.DROP)
    assert [atom.groups for atom in found.made.atoms] == [(0,), (1,)]
    assert [(cell.subject, cell.reason) for cell in found.made.unpublished] == [(2, Withholding.FEWER_THAN_K)]


def test_two_persons_do_not_make_a_unit_however_many_rated_them() -> None:
    cells = [Cell(place, 0, frozenset(range(10 * place, 10 * place + 4)), 4) for place in (1, 2)]
    made = partition([unit(), person(0), person(0)], [protected(3)], cells)
    found = coarsened(made, [protected(6)], Pooling.DROP)
    assert {cell.reason for cell in found.made.unpublished} == {Withholding.FEWER_THAN_THREE_SUBJECTS}


def test_a_smaller_minimum_and_other_groups_are_refused() -> None:
    made = partition([person()], [protected(5)], [])
    for groups in ([protected(4)], [protected(5), protected(5)], [RaterGroup(Mode.ANONYMOUS, 5, 5)]):
        with pytest.raises(ScoringError):
            coarsened(made, groups, Pooling.DROP)


def test_joined_totals_are_those_of_all_the_sheets_together() -> None:
    sheets, kpis, scores = [0, 0, 1, 2, 2, 3], [0, 1, 0, 0, 1, 1], [50.0, 60.0, 70.0, 80.0, 90.0, 10.0]
    apart = AtomTotals.from_scores([0, 0, 1, 2], sheets, kpis, scores, n_atoms=3)
    together = AtomTotals.from_scores([0, 0, 0, -1], sheets, kpis, scores, n_atoms=1)
    assert joined(apart, [0, 0, -1], 1).atom(0) == together.atom(0)
    empty = joined(apart, [-1, -1, -1], 0)
    assert (empty.n_atoms, len(empty.cells), len(empty.pairs), len(empty.answered)) == (0, 0, 0, 0)


# ------------------------------------------------------------ what an attacker gets out of all trials


Told = Mapping[tuple[int, int], list[int]]


def told_by(played: Played, made: Partition) -> Told:
    """By atom and measure of a release the sheets with a score, where their figure was released."""
    told: dict[tuple[int, int], list[int]] = {}
    for place, atom in enumerate(made.atoms):
        mine = list(sheets_of(played, atom))
        for measure in range(played.measures):
            valid = [one for one in mine if played.sheets[one].scores[measure] is not None]
            judged = _judged(played, atom, measure, len(valid))
            if judged is not None and withheld_atom(judged) is None:
                told[place, measure] = valid
    return told


def sums_under(played: Played, made: Partition, told: Told, groups: Sequence[RaterGroup]) -> list[frozenset[int]]:
    """The set of sheets behind each row that a trial shows."""
    found = coarsened(made, groups, played.pooling)
    rows, places = figures(found.made), {atom: place for place, atom in enumerate(found.made.atoms)}
    sums = []
    for measure in range(played.measures):
        sheets: list[list[int]] = [[] for _ in places]
        for old, new in enumerate(found.into):
            if new >= 0:
                sheets[new] += told.get((old, measure), ())
        judged = [_judged(played, atom, measure, len(mine)) for atom, mine in zip(places, sheets, strict=True)]
        for row in rows:
            parts = [part for place in row.atoms if (part := judged[place]) and withheld_atom(part) is None]
            standing = row_parts(found.made, row, parts)
            if not isinstance(standing, Withholding):
                used = [one for part in standing for one in sheets[places[part.atom]]]
                sums.append(frozenset(one * played.measures + measure for one in used))
    return sums


def _judged(played: Played, atom: Atom, measure: int, valid: int) -> Judged | None:
    cells = tuple(cell for cell in atom.cells if measure in played.asked[cell.key])
    return Judged.of(atom, valid, cells) if cells else None


def test_all_trials_together_solve_no_sheet_and_isolate_nobody() -> None:
    broken = []
    for seed in range(DESIGNS):
        played = random_round(seed)
        made = played.partition()
        sums, told = set(sums_of(played, release(played))), told_by(played, made)
        for groups in trials(played):
            sums |= set(sums_under(played, made, told, groups))
        if attack(played, [one for one in sums if one]) != Broken(solved=False, isolated=False):
            broken.append(seed)
    assert broken == []


def test_carrying_up_anew_for_each_trial_is_broken() -> None:
    """The attacker has teeth: the same trials over the sheets of the round isolate people."""

    def anew(played: Played) -> Broken:
        sums = set(sums_of(played, release(played)))
        for groups in trials(played):
            again = replace(played, groups=groups)
            sums |= set(sums_of(again, release(again)))
        return attack(played, [one for one in sums if one])

    broken = [anew(random_round(seed)) for seed in range(60)]
    assert sum(one.isolated for one in broken) > 10
