"""Reads of second factors and passkeys: who has one, and of whom it is asked."""

from sqlalchemy import bindparam, func, select

from app.accounts.rules import Action, owes_factor, require
from app.accounts.tables import FactorRuleRow, PasskeyRow, RecoveryCodeRow, SecondFactorRow
from app.accounts.values import AccountId, FactorDuty, Passkey, SecondFactor, Viewer
from app.infra.database import ReadSession
from app.infra.lookup import Lookup


def has_factor(session: ReadSession, account_id: str) -> bool:
    """Whether an account has a second factor that counts."""
    query = select(SecondFactorRow.id).where(
        SecondFactorRow.account_id == account_id, SecondFactorRow.confirmed_at.is_not(None)
    )
    return session.scalar(query) is not None


def find_factor(session: ReadSession, account_id: str) -> SecondFactor | None:
    """The authenticator app of an account, confirmed or not, whoever asks; two statements."""
    row = session.scalar(select(SecondFactorRow).where(SecondFactorRow.account_id == account_id))
    if row is None:
        return None
    left = select(func.count()).where(RecoveryCodeRow.factor_id == row.id, RecoveryCodeRow.used_at.is_(None))
    return SecondFactor(row.id, AccountId(row.account_id), row.confirmed_at, session.scalar(left) or 0)


def has_passkey(session: ReadSession, account_id: str) -> bool:
    """Whether an account has a passkey that opens it."""
    query = select(PasskeyRow.id).where(PasskeyRow.account_id == account_id, PasskeyRow.doubted_at.is_(None))
    return session.scalar(query.limit(1)) is not None


def list_passkeys(session: ReadSession, viewer: Viewer) -> tuple[Passkey, ...]:
    """The passkeys of whoever is signed in, the oldest first; at most ten."""
    query = select(PasskeyRow).where(PasskeyRow.account_id == viewer.account_id)
    rows = session.scalars(query.order_by(PasskeyRow.created_at, PasskeyRow.id))
    return tuple(Passkey(row.id, row.name, row.created_at, row.last_used_at, row.doubted_at) for row in rows)


def get_factor_duty(session: ReadSession, viewer: Viewer, company_id: str) -> FactorDuty:
    """Of whom a company asks a second factor, for who manages its accounts."""
    require(viewer, Action.ACCOUNTS_MANAGE, (company_id,))
    row = session.get(FactorRuleRow, company_id)
    return FactorDuty.NOBODY if row is None else FactorDuty(row.required_of)


def is_factor_due(session: ReadSession, viewer: Viewer) -> bool:
    """Whether a second factor is asked of a person by a company in which the person has a role; one statement."""
    places = viewer.above.union(grant.subject_id for grant in viewer.grants)
    if not places:
        return False
    asked = {FactorDuty(row.required_of) for row in _RULES.rows(session, {"places": sorted(places)})}
    return owes_factor(asked, {grant.role for grant in viewer.grants})


_RULES = Lookup(
    select(FactorRuleRow.required_of).where(FactorRuleRow.company_id.in_(bindparam("places", expanding=True)))
)
