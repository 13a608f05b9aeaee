"""Coming in and going out: password, one-time link by mail, signed-in browsers. Nothing here says who is known."""

from datetime import datetime

from sqlalchemy import delete, select, update

from app.accounts.codes import count_failure, takes_code
from app.accounts.factors import has_factor
from app.accounts.proofs import HALF_LIFE, LINK_LIFE, HalfSessionOver, SignInLinkUsedUp, UnknownSignInLink
from app.accounts.queries import find_account, mailbox_of_typed, require_no_delay
from app.accounts.sessions import random_secret, start_session
from app.accounts.tables import AccountRow, AttemptRow, HalfSessionRow, SignInLinkRow
from app.accounts.values import Entrance, PasswordCheck
from app.errors import NotFound
from app.infra.database import WriteSession
from app.infra.ids import new_id
from app.infra.keys import fingerprint, key_of
from app.mail.commands import enqueue
from app.mail.values import Letter, Mail

_LINKS_PER_HOUR = 5


def sign_in(
    session: WriteSession, check: PasswordCheck, *, client: str, back: str = "/", now: datetime
) -> Entrance | None:
    """A new session, or half of one where a second factor is due; None if address and password do not belong together.

    For anybody, with what `queries.check_password` answered; `client` is what the browser calls itself. A refusal is
    None and no exception, since its count must be committed: after five in a row for the account or the place the
    next ones have to wait ever longer (SignInDelayed).
    """
    for what in check.counters:
        require_no_delay(session.get(AttemptRow, what, with_for_update=True), now=now)
    row = session.get(AccountRow, check.account_id, with_for_update=True) if check.account_id else None
    if row is None or not row.is_active or row.credential_version != check.credential_version:
        for what in check.counters:
            count_failure(session, what, now=now)
        return None
    # The account's own counter begins anew; that of the place does not, or one good account would open all others.
    session.execute(delete(AttemptRow).where(AttemptRow.what == check.counters[0]))
    return let_in(session, row.id, client, how="password", back=back, now=now)


def request_sign_in_link(session: WriteSession, email: str, *, organisation: str = "", now: datetime) -> None:
    """Send a one-time link that lives 30 minutes, if the mailbox has an account.

    For anybody, and silent whatever happens. Sends one letter `sign_in`, at most five an hour. The secret follows
    from the id of the link and stands in no table.
    """
    account = find_account(session, mailbox_of_typed(email))
    if account is None or not account.is_active:
        return
    sent = session.scalars(
        select(SignInLinkRow.id).where(
            SignInLinkRow.account_id == account.id, SignInLinkRow.created_at > now - LINK_LIFE * 2
        )
    ).all()
    if len(sent) >= _LINKS_PER_HOUR:
        return
    link_id = start_link(session, account.id, now=now)
    enqueue(
        session,
        Mail(
            letter=Letter.SIGN_IN,
            recipient=account.email,
            name=account.name,
            locale=account.locale,
            parameters={
                "link_id": link_id,
                "organisation": organisation or "Soft-KPI",
                "expires_at": (now + LINK_LIFE).isoformat(),
            },
            reference=link_id,
            wave=0,
            deadline=now + LINK_LIFE,
            is_asked_for=True,
        ),
        now=now,
    )


def start_link(session: WriteSession, account_id: str, *, now: datetime) -> str:
    """The id of a new one-time link, bound to the present password; `InstanceKey.sign_in_token` gives its secret.

    For `request_sign_in_link` and for the command line, which prints one at the first start.
    """
    link_id = new_id(session)
    version = session.scalar(select(AccountRow.credential_version).where(AccountRow.id == account_id))
    if version is None:
        raise NotFound
    session.add(
        SignInLinkRow(
            id=link_id,
            account_id=account_id,
            token_hash=fingerprint(key_of(session).sign_in_token(link_id)),
            credential_version=version,
            created_at=now,
            expires_at=now + LINK_LIFE,
            used_at=None,
        )
    )
    session.flush()
    return link_id


def use_sign_in_link(session: WriteSession, secret: str, *, client: str, now: datetime) -> Entrance:
    """A new session for a one-time link, or half of one where a second factor is due.

    For whoever holds the link, once. Raises UnknownSignInLink, or SignInLinkUsedUp when it was used, is older than
    30 minutes or than the last change of password.
    """
    found = session.execute(
        select(SignInLinkRow, AccountRow)
        .join(AccountRow, AccountRow.id == SignInLinkRow.account_id)
        .where(SignInLinkRow.token_hash == fingerprint(secret))
    ).one_or_none()
    if found is None:
        raise UnknownSignInLink
    link, account = found
    # Only one of two simultaneous uses finds it unused.
    taken = session.execute(
        update(SignInLinkRow)
        .where(SignInLinkRow.id == link.id, SignInLinkRow.used_at.is_(None), SignInLinkRow.expires_at > now)
        .values(used_at=now)
        .returning(SignInLinkRow.id)
    ).scalar_one_or_none()
    if taken is None or link.credential_version != account.credential_version or not account.is_active:
        raise SignInLinkUsedUp
    return let_in(session, account.id, client, how="link", now=now)


def let_in(  # noqa: PLR0913 - who, where, how and to which page: all named
    session: WriteSession,
    account_id: str,
    client: str,
    *,
    how: str,
    back: str = "/",
    is_strong: bool = False,
    now: datetime,
) -> Entrance:
    """A new session for whoever has shown a first factor, or half of one that a code completes within ten minutes.

    For commands that have looked at the first factor: a password, a link, or the word of a provider; `is_strong` when
    that stands for two.
    """
    if is_strong or not has_factor(session, account_id):
        return Entrance(start_session(session, account_id, client, how=how, is_strong=is_strong, now=now), back=back)
    secret = random_secret(session)
    session.add(
        HalfSessionRow(
            id=new_id(session),
            account_id=account_id,
            token_hash=fingerprint(secret),
            how=how,
            back=back,
            expires_at=now + HALF_LIFE,
        )
    )
    session.flush()
    return Entrance(secret, lacks_code=True, back=back)


def complete(session: WriteSession, secret: str, typed: str, *, client: str, now: datetime) -> Entrance | None:
    """A new session for half of one and a code of the second factor; None if the code does not fit.

    For whoever holds the half. A refusal is None, as in `sign_in`. Raises HalfSessionOver when the half is unknown,
    older than ten minutes, or void since something about the account was changed.
    """
    half = session.scalar(
        select(HalfSessionRow).where(HalfSessionRow.token_hash == fingerprint(secret)).with_for_update()
    )
    account = session.get(AccountRow, half.account_id) if half is not None else None
    if half is None or account is None or half.expires_at <= now or not account.is_active:
        raise HalfSessionOver
    if not takes_code(session, account.id, typed, now=now):
        return None
    how, back = half.how, half.back
    session.delete(half)
    return Entrance(start_session(session, account.id, client, how=f"{how}+code", is_strong=True, now=now), back=back)
