"""Roles: given on a subtree, taken away, and withdrawn altogether from who has left."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update

from app.accounts.queries import load_accounts
from app.accounts.rules import Action, OwnGrant, require
from app.accounts.sessions import end_sessions
from app.accounts.tables import ApiKeyRow, GrantRow
from app.accounts.values import Account, AccountId, Role, Viewer
from app.errors import NotFound
from app.infra.database import WriteSession
from app.infra.ids import new_id
from app.infra.upserts import insert_or_leave
from app.journal.commands import record


def grant_role(
    session: WriteSession, viewer: Viewer, account_id: str, role: Role, path: Sequence[str], *, now: datetime
) -> Account:
    """Give an account a role on the last subject of a path and everything below it. Idempotent.

    For who manages accounts there; nobody gives himself a role.
    """
    account, row = _managed(session, viewer, account_id, role, path)
    if viewer.account_id == account.id:
        raise OwnGrant
    if row is None and insert_or_leave(
        session,
        GrantRow,
        id=new_id(session),
        account_id=account.id,
        role=role,
        subject_id=path[-1],
        company_id=path[0],
        created_at=now,
    ):
        _note(session, viewer, "role.granted", account.id, held=(role, path), now=now)
    return load_accounts(session, [account.id])[account.id]


def revoke_role(
    session: WriteSession, viewer: Viewer, account_id: str, role: Role, path: Sequence[str], *, now: datetime
) -> Account:
    """Take a role on the last subject of a path away; the account is signed out everywhere. Idempotent.

    For who manages accounts there.
    """
    account, row = _managed(session, viewer, account_id, role, path)
    if row is not None:
        _note(session, viewer, "role.revoked", account.id, held=(role, path), now=now)
        session.delete(row)
        session.flush()
        end_sessions(session, account.id)
    return load_accounts(session, [account.id])[account.id]


def withdraw(session: WriteSession, account_id: str, company_id: str, *, now: datetime) -> None:
    """Take away what an account holds in a company: roles, keys it made, and every browser it is signed in.

    For `organisation.commands.close_subject`, when its person has left. Idempotent.
    """
    session.execute(delete(GrantRow).where(GrantRow.account_id == account_id, GrantRow.company_id == company_id))
    session.execute(
        update(ApiKeyRow)
        .where(
            ApiKeyRow.company_id == company_id,
            ApiKeyRow.created_by == f"account:{account_id}",
            ApiKeyRow.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
    end_sessions(session, account_id)
    session.expire_all()


def _managed(
    session: WriteSession, viewer: Viewer, account_id: str, role: Role, path: Sequence[str]
) -> tuple[Account, GrantRow | None]:
    require(viewer, Action.ACCOUNTS_MANAGE, path)
    account = load_accounts(session, [account_id]).get(AccountId(account_id))
    if account is None:
        raise NotFound
    row = session.scalar(
        select(GrantRow).where(
            GrantRow.account_id == account.id, GrantRow.role == role, GrantRow.subject_id == path[-1]
        )
    )
    return account, row


def _note(
    session: WriteSession,
    viewer: Viewer,
    action: str,
    account_id: str,
    *,
    held: tuple[Role, Sequence[str]],
    now: datetime,
) -> None:
    role, path = held
    record(
        session,
        viewer.actor,
        action,
        company_id=path[0],
        object_kind="account",
        object_id=account_id,
        details={"role": role, "subject_id": path[-1]},
        now=now,
    )
