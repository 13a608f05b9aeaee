"""The rater's door out: not rating somebody, with a reason; opening it changes nothing."""

from collections.abc import Mapping
from dataclasses import replace

from fastapi import Request, Response

from app.errors import FieldError, Invalid, NotFound
from app.fields import NO_CHOICE
from app.http.access import by_link
from app.http.doors import posted
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.formats import choose_locale
from app.invitations.decline import decline
from app.kpis.values import RaterGroup
from app.organisation.values import SubjectKind
from app.responses.queries import load_rating_form
from app.responses.values import FormSubject, RatingForm
from app.rounds.values import DeclineReason
from app.web.forms import Filled, refused
from app.web.render import page, said, see_other

router = Pages()

REASONS: Mapping[DeclineReason, str] = {
    DeclineReason.NOT_WORKED_TOGETHER: "We have not worked together",
    DeclineReason.TOO_CLOSE: "I am too close to be fair",
    DeclineReason.NO_TIME: "I do not have the time",
    DeclineReason.OTHER: "Another reason",
}


@router.get("/r/{token}/decline/{assignment_id}")
@by_link("whoever holds the link may say no; opening the page says nothing")
def show_decline(request: Request, token: str, assignment_id: str) -> Response:
    visit, form = _opened(request, token)
    return _page(visit, form, token, assignment_id, Filled())


@router.post("/r/{token}/decline/{assignment_id}")
@by_link("whoever holds the link may say no")
def take_decline(request: Request, token: str, assignment_id: str) -> Response:
    sent = posted(request)
    reason = next((one for one in DeclineReason if one == sent.one("reason")), None)
    if reason is None:
        visit, form = _opened(request, token)
        error = Invalid([FieldError("reason", NO_CHOICE)])
        return _page(visit, form, token, assignment_id, refused(visit, sent, error))
    with writing(request) as (session, visit):
        decline(session, token, assignment_id, reason, now=visit.now)
    return see_other(f"/r/{token}/declined")


@router.get("/r/{token}/declined")
@by_link("whoever holds the link may see that it worked")
def show_declined(request: Request, token: str) -> Response:
    visit, form = _opened(request, token)
    left = sum(not subject.is_answered for subject in form.subjects)
    return page(visit, "rate/declined.html", organisation=form.company_name, form=form, left=left, action=f"/r/{token}")


def nothing_left(visit: Visit, form: RatingForm) -> Response:
    """The page of a link that asks about nobody any more."""
    return page(
        visit,
        "rate/message.html",
        organisation=form.company_name,
        title=said(visit, "Nothing is left to answer"),
        text=said(visit, "You have declined everybody this link asked about. Thank you for saying so."),
        note="",
    )


def _page(visit: Visit, form: RatingForm, token: str, assignment_id: str, filled: Filled) -> Response:
    subject = _subject(form, assignment_id)
    called = subject.name.split(" ")[0] if subject.kind is SubjectKind.PERSON else subject.name
    return page(
        visit,
        "rate/decline.html",
        status=filled.status,
        organisation=form.company_name,
        subject=subject,
        called=called,
        form=filled,
        reasons=[(one.value, said(visit, text)) for one, text in _reasons(subject).items()],
        action=f"/r/{token}",
    )


def _reasons(subject: FormSubject) -> Mapping[DeclineReason, str]:
    """What may be chosen; customers meet people and do not work with them."""
    if subject.rater_group in {RaterGroup.CUSTOMER, RaterGroup.MYSTERY_SHOPPER}:
        return {**REASONS, DeclineReason.NOT_WORKED_TOGETHER: "We have not met"}
    return REASONS


def _subject(form: RatingForm, assignment_id: str) -> FormSubject:
    found = next((one for one in form.subjects if one.assignment_id == assignment_id and one.may_be_declined), None)
    if found is None:
        raise NotFound
    return found


def _opened(request: Request, token: str) -> tuple[Visit, RatingForm]:
    with reading(request) as (session, visit):
        form = load_rating_form(session, token, now=visit.now)
    return replace(visit, locale=visit.chosen_locale or choose_locale(form.locale)), form
