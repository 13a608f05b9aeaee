"""The pages by which administrators look after sign-in: of whom a second step is asked, and resetting somebody's."""

from fastapi import Request, Response

from app.accounts.commands import reset_sign_in, set_factor_duty
from app.accounts.factors import find_factor, get_factor_duty
from app.accounts.queries import load_accounts
from app.accounts.rules import Action, require
from app.accounts.values import Account, AccountId, FactorDuty
from app.errors import NotFound
from app.fields import TEXT_LENGTH, Fields
from app.http.access import access
from app.http.doors import posted
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.organisation.queries import load_places_of
from app.organisation.values import SubjectId
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.lists import company_of
from app.web.render import Flash, flash_for, page, see_other

router = Pages()

DONE = {"stored": Flash("good", "The rule is stored.", "Whoever it concerns is led to set it up at the next click.")}


@router.get("/admin/sign-in")
@access(Action.ACCOUNTS_MANAGE)
def show_rules(request: Request) -> Response:
    with reading(request) as (session, visit):
        return _rules_page(session, visit, None)


@router.post("/admin/sign-in")
@access(Action.ACCOUNTS_MANAGE)
def store_rules(request: Request) -> Response:
    form = posted(request)
    try:
        fields = Fields(nested(form), posted=True)
        duty = fields.choice("second_factor", FactorDuty, required=True) or FactorDuty.NOBODY
        fields.finish()
        with writing(request) as (session, visit):
            company = company_of(session, visit)
            set_factor_duty(session, visit.viewer, company.id, duty, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            return _rules_page(session, visit, refused(visit, form, error))
    return see_other("/admin/sign-in", done="stored")


@router.get("/admin/accounts/{account_id}/reset")
@access(Action.ACCOUNTS_MANAGE)
def show_reset(request: Request, account_id: str) -> Response:
    with reading(request) as (session, visit):
        return _reset_page(session, visit, account_id, fresh({}))


@router.post("/admin/accounts/{account_id}/reset")
@access(Action.ACCOUNTS_MANAGE)
def reset(request: Request, account_id: str) -> Response:
    form = posted(request)
    try:
        fields = Fields(nested(form), posted=True)
        reason = fields.text("reason", longest=TEXT_LENGTH, required=True) or ""
        fields.finish()
        with writing(request) as (session, visit):
            account, places = _looked_after(session, visit, account_id)
            reset_sign_in(
                session,
                visit.viewer,
                account.id,
                places,
                reason=reason,
                organisation=visit.organisation,
                now=visit.now,
            )
    except REFUSED as error:
        with reading(request) as (session, visit):
            return _reset_page(session, visit, account_id, refused(visit, form, error))
    return see_other("/admin/accounts", done="reset")


def _rules_page(session: ReadSession, visit: Visit, form: Filled | None) -> Response:
    company = company_of(session, visit)
    duty = get_factor_duty(session, visit.viewer, company.id)
    return page(
        visit,
        "pages/admin/sign_in_rules.html",
        status=form.status if form else 200,
        flash=flash_for(visit, DONE),
        form=form or fresh({"second_factor": duty}),
        company=company,
    )


def _reset_page(session: ReadSession, visit: Visit, account_id: str, form: Filled) -> Response:
    account, _ = _looked_after(session, visit, account_id)
    factor = find_factor(session, account.id)
    return page(
        visit,
        "pages/admin/reset_sign_in.html",
        status=form.status,
        form=form,
        account=account,
        has_factor=factor is not None and factor.confirmed_at is not None,
        is_own=visit.viewer.account_id == account.id,
    )


def _looked_after(
    session: ReadSession, visit: Visit, account_id: str
) -> tuple[Account, tuple[tuple[SubjectId, ...], ...]]:
    """An account and its places, all of which the viewer looks after; nobody learns of others."""
    account = load_accounts(session, [account_id]).get(AccountId(account_id))
    places = load_places_of(session, account, on=visit.today) if account is not None else ()
    if account is None or not places:
        raise NotFound
    for path in places:
        require(visit.viewer, Action.ACCOUNTS_MANAGE, path)
    return account, places
