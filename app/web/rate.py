"""The rater's doors: the form behind a link, sending it, and thanks; opening any of them changes nothing."""

from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlencode

from fastapi import Request, Response

from app.errors import Expired, Invalid
from app.http.access import by_link
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages, prompt
from app.http.visit import Visit, passing, reading, written_together
from app.infra.formats import choose_locale
from app.recovery.intake import ABOUT, TICKET
from app.recovery.queries import find_offer
from app.responses.commands import submit_response
from app.responses.keep_draft import save_draft
from app.responses.queries import load_rating_form
from app.responses.values import RatingForm, Receipt
from app.web.decline import nothing_left
from app.web.rate_form import BY_ITEM, form_page, overview_of, refused_page
from app.web.receipt import LOOKUP
from app.web.render import page, see_other

router = Pages()


@router.get("/r/{token}")
@by_link("whoever holds the link may rate")
@prompt
def show_form(request: Request, token: str) -> Response:
    visit, form = _opened(request, token)
    if not form.subjects:
        return nothing_left(visit, form)
    return form_page(visit, form, token, by_item=visit.query.get("view") == BY_ITEM)


@router.post("/r/{token}")
@by_link("whoever holds the link may rate")
def send_form(request: Request, token: str) -> Response:
    sent = posted(request)
    try:
        receipt = written_together(request, lambda session, now: submit_response(session, token, sent, now=now))
    except Invalid as refused:
        visit, form = _opened(request, token)
        return refused_page(visit, form, token, sent, refused)
    onward = _onward(request, token, receipt)
    return _codes_page(request, token, receipt, onward) if receipt.codes else see_other(onward)


@router.post("/r/{token}/draft")
@by_link("whoever holds the link may rate")
def keep_draft(request: Request, token: str) -> Response:
    """What is typed so far; a script that saves by itself wants no page, a button leads on to the place it names."""
    sent = posted(request)
    written_together(request, lambda session, now: save_draft(session, token, sent, now=now))
    if request.headers.get("accept") == "application/json":
        return Response(status_code=204)
    return see_other(f"/r/{token}?{urlencode(_view(sent))}#{_place(sent)}")


@router.get("/r/{token}/thanks")
@by_link("whoever holds the link may rate")
def show_thanks(request: Request, token: str) -> Response:
    visit, form = _opened(request, token)
    left = [subject for subject in form.subjects if not subject.is_answered]
    return page(
        visit,
        "rate/thanks.html",
        organisation=form.company_name,
        form=form,
        overview=overview_of(visit, form, href=""),
        remaining=len(left),
        action=f"/r/{token}",
    )


def _onward(request: Request, token: str, receipt: Receipt) -> str:
    """Where a rater goes on after sending: to the offer to be contacted, or to thanks."""
    if receipt.low:
        # What is stored is stored: a round that closes at this moment offers nothing more, and refuses nothing.
        with suppress(Expired), reading(request) as (session, visit):
            offer = find_offer(session, token, receipt.low, now=visit.now)
            if offer is not None:
                return f"/r/{token}/contact?{urlencode({ABOUT: offer.about, TICKET: offer.ticket})}"
    return f"/r/{token}/thanks"


def _codes_page(request: Request, token: str, receipt: Receipt, onward: str) -> Response:
    """The codes of the comments, as the answer to the POST itself: on no other page, in no address, and in no cookie."""
    visit, organisation = passing(request), ""
    with suppress(Expired):
        visit, form = _opened(request, token)
        organisation = form.company_name
    return page(
        visit,
        "rate/codes.html",
        organisation=organisation,
        codes=receipt.codes,
        of_round=True,
        action=f"/r/{token}",
        onward=onward,
        lookup=f"{visit.settings.address}{LOOKUP}",
    )


def _view(sent: Form) -> dict[str, str]:
    """How the form is looked at next: as the button says, else as now."""
    view = sent.one("show") or sent.one("view")
    return {"kept": "1", **({"view": BY_ITEM} if view == BY_ITEM else {})}


def _place(sent: Form) -> str:
    """The card to go on with."""
    place = sent.one("go")
    return f"s-{place}" if place.isdecimal() and len(place) < 6 else "content"


def _opened(request: Request, token: str) -> tuple[Visit, RatingForm]:
    """The form, and the visit in the rater's own language unless another one was chosen on the page."""
    with reading(request) as (session, visit):
        form = load_rating_form(session, token, now=visit.now)
    return replace(visit, locale=visit.chosen_locale or choose_locale(form.locale)), form
