"""The pages of API keys: which there are, making one (its secret is shown this once), ending one."""

from datetime import date, datetime, time, timedelta

from fastapi import Request, Response

from app.accounts.commands import create_api_key, revoke_api_key
from app.accounts.keys import get_api_key, list_api_keys
from app.accounts.rules import SCOPES, Action, may, require
from app.accounts.values import ApiKey, NewApiKey
from app.deferred import dataclass
from app.errors import AppError, FieldError, Invalid, NotFound
from app.fields import TEXT_LENGTH, Fields
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.infra.formats import local_day
from app.organisation.paths import load_subjects, path_of
from app.organisation.values import Subject
from app.web.forms import REFUSED, Filled, nested, refused
from app.web.lists import company_of, next_href, slice_of
from app.web.places import list_units, options_of
from app.web.render import Flash, flash_for, page, see_other

router = Pages()

DONE = {"revoked": Flash("good", "The key has ended.", "Whoever still uses it is refused from now on.")}
_USUAL_LIFE = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key, the unit it is for, the last day on which it opens anything, and whether it still does."""

    key: ApiKey
    place: Subject | None
    last_day: date
    is_alive: bool


@router.get("/admin/keys")
@access(Action.ACCOUNTS_MANAGE)
def show_keys(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        found = list_api_keys(session, visit.viewer, company.id, slice_of(visit))
        places = load_subjects(session, [key.subject_id for key in found.items], on=visit.today)
    by_id = {str(place.id): place for place in places.values()}
    lines = [
        KeyLine(key, by_id.get(key.subject_id), _last_day(visit, key), _is_alive(key, visit.now)) for key in found.items
    ]
    return page(
        visit, "pages/admin/keys.html", flash=flash_for(visit, DONE), lines=lines, older=next_href(visit, found)
    )


@router.get("/admin/keys/new")
@access(Action.ACCOUNTS_MANAGE)
def show_new_key(request: Request) -> Response:
    with reading(request) as (session, visit):
        last_day = (visit.today + _USUAL_LIFE).isoformat()
        return _form_page(session, visit, Filled({"expires_at": (last_day,)}))


@router.post("/admin/keys/new")
@access(Action.ACCOUNTS_MANAGE)
def create_key(request: Request) -> Response:
    form = posted(request)
    try:
        with writing(request) as (session, visit):
            new, subject_id = _new_key(visit, form)
            path = path_of(session, subject_id, on=visit.today)
            key = create_api_key(session, visit.viewer, new, path, now=visit.now)
    except REFUSED as error:
        return _again(request, form, error)
    # No redirect: the secret is nowhere else, and must not stand in an address.
    return page(visit, "pages/admin/key_made.html", key=key)


@router.get("/admin/keys/{key_id}/revoke")
@access(Action.ACCOUNTS_MANAGE)
def show_revoke_key(request: Request, key_id: str) -> Response:
    with reading(request) as (session, visit):
        key = get_api_key(session, key_id)
        require(visit.viewer, Action.ACCOUNTS_MANAGE, path_of(session, key.subject_id, on=visit.today))
    return page(visit, "pages/admin/revoke_key.html", key=key)


@router.post("/admin/keys/{key_id}/revoke")
@access(Action.ACCOUNTS_MANAGE)
def revoke_key(request: Request, key_id: str) -> Response:
    with writing(request) as (session, visit):
        path = path_of(session, get_api_key(session, key_id).subject_id, on=visit.today)
        revoke_api_key(session, visit.viewer, key_id, path, now=visit.now)
    return see_other("/admin/keys", done="revoked")


def _new_key(visit: Visit, form: Form) -> tuple[NewApiKey, str]:
    """The key as it was asked for; the last day counts to its end."""
    fields = Fields(nested(form, "scopes"), posted=True)
    name = fields.text("name", longest=TEXT_LENGTH) or ""
    subject_id = fields.text("subject_id", required=True) or ""
    day = fields.day("expires_at", required=True)
    fields.finish()
    if day is None or day.year >= 9999:
        raise Invalid([FieldError("expires_at", "Choose a moment in the next two years.")])
    end = datetime.combine(day + timedelta(days=1), time(), visit.settings.zone)
    return NewApiKey(name, form.many("scopes"), end), subject_id


def _again(request: Request, form: Form, error: AppError) -> Response:
    with reading(request) as (session, visit):
        return _form_page(session, visit, refused(visit, form, error, places=_place_of))


def _place_of(field: str) -> str:
    return "scopes-1" if field == "scopes" else field


def _form_page(session: ReadSession, visit: Visit, form: Filled) -> Response:
    company = company_of(session, visit)
    units = list_units(session, visit, company.id, Action.ACCOUNTS_MANAGE)
    if not units:
        raise NotFound
    scopes = [action for action in SCOPES if any(may(visit.viewer, action, unit.path) for unit in units)]
    return page(
        visit, "pages/admin/key_form.html", status=form.status, form=form, units=options_of(units), scopes=scopes
    )


def _last_day(visit: Visit, key: ApiKey) -> date:
    # A key that ends at midnight was good to the end of the day before.
    return local_day(key.expires_at - timedelta(microseconds=1), zone=visit.settings.zone)


def _is_alive(key: ApiKey, now: datetime) -> bool:
    return key.revoked_at is None and key.expires_at > now
