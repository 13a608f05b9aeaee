"""Rows of rounds read in bulk, whoever asks: frozen subjects, readers, and who rates whom."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from sqlalchemy import bindparam, or_, select

from app.infra.bulk import driver_rows
from app.infra.database import ReadSession
from app.infra.lookup import Lookup
from app.kpis.values import Form, RaterGroup
from app.organisation.values import Person, SubjectKind
from app.rounds import recipe
from app.rounds.rules import hides_rater, is_protected
from app.rounds.tables import AssignmentRow, RoundReaderRow, RoundRow, RoundSubjectRow
from app.rounds.values import (
    Assignment,
    AssignmentId,
    AssignmentLine,
    AssignmentSource,
    DeclineReason,
    FrozenSubject,
    Marks,
    Mode,
)

MARK = np.dtype([("cell", np.int64), ("rater", np.int64), ("counted", np.bool_), ("answered", np.bool_)])

_GROUPS = {group.value: group for group in RaterGroup}
_SOURCES = {source.value: source for source in AssignmentSource}

_FROM_ROUND = RoundSubjectRow.round_id == bindparam("round_id")
_FROZEN = Lookup(
    select(
        RoundSubjectRow.subject_id,
        RoundSubjectRow.parent_id,
        RoundSubjectRow.kind,
        RoundSubjectRow.name,
        RoundSubjectRow.is_rated,
        RoundSubjectRow.card,
        RoundSubjectRow.targets,
        RoundSubjectRow.form,
    ).where(_FROM_ROUND)
)
_FROZEN_ONLY = Lookup(_FROZEN.statement.where(RoundSubjectRow.subject_id.in_(bindparam("only", expanding=True))))
_RATED = Lookup(
    select(RoundSubjectRow.subject_id).where(_FROM_ROUND, RoundSubjectRow.is_rated).order_by(RoundSubjectRow.subject_id)
)
_READERS = Lookup(select(*RoundReaderRow.__table__.c).where(RoundReaderRow.round_id == bindparam("round_id")))

ROUND_ORDERS = {
    "opens_at": RoundRow.opens_at,
    "closes_at": RoundRow.closes_at,
    "period": RoundRow.period_start,
    "state": RoundRow.state,
}
"""What rounds are sorted by."""


def load_frozen_subjects(
    session: ReadSession, round_id: str, only: Collection[str] | None = None
) -> tuple[FrozenSubject, ...]:
    """The frozen subjects of a round, or some of them, in no order."""
    if only is None:
        rows = _FROZEN.rows(session, {"round_id": round_id})
    else:
        rows = _FROZEN_ONLY.rows(session, {"round_id": round_id, "only": sorted(only)})
    return tuple(
        FrozenSubject(
            id=subject_id,
            parent_id=parent,
            kind=SubjectKind(kind),
            name=name,
            is_rated=rated,
            card=recipe.card_in(card),
            targets=recipe.targets_in(targets),
            form=Form(form),
        )
        for subject_id, parent, kind, name, rated, card, targets, form in rows
    )


class FrozenPlace(NamedTuple):
    """Where a subject stood in the tree of a round."""

    id: str
    parent_id: str | None
    kind: SubjectKind


class Asked(NamedTuple):
    """Who was asked about whom; of an assignment, what cells are made of. The marks are as the database keeps them."""

    subject_id: str
    rater_group: str
    rater_id: str
    counted: bool
    answered: bool


def load_frozen_places(session: ReadSession, round_id: str, also: Collection[str]) -> tuple[FrozenPlace, ...]:
    """The tree of a round without the persons about whom nobody was ever asked, but for some; in no order.

    They hold no cell and nothing hangs below them, so that the round falls into atoms as it would with them.
    """
    table = RoundSubjectRow.__table__.c
    asked = select(AssignmentRow.subject_id).where(AssignmentRow.round_id == round_id)
    query = select(table.subject_id, table.parent_id, table.kind).where(
        table.round_id == round_id,
        or_(table.kind != SubjectKind.PERSON, table.subject_id.in_(asked), table.subject_id.in_(also)),
    )
    kinds = {kind.value: kind for kind in SubjectKind}
    rows = session.execute(query).all()
    return tuple(FrozenPlace(subject_id, parent, kinds[kind]) for subject_id, parent, kind in rows)


def load_asking(session: ReadSession, round_id: str) -> tuple[Asked, ...]:
    """Who rates whom in a round, as `load_assignments` has it without who has declined, but in no order."""
    table = AssignmentRow.__table__.c
    query = select(table.subject_id, table.rater_group, table.rater_id, table.counted, table.answered)
    rows = driver_rows(session, query.where(table.round_id == round_id, table.declined.is_(None)))
    return tuple(map(Asked._make, rows))


def load_rated(session: ReadSession, round_id: str) -> tuple[str, ...]:
    """The ids of the subjects to be rated."""
    return tuple(row.subject_id for row in _RATED.rows(session, {"round_id": round_id}))


def load_frozen_readers(session: ReadSession, round_id: str) -> dict[str, frozenset[str]]:
    """The mailboxes that did not count at launch, by the subject where the reading role lay."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in _READERS.rows(session, {"round_id": round_id}):
        found[row.subject_id].add(row.mailbox)
    return {subject_id: frozenset(mailboxes) for subject_id, mailboxes in found.items()}


def load_assignments(
    session: ReadSession, round_id: str, *, rater_id: str | None = None, with_declined: bool = False
) -> tuple[Assignment, ...]:
    """Who rates whom in a round, all of them or those of one rater, by subject and group; whoever asks.

    Who has declined is left out unless asked for.
    """
    table = AssignmentRow.__table__.c
    query = select(*(table[name] for name in Assignment._fields)).where(table.round_id == round_id)
    if not with_declined:
        query = query.where(table.declined.is_(None))
    if rater_id is not None:
        query = query.where(table.rater_id == rater_id)
    order = (table.subject_id, table.rater_group, table.rater_id, table.occasion)
    return tuple(
        Assignment(
            id_,
            round_,
            rater,
            subject,
            _GROUPS[group],
            occasion,
            _SOURCES[source],
            bool(counted),
            bool(answered),
            bool(declined),
        )
        for id_, round_, rater, subject, group, occasion, source, counted, answered, declined in driver_rows(
            session, query.order_by(*order)
        )
    )


def line_of(
    row: AssignmentRow, subject_name: str, person: Person, modes: Mapping[RaterGroup, Mode], hidden: Collection[str]
) -> AssignmentLine:
    """An assignment as it is listed, for somebody who reads results about the `hidden` subjects."""
    group = RaterGroup(row.rater_group)
    mode = modes.get(group, Mode.CONFIDENTIAL)
    is_told, is_read = not is_protected(mode), row.subject_id in hidden
    may_know = is_told or not is_read
    line = AssignmentLine(
        id=AssignmentId(row.id),
        rater_id=row.rater_id,
        rater_name=person.name,
        rater_email=person.email,
        subject_id=row.subject_id,
        subject_name=subject_name,
        rater_group=group,
        occasion=row.occasion,
        source=AssignmentSource(row.source),
        needs_approval=row.approved_by is None,
        answered=row.answered if is_told else None,
        declined=DeclineReason(row.declined) if row.declined and may_know else None,
    )
    if is_read and hides_rater(group, mode):
        return replace(line, rater_id=None, rater_name=None, rater_email=None)
    return line


def has_assignments(session: ReadSession, round_id: str) -> bool:
    """Whether anybody is asked in a round, whoever asks."""
    return session.scalar(select(AssignmentRow.id).where(AssignmentRow.round_id == round_id).limit(1)) is not None


def load_marks(session: ReadSession, round_id: str) -> Marks:
    """The marks of every assignment, whoever asks; for the release, which takes them all."""
    table = AssignmentRow.__table__.c
    columns = (table.subject_id, table.rater_group, table.rater_id, table.counted, table.answered)
    rows = driver_rows(session, select(*columns).where(table.round_id == round_id, table.declined.is_(None)))
    cells: dict[tuple[str, str], int] = {}
    raters: dict[str, int] = {}
    numbered = (
        (cells.setdefault((subject, group), len(cells)), raters.setdefault(rater, len(raters)), *marks)
        for subject, group, rater, *marks in rows
    )
    marks = np.fromiter(numbered, MARK)
    return Marks(tuple(cells), marks["cell"], marks["rater"], marks["counted"], marks["answered"])
