"""Reads of API keys: whose key this is, and which a company has."""

from datetime import datetime

from sqlalchemy import bindparam, select

from app.accounts.intake import parse_key
from app.accounts.rules import Action, require
from app.accounts.tables import ApiKeyRow
from app.accounts.values import ApiKey, ApiKeyId, Viewer
from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.ids import is_id
from app.infra.keys import fingerprint, same
from app.infra.lookup import Lookup
from app.infra.paging import Page, PageRequest, page_of, sliced

_KEY = Lookup(select(*ApiKeyRow.__table__.c).where(ApiKeyRow.prefix == bindparam("prefix")))


def find_api_key(session: ReadSession, presented: str, *, now: datetime) -> ApiKey | None:
    """The key that was presented, unless it is unknown, revoked or past its end."""
    parts = parse_key(presented)
    if parts is None:
        return None
    prefix, secret = parts
    fitting = (row for row in _KEY.rows(session, {"prefix": prefix}) if same(row.secret_hash, fingerprint(secret)))
    alive = (row for row in fitting if row.revoked_at is None and row.expires_at > now)
    return next(map(key_of_row, alive), None)


def get_api_key(session: ReadSession, key_id: str) -> ApiKey:
    """A key by its id, whoever asks; commands ask for the right on its subject."""
    row = session.get(ApiKeyRow, key_id) if is_id(key_id) else None
    if row is None:
        raise NotFound
    return key_of_row(row)


def list_api_keys(session: ReadSession, viewer: Viewer, company_id: str, request: PageRequest) -> Page[ApiKey]:
    """The keys of a company, revoked and expired ones too, by name."""
    require(viewer, Action.ACCOUNTS_MANAGE, (company_id,))
    query = select(ApiKeyRow).where(ApiKeyRow.company_id == company_id)
    rows = session.scalars(sliced(query, (ApiKeyRow.name, ApiKeyRow.id), request))
    return page_of(rows, request, lambda row: (row.name, row.id)).map(key_of_row)


def key_of_row(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        ApiKeyId(row.id),
        row.prefix,
        row.name,
        row.subject_id,
        tuple(row.scopes),
        row.created_at,
        row.expires_at,
        row.last_used_on,
        row.revoked_at,
    )
