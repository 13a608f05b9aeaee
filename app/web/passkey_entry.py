"""Coming in with a passkey: the question to the browser, and its answer."""

from fastapi import Request, Response

from app.accounts.commands import begin_entry, enter_by_passkey
from app.accounts.proofs import PasskeyRefused
from app.errors import NotFound
from app.http.access import public
from app.http.doors import posted
from app.http.origin import safe_path
from app.http.routes import Pages
from app.http.service import limit_challenges, passkey_site, service_of
from app.http.visit import writing
from app.infra.site import Site
from app.web.sign_in import Attempt, client_of, let_in, require_own_ways, sign_in_page

router = Pages()


@router.post("/sign-in/passkey/begin")
@public("whoever wants to come in is not in yet; says the same to everybody")
def begin(request: Request) -> Response:
    site = _site(request)
    limit_challenges(request)
    with writing(request) as (session, visit):
        asked = begin_entry(session, site=site, now=visit.now)
    return Response(asked, media_type="application/json")


@router.post("/sign-in/passkey")
@public("what the device has signed is the right, once")
def enter(request: Request) -> Response:
    site, form = _site(request), posted(request)
    back = safe_path(form.one("next") or "/")
    with writing(request) as (session, visit):
        opened = enter_by_passkey(
            session, form.one("credential"), site=site, client=client_of(request), back=back, now=visit.now
        )
    if opened is None:
        return sign_in_page(visit, back=back, attempt=Attempt(problem=PasskeyRefused()))
    return let_in(visit, opened)


def _site(request: Request) -> Site:
    require_own_ways(request)
    site = passkey_site(service_of(request))
    if site is None:
        raise NotFound
    return site
