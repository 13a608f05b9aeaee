"""API keys over HTTP: made, listed, revoked; the secret is answered once."""

from fastapi import Request, Response

from app.accounts import issue, keys
from app.accounts.rules import Action
from app.accounts.values import NewApiKey
from app.api.resource import CompanyId, Key, answer, company_of, posting, resource
from app.api.schemas.accounts import ApiKeyIn, ApiKeyOut, NewApiKeyOut
from app.api.schemas.base import PageOut, page_out
from app.http.access import access
from app.http.lists import Slice
from app.http.visit import reading
from app.organisation.queries import path_of

router = resource("API keys")


@router.get("/api-keys", response_model=PageOut[ApiKeyOut])
@access(Action.ACCOUNTS_MANAGE)
def list_api_keys(request: Request, part: Slice, company_id: CompanyId = None) -> Response:
    """The keys of a company, revoked and expired ones too, by name."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = keys.list_api_keys(session, visit.viewer, company, part)
    return answer(page_out(ApiKeyOut, page))


@router.post("/api-keys", status_code=201, response_model=NewApiKeyOut)
@access(Action.ACCOUNTS_MANAGE)
def create_api_key(request: Request, sent: ApiKeyIn) -> Response:
    """Make a key; its secret is shown this once, so an Idempotency-Key is not taken here."""
    new = NewApiKey(sent.name, tuple(sent.scopes), sent.expires_at)
    with posting(request) as post:
        path = path_of(post.session, sent.subject_id, on=post.today)
        key = issue.create_api_key(post.session, post.viewer, new, path, now=post.now)
    return answer(NewApiKeyOut.of(key), status=201)


@router.post("/api-keys/{key_id}/revoke", response_model=ApiKeyOut)
@access(Action.ACCOUNTS_MANAGE)
def revoke_api_key(request: Request, key_id: Key) -> Response:
    """End a key at once."""
    with posting(request) as post:
        path = path_of(post.session, keys.get_api_key(post.session, key_id).subject_id, on=post.today)
        key = issue.revoke_api_key(post.session, post.viewer, key_id, path, now=post.now)
        return post.answer(ApiKeyOut.of(key))
