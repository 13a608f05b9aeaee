"""The second factor of an account: set up with an app, emergency codes, removed with a code, reset by somebody else."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update

from app.accounts.codes import takes_code
from app.accounts.factors import has_factor, has_passkey
from app.accounts.letters import reset_letter
from app.accounts.proofs import RECOVERY_CODES, FactorThere, OwnReset, StrongerWanted
from app.accounts.queries import load_accounts
from app.accounts.rules import Action, require
from app.accounts.sessions import end_sessions
from app.accounts.tables import FactorRuleRow, IdentityRow, PasskeyRow, RecoveryCodeRow, SecondFactorRow, SessionRow
from app.accounts.values import AccountId, FactorDuty, Viewer
from app.errors import FieldError, Forbidden, Invalid, NotFound
from app.fields import REQUIRED
from app.infra.database import WriteSession
from app.infra.ids import entropy_of, new_id
from app.infra.keys import key_of
from app.infra.upserts import insert_or_leave
from app.journal.commands import record
from app.mail.commands import enqueue
from app.receipts.rules import CODE_BYTES, read, written


def begin_factor(session: WriteSession, viewer: Viewer, *, now: datetime) -> None:
    """Offer a new secret to one's app; it counts once a code of it was given. Replaces an offer that was not taken.

    For whoever is signed in. Raises FactorThere while there is one that counts.
    """
    account_id = _own(viewer)
    if has_factor(session, account_id):
        raise FactorThere
    session.execute(delete(SecondFactorRow).where(SecondFactorRow.account_id == account_id))
    insert_or_leave(
        session,
        SecondFactorRow,
        id=new_id(session),
        account_id=account_id,
        created_at=now,
        confirmed_at=None,
        last_step=0,
    )


def confirm_factor(
    session: WriteSession, viewer: Viewer, typed: str, *, here: str | None, now: datetime
) -> tuple[str, ...] | None:
    """Let the offered secret count, now that the app gives codes of it; the recovery codes, which nobody sees again.

    For whoever is signed in, by the session `here`, which is strong from now on; every other browser is signed out.
    None if the code does not fit. Raises NotFound when nothing was offered, and StrongerWanted where there is a passkey
    that this sign-in did without.
    """
    account_id = _own(viewer)
    row = session.scalar(select(SecondFactorRow).where(SecondFactorRow.account_id == account_id).with_for_update())
    if row is None:
        raise NotFound
    if row.confirmed_at is not None:
        raise FactorThere
    if has_passkey(session, account_id) and not session.scalar(
        select(SessionRow.is_strong).where(SessionRow.id == here, SessionRow.account_id == account_id)
    ):
        raise StrongerWanted
    if not takes_code(session, account_id, typed, now=now):
        return None
    session.execute(update(SecondFactorRow).where(SecondFactorRow.id == row.id).values(confirmed_at=now))
    end_sessions(session, account_id, but=here)
    session.execute(update(SessionRow).where(SessionRow.id == here).values(is_strong=True))
    codes = _new_codes(session, row.id)
    _note(session, viewer.actor, "second_factor.set_up", account_id, now=now)
    return codes


def renew_recovery_codes(session: WriteSession, viewer: Viewer, typed: str, *, now: datetime) -> tuple[str, ...] | None:
    """Ten new recovery codes for a code; the old ones are void. None if the code does not fit."""
    account_id = _own(viewer)
    factor_id = _confirmed(session, account_id)
    if not takes_code(session, account_id, typed, now=now):
        return None
    codes = _new_codes(session, factor_id)
    _note(session, viewer.actor, "second_factor.codes_renewed", account_id, now=now)
    return codes


def remove_factor(session: WriteSession, viewer: Viewer, typed: str, *, here: str | None, now: datetime) -> bool:
    """Remove one's own second factor with a code of it; every other browser is signed out. False if it does not fit."""
    account_id = _own(viewer)
    factor_id = _confirmed(session, account_id)
    if not takes_code(session, account_id, typed, now=now):
        return False
    session.execute(delete(SecondFactorRow).where(SecondFactorRow.id == factor_id))
    end_sessions(session, account_id, but=here)
    session.execute(update(SessionRow).where(SessionRow.id == here).values(is_strong=False))
    _note(session, viewer.actor, "second_factor.removed", account_id, now=now)
    return True


def reset_sign_in(  # noqa: PLR0913 - who, whose, why and where: all named
    session: WriteSession,
    viewer: Viewer,
    account_id: str,
    places: Sequence[Sequence[str]],
    *,
    reason: str,
    organisation: str = "Soft-KPI",
    now: datetime,
) -> None:
    """Remove somebody's second factor and passkeys, for who has lost phone and codes; signed out everywhere, and told by a letter.

    Whom a provider of identity meant is forgotten, too: the verified address leads there anew.

    For who manages accounts at every one of `places`, the paths to whatever the person is or holds a role on; and
    for the service. Nobody does it for himself. Sends one letter of duty; a reason is required and in the journal.
    """
    account = load_accounts(session, [account_id]).get(AccountId(account_id))
    if account is None or not (places or viewer.is_service):
        raise NotFound
    for path in places:
        require(viewer, Action.ACCOUNTS_MANAGE, path)
    if viewer.account_id == account.id:
        raise OwnReset
    if not reason.strip():
        raise Invalid([FieldError("reason", REQUIRED)])
    session.execute(delete(SecondFactorRow).where(SecondFactorRow.account_id == account.id))
    session.execute(delete(IdentityRow).where(IdentityRow.account_id == account.id))
    session.execute(delete(PasskeyRow).where(PasskeyRow.account_id == account.id))
    end_sessions(session, account.id)
    for company_id in sorted({path[0] for path in places}) or (None,):
        record(
            session,
            viewer.actor,
            "sign_in.reset",
            company_id=company_id,
            object_kind="account",
            object_id=account.id,
            details={"reason": reason.strip()},
            now=now,
        )
    letter = reset_letter(account, reason.strip(), organisation=organisation, mark=new_id(session), now=now)
    enqueue(session, letter, now=now)


def set_factor_duty(
    session: WriteSession, viewer: Viewer, company_id: str, duty: FactorDuty, *, now: datetime
) -> FactorDuty:
    """Ask a second factor of roles in a company; those without one are led to set it up before anything else.

    For who manages its accounts. Idempotent.
    """
    require(viewer, Action.ACCOUNTS_MANAGE, (company_id,))
    insert_or_leave(session, FactorRuleRow, company_id=company_id, required_of=FactorDuty.NOBODY)
    row = session.get_one(FactorRuleRow, company_id, with_for_update=True)
    if row.required_of != duty:
        row.required_of = duty
        session.flush()
        record(
            session,
            viewer.actor,
            "sign_in.rule_set",
            company_id=company_id,
            object_kind="company",
            object_id=company_id,
            details={"second_factor": duty},
            now=now,
        )
    return duty


def _own(viewer: Viewer) -> str:
    if viewer.account_id is None:
        raise Forbidden
    return viewer.account_id


def _confirmed(session: WriteSession, account_id: str) -> str:
    query = select(SecondFactorRow.id).where(
        SecondFactorRow.account_id == account_id, SecondFactorRow.confirmed_at.is_not(None)
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound
    return found


def _new_codes(session: WriteSession, factor_id: str) -> tuple[str, ...]:
    session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.factor_id == factor_id))
    codes = tuple(written(entropy_of(session).token_bytes(CODE_BYTES)) for _ in range(RECOVERY_CODES))
    key = key_of(session)
    session.add_all(
        RecoveryCodeRow(
            id=new_id(session),
            factor_id=factor_id,
            code_hash=key.recovery_mark(factor_id, read(code)),
            used_at=None,
        )
        for code in codes
    )
    session.flush()
    return codes


def _note(session: WriteSession, actor: str, action: str, account_id: str, *, now: datetime) -> None:
    record(session, actor, action, company_id=None, object_kind="account", object_id=account_id, now=now)
