"""Every read of the journal; who may read it is asked in `accounts.queries.list_journal`, one floor up."""

from collections.abc import Sequence

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
