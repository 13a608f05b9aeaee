"""The pages of accounts: who can sign in, and which role each holds where."""

from collections.abc import Mapping, Sequence

from fastapi import Request, Response

from app.accounts import commands
from app.accounts.queries import list_accounts, load_accounts
from app.accounts.rules import Action, may
from app.accounts.values import Account, AccountId, NewAccount, Role
from app.deferred import dataclass
from app.errors import AppError, NotFound
from app.fields import TEXT_LENGTH, Fields
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.organisation.paths import load_subjects, path_of
from app.organisation.values import Subject
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.lists import company_of, next_href, slice_of
from app.web.places import list_units, options_of
from app.web.render import Flash, flash_for, page, see_other
from app.words import DEFAULT_LOCALE

router = Pages()

DONE = {
    "created": Flash("good", "The account has its role.", "The person signs in by a link that we send on request."),
    "granted": Flash("good", "The role is given."),
    "reset": Flash("good", "The sign-in is reset.", "The person gets a letter that says so."),
    "revoked": Flash("good", "The role is taken away.", "The account is signed out everywhere."),
}


@dataclass(frozen=True, slots=True)
class Held:
    """A role and the unit that it is held on."""

    role: Role
    place: Subject


@dataclass(frozen=True, slots=True)
class AccountLine:
    """Somebody who can sign in, with the roles held here."""

    account: Account
    held: tuple[Held, ...]


@router.get("/admin/accounts")
@access(Action.ACCOUNTS_MANAGE)
def show_accounts(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        found = list_accounts(session, visit.viewer, company.id, slice_of(visit))
        lines = _lines(session, visit, found.items)
    return page(
        visit, "pages/admin/accounts.html", flash=flash_for(visit, DONE), lines=lines, older=next_href(visit, found)
    )


@router.get("/admin/accounts/new")
@access(Action.ACCOUNTS_MANAGE)
def show_new_account(request: Request) -> Response:
    with reading(request) as (session, visit):
        return _form_page(session, visit, fresh({"locale": DEFAULT_LOCALE, "role": Role.VIEWER}), None)


@router.post("/admin/accounts/new")
@access(Action.ACCOUNTS_MANAGE)
def create_account(request: Request) -> Response:
    form = posted(request)
    try:
        fields = Fields(nested(form), posted=True)
        email, name, locale = (fields.text(part, longest=TEXT_LENGTH) or "" for part in ("email", "name", "locale"))
        role, subject_id = _role_in(fields)
        with writing(request) as (session, visit):
            new = NewAccount(email, name, locale or DEFAULT_LOCALE)
            account = commands.create_account(session, visit.viewer, new, now=visit.now)
            path = path_of(session, subject_id, on=visit.today)
            commands.grant_role(session, visit.viewer, account.id, role, path, now=visit.now)
    except REFUSED as error:
        return _again(request, form, error, None)
    return see_other(f"/admin/accounts/{account.id}", done="created")


@router.get("/admin/accounts/{account_id}")
@access(Action.ACCOUNTS_MANAGE)
def show_account(request: Request, account_id: str) -> Response:
    with reading(request) as (session, visit):
        line = _managed(session, visit, account_id)
    is_own = visit.viewer.account_id == line.account.id
    return page(visit, "pages/admin/account.html", flash=flash_for(visit, DONE), line=line, is_own=is_own)


@router.get("/admin/accounts/{account_id}/grants/new")
@access(Action.ACCOUNTS_MANAGE)
def show_new_grant(request: Request, account_id: str) -> Response:
    with reading(request) as (session, visit):
        return _form_page(session, visit, fresh({"role": Role.VIEWER}), _managed(session, visit, account_id).account)


@router.post("/admin/accounts/{account_id}/grants/new")
@access(Action.ACCOUNTS_MANAGE)
def grant(request: Request, account_id: str) -> Response:
    form = posted(request)
    try:
        role, subject_id = _role_in(Fields(nested(form), posted=True))
        with writing(request) as (session, visit):
            path = path_of(session, subject_id, on=visit.today)
            account = _managed(session, visit, account_id).account
            commands.grant_role(session, visit.viewer, account.id, role, path, now=visit.now)
    except REFUSED as error:
        return _again(request, form, error, account_id)
    return see_other(f"/admin/accounts/{account_id}", done="granted")


@router.get("/admin/accounts/{account_id}/grants/{role}/{subject_id}/revoke")
@access(Action.ACCOUNTS_MANAGE)
def show_revoke(request: Request, account_id: str, role: str, subject_id: str) -> Response:
    with reading(request) as (session, visit):
        line = _managed(session, visit, account_id)
    held = next((one for one in line.held if one.role == role and one.place.id == subject_id), None)
    if held is None:
        raise NotFound
    return page(visit, "pages/admin/revoke.html", account=line.account, held=held)


@router.post("/admin/accounts/{account_id}/grants/{role}/{subject_id}/revoke")
@access(Action.ACCOUNTS_MANAGE)
def revoke(request: Request, account_id: str, role: str, subject_id: str) -> Response:
    if role not in set(Role):
        raise NotFound
    with writing(request) as (session, visit):
        path = path_of(session, subject_id, on=visit.today)
        commands.revoke_role(session, visit.viewer, account_id, Role(role), path, now=visit.now)
        still_here = bool(_held(session, visit, load_accounts(session, [account_id])[AccountId(account_id)]))
    return see_other(f"/admin/accounts/{account_id}" if still_here else "/admin/accounts", done="revoked")


def _role_in(fields: Fields) -> tuple[Role, str]:
    role = fields.choice("role", Role, required=True) or Role.VIEWER
    subject_id = fields.text("subject_id", required=True) or ""
    fields.finish()
    return role, subject_id


def _managed(session: ReadSession, visit: Visit, account_id: str) -> AccountLine:
    """An account that holds a role where the viewer manages accounts; nobody learns of others."""
    account = load_accounts(session, [account_id]).get(AccountId(account_id))
    held = _held(session, visit, account) if account is not None else ()
    if account is None or not held:
        raise NotFound
    return AccountLine(account, held)


def _held(session: ReadSession, visit: Visit, account: Account) -> tuple[Held, ...]:
    places = load_subjects(session, [grant.subject_id for grant in account.grants], on=visit.today)
    return _held_at(visit, account, {str(place.id): place for place in places.values()})


def _held_at(visit: Visit, account: Account, places: Mapping[str, Subject]) -> tuple[Held, ...]:
    return tuple(
        Held(grant.role, places[grant.subject_id])
        for grant in account.grants
        if grant.subject_id in places and may(visit.viewer, Action.ACCOUNTS_MANAGE, places[grant.subject_id].path)
    )


def _lines(session: ReadSession, visit: Visit, accounts: Sequence[Account]) -> list[AccountLine]:
    ids = {grant.subject_id for account in accounts for grant in account.grants}
    places = {str(place.id): place for place in load_subjects(session, ids, on=visit.today).values()}
    return [AccountLine(account, _held_at(visit, account, places)) for account in accounts]


def _again(request: Request, form: Form, error: AppError, account_id: str | None) -> Response:
    with reading(request) as (session, visit):
        account = _managed(session, visit, account_id).account if account_id is not None else None
        return _form_page(session, visit, refused(visit, form, error), account)


def _form_page(session: ReadSession, visit: Visit, form: Filled, account: Account | None) -> Response:
    company = company_of(session, visit)
    units = list_units(session, visit, company.id, Action.ACCOUNTS_MANAGE)
    if not units:
        raise NotFound
    return page(
        visit,
        "pages/admin/account_form.html",
        status=form.status,
        form=form,
        units=options_of(units),
        account=account,
    )
