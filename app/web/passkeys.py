"""The page of one's own passkeys: what they are called, when they were used, making one, removing one."""

from fastapi import Request, Response

from app.accounts.commands import begin_passkey, register_passkey, remove_passkey
from app.accounts.factors import list_passkeys
from app.accounts.proofs import MOST_PASSKEYS, PasskeyRefused
from app.errors import Invalid, NotFound
from app.http.access import personal
from app.http.doors import posted
from app.http.routes import Pages
from app.http.service import passkey_site
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.infra.site import Site
from app.web.render import Flash, flash_for, page, see_other
from app.web.sessions import browser_name

router = Pages()

DONE = {
    "made": Flash("good", "The passkey is kept.", "From now on you can sign in with it."),
    "removed": Flash("good", "The passkey is removed.", "Every other browser is signed out."),
}
_OWN = "one's own passkeys"


@router.get("/account/passkeys")
@personal(_OWN, before_factor=True)
def show_passkeys(request: Request) -> Response:
    with reading(request) as (session, visit):
        return _page(session, visit)


@router.post("/account/passkeys/begin")
@personal(_OWN, before_factor=True)
def begin(request: Request) -> Response:
    site = _site(request)
    with writing(request) as (session, visit):
        asked = begin_passkey(session, visit.viewer, site=site, here=_here(visit), now=visit.now)
    return Response(asked, media_type="application/json")


@router.post("/account/passkeys")
@personal(_OWN, before_factor=True)
def register(request: Request) -> Response:
    site, form = _site(request), posted(request)
    try:
        with writing(request) as (session, visit):
            is_kept = register_passkey(
                session,
                visit.viewer,
                form.one("credential"),
                name=form.one("name"),
                site=site,
                here=_here(visit),
                now=visit.now,
            )
    except Invalid as wrong:
        with reading(request) as (read_session, visit):
            return _page(read_session, visit, name_problem=wrong.errors[0].message)
    if is_kept:
        return see_other("/account/passkeys", done="made")
    with reading(request) as (read_session, visit):
        return _page(read_session, visit, flash=Flash("watch", PasskeyRefused.message))


@router.get("/account/passkeys/{passkey_id}/remove")
@personal(_OWN)
def ask_removal(request: Request, passkey_id: str) -> Response:
    with reading(request) as (session, visit):
        found = [one for one in list_passkeys(session, visit.viewer) if one.id == passkey_id]
    if not found:
        raise NotFound
    return page(visit, "pages/sign_in/passkey_remove.html", passkey=found[0])


@router.post("/account/passkeys/{passkey_id}/remove")
@personal(_OWN)
def remove(request: Request, passkey_id: str) -> Response:
    with writing(request) as (session, visit):
        remove_passkey(session, visit.viewer, passkey_id, here=_here(visit), now=visit.now)
    return see_other("/account/passkeys", done="removed")


def _page(session: ReadSession, visit: Visit, *, name_problem: str = "", flash: Flash | None = None) -> Response:
    passkeys = list_passkeys(session, visit.viewer)
    return page(
        visit,
        "pages/sign_in/passkeys.html",
        status=422 if name_problem or flash else 200,
        flash=flash or flash_for(visit, DONE),
        passkeys=passkeys,
        is_possible=passkey_site(visit.service) is not None,
        may_add=len(passkeys) < MOST_PASSKEYS,
        owes_factor=visit.owes_factor,
        name=browser_name(visit.sign_in.client) if visit.sign_in is not None else "",
        problem=name_problem,
    )


def _site(request: Request) -> Site:
    site = passkey_site(request.app.state.service)
    if site is None:
        raise NotFound
    return site


def _here(visit: Visit) -> str | None:
    return visit.sign_in.id if visit.sign_in is not None else None
