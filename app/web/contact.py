"""The offer to be contacted, right after answers that were low: accepted by who wants it, passed by without a trace."""

from dataclasses import replace

from fastapi import Request, Response

from app.errors import Invalid
from app.http.access import by_link
from app.http.doors import posted
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.infra.formats import choose_locale
from app.recovery.commands import open_case
from app.recovery.intake import ABOUT, TICKET
from app.recovery.queries import get_offer
from app.responses.queries import load_rating_form
from app.web.forms import Filled, nested, refused
from app.web.render import page, said, see_other

router = Pages()


@router.get("/r/{token}/contact")
@by_link("whoever has just answered may ask to be contacted; the ticket in the address says so")
def show_offer(request: Request, token: str) -> Response:
    with reading(request) as (session, visit):
        return _page(session, visit, token, visit.query.get(ABOUT, ""), visit.query.get(TICKET, ""), Filled())


@router.post("/r/{token}/contact")
@by_link("whoever has just answered may ask to be contacted; the ticket in the form says so")
def accept_offer(request: Request, token: str) -> Response:
    form = posted(request)
    try:
        with writing(request) as (session, visit):
            open_case(session, token, nested(form), posted=True, now=visit.now)
    except Invalid as error:
        with reading(request) as (session, visit):
            names = {name: said(visit, label) for name, label in _LABELS.items()}
            sent = refused(visit, form, error, names=names)
            return _page(session, visit, token, form.one(ABOUT), form.one(TICKET), sent)
    return see_other(f"/r/{token}/contact/thanks")


@router.get("/r/{token}/contact/thanks")
@by_link("says thanks, and nothing of who asked for what")
def show_accepted(request: Request, token: str) -> Response:
    with reading(request) as (session, visit):
        form = load_rating_form(session, token, now=visit.now)
    visit = _in_language(visit, form.locale)
    text = said(visit, "Somebody who can do something about it contacts you within five working days.")
    title = said(visit, "Thank you.")
    return page(visit, "rate/message.html", organisation=form.company_name, title=title, text=text, note="")


_LABELS = {"contact": "E-mail address or phone number", "name": "Your name", "message": "What happened?"}


def _page(session: ReadSession, visit: Visit, token: str, about: str, ticket: str, form: Filled) -> Response:
    offer = get_offer(session, token, about, ticket, now=visit.now)
    rating = load_rating_form(session, token, now=visit.now)
    return page(
        _in_language(visit, rating.locale),
        "rate/contact.html",
        status=form.status,
        organisation=rating.company_name,
        offer=offer,
        form=form,
        action=f"/r/{token}/contact",
        no_thanks=f"/r/{token}/thanks",
    )


def _in_language(visit: Visit, locale: str) -> Visit:
    return replace(visit, locale=visit.chosen_locale or choose_locale(locale))
