"""Accounts and their roles over HTTP."""

from fastapi import Request, Response

from app.accounts import commands, queries
from app.accounts.factors import get_factor_duty
from app.accounts.rules import Action
from app.accounts.values import AccountId, NewAccount
from app.api.resource import CompanyId, Key, answer, company_of, posting, resource
from app.api.schemas.accounts import AccountIn, AccountOut, GrantIn, SignInResetIn, SignInRulesIn, SignInRulesOut
from app.api.schemas.base import PageOut, page_out
from app.http.access import access
from app.http.lists import Slice
from app.http.visit import reading
from app.organisation.queries import load_places_of, path_of
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


@router.post("/accounts/{account_id}/sign-in/reset", response_model=AccountOut)
@access(Action.ACCOUNTS_MANAGE)
def reset_sign_in(request: Request, account_id: Key, sent: SignInResetIn) -> Response:
    """Remove somebody's second factor, for who has lost phone and recovery codes; the person gets a letter."""
    with posting(request) as post:
        account = queries.load_accounts(post.session, [account_id]).get(AccountId(account_id))
        places = load_places_of(post.session, account, on=post.today) if account is not None else ()
        commands.reset_sign_in(post.session, post.viewer, account_id, places, reason=sent.reason, now=post.now)
        return post.answer(AccountOut.of(queries.load_accounts(post.session, [account_id])[AccountId(account_id)]))


@router.get("/sign-in-rules", response_model=SignInRulesOut)
@access(Action.ACCOUNTS_MANAGE)
def get_sign_in_rules(request: Request, company_id: CompanyId = None) -> Response:
    """Of whom a company asks a second factor."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        return answer(SignInRulesOut(second_factor=get_factor_duty(session, visit.viewer, company)))


@router.post("/sign-in-rules", response_model=SignInRulesOut)
@access(Action.ACCOUNTS_MANAGE)
def set_sign_in_rules(request: Request, sent: SignInRulesIn, company_id: CompanyId = None) -> Response:
    """Ask a second factor of roles; whoever has none is led to set it up before anything else."""
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        duty = commands.set_factor_duty(post.session, post.viewer, company, sent.second_factor, now=post.now)
        return post.answer(SignInRulesOut(second_factor=duty))
