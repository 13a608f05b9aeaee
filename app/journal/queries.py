"""Every read of the journal; who may read it is asked in `accounts.queries.list_journal`, one floor up."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from app.infra.database import ReadSession
from app.infra.ids import is_id
from app.infra.paging import Page, PageRequest, page_of, sliced
from app.journal.tables import JournalRow
from app.journal.values import Entry


def list_entries(session: ReadSession, company_id: str, request: PageRequest) -> Page[Entry]:
    """What happened in a company, newest first."""
    if not is_id(company_id):
        return Page(())
    query = select(JournalRow).where(JournalRow.company_id == company_id)
    rows = session.scalars(sliced(query, (JournalRow.sequence,), request, descending=True))
    return page_of(rows, request, lambda row: (row.sequence,)).map(_entry)


def list_entries_about(session: ReadSession, object_kind: str, object_id: str) -> Sequence[Entry]:
    """What happened to one object, oldest first."""
    rows = session.scalars(
        select(JournalRow)
        .where(JournalRow.object_kind == object_kind, JournalRow.object_id == object_id)
        .order_by(JournalRow.sequence)
    )
    return [_entry(row) for row in rows]


def load_moments(
    session: ReadSession, action: str, object_kind: str, object_ids: Collection[str]
) -> Mapping[str, Sequence[datetime]]:
    """When something happened to some objects, oldest first; those to which it never did are absent."""
    query = select(JournalRow.object_id, JournalRow.at).where(
        JournalRow.object_kind == object_kind, JournalRow.object_id.in_(object_ids), JournalRow.action == action
    )
    found: defaultdict[str, list[datetime]] = defaultdict(list)
    for object_id, at in session.execute(query.order_by(JournalRow.sequence)):
        found[object_id].append(at)
    return found


def load_latest(
    session: ReadSession, action: str, object_kind: str, object_ids: Collection[str]
) -> Mapping[str, Entry]:
    """The latest entry of a kind about each of some objects; those to which it never happened are absent."""
    rows = session.scalars(
        select(JournalRow)
        .where(JournalRow.object_kind == object_kind, JournalRow.object_id.in_(object_ids), JournalRow.action == action)
        .order_by(JournalRow.sequence)
    )
    return {row.object_id: _entry(row) for row in rows}


def load_entries(session: ReadSession, *, after: int, limit: int) -> Sequence[Entry]:
    """The next entries of all companies after a sequence number, oldest first."""
    rows = session.scalars(
        select(JournalRow).where(JournalRow.sequence > after).order_by(JournalRow.sequence).limit(limit)
    )
    return [_entry(row) for row in rows]


def _entry(row: JournalRow) -> Entry:
    return Entry(
        row.sequence, row.at, row.company_id, row.actor, row.action, row.object_kind, row.object_id, row.details
    )
