"""Every write of accounts. Roles, coming in, keys and what is kept stand beside this file and in `__all__`."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select, update

from app.accounts.factor import (
    begin_factor,
    confirm_factor,
    remove_factor,
    renew_recovery_codes,
    reset_sign_in,
    set_factor_duty,
)
from app.accounts.grant import grant_role, revoke_role, withdraw
from app.accounts.intake import as_compared, parse_account_name, parse_password
from app.accounts.issue import create_api_key, revoke_api_key, touch_api_key
from app.accounts.keep import clear_out, count_attempt, keep_idempotent_answer
from app.accounts.passkeys import begin_entry, begin_passkey, enter_by_passkey, register_passkey, remove_passkey
from app.accounts.queries import account_of_row, find_account, get_account, load_accounts
from app.accounts.rules import Action, roots
from app.accounts.sessions import end_sessions, has_fresh_link, revoke_session, sign_out, touch_session
from app.accounts.sign_in import complete, request_sign_in_link, sign_in, start_link, use_sign_in_link
from app.accounts.tables import AccountRow
from app.accounts.values import Account, NewAccount, Viewer
from app.errors import FieldError, Forbidden, Invalid
from app.fields import NO_CHOICE
from app.infra.addresses import mailbox_of, parse_email
from app.infra.database import WriteSession
from app.infra.ids import new_id
from app.infra.passwords import hash_password, is_password
from app.infra.upserts import insert_or_leave
from app.journal.commands import record
from app.words import DEFAULT_LOCALE, LOCALES

__all__ = [
    "begin_entry",
    "begin_factor",
    "begin_passkey",
    "change_account",
    "clear_out",
    "complete",
    "confirm_factor",
    "count_attempt",
    "create_account",
    "create_api_key",
    "ensure_account",
    "enter_by_passkey",
    "grant_role",
    "keep_idempotent_answer",
    "register_passkey",
    "remove_factor",
    "remove_passkey",
    "renew_recovery_codes",
    "request_sign_in_link",
    "reset_sign_in",
    "revoke_api_key",
    "revoke_role",
    "revoke_session",
    "set_active",
    "set_factor_duty",
    "set_password",
    "sign_in",
    "sign_out",
    "start_link",
    "touch_api_key",
    "touch_session",
    "use_sign_in_link",
    "withdraw",
]

WRONG_PASSWORD = "This is not your present password."

# ------------------------------------------------------------ accounts


def create_account(session: WriteSession, viewer: Viewer, new: NewAccount, *, now: datetime) -> Account:
    """Make somebody able to sign in; whoever has the mailbox already stays as he is (idempotent).

    For who manages accounts anywhere, and for the service, which alone may set a password for somebody else. An
    account alone may see nothing. Sends nothing.
    """
    if not viewer.is_service and (new.password or not roots(viewer, Action.ACCOUNTS_MANAGE)):
        raise Forbidden
    email, name, password = _checked(new)
    known = find_account(session, mailbox_of(email))
    if known is not None:
        return known
    account = ensure_account(session, email, name, locale=new.locale, now=now)
    if password:
        _store_password(session, account.id, password)
    _note(session, viewer, "account.created", account.id, now=now)
    return load_accounts(session, [account.id])[account.id]


def ensure_account(session: WriteSession, email: str, name: str, *, locale: str, now: datetime) -> Account:
    """The account of a mailbox, made if there is none. For commands that know the person; idempotent."""
    known = find_account(session, mailbox_of(email))
    if known is not None:
        return known
    insert_or_leave(
        session,
        AccountRow,
        id=new_id(session),
        email=email,
        mailbox=mailbox_of(email),
        name=name or email.partition("@")[0],
        locale=locale if locale in LOCALES else DEFAULT_LOCALE,
        password_hash=None,
        credential_version=1,
        is_active=True,
        created_at=now,
        version=1,
    )
    return account_of_row(session.scalars(select(AccountRow).where(AccountRow.mailbox == mailbox_of(email))).one())


def change_account(
    session: WriteSession, viewer: Viewer, *, name: str | None = None, locale: str | None = None, now: datetime
) -> Account:
    """Change one's own name or language. For whoever is signed in; idempotent."""
    account = get_account(session, viewer, viewer.account_id or "")
    errors = []
    try:
        name = account.name if name is None else parse_account_name(name)
    except ValueError as error:
        errors.append(FieldError("name", str(error)))
    if locale is not None and locale not in LOCALES:
        errors.append(FieldError("locale", NO_CHOICE, ", ".join(LOCALES)))
    if errors:
        raise Invalid(errors)
    changed = {"name": name, "locale": locale or account.locale}
    if changed != {"name": account.name, "locale": account.locale}:
        _update(session, account.id, **changed)
        _note(session, viewer, "account.changed", account.id, now=now)
    return load_accounts(session, [account.id])[account.id]


def set_password(
    session: WriteSession, viewer: Viewer, account_id: str, password: str, *, current: str = "", now: datetime
) -> None:
    """Set a password of 12 characters or more; every browser is signed out and every link void.

    For oneself, with the present password unless there is none or a mailed link was used in the last 30 minutes;
    and for the service.
    """
    account = get_account(session, viewer, account_id)
    stored = session.scalar(select(AccountRow.password_hash).where(AccountRow.id == account.id))
    is_free = viewer.is_service or stored is None or has_fresh_link(session, account.id, now=now)
    if not is_free and not is_password(stored, as_compared(current)):
        raise Invalid([FieldError("current", WRONG_PASSWORD)])
    try:
        checked = parse_password(password, email=account.email, name=account.name)
    except ValueError as error:
        raise Invalid([FieldError("password", str(error), "12-128")]) from None
    _store_password(session, account.id, checked)
    end_sessions(session, account.id)
    _note(session, viewer, "password.set", account.id, now=now)


def set_active(session: WriteSession, viewer: Viewer, account_id: str, *, is_active: bool, now: datetime) -> Account:
    """Let an account in or keep it out, everywhere. For the service alone; idempotent."""
    if not viewer.is_service:
        raise Forbidden
    account = get_account(session, viewer, account_id)
    if account.is_active != is_active:
        _update(session, account.id, is_active=is_active)
        end_sessions(session, account.id)
        _note(session, viewer, "account.opened" if is_active else "account.closed", account.id, now=now)
    return load_accounts(session, [account.id])[account.id]


def _checked(new: NewAccount) -> tuple[str, str, str]:
    errors: list[FieldError] = []
    values: dict[str, str] = {}
    parsers: tuple[tuple[str, Callable[[str], str], str], ...] = (
        ("email", parse_email, new.email),
        ("name", parse_account_name, new.name),
        ("password", partial(parse_password, email=new.email, name=new.name), new.password),
    )
    for field, parse, text in parsers:
        try:
            values[field] = parse(text) if text or field != "password" else ""
        except ValueError as error:
            errors.append(FieldError(field, str(error)))
    if errors:
        raise Invalid(errors)
    return values["email"], values["name"], values["password"]


def _store_password(session: WriteSession, account_id: str, password: str) -> None:
    _update(
        session,
        account_id,
        password_hash=hash_password(password),
        credential_version=AccountRow.credential_version + 1,
    )


def _update(session: WriteSession, account_id: str, **values: Any) -> None:
    session.execute(
        update(AccountRow).where(AccountRow.id == account_id).values(**values, version=AccountRow.version + 1)
    )
    session.expire_all()


def _note(session: WriteSession, viewer: Viewer, action: str, account_id: str, *, now: datetime) -> None:
    record(
        session, viewer.actor, action, company_id=None, object_kind="account", object_id=account_id, details={}, now=now
    )
