"""The pages of addresses that get no letters: which and why, adding one, writing to one again; always with a reason."""

from collections.abc import Mapping

from fastapi import Request, Response

from app.accounts.rules import Action, require
from app.deferred import dataclass
from app.errors import AppError, FieldError, Invalid
from app.fields import TEXT_LENGTH, Fields
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.invitations.addresses import ADDRESS_ORDERS, get_left_alone, list_left_alone
from app.invitations.commands import leave_alone, write_again
from app.invitations.rules import THE_PERSONS_OWN
from app.invitations.values import LeftAlone
from app.mail.values import SuppressionReason
from app.web.forms import REFUSED, Filled, nested, refused
from app.web.invitations import advice_for
from app.web.known import NOBODY, find_known, known_people
from app.web.lists import company_of, next_href, slice_of
from app.web.render import Flash, flash_for, page, said, see_other
from app.web.sorting import Column, heads_of, sort_of

router = Pages()

DONE = {
    "added": Flash("good", "The address gets no more letters.", "Letters that waited are not sent."),
    "lifted": Flash("good", "The address gets letters again.", "Nothing is sent by that alone."),
}
_REASONS: Mapping[SuppressionReason, tuple[str, str]] = {
    SuppressionReason.BOUNCE: ("Came back", "bad"),
    SuppressionReason.COMPLAINT: ("Reported as unwanted", "watch"),
    SuppressionReason.OPT_OUT: ("Wants no letters", "neutral"),
    SuppressionReason.BY_HAND: ("By hand", "neutral"),
}


@dataclass(frozen=True, slots=True)
class AddressLine:
    """An address on the list: the badge of its reason, what to do, and whether it can be taken off here."""

    address: LeftAlone
    reason: tuple[str, str]
    advice: str
    can_lift: bool


_COLUMNS = (("Whose", "name"), ("Why", "reason"), ("Since", "since"), ("What to do",), ("Act", "", "hidden"))


@router.get("/admin/addresses")
@access(Action.JOURNAL_READ)
def show_addresses(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        sort = sort_of(visit, ADDRESS_ORDERS)
        found = list_left_alone(session, visit.viewer, company.id, slice_of(visit, sort=sort))
    lines = [_line(visit, one) for one in found.items]
    return page(
        visit,
        "pages/addresses/list.html",
        flash=flash_for(visit, DONE),
        lines=lines,
        heads=heads_of(visit, [Column(said(visit, label), *how) for label, *how in _COLUMNS], sort or "name"),
        older=next_href(visit, found),
    )


@router.get("/admin/addresses/new")
@access(Action.ORGANISATION_WRITE)
def show_new(request: Request) -> Response:
    with reading(request) as (session, visit):
        return _form_page(session, visit, Filled())


@router.post("/admin/addresses/new")
@access(Action.ORGANISATION_WRITE)
def add(request: Request) -> Response:
    form = posted(request)
    try:
        with writing(request) as (session, visit):
            company = company_of(session, visit)
            require(visit.viewer, Action.ORGANISATION_WRITE, company.path)
            fields = Fields(nested(form), posted=True)
            typed, reason = fields.text("email", required=True) or "", _reason(fields)
            person = find_known(session, company.id, typed)
            if person is None:
                raise Invalid([FieldError("email", NOBODY)])
            leave_alone(session, visit.viewer, company.id, person.id, reason=reason, now=visit.now)
    except REFUSED as error:
        return _again(request, form, error)
    return see_other("/admin/addresses", done="added")


@router.get("/admin/addresses/{person_id}/lift")
@access(Action.ORGANISATION_WRITE)
def show_lift(request: Request, person_id: str) -> Response:
    with reading(request) as (session, visit):
        return _lift_page(session, visit, person_id, Filled())


@router.post("/admin/addresses/{person_id}/lift")
@access(Action.ORGANISATION_WRITE)
def lift(request: Request, person_id: str) -> Response:
    form = posted(request)
    try:
        with writing(request) as (session, visit):
            company = company_of(session, visit)
            reason = _reason(Fields(nested(form), posted=True))
            write_again(session, visit.viewer, company.id, person_id, reason=reason, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            return _lift_page(session, visit, person_id, refused(visit, form, error))
    return see_other("/admin/addresses", done="lifted")


def _reason(fields: Fields) -> str:
    reason = fields.text("reason", longest=TEXT_LENGTH, required=True) or ""
    fields.finish()
    return reason


def _line(visit: Visit, one: LeftAlone) -> AddressLine:
    label, kind = _REASONS[one.reason]
    advice = advice_for(visit, one.next_step, wants_none=one.reason in THE_PERSONS_OWN)
    if one.reason is SuppressionReason.BY_HAND:
        advice = said(visit, "Write again once the reason is gone.")
    return AddressLine(one, (said(visit, label), kind), advice, one.reason not in THE_PERSONS_OWN)


def _again(request: Request, form: Form, error: AppError) -> Response:
    with reading(request) as (session, visit):
        return _form_page(session, visit, refused(visit, form, error))


def _form_page(session: ReadSession, visit: Visit, form: Filled) -> Response:
    company = company_of(session, visit)
    require(visit.viewer, Action.ORGANISATION_WRITE, company.path)
    people = known_people(session, visit, company.id)
    return page(visit, "pages/addresses/new.html", status=form.status, form=form, people=people)


def _lift_page(session: ReadSession, visit: Visit, person_id: str, form: Filled) -> Response:
    company = company_of(session, visit)
    require(visit.viewer, Action.ORGANISATION_WRITE, company.path)
    line = _line(visit, get_left_alone(session, visit.viewer, company.id, person_id))
    return page(visit, "pages/addresses/lift.html", status=form.status, form=form, line=line)
