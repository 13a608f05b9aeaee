"""What a letter leads to besides rating: no more of them, and the same link once more."""

from contextlib import suppress
from dataclasses import replace

from fastapi import Request, Response

from app.errors import Invalid
from app.http.access import by_link, public
from app.http.doors import posted
from app.http.routes import Pages
from app.http.service import limit_asking
from app.http.visit import Visit, passing, reading, writing
from app.infra.database import ReadSession
from app.infra.formats import choose_locale
from app.invitations.commands import ask_for_links, opt_in, opt_out
from app.invitations.queries import find_opt_out, has_opted_out
from app.organisation.paths import load_subjects
from app.organisation.values import Person
from app.web.render import page, said, see_other

router = Pages()


AGAIN = "again"
"""Says in an address that letters were started again just now."""


@router.get("/opt-out/{token}")
@by_link("shows a button only: mail scanners open links, and opening one must stop nothing")
def show_opt_out(request: Request, token: str) -> Response:
    with reading(request) as (session, visit):
        person = find_opt_out(session, token)
        is_out = has_opted_out(session, person)
        company = _company_of(session, person, visit)
    visit = _in_language_of(person, visit)
    if is_out:
        return _letters_are_off(visit, token, company)
    if visit.query.get(AGAIN) == "1":
        return _letters_are_on(visit, company)
    return page(visit, "rate/opt_out.html", organisation=company, action=f"/opt-out/{token}")


@router.post("/opt-out/{token}")
@by_link("the link is the right; mail programs send it without a sign of our pages (RFC 8058)", from_anywhere=True)
def stop_letters(request: Request, token: str) -> Response:
    with writing(request) as (session, visit):
        person = opt_out(session, token, now=visit.now)
        company = _company_of(session, person, visit)
    # Answered at once: a mail program follows no redirection (RFC 8058, section 3.1).
    return _letters_are_off(_in_language_of(person, visit), token, company)


@router.post("/opt-out/{token}/undo")
@by_link("the link is the right, in both directions")
def start_letters(request: Request, token: str) -> Response:
    with writing(request) as (session, _):
        opt_in(session, token)
    return see_other(f"/opt-out/{token}?{AGAIN}=1")


@router.get("/link")
@public("whoever has lost the link has nothing to show")
def show_lost_link(request: Request) -> Response:
    return page(passing(request), "rate/lost_link.html")


@router.post("/link")
@public("whoever has lost the link has nothing to show; does and says the same for everybody")
def send_link_again(request: Request) -> Response:
    email = posted(request).one("email")
    limit_asking(request)
    # What is no address is answered like one that nobody has.
    with suppress(Invalid), writing(request) as (session, visit):
        ask_for_links(session, email, now=visit.now)
    return see_other("/link/sent")


@router.get("/link/sent")
@public("says the same to everybody")
def show_link_sent(request: Request) -> Response:
    visit = passing(request)
    return page(
        visit,
        "rate/message.html",
        title=said(visit, "Look in your mail"),
        text=said(
            visit,
            "If somebody asks for your rating just now, the links are on their way. A link is sent at most once an hour.",
        ),
        note=said(visit, "Nothing there? Look among unwanted mail, or try the address that the letter came to."),
        lost_link=True,
    )


def _letters_are_off(visit: Visit, token: str, company: str) -> Response:
    return page(
        visit,
        "rate/opted_out.html",
        organisation=company,
        title=said(visit, "Letters are off"),
        text=said(visit, "We send you no more letters about ratings. Links that you have already go on working."),
        undo=f"/opt-out/{token}/undo",
    )


def _letters_are_on(visit: Visit, company: str) -> Response:
    return page(
        visit,
        "rate/opted_out.html",
        organisation=company,
        title=said(visit, "Letters are on again"),
        text=said(visit, "You get letters about ratings again."),
        undo="",
    )


def _company_of(session: ReadSession, person: Person, visit: Visit) -> str:
    """Whose letters they are."""
    found = load_subjects(session, [person.company_id], on=visit.today)
    return found[person.company_id].name if person.company_id in found else ""


def _in_language_of(person: Person, visit: Visit) -> Visit:
    """The language chosen here, else the one of the letter."""
    return replace(visit, locale=visit.chosen_locale or choose_locale(person.locale))
