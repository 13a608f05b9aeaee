"""Coming in by the word of a provider of identity: whom one of its subjects means here, bound at first use."""

from datetime import datetime

from sqlalchemy import select

from app.accounts.proofs import AddressUnverified, IdentityTaken, NobodyKnown
from app.accounts.queries import account_of_row
from app.accounts.tables import AccountRow, IdentityRow
from app.accounts.values import Account
from app.infra.database import ReadSession, WriteSession
from app.infra.id_token import Identity
from app.infra.ids import new_id
from app.infra.upserts import insert_or_leave
from app.journal.commands import record


def find_bound(session: ReadSession, identity: Identity) -> Account | None:
    """The account that a provider's subject was bound to, whatever its address is by now; whoever asks.

    Raises NobodyKnown when it is closed.
    """
    row = session.scalar(
        select(AccountRow)
        .join(IdentityRow, IdentityRow.account_id == AccountRow.id)
        .where(IdentityRow.issuer == identity.issuer, IdentityRow.subject == identity.subject)
    )
    if row is not None and not row.is_active:
        raise NobodyKnown(email=row.email)
    return account_of_row(row) if row is not None else None


def require_verified(identity: Identity) -> None:
    """Raise AddressUnverified unless the provider vouches for the address."""
    if not identity.is_verified:
        raise AddressUnverified


def bind(session: WriteSession, identity: Identity, account: Account | None, *, now: datetime) -> Account:
    """Bind a provider's subject to the account of its verified address, for good. Nobody gets an account by it.

    For `organisation.commands.enter_by_provider`, which has looked for the account. Raises NobodyKnown without one
    that is open, and IdentityTaken when another subject of the provider is bound to it.
    """
    if account is None or not account.is_active:
        raise NobodyKnown(email=identity.email)
    is_bound = insert_or_leave(
        session,
        IdentityRow,
        id=new_id(session),
        account_id=account.id,
        issuer=identity.issuer,
        subject=identity.subject,
        bound_at=now,
    )
    if not is_bound and find_bound(session, identity) is None:
        raise IdentityTaken(email=identity.email)
    if is_bound:
        record(
            session,
            f"account:{account.id}",
            "sign_in.bound",
            company_id=None,
            object_kind="account",
            object_id=account.id,
            details={"issuer": identity.issuer},
            now=now,
        )
    return account
