"""What is kept for a while: counts of attempts, answers already given, sessions and links; and clearing it out."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_

from app.accounts.proofs import FAILURES_FORGOTTEN, IDLE
from app.accounts.rules import ANSWER_LIFE, KeyReused
from app.accounts.tables import (
    AttemptRow,
    HalfSessionRow,
    IdempotentAnswerRow,
    PasskeyChallengeRow,
    SessionRow,
    SignInLinkRow,
)
from app.errors import TooMany
from app.infra.database import WriteSession
from app.infra.upserts import insert_or_leave


def count_attempt(session: WriteSession, what: str, *, limit: int, window: timedelta, now: datetime) -> None:
    """Count one attempt on something in a window of time; TooMany beyond the limit, until the window ends.

    For edges, before what they guard. What is counted is committed with the transaction, so that a refusal adds
    nothing.
    """
    insert_or_leave(session, AttemptRow, what=what, window_start=now, count=0)
    row = session.get_one(AttemptRow, what, with_for_update=True)
    if now - row.window_start >= window:
        row.window_start, row.count = now, 0
    if row.count >= limit:
        left = row.window_start + window - now
        raise TooMany(max(1, -(-left // timedelta(seconds=1))))
    row.count += 1
    session.flush()


def keep_idempotent_answer(  # noqa: PLR0913 - an answer has that many parts, all named
    session: WriteSession,
    actor: str,
    key: str,
    request_hash: bytes,
    *,
    status: int,
    body: object,
    now: datetime,
) -> None:
    """Keep an answer for a day under the caller's Idempotency-Key.

    For the edge, in the transaction of the command. Raises KeyReused when the same key was answered at the same
    moment by another request, which undoes this one.
    """
    mine = (IdempotentAnswerRow.actor == actor, IdempotentAnswerRow.key == key)
    session.execute(delete(IdempotentAnswerRow).where(*mine, IdempotentAnswerRow.created_at <= now - ANSWER_LIFE))
    kept = insert_or_leave(
        session,
        IdempotentAnswerRow,
        actor=actor,
        key=key,
        request_hash=request_hash,
        status=status,
        body=body,
        created_at=now,
    )
    if not kept:
        raise KeyReused


def clear_out(session: WriteSession, *, now: datetime) -> None:
    """Delete what has had its time: sessions, links, counts and answers. For the worker; idempotent."""
    session.execute(delete(SessionRow).where(or_(SessionRow.expires_at <= now, SessionRow.seen_at <= now - IDLE)))
    session.execute(delete(HalfSessionRow).where(HalfSessionRow.expires_at <= now))
    session.execute(delete(PasskeyChallengeRow).where(PasskeyChallengeRow.expires_at <= now))
    session.execute(delete(SignInLinkRow).where(SignInLinkRow.expires_at <= now - timedelta(days=1)))
    session.execute(delete(AttemptRow).where(AttemptRow.window_start <= now - FAILURES_FORGOTTEN))
    session.execute(delete(IdempotentAnswerRow).where(IdempotentAnswerRow.created_at <= now - ANSWER_LIFE))
