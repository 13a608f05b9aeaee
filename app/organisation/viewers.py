"""Who leads which unit on a day, and who is asking: roles and own subjects make the viewer, request by request."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from app.accounts.values import Account, ApiKey, Grant, Role, Viewer
from app.infra.database import ReadSession
from app.organisation.paths import holds, load_paths
from app.organisation.tables import ManagerRoleRow, MembershipRow, PersonRow, SubjectRow
from app.organisation.values import ManagerRole, SubjectId


def load_manager_roles(session: ReadSession, company_id: str, *, on: date) -> list[ManagerRole]:
    """Who leads which unit of a company on a day."""
    rows = session.scalars(
        select(ManagerRoleRow)
        .join(SubjectRow, SubjectRow.id == ManagerRoleRow.unit_id)
        .where(SubjectRow.company_id == company_id, holds(ManagerRoleRow, on))
    )
    return [role_of(row) for row in rows]


def list_manager_roles(session: ReadSession, *, on: date, mailbox: str) -> list[ManagerRole]:
    """What the owner of a mailbox leads on a day, in every company."""
    rows = session.scalars(
        select(ManagerRoleRow)
        .join(PersonRow, PersonRow.subject_id == ManagerRoleRow.subject_id)
        .where(PersonRow.mailbox == mailbox, holds(ManagerRoleRow, on))
        .order_by(ManagerRoleRow.id)
    )
    return [role_of(row) for row in rows]


def own_subjects(session: ReadSession, mailbox: str, *, on: date) -> frozenset[SubjectId]:
    """The person-subjects that the owner of a mailbox is on a day; nobody once they are closed."""
    rows = session.scalars(
        select(PersonRow.subject_id)
        .join(MembershipRow, MembershipRow.subject_id == PersonRow.subject_id)
        .where(PersonRow.mailbox == mailbox, holds(MembershipRow, on))
    )
    return frozenset(SubjectId(str(subject_id)) for subject_id in rows)


def viewer_of_account(session: ReadSession, account: Account, mailbox: str, *, on: date) -> Viewer:
    """Somebody signed in, with what was granted, what is led and who it is, as of a day; three statements."""
    led = (Grant(Role.MANAGER, role.unit_id) for role in list_manager_roles(session, on=on, mailbox=mailbox))
    grants = tuple(dict.fromkeys((*account.grants, *led)))
    return Viewer(
        actor=f"account:{account.id}",
        name=account.name,
        locale=account.locale,
        account_id=account.id,
        mailbox=mailbox,
        grants=grants,
        own_subjects=own_subjects(session, mailbox, on=on),
        above=_above(session, grants, on),
    )


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


def _above(session: ReadSession, grants: Sequence[Grant], on: date) -> frozenset[str]:
    paths = load_paths(session, {grant.subject_id for grant in grants}, on=on)
    return frozenset(place for path in paths.values() for place in path[:-1])


def role_of(row: ManagerRoleRow) -> ManagerRole:
    return ManagerRole(row.id, SubjectId(row.unit_id), SubjectId(row.subject_id), row.starts_on, row.ends_on)
