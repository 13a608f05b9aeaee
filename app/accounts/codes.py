"""Codes of a second factor: each is taken once, from the app or the list, and failures have to be waited out."""

from datetime import datetime

from sqlalchemy import delete, select, update

from app.accounts.intake import CODE_DIGITS, parse_code
from app.accounts.proofs import FAILURES_FORGOTTEN, CodeDelayed, SignInDelayed, steps_taken
from app.accounts.queries import counter_of, require_no_delay
from app.accounts.tables import AttemptRow, RecoveryCodeRow, SecondFactorRow
from app.infra.database import WriteSession
from app.infra.keys import key_of, same
from app.infra.otp import code_at
from app.infra.upserts import insert_or_leave


def takes_code(session: WriteSession, account_id: str, typed: str, *, now: datetime) -> bool:
    """Whether a code of the account's app, or one of its recovery codes, fits; it is used up by that.

    For commands that ask for one. A refusal is an answer and no exception, since its count must be committed: after
    five in a row the next ones have to wait ever longer (CodeDelayed).
    """
    counter = counter_of(session, "factor", account_id)
    try:
        require_no_delay(session.get(AttemptRow, counter, with_for_update=True), now=now)
    except SignInDelayed as delayed:
        raise CodeDelayed(delayed.retry_after, seconds=delayed.retry_after) from None
    code = parse_code(typed)
    factor = session.scalar(select(SecondFactorRow).where(SecondFactorRow.account_id == account_id))
    if factor is None or not code or not _uses_up(session, factor, code, now=now):
        count_failure(session, counter, now=now)
        return False
    session.execute(delete(AttemptRow).where(AttemptRow.what == counter))
    return True


def count_failure(session: WriteSession, what: str, *, now: datetime) -> None:
    """One more failure in a row under this name; those of a day ago are forgotten."""
    insert_or_leave(session, AttemptRow, what=what, window_start=now, count=0)
    row = session.get_one(AttemptRow, what, with_for_update=True)
    row.count = 1 if now - row.window_start >= FAILURES_FORGOTTEN else row.count + 1
    row.window_start = now
    session.flush()


def _uses_up(session: WriteSession, factor: SecondFactorRow, code: str, *, now: datetime) -> bool:
    key = key_of(session)
    if len(code) != CODE_DIGITS:
        return _uses_up_spare(session, factor.id, key.recovery_mark(factor.id, code), now=now)
    secret = key.factor_secret(factor.id)
    fitting = [
        step for step in steps_taken(now, after=factor.last_step) if same(code_at(secret, step).encode(), code.encode())
    ]
    if not fitting:
        return False
    # Only one of two who send the same code at the same moment finds it unused.
    taken = session.execute(
        update(SecondFactorRow)
        .where(SecondFactorRow.id == factor.id, SecondFactorRow.last_step < fitting[0])
        .values(last_step=fitting[0])
        .returning(SecondFactorRow.id)
    )
    return taken.scalar_one_or_none() is not None


def _uses_up_spare(session: WriteSession, factor_id: str, mark: bytes, *, now: datetime) -> bool:
    taken = session.execute(
        update(RecoveryCodeRow)
        .where(
            RecoveryCodeRow.factor_id == factor_id,
            RecoveryCodeRow.code_hash == mark,
            RecoveryCodeRow.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCodeRow.id)
    )
    return taken.scalar_one_or_none() is not None
