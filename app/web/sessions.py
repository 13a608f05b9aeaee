"""The page of the browsers in which somebody is signed in, and ending one of them."""

from fastapi import Request, Response

from app.accounts.commands import revoke_session
from app.accounts.queries import list_sessions
from app.errors import NotFound
from app.http.access import SIGNED_IN, access
from app.http.routes import Pages
from app.http.visit import reading, writing
from app.web.render import Flash, flash_for, page, see_other

router = Pages()

# In this order: most browsers also call themselves by the names of others.
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)
ENDED = {"ended": Flash("good", "That browser is signed out.")}


@router.get("/account/sessions")
@access(SIGNED_IN)
def show_sessions(request: Request) -> Response:
    with reading(request) as (session, visit):
        if visit.account is None:
            raise NotFound
        sessions = list_sessions(session, visit.account.id, now=visit.now)
    here = visit.sign_in.id if visit.sign_in is not None else ""
    flash = flash_for(visit, ENDED)
    names = {one.id: browser_name(one.client) for one in sessions}
    return page(visit, "pages/sign_in/sessions.html", flash=flash, sessions=sessions, names=names, here=here)


@router.post("/account/sessions/{session_id}/end")
@access(SIGNED_IN)
def end_other_session(request: Request, session_id: str) -> Response:
    with writing(request) as (session, visit):
        revoke_session(session, visit.viewer, session_id, now=visit.now)
    return see_other("/account/sessions", done="ended")


def browser_name(client: str) -> str:
    """What people call the browser that calls itself so: `Firefox, Windows`; its own words where it is unknown."""
    browser = next((name for sign, name in _BROWSERS if sign in client), "")
    system = next((name for sign, name in _SYSTEMS if sign in client), "")
    return ", ".join(part for part in (browser, system) if part) or client[:40]
