"""The local mailbox: every letter that stayed on this machine, for newcomers and for trying things out.

It is there only while no mail relay is set and only this machine can reach the service: the letters hold links.
"""

import re

from fastapi import Request, Response

from app.deferred import dataclass
from app.errors import NotFound
from app.http.access import public
from app.http.routes import Pages
from app.http.visit import Visit, passing
from app.infra.mailbox import KeptLetter, list_letters, read_letter
from app.infra.paging import DEFAULT_LIMIT
from app.web.mail_frame import framed
from app.web.render import page

router = Pages()

WHY = "only this machine can reach it, while letters have no other way to be read"
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
_LINK = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text: plain, or an address that can be followed."""

    text: str
    is_link: bool


@router.get("/mailbox")
@public(WHY)
def show_mailbox(request: Request) -> Response:
    visit = _here(request)
    letters, mark = list_letters(visit.settings.mailbox_dir, limit=DEFAULT_LIMIT, before=visit.query.get("before", ""))
    older = f"/mailbox?before={mark}" if mark else ""
    return page(visit, "pages/mailbox/list.html", letters=letters, older=older)


@router.get("/mailbox/{name}")
@public(WHY)
def show_letter(request: Request, name: str) -> Response:
    visit = _here(request)
    letter = _letter(visit, name)
    return page(visit, "pages/mailbox/letter.html", letter=letter, pieces=pieces(letter.text))


@router.get("/mailbox/{name}/html")
@public(WHY)
def show_html(request: Request, name: str) -> Response:
    letter = _letter(_here(request), name)
    return framed(letter.html)


def pieces(text: str) -> list[Piece]:
    """A text with its addresses told apart, so that a template can make links of them."""
    found: list[Piece] = []
    place = 0
    for link in _LINK.finditer(text):
        address = link[0].rstrip(".,;:!?)")
        if link.start() > place:
            found.append(Piece(text[place : link.start()], is_link=False))
        found.append(Piece(address, is_link=True))
        place = link.start() + len(address)
    return [*found, Piece(text[place:], is_link=False)] if place < len(text) else found


def _here(request: Request) -> Visit:
    """The visit, if letters stay here and the request came to this machine by its own name."""
    visit = passing(request)
    # A proxy in front would pass the public name on: then others could read every link.
    if not visit.settings.shows_mailbox or request.url.hostname not in _LOCAL:
        raise NotFound
    return visit


def _letter(visit: Visit, name: str) -> KeptLetter:
    letter = read_letter(visit.settings.mailbox_dir, name)
    if letter is None:
        raise NotFound
    return letter
