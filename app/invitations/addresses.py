"""Which addresses of a company get no letters, why, and what can be done about each."""

from typing import Any

from sqlalchemy import select

from app.accounts.rules import Action, require
from app.accounts.values import Viewer
from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.ids import is_id
from app.infra.paging import Page, PageRequest, ordered, ordered_page
from app.invitations import rules
from app.invitations.values import LeftAlone
from app.mail.tables import SuppressionRow
from app.mail.values import SuppressionReason
from app.organisation.tables import PersonRow

_COLUMNS = (
    PersonRow.id,
    PersonRow.name,
    PersonRow.email,
    SuppressionRow.reason,
    SuppressionRow.at,
    SuppressionRow.note,
)
ADDRESS_ORDERS = {"name": PersonRow.name_key, "reason": SuppressionRow.reason, "since": SuppressionRow.at}
"""What the addresses are sorted by."""


def list_left_alone(session: ReadSession, viewer: Viewer, company_id: str, request: PageRequest) -> Page[LeftAlone]:
    """The addresses of a company's people that get no letters, by name, reason or since when.

    For who reads its journal: its administrators.
    """
    require(viewer, Action.JOURNAL_READ, (company_id,))
    query = select(*_COLUMNS).join(SuppressionRow, SuppressionRow.mailbox == PersonRow.mailbox)
    query = query.where(PersonRow.company_id == company_id)
    rows = session.execute(ordered(query, ADDRESS_ORDERS, PersonRow.id, request, usual="name"))
    return ordered_page(rows, request).map(_left_alone)


def get_left_alone(session: ReadSession, viewer: Viewer, company_id: str, person_id: str) -> LeftAlone:
    """One of them; NotFound for a person whose address gets letters."""
    require(viewer, Action.JOURNAL_READ, (company_id,))
    found = find_left_alone(session, company_id, person_id)
    if found is None:
        raise NotFound
    return found


def find_left_alone(session: ReadSession, company_id: str, person_id: str) -> LeftAlone | None:
    """The same, whoever asks."""
    if not is_id(person_id):
        return None
    query = select(*_COLUMNS).join(SuppressionRow, SuppressionRow.mailbox == PersonRow.mailbox)
    row = session.execute(query.where(PersonRow.company_id == company_id, PersonRow.id == person_id)).one_or_none()
    return _left_alone(row) if row is not None else None


def _left_alone(row: Any) -> LeftAlone:
    reason = SuppressionReason(row.reason)
    state = rules.delivery_state(email=row.email, deliveries=(), suppression=reason)
    step = rules.next_step(state, None, note=row.note)
    return LeftAlone(row.id, row.name, row.email, reason, row.at, row.note, step)
