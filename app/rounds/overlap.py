"""Rounds close by with almost the same raters: where a round forms no atom of its own for their sake (R10). Reads only."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import aliased

from app.deferred import dataclass
from app.infra.database import ReadSession
from app.rounds import recipe, rules
from app.rounds.preview import Asking, atom_cells, divided
from app.rounds.rows import FrozenPlace, load_asking, load_assignments, load_frozen_places
from app.rounds.tables import AssignmentRow, RoundRow
from app.rounds.values import (
    Assignment,
    FrozenRound,
    GroupPolicy,
    OverlapPlace,
    Pooling,
    RoundSource,
    RoundState,
)
from app.scoring.atoms import Partition, Place
from app.scoring.overlap import Asked, find_overlaps

_ROUND = (
    RoundRow.id,
    RoundRow.state,
    RoundRow.source,
    RoundRow.pooling,
    RoundRow.recipe,
    RoundRow.overlapping,
    RoundRow.period_start,
    RoundRow.period_end,
    RoundRow.opens_at,
    RoundRow.closes_at,
    RoundRow.extended_until,
    RoundRow.closed_at,
)


@dataclass(frozen=True, slots=True)
class _Frame:
    """What of another round decides how it falls into atoms."""

    subjects: tuple[FrozenPlace, ...]
    groups: tuple[GroupPolicy, ...]
    pooling: Pooling
    overlapping: frozenset[OverlapPlace]


def with_overlaps(session: ReadSession, frozen: FrozenRound, asked: Sequence[Assignment] | None = None) -> FrozenRound:
    """A frozen round with the places where no atom forms, those it had included.

    Parameters
    ----------
    frozen : the round
    asked : who is asked, counted as at the launch, while it is a draft; at the close those in the database, of whom
        only the cells with an answer fall into atoms
    """
    # Where everybody is named or reports a visit there is no atom that a neighbour could undo.
    is_protected = any(rules.is_protected(policy.mode) for policy in frozen.groups)
    neighbours = list(_neighbours(session, frozen)) if is_protected else []
    if not neighbours:
        return frozen
    marks: Sequence[Assignment]
    if asked is None:
        marks = load_assignments(session, frozen.id)
        cells = atom_cells(frozen, [one for one in marks if one.answered])
    else:
        marks = _asking(frozen, asked)
        cells = atom_cells(frozen, marks)

    def divide(places: frozenset[Place]) -> Partition:
        return divided(replace(frozen, overlapping=frozen.overlapping | _named(frozen, places)), cells)

    k = _minimums(frozen.groups)
    linked = linked_rounds(session, frozen.id, frozenset(row.id for row in neighbours))
    others = [_asked_in_other(session, row) if row.id in linked else _unlinked(row) for row in neighbours]
    places = find_overlaps(divide, lambda key: _name(frozen, key), _people_of(marks, k), k, others)
    return replace(frozen, overlapping=frozen.overlapping | _named(frozen, places))


def _neighbours(session: ReadSession, frozen: FrozenRound) -> Iterator[Row[Any]]:
    """The launched rounds of the company that lie close by."""
    begins, ends = own = _span(frozen)
    latest, earliest = ends + rules.CLOSE_BY, begins - rules.CLOSE_BY
    is_asked = RoundRow.source == RoundSource.ASKED
    query = select(*_ROUND).where(
        RoundRow.company_id == frozen.company_id,
        RoundRow.id != frozen.id,
        RoundRow.state != RoundState.DRAFT,
        or_(~is_asked, RoundRow.opens_at <= latest),
        or_(~is_asked, RoundRow.closes_at >= earliest, RoundRow.extended_until >= earliest),
        or_(is_asked, RoundRow.period_start <= latest.date()),
        or_(is_asked, RoundRow.period_end >= earliest.date()),
    )
    rows = session.execute(query.order_by(RoundRow.id))
    return (row for row in rows if rules.are_close_by(own, _span(row)) and _has_protected(row))


def _has_protected(row: Row[Any]) -> bool:
    return any(rules.is_protected(policy.mode) for policy in recipe.groups_in(row.recipe["groups"]))


def _span(one: Row[Any] | FrozenRound) -> tuple[datetime, datetime]:
    """From the opening of a round to its end; of an import the period, since it comes in long after it was asked."""
    if one.source == RoundSource.IMPORT:
        begins, ends = (datetime.combine(day, time(), UTC) for day in (one.period_start, one.period_end))
        return begins, ends + timedelta(days=1)
    ends = max(one.closes_at, one.extended_until or one.closes_at)
    return one.opens_at, getattr(one, "closed_at", None) or ends


def linked_rounds(session: ReadSession, round_id: str, others: frozenset[str]) -> frozenset[str]:
    """Those of the other rounds that ask some of the same people the same, at first hand or by way of another of them.

    No sum of the others has a sheet in common with one of the round, so that no subtraction opens an atom with them.
    """
    one, other = aliased(AssignmentRow), aliased(AssignmentRow)
    same = other.rater_id == one.rater_id, other.subject_id == one.subject_id, other.rater_group == one.rater_group
    found, fresh = set[str](), {round_id}
    while fresh and found != others:
        again = select(other.id).where(other.round_id.in_(fresh), *same).exists()
        shared = select(one.id).where(one.round_id == RoundRow.id, again).exists()
        fresh = set(session.scalars(select(RoundRow.id).where(RoundRow.id.in_(others - found), shared)))
        found |= fresh
    return frozenset(found)


def _unlinked(row: Row[Any]) -> Asked:
    """Of a round that has nobody in common with the one that is compared only the minimums."""
    return Asked((), {}, _minimums(recipe.groups_in(row.recipe["groups"])))


def _minimums(groups: Iterable[GroupPolicy]) -> dict[str, int]:
    """The minimum by protected rater group."""
    return {policy.rater_group.value: policy.k for policy in groups if rules.is_protected(policy.mode)}


def _asked_in_other(session: ReadSession, row: Row[Any]) -> Asked:
    """Another round: the atoms that it has or, while it is open, that it gets if everyone answers."""
    overlapping = recipe.overlaps_in(row.overlapping)
    # The places of its tree at which anything can stand, and of all who were asked only what a cell is made of: a month
    # may hold many rounds of a large company, and each is read for every launch.
    frame = _Frame(
        load_frozen_places(session, row.id, {subject_id for subject_id, _ in overlapping}),
        recipe.groups_in(row.recipe["groups"]),
        Pooling(row.pooling),
        overlapping,
    )
    marks = load_asking(session, row.id)
    standing = [one for one in marks if one.answered or row.state == RoundState.OPEN]
    return _asked_of(frame, marks, divided(frame, atom_cells(frame, standing)))


def _asked_of(frame: FrozenRound | _Frame, marks: Iterable[Asking], made: Partition) -> Asked:
    k = _minimums(frame.groups)
    atoms = [[_name(frame, cell.key) for cell in atom.cells] for atom in made.atoms if atom.is_protected]
    return Asked(atoms, _people_of(marks, k), k)


def _people_of(marks: Iterable[Asking], k: Mapping[str, int]) -> Mapping[tuple[str, str], Mapping[str, bool]]:
    """Who was asked in the cells of protected groups, and whether that person counts."""
    people: defaultdict[tuple[str, str], dict[str, bool]] = defaultdict(dict)
    for one in marks:
        if one.rater_group in k:
            people[one.subject_id, one.rater_group][one.rater_id] = one.counted
    return people


def _asking(frozen: FrozenRound, asked: Sequence[Assignment]) -> list[Assignment]:
    """Without the assignments about nothing, which a launch drops."""
    subjects = {subject.id: subject for subject in frozen.subjects}
    cells = {(one.subject_id, one.rater_group) for one in asked}
    known = {
        (subject_id, group) for subject_id, group in cells if rules.kpis_asked(frozen.kpis, subjects[subject_id], group)
    }
    return [one for one in asked if (one.subject_id, one.rater_group) in known]


def _name(frame: FrozenRound | _Frame, key: tuple[int, int]) -> tuple[str, str]:
    return frame.subjects[key[0]].id, frame.groups[key[1]].rater_group.value


def _named(frozen: FrozenRound, places: Iterable[Place]) -> frozenset[OverlapPlace]:
    return frozenset(
        (frozen.subjects[subject].id, tuple(frozen.groups[group].rater_group for group in groups))
        for subject, groups in places
    )
