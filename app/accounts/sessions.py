"""Signed-in browsers: begun, kept alive, ended one by one or all at once."""

from datetime import datetime

from sqlalchemy import delete, select, update

from app.accounts.proofs import LINK_LIFE, LONGEST_SESSION
from app.accounts.tables import HalfSessionRow, SessionRow, SignInLinkRow
from app.accounts.values import Viewer
from app.errors import NotFound
from app.infra.database import ReadSession, WriteSession
from app.infra.ids import entropy_of, is_id, new_id
from app.infra.keys import SECRET_BYTES, fingerprint, new_secret
from app.journal.commands import record

_CLIENT_LENGTH = 200


def touch_session(session: WriteSession, session_id: str, *, now: datetime) -> None:
    """Note that a browser is in use, which keeps it signed in. For the edge, about once a minute."""
    session.execute(update(SessionRow).where(SessionRow.id == session_id).values(seen_at=now))


def sign_out(session: WriteSession, secret: str) -> None:
    """End the session with this cookie. For whoever holds it; idempotent."""
    session.execute(delete(SessionRow).where(SessionRow.token_hash == fingerprint(secret)))


def revoke_session(session: WriteSession, viewer: Viewer, session_id: str, *, now: datetime) -> None:
    """End one signed-in browser of one's own, or any for the service; NotFound for anybody else's."""
    row = session.get(SessionRow, session_id) if is_id(session_id) else None
    if row is None or not (viewer.is_service or viewer.account_id == row.account_id):
        raise NotFound
    session.delete(row)
    session.flush()
    _note(session, viewer.actor, "session.ended", row.account_id, {}, now=now)


def end_sessions(session: WriteSession, account_id: str, *, but: str | None = None) -> None:
    """Sign an account out everywhere, but for one session, and void its links. For commands that change what it may do."""
    others = (SessionRow.id != but,) if but is not None else ()
    session.execute(delete(SessionRow).where(SessionRow.account_id == account_id, *others))
    session.execute(delete(HalfSessionRow).where(HalfSessionRow.account_id == account_id))
    session.execute(delete(SignInLinkRow).where(SignInLinkRow.account_id == account_id))


def has_fresh_link(session: ReadSession, account_id: str, *, now: datetime) -> bool:
    """Whether the account came in by a mailed link in the last 30 minutes: as good as knowing the old password."""
    query = select(SignInLinkRow.id).where(
        SignInLinkRow.account_id == account_id, SignInLinkRow.used_at > now - LINK_LIFE
    )
    return session.scalar(query.limit(1)) is not None


def start_session(
    session: WriteSession, account_id: str, client: str, *, how: str, is_strong: bool, now: datetime
) -> str:
    """The secret of a new session; strong where a second factor was shown."""
    secret = random_secret(session)
    session.add(
        SessionRow(
            id=new_id(session),
            account_id=account_id,
            token_hash=fingerprint(secret),
            created_at=now,
            seen_at=now,
            expires_at=now + LONGEST_SESSION,
            client=client[:_CLIENT_LENGTH],
            is_strong=is_strong,
        )
    )
    session.flush()
    _note(session, f"account:{account_id}", "session.started", account_id, {"by": how}, now=now)
    return secret


def random_secret(session: WriteSession) -> str:
    """A new secret for a session, or for half of one."""
    return new_secret(entropy_of(session).token_bytes(SECRET_BYTES))


def _note(
    session: WriteSession, actor: str, action: str, account_id: str, details: dict[str, str], *, now: datetime
) -> None:
    record(
        session, actor, action, company_id=None, object_kind="account", object_id=account_id, details=details, now=now
    )
