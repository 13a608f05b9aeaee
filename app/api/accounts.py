"""Accounts and their roles over HTTP."""

from fastapi import Request, Response

from app.accounts import commands, queries
from app.accounts.rules import Action
from app.accounts.values import NewAccount
from app.api.resource import CompanyId, Key, answer, company_of, posting, resource
from app.api.schemas.accounts import AccountIn, AccountOut, GrantIn
from app.api.schemas.base import PageOut, page_out
from app.http.access import access
from app.http.lists import Slice
from app.http.visit import reading
from app.organisation.queries import path_of
from app.words import DEFAULT_LOCALE

router = resource("Accounts")


@router.get("/accounts", response_model=PageOut[AccountOut])
@access(Action.ACCOUNTS_MANAGE)
def list_accounts(request: Request, part: Slice, company_id: CompanyId = None) -> Response:
    """The accounts that hold a role in a company, by address."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = queries.list_accounts(session, visit.viewer, company, part)
    return answer(page_out(AccountOut, page))


@router.post("/accounts", status_code=201, response_model=AccountOut)
@access(Action.ACCOUNTS_MANAGE)
def create_account(request: Request, sent: AccountIn) -> Response:
    """Make somebody able to sign in; whoever has the address already stays as is."""
    new = NewAccount(email=sent.email, name=sent.name, locale=sent.locale or DEFAULT_LOCALE)
    with posting(request) as post:
        account = commands.create_account(post.session, post.viewer, new, now=post.now)
        return post.answer(AccountOut.of(account), status=201)


@router.post("/accounts/{account_id}/grants", response_model=AccountOut)
@access(Action.ACCOUNTS_MANAGE)
def grant_role(request: Request, account_id: Key, sent: GrantIn) -> Response:
    """Give an account a role on a subject and everything below it."""
    with posting(request) as post:
        path = path_of(post.session, sent.subject_id, on=post.today)
        account = commands.grant_role(post.session, post.viewer, account_id, sent.role, path, now=post.now)
        return post.answer(AccountOut.of(account))


@router.post("/accounts/{account_id}/grants/revoke", response_model=AccountOut)
@access(Action.ACCOUNTS_MANAGE)
def revoke_role(request: Request, account_id: Key, sent: GrantIn) -> Response:
    """Take a role away; the account is signed out everywhere."""
    with posting(request) as post:
        path = path_of(post.session, sent.subject_id, on=post.today)
        account = commands.revoke_role(post.session, post.viewer, account_id, sent.role, path, now=post.now)
        return post.answer(AccountOut.of(account))
