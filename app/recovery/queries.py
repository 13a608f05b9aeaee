"""Every SELECT of recovery: what is offered to whom, and the cases of their owner."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, select

from app.accounts.values import Viewer
from app.encounters.queries import find_programme_of
from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.formats import local_day
from app.infra.ids import is_id
from app.infra.keys import key_of
from app.infra.paging import Page, PageRequest, page_of, sliced
from app.invitations.queries import find_link
from app.invitations.values import RatingLink
from app.kpis.values import RaterGroup
from app.mail.queries import load_waves
from app.organisation.queries import load_people_of, load_tree
from app.organisation.values import SubjectId, Tree
from app.recovery import rules
from app.recovery.tables import RecoveryCaseRow, RecoveryContactRow
from app.recovery.values import CaseId, CaseOutcome, CaseState, Offer, RecoveryCase, Wish, case_reference
from app.rounds.queries import load_assignments

PURPOSE = "contact offer"


def find_offer(session: ReadSession, token: str, low: Sequence[str], *, now: datetime) -> Offer | None:
    """The offer to be contacted, after answers that were low; None where nobody offers it.

    `low` are the assignments of the answers just given, which nothing else is asked about.
    """
    if not low:
        return None
    link = find_link(session, token, now=now)
    ticket = key_of(session).seal_moment(PURPOSE, f"{link.round_id}/{low[0]}", now)
    return _offer(session, link, low[0], ticket, now=now)


def get_offer(session: ReadSession, token: str, about: str, ticket: str, *, now: datetime) -> Offer:
    """The offer that a ticket stands for; NotOffered or OfferOver for any other.

    Nothing that was answered is looked at: the ticket says by itself that the offer was made to whoever holds it.
    """
    link = find_link(session, token, now=now)
    rules.check_offer(key_of(session).read_moment(PURPOSE, f"{link.round_id}/{about}", ticket), now=now)
    offer = _offer(session, link, about, ticket, now=now)
    if offer is None:
        raise rules.NotOffered
    return offer


def list_cases(
    session: ReadSession, viewer: Viewer, request: PageRequest, *, state: CaseState | None = None
) -> Page[RecoveryCase]:
    """The cases that the viewer owns, the first due first; nobody else sees any of them."""
    query = select(RecoveryCaseRow).where(RecoveryCaseRow.owner_id.in_(viewer.own_subjects))
    if state is not None:
        query = query.where(RecoveryCaseRow.state == state)
    keys = [RecoveryCaseRow.due_on, RecoveryCaseRow.id]
    rows = page_of(session.scalars(sliced(query, keys, request)), request, key=lambda row: (row.due_on, row.id))
    ids = [row.id for row in rows.items]
    contacts = session.scalars(select(RecoveryContactRow).where(RecoveryContactRow.case_id.in_(ids)))
    wishes = {one.case_id: Wish(one.contact, one.name, one.message) for one in contacts}
    return rows.map(lambda row: _case(row, wishes.get(row.id)))


def get_case(session: ReadSession, viewer: Viewer, case_id: str) -> RecoveryCase:
    """One case, for its owner alone."""
    row = session.get(RecoveryCaseRow, case_id) if is_id(case_id) else None
    if row is None or row.owner_id not in viewer.own_subjects:
        raise NotFound
    contact = session.get(RecoveryContactRow, row.id)
    return _case(row, Wish(contact.contact, contact.name, contact.message) if contact is not None else None)


def count_open_cases(session: ReadSession, viewer: Viewer) -> int:
    """How many customers wait for the viewer."""
    if not viewer.own_subjects:
        return 0
    query = select(func.count()).select_from(RecoveryCaseRow)
    open_ones = query.where(RecoveryCaseRow.owner_id.in_(viewer.own_subjects), RecoveryCaseRow.state == CaseState.OPEN)
    return session.scalar(open_ones) or 0


def owner_of(tree: Tree, subject_id: str) -> str | None:
    """Who sees to a customer of somebody: who leads the nearest unit above; None where nobody does."""
    if subject_id not in tree.subjects:
        return None
    leaders = tree.managers_of(SubjectId(subject_id))
    return leaders[0] if leaders else None


def load_lapsing(session: ReadSession, *, today: date) -> tuple[RecoveryCaseRow, ...]:
    """Open cases that nobody saw to for too long."""
    query = select(RecoveryCaseRow).where(
        RecoveryCaseRow.state == CaseState.OPEN, RecoveryCaseRow.opened_on < today - rules.LAPSES_AFTER
    )
    return tuple(session.scalars(query.order_by(RecoveryCaseRow.id)))


def load_untold(session: ReadSession, *, today: date) -> tuple[RecoveryCaseRow, ...]:
    """Open cases of earlier days whose owner has had no letter yet, the first due first."""
    query = select(RecoveryCaseRow).where(RecoveryCaseRow.state == CaseState.OPEN, RecoveryCaseRow.opened_on < today)
    rows = session.scalars(query.order_by(RecoveryCaseRow.due_on, RecoveryCaseRow.id)).all()
    told = load_waves(session, {case_reference(row.id, row.owner_id) for row in rows})
    return tuple(row for row in rows if case_reference(row.id, row.owner_id) not in told)


def _offer(session: ReadSession, link: RatingLink, about: str, ticket: str, *, now: datetime) -> Offer | None:
    """What is offered about an assignment of the link, if its programme offers anything and somebody can do it."""
    programme = find_programme_of(session, link.round_id)
    mine = load_assignments(session, link.round_id, rater_id=link.person_id)
    asked = next((one for one in mine if one.id == about and one.rater_group is RaterGroup.CUSTOMER), None)
    if programme is None or not programme.offers_contact or asked is None:
        return None
    tree = load_tree(session, link.company_id, on=local_day(now))
    owner_id = owner_of(tree, asked.subject_id)
    people = load_people_of(session, [owner_id]) if owner_id else {}
    owner = people.get(SubjectId(owner_id)) if owner_id else None
    # Whoever has no address cannot sign in, and would never see the case.
    if owner_id is None or owner is None or owner.mailbox is None:
        return None
    name = tree.subjects[SubjectId(asked.subject_id)].name
    return Offer(about, ticket, asked.subject_id, name, owner_id, owner.name or "")


def _case(row: RecoveryCaseRow, wish: Wish | None) -> RecoveryCase:
    return RecoveryCase(
        id=CaseId(row.id),
        subject_id=row.subject_id,
        state=CaseState(row.state),
        opened_on=row.opened_on,
        due_on=row.due_on,
        outcome=CaseOutcome(row.outcome) if row.outcome else None,
        note=row.note,
        closed_on=row.closed_on,
        wish=wish,
        version=row.version,
    )
