"""Passkeys: made by who is signed in, shown instead of a password, looked at for copies, removed."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update

from app.accounts.factors import has_factor, has_passkey
from app.accounts.intake import parse_account_name
from app.accounts.proofs import CHALLENGE_LIFE, MOST_PASSKEYS, PasskeysFull, StrongerWanted, has_gone_back
from app.accounts.sessions import end_sessions, start_session
from app.accounts.tables import AccountRow, PasskeyChallengeRow, PasskeyRow, PasskeyUserRow, SessionRow
from app.accounts.values import Entrance, Viewer
from app.errors import FieldError, Forbidden, Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.ids import entropy_of, is_id, new_id
from app.infra.later import later
from app.infra.site import Site
from app.infra.upserts import insert_or_leave
from app.journal.commands import record

if TYPE_CHECKING:
    from app.infra.authenticators import Made

# Its packages come with an extra, and are loaded when somebody first makes or shows a passkey.
authenticators = later("app.infra.authenticators")

CHALLENGE_BYTES, KNOWN_AS_BYTES = 32, 64


def begin_passkey(session: WriteSession, viewer: Viewer, *, site: Site, here: str | None, now: datetime) -> str:
    """What the browser needs to make a passkey, as JSON, with a challenge that is taken once and for five minutes.

    For whoever is signed in by the session `here`. Raises StrongerWanted where a sign-in by one factor would add
    another one to an account that has a second, and PasskeysFull.
    """
    account = _own(session, viewer)
    _require_strength(session, account.id, here)
    known = session.scalars(select(PasskeyRow.credential_id).where(PasskeyRow.account_id == account.id)).all()
    if len(known) >= MOST_PASSKEYS:
        raise PasskeysFull(most=MOST_PASSKEYS)
    options: str = authenticators.creation_options(
        site,
        known_as=_known_as(session, account.id),
        name=account.email,
        challenge=_new_challenge(session, account.id, now=now),
        known=known,
    )
    return options


def register_passkey(  # noqa: PLR0913 - who, what, and four named facts
    session: WriteSession, viewer: Viewer, answer: str, *, name: str, site: Site, here: str | None, now: datetime
) -> bool:
    """Keep the passkey that a browser made; the session `here` is strong from now on. False if the answer does not hold.

    For whoever is signed in and asked for it. A refusal is an answer and no exception, so that the challenge stays used.
    """
    account = _own(session, viewer)
    _require_strength(session, account.id, here)
    try:
        called = parse_account_name(name)
    except ValueError as wrong:
        raise Invalid([FieldError("name", str(wrong))]) from None
    claim = authenticators.claim_of(answer)
    if claim is None or not _takes(session, claim.challenge, account.id, now=now):
        return False
    made = authenticators.made_key(site, answer, challenge=claim.challenge)
    if made is None or not _keep(session, account.id, made, called, now=now):
        return False
    session.execute(
        update(SessionRow).where(SessionRow.id == here, SessionRow.account_id == account.id).values(is_strong=True)
    )
    _note(session, viewer.actor, "passkey.made", account.id, now=now, name=called)
    return True


def remove_passkey(
    session: WriteSession, viewer: Viewer, passkey_id: str, *, here: str | None = None, now: datetime
) -> None:
    """Remove one of one's own passkeys; every other browser is signed out. NotFound for anybody else's.

    With the last second step goes the strength of the session `here`.
    """
    account = _own(session, viewer)
    row = session.get(PasskeyRow, passkey_id) if is_id(passkey_id) else None
    if row is None or row.account_id != account.id:
        raise NotFound
    name = row.name
    session.delete(row)
    session.flush()
    end_sessions(session, account.id, but=here)
    if not (has_factor(session, account.id) or has_passkey(session, account.id)):
        session.execute(update(SessionRow).where(SessionRow.account_id == account.id).values(is_strong=False))
    _note(session, viewer.actor, "passkey.removed", account.id, now=now, name=name)


def begin_entry(session: WriteSession, *, site: Site, now: datetime) -> str:
    """What the browser needs to show a passkey, as JSON. For anybody; says nothing of who has one."""
    options: str = authenticators.request_options(site, challenge=_new_challenge(session, None, now=now))
    return options


def enter_by_passkey(
    session: WriteSession, answer: str, *, site: Site, client: str, back: str, now: datetime
) -> Entrance | None:
    """A new session for a passkey, strong since the device has recognised its owner; None if the answer does not hold.

    For anybody, within five minutes of `begin_entry`, once. A refusal is None and no exception, so that the challenge
    stays used. A counter that went back tells of a copy: the passkey opens nothing any more, which is noted.
    """
    claim = authenticators.claim_of(answer)
    if claim is None or not _takes(session, claim.challenge, None, now=now):
        return None
    found = session.execute(
        select(PasskeyRow, PasskeyUserRow.known_as)
        .join(AccountRow, AccountRow.id == PasskeyRow.account_id)
        .join(PasskeyUserRow, PasskeyUserRow.account_id == PasskeyRow.account_id)
        .where(PasskeyRow.credential_id == claim.credential_id, AccountRow.is_active)
        .with_for_update()
    ).one_or_none()
    if found is None or found.known_as != claim.known_as or found.PasskeyRow.doubted_at is not None:
        return None
    row: PasskeyRow = found.PasskeyRow
    counter = authenticators.shown_counter(site, answer, challenge=claim.challenge, public_key=row.public_key)
    if counter is None:
        return None
    if has_gone_back(row.counter, counter):
        row.doubted_at = now
        session.flush()
        _note(session, f"account:{row.account_id}", "passkey.doubted", row.account_id, now=now, name=row.name)
        return None
    row.counter, row.last_used_at = counter, now
    session.flush()
    secret = start_session(session, row.account_id, client, how="passkey", is_strong=True, now=now)
    return Entrance(secret, back=back)


def _own(session: WriteSession, viewer: Viewer) -> AccountRow:
    if viewer.account_id is None:
        raise Forbidden
    return session.get_one(AccountRow, viewer.account_id)


def _require_strength(session: WriteSession, account_id: str, here: str | None) -> None:
    """Whoever knows but the password must not make himself at home beside a second factor."""
    if has_factor(session, account_id) or has_passkey(session, account_id):
        is_strong = session.scalar(
            select(SessionRow.is_strong).where(SessionRow.id == here, SessionRow.account_id == account_id)
        )
        if not is_strong:
            raise StrongerWanted


def _known_as(session: WriteSession, account_id: str) -> bytes:
    """The random bytes by which authenticators know an account; they say nothing of whose it is."""
    drawn = entropy_of(session).token_bytes(KNOWN_AS_BYTES)
    insert_or_leave(session, PasskeyUserRow, account_id=account_id, known_as=drawn)
    return session.scalars(select(PasskeyUserRow.known_as).where(PasskeyUserRow.account_id == account_id)).one()


def _new_challenge(session: WriteSession, account_id: str | None, *, now: datetime) -> bytes:
    session.execute(delete(PasskeyChallengeRow).where(PasskeyChallengeRow.expires_at <= now))
    challenge = entropy_of(session).token_bytes(CHALLENGE_BYTES)
    session.add(PasskeyChallengeRow(challenge=challenge, account_id=account_id, expires_at=now + CHALLENGE_LIFE))
    session.flush()
    return challenge


def _takes(session: WriteSession, challenge: bytes, account_id: str | None, *, now: datetime) -> bool:
    """Whether a challenge is open, for this account to make a passkey or for anybody to show one; it is used up by that."""
    taken = session.execute(
        delete(PasskeyChallengeRow)
        .where(
            PasskeyChallengeRow.challenge == challenge,
            PasskeyChallengeRow.account_id.is_not_distinct_from(account_id),
            PasskeyChallengeRow.expires_at > now,
        )
        .returning(PasskeyChallengeRow.challenge)
    )
    return taken.scalar_one_or_none() is not None


def _keep(session: WriteSession, account_id: str, made: "Made", name: str, *, now: datetime) -> bool:
    count = select(func.count()).where(PasskeyRow.account_id == account_id)
    if (session.scalar(count) or 0) >= MOST_PASSKEYS:
        raise PasskeysFull(most=MOST_PASSKEYS)
    return insert_or_leave(
        session,
        PasskeyRow,
        id=new_id(session),
        account_id=account_id,
        credential_id=made.credential_id,
        public_key=made.public_key,
        counter=made.counter,
        name=name,
        created_at=now,
        last_used_at=None,
        doubted_at=None,
    )


def _note(session: WriteSession, actor: str, action: str, account_id: str, *, now: datetime, name: str) -> None:
    record(
        session,
        actor,
        action,
        company_id=None,
        object_kind="account",
        object_id=account_id,
        details={"name": name},
        now=now,
    )
