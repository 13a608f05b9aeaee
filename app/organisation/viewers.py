"""Who leads which unit on a day, and who is asking: roles and own subjects make the viewer, request by request."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, or_, select

from app.accounts.queries import find_account
from app.accounts.rules import READING_ROLES, UNIT_ROLES
from app.accounts.values import Account, ApiKey, Grant, Role, Viewer
from app.infra.addresses import mailbox_of
from app.infra.database import ReadSession
from app.infra.lookup import Lookup
from app.infra.types import Day, Text
from app.organisation.paths import below, holds, load_paths
from app.organisation.tables import DeputyRow, ManagerRoleRow, MembershipRow, PersonRow, SubjectRow
from app.organisation.values import ManagerRole, SubjectId, SubjectKind

# Named one by one, so that an index finds them among the people.
_NO_PERSON = tuple(kind for kind in SubjectKind if kind is not SubjectKind.PERSON)


def load_manager_roles(session: ReadSession, company_id: str, *, on: date) -> list[ManagerRole]:
    """Who leads which unit of a company on a day."""
    return [role_of(row) for row in _LEADERS.rows(session, {"company_id": company_id, "day": on})]


def load_roles_at(session: ReadSession, unit_ids: Iterable[str], *, on: date) -> list[ManagerRole]:
    """Who leads some units on a day, whoever asks."""
    query = select(ManagerRoleRow).where(ManagerRoleRow.unit_id.in_(list(unit_ids)), holds(ManagerRoleRow, on))
    return [role_of(row) for row in session.scalars(query)]


def list_manager_roles(session: ReadSession, *, on: date, mailbox: str) -> list[ManagerRole]:
    """What the owner of a mailbox leads on a day, in every company."""
    rows = session.scalars(
        select(ManagerRoleRow)
        .join(PersonRow, PersonRow.subject_id == ManagerRoleRow.subject_id)
        .where(PersonRow.mailbox == mailbox, holds(ManagerRoleRow, on))
        .order_by(ManagerRoleRow.id)
    )
    return [role_of(row) for row in rows]


def load_roles_held(session: ReadSession, mailbox: str, *, on: date) -> tuple[list[ManagerRole], list[ManagerRole]]:
    """What the owner of a mailbox leads on a day, and what those lead whose deputy he is; one statement."""
    rows = _ROLES_HELD.rows(session, {"mailbox": mailbox, "day": on})
    return [role_of(row) for row in rows if row.is_own], [role_of(row) for row in rows if not row.is_own]


def load_stood_in_for(
    session: ReadSession, viewer: Viewer, granted: Collection[str], *, on: date
) -> dict[SubjectId, SubjectId]:
    """By unit that the viewer reaches as a deputy alone, the manager; `granted` is where he holds roles of his own.

    For whoever is shown what waits there; no statement for who stands in for nobody.
    """
    if not viewer.stands_in_for:
        return {}
    leaders = sorted(viewer.stands_in_for | viewer.own_subjects)
    rows = session.execute(
        select(ManagerRoleRow.unit_id, ManagerRoleRow.subject_id).where(
            ManagerRoleRow.subject_id.in_(leaders), holds(ManagerRoleRow, on)
        )
    ).all()
    own = {unit_id for unit_id, leader_id in rows if leader_id in viewer.own_subjects}.union(granted)
    return {SubjectId(unit_id): SubjectId(leader_id) for unit_id, leader_id in rows if unit_id not in own}


def load_deputies(
    session: ReadSession, company_id: str, *, on: date, until: date | None = None
) -> dict[SubjectId, list[SubjectId]]:
    """By manager, who acts for him on a day, or from then on until another day (inclusive) at some time."""
    query = (
        select(DeputyRow.subject_id, DeputyRow.deputy_id)
        .join(SubjectRow, SubjectRow.id == DeputyRow.subject_id)
        .where(SubjectRow.company_id == company_id, DeputyRow.starts_on <= (until or on), DeputyRow.ends_on > on)
    )
    found: defaultdict[SubjectId, list[SubjectId]] = defaultdict(list)
    for manager_id, deputy_id in session.execute(query.order_by(DeputyRow.starts_on, DeputyRow.id)):
        found[SubjectId(manager_id)].append(SubjectId(deputy_id))
    return dict(found)


def own_subjects(session: ReadSession, mailbox: str, *, on: date) -> frozenset[SubjectId]:
    """The person-subjects that the owner of a mailbox is on a day; nobody once they are closed."""
    rows = _OWN_SUBJECTS.rows(session, {"mailbox": mailbox, "day": on})
    return frozenset(SubjectId(row.subject_id) for row in rows)


def viewer_of_account(session: ReadSession, account: Account, mailbox: str, *, on: date) -> Viewer:
    """Somebody signed in, with what was granted, what is led and who it is, as of a day; three statements.

    A deputy may what the units allow that the manager leads on the day; what was granted to the manager, and the
    manager's own results, stay the manager's.
    """
    own, deputised = load_roles_held(session, mailbox, on=on)
    grants = tuple(
        dict.fromkeys((*account.grants, *(Grant(Role.MANAGER, role.unit_id) for role in (*own, *deputised))))
    )
    managers = frozenset(role.subject_id for role in deputised)
    return Viewer(
        actor=f"account:{account.id}",
        name=account.name,
        locale=account.locale,
        account_id=account.id,
        mailbox=mailbox,
        grants=grants,
        own_subjects=own_subjects(session, mailbox, on=on),
        above=_above(session, grants, on),
        stands_in_for=managers,
        acts_as=_actors(session, managers) if managers else frozenset(),
        hidden=_hidden(session, managers, _own_places(account, own), on) if managers else frozenset(),
        units=_units_below(session, {one.subject_id for one in grants if one.role in UNIT_ROLES}, on),
    )


def load_places_of(session: ReadSession, account: Account, *, on: date) -> tuple[tuple[SubjectId, ...], ...]:
    """The paths to whatever an account is, leads or holds a role on, on a day; whoever asks. For who looks after it."""
    mailbox = mailbox_of(account.email)
    own, _ = load_roles_held(session, mailbox, on=on)
    held = {grant.subject_id for grant in account.grants}.union(role.unit_id for role in own)
    paths = load_paths(session, held.union(own_subjects(session, mailbox, on=on)), on=on)
    return tuple(paths[place] for place in sorted(paths))


def viewer_of_key(session: ReadSession, key: ApiKey, *, on: date) -> Viewer:
    """An API key as the one who asks."""
    grants = (Grant(Role.VIEWER, key.subject_id),)
    return Viewer(
        actor=f"key:{key.id}",
        name=key.name,
        grants=grants,
        above=_above(session, grants, on),
        scopes=frozenset(key.scopes),
    )


def _actors(session: ReadSession, subject_ids: Iterable[str]) -> frozenset[str]:
    """The accounts of people, as the journal calls them."""
    mailboxes = session.scalars(select(PersonRow.mailbox).where(PersonRow.subject_id.in_(subject_ids)))
    accounts = (find_account(session, mailbox) for mailbox in mailboxes if mailbox)
    return frozenset(f"account:{account.id}" for account in accounts if account)


def _own_places(account: Account, led: Iterable[ManagerRole]) -> set[str]:
    """Where an account reads results by a role of its own."""
    granted = {grant.subject_id for grant in account.grants if grant.role in READING_ROLES - UNIT_ROLES}
    return granted | {role.unit_id for role in led}


def _hidden(session: ReadSession, managers: Collection[str], granted: Collection[str], on: date) -> frozenset[str]:
    """The managers whose results a deputy reads by no right of his own."""
    paths = load_paths(session, managers, on=on)
    return frozenset(one for one in managers if not set(granted) & set(paths.get(SubjectId(one), ())))


def _units_below(session: ReadSession, places: Collection[str], on: date) -> frozenset[str]:
    """What is no person at and below the places where somebody reads results of units only."""
    if not places:
        return frozenset()
    # Below a company is everything in it, found without going from unit to unit.
    is_company = (SubjectRow.id.in_(places), SubjectRow.id == SubjectRow.company_id)
    companies = set(session.scalars(select(SubjectRow.id).where(*is_company)))
    in_company, units = SubjectRow.company_id.in_(companies), sorted(set(places) - companies)
    inside = or_(in_company, SubjectRow.id.in_(below(units, on=on))) if units else in_company
    return frozenset(session.scalars(select(SubjectRow.id).where(SubjectRow.kind.in_(_NO_PERSON), inside)))


def _above(session: ReadSession, grants: Sequence[Grant], on: date) -> frozenset[str]:
    paths = load_paths(session, {grant.subject_id for grant in grants}, on=on)
    return frozenset(place for path in paths.values() for place in path[:-1])


def role_of(row: ManagerRoleRow) -> ManagerRole:
    return ManagerRole(row.id, SubjectId(row.unit_id), SubjectId(row.subject_id), row.starts_on, row.ends_on)


def _roles_held(mailbox: BindParameter[str], day: BindParameter[date]) -> Select[Any]:
    """The manager roles of a mailbox on a day, own ones marked, and those of whom it is a deputy."""
    own = select(PersonRow.subject_id).where(PersonRow.mailbox == mailbox)
    deputised = select(DeputyRow.subject_id).where(DeputyRow.deputy_id.in_(own), holds(DeputyRow, day))
    led = ManagerRoleRow.subject_id.in_(own)
    return (
        select(*ManagerRoleRow.__table__.c, led.label("is_own"))
        .where(led | ManagerRoleRow.subject_id.in_(deputised), holds(ManagerRoleRow, day))
        .order_by(ManagerRoleRow.id)
    )


# Of everybody who is signed in, with every request.
_MAILBOX, _DAY = bindparam("mailbox", type_=Text), bindparam("day", type_=Day)
_ROLES_HELD = Lookup(_roles_held(_MAILBOX, _DAY))
# From the roles to the units: leaders are few beside all that hangs in a company.
_LEADERS = Lookup(
    select(*ManagerRoleRow.__table__.c).where(
        select(SubjectRow.id)
        .where(SubjectRow.id == ManagerRoleRow.unit_id, SubjectRow.company_id == bindparam("company_id"))
        .exists(),
        holds(ManagerRoleRow, _DAY),
    )
)
_OWN_SUBJECTS = Lookup(
    select(PersonRow.subject_id)
    .join(MembershipRow, MembershipRow.subject_id == PersonRow.subject_id)
    .where(PersonRow.mailbox == _MAILBOX, holds(MembershipRow, _DAY))
)
