"""API keys: made once, shown once, revoked at any time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import or_, update

from app.accounts.intake import KEY_PREFIX, parse_account_name
from app.accounts.keys import key_of_row
from app.accounts.rules import KEY_LIFE, Action, require, require_scopes
from app.accounts.tables import ApiKeyRow
from app.accounts.values import ApiKey, NewApiKey, Viewer
from app.errors import FieldError, Invalid, NotFound
from app.fields import REQUIRED
from app.infra.database import WriteSession
from app.infra.ids import entropy_of, is_id, new_id
from app.infra.keys import SECRET_BYTES, fingerprint, new_secret
from app.journal.commands import record

NOT_AN_END = "Choose a moment in the next two years."


def create_api_key(
    session: WriteSession, viewer: Viewer, new: NewApiKey, path: Sequence[str], *, now: datetime
) -> ApiKey:
    """Make a key for the last subject of a path and what is below; its `secret` is shown this once.

    For who manages accounts there, with no scope beyond what he may do himself, for two years at most. Not
    idempotent.
    """
    require(viewer, Action.ACCOUNTS_MANAGE, path)
    name = _checked_name(new, now=now)
    require_scopes(viewer, new.scopes, path)
    secret = new_secret(entropy_of(session).token_bytes(SECRET_BYTES))
    row = ApiKeyRow(
        id=new_id(session),
        prefix=entropy_of(session).token_bytes(4).hex(),
        secret_hash=fingerprint(secret),
        name=name,
        subject_id=path[-1],
        company_id=path[0],
        scopes=sorted(set(new.scopes)),
        created_by=viewer.actor,
        created_at=now,
        expires_at=new.expires_at,
        last_used_on=None,
        revoked_at=None,
    )
    session.add(row)
    session.flush()
    _note(session, viewer, "api_key.created", row, now=now)
    return replace(key_of_row(row), secret=f"{KEY_PREFIX}_{row.prefix}_{secret}")


def revoke_api_key(session: WriteSession, viewer: Viewer, key_id: str, path: Sequence[str], *, now: datetime) -> ApiKey:
    """End a key at once. For who manages accounts on the path to its subject; idempotent."""
    row = session.get(ApiKeyRow, key_id) if is_id(key_id) else None
    if row is None or not path or row.subject_id != path[-1]:
        raise NotFound
    require(viewer, Action.ACCOUNTS_MANAGE, path)
    if row.revoked_at is None:
        row.revoked_at = now
        session.flush()
        _note(session, viewer, "api_key.revoked", row, now=now)
    return key_of_row(row)


def touch_api_key(session: WriteSession, key_id: str, *, on: date) -> None:
    """Note the day on which a key was last used. For the edge, once a day."""
    session.execute(
        update(ApiKeyRow)
        .where(ApiKeyRow.id == key_id, or_(ApiKeyRow.last_used_on.is_(None), ApiKeyRow.last_used_on < on))
        .values(last_used_on=on)
    )


def _checked_name(new: NewApiKey, *, now: datetime) -> str:
    errors: list[FieldError] = []
    name = ""
    try:
        name = parse_account_name(new.name)
    except ValueError as error:
        errors.append(FieldError("name", str(error)))
    if not new.scopes:
        errors.append(FieldError("scopes", REQUIRED, ", ".join(Action)))
    if not now < new.expires_at <= now + KEY_LIFE:
        errors.append(FieldError("expires_at", NOT_AN_END))
    if errors:
        raise Invalid(errors)
    return name


def _note(session: WriteSession, viewer: Viewer, action: str, row: ApiKeyRow, *, now: datetime) -> None:
    record(
        session,
        viewer.actor,
        action,
        company_id=row.company_id,
        object_kind="api_key",
        object_id=row.id,
        details={"name": row.name, "scopes": row.scopes, "subject_id": row.subject_id},
        now=now,
    )
