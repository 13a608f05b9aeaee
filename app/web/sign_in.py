"""The pages of signing in and out: password, one-time link by mail, the browsers one is signed in with."""

from urllib.parse import urlencode

from fastapi import Request, Response

from app.accounts import sign_in as coming_in
from app.accounts.proofs import (
    CodeDelayed,
    HalfSessionOver,
    PasskeyRefused,
    ProviderOnly,
    SignInDelayed,
    SignInRefused,
    WrongCode,
)
from app.accounts.queries import check_password
from app.accounts.sessions import sign_out as end_session_of
from app.accounts.values import Entrance
from app.deferred import dataclass
from app.errors import AppError
from app.http.access import SIGNED_IN, access, by_link, public
from app.http.cookies import end_half, end_session, half_secret, session_secret, start_half, start_session
from app.http.doors import posted
from app.http.kinds import headers_of, status_of
from app.http.origin import safe_path
from app.http.routes import Pages
from app.http.service import passkey_site, service_of
from app.http.visit import Visit, passing, reading, writing
from app.organisation.commands import request_sign_in
from app.settings import Settings
from app.web.render import Flash, flash_for, page, said, see_other

router = Pages()

AFTER = {
    "out": Flash("good", "You are signed out."),
    "password": Flash("good", "The new password is set. Sign in with it."),
    "out_here": Flash("good", "You are signed out here.", "At your organisation you may still be signed in."),
    "over": Flash("watch", "That took too long.", "Sign in again."),
}


@dataclass(frozen=True, slots=True)
class ProviderLink:
    """The way to sign in at the organisation: what people call it, where it begins, and whether it is the only one."""

    label: str
    href: str
    is_only: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody typed who could not come in, and why."""

    email: str = ""
    problem: AppError | None = None


@router.get("/sign-in")
@public("whoever wants to come in is not in yet")
def show_sign_in(request: Request) -> Response:
    visit = passing(request)
    return sign_in_page(visit, back=visit.query.get("next", ""), attempt=Attempt())


@router.post("/sign-in")
@public("whoever wants to come in is not in yet")
def sign_in(request: Request) -> Response:
    require_own_ways(request)
    form = posted(request)
    back, email = safe_path(form.one("next") or "/"), form.one("email").strip()
    address = request.client.host if request.client is not None else ""
    try:
        with reading(request) as (read_session, visit):
            check = check_password(read_session, email, form.one("password"), address=address, now=visit.now)
        with writing(request) as (session, visit):
            opened = coming_in.sign_in(session, check, client=client_of(request), back=back, now=visit.now)
    except SignInDelayed as delayed:
        return sign_in_page(passing(request), back=back, attempt=Attempt(email, delayed))
    if opened is None:
        return sign_in_page(visit, back=back, attempt=Attempt(email, SignInRefused()))
    return let_in(visit, opened)


@router.get("/sign-in/code")
@public("asks for the second factor of whoever has shown the first, and says nothing of whom")
def show_code(request: Request) -> Response:
    return _code_page(passing(request), None)


@router.post("/sign-in/code")
@public("the cookie of the first factor is the right, and the code completes it")
def complete(request: Request) -> Response:
    secret, typed = half_secret(request, service_of(request).settings), posted(request).one("code")
    try:
        with writing(request) as (session, visit):
            opened = coming_in.complete(session, secret, typed, client=client_of(request), now=visit.now)
    except CodeDelayed as delayed:
        return _code_page(passing(request), delayed)
    except HalfSessionOver:
        answer = see_other("/sign-in", done="over")
        end_half(answer, service_of(request).settings)
        return answer
    return let_in(visit, opened) if opened is not None else _code_page(visit, WrongCode())


@router.post("/sign-in/link")
@public("whoever wants to come in is not in yet")
def send_link(request: Request) -> Response:
    require_own_ways(request)
    email = posted(request).one("email").strip()
    with writing(request) as (session, visit):
        request_sign_in(session, email, now=visit.now)
    return see_other("/sign-in/sent")


@router.get("/sign-in/sent")
@public("says the same to everybody")
def show_sent(request: Request) -> Response:
    return page(passing(request), "pages/sign_in/sent.html")


@router.get("/sign-in/{token}")
@by_link("shows a button only: mail scanners open links, and opening one must use nothing up")
def show_link(request: Request, token: str) -> Response:
    return page(passing(request), "pages/sign_in/link.html", action=f"/sign-in/{token}")


@router.post("/sign-in/{token}")
@by_link("the link is the right, once")
def use_link(request: Request, token: str) -> Response:
    with writing(request) as (session, visit):
        opened = coming_in.use_sign_in_link(session, token, client=client_of(request), now=visit.now)
    return let_in(visit, opened)


@router.post("/sign-out")
@access(SIGNED_IN, before_factor=True)
def sign_out(request: Request) -> Response:
    with writing(request) as (session, visit):
        end_session_of(session, session_secret(request, visit.settings) or "")
    answer = see_other("/sign-in", done="out_here" if visit.settings.oidc_issuer else "out")
    end_session(answer, visit.settings)
    return answer


def sign_in_page(visit: Visit, *, back: str, attempt: Attempt) -> Response:
    """The ways in, and why the one just tried did not open."""
    problem = attempt.problem
    answer = page(
        visit,
        "pages/sign_in/sign_in.html",
        status=200 if problem is None else 429 if isinstance(problem, SignInDelayed) else 422,
        flash=flash_for(visit, AFTER),
        back=back,
        provider=provider_link(visit.settings, back),
        takes_passkeys=passkey_site(visit.service) is not None and not visit.settings.oidc_only,
        is_of_passkey=isinstance(problem, PasskeyRefused),
        email=attempt.email,
        problem=said(visit, problem.message, **problem.values) if problem is not None else "",
    )
    if isinstance(problem, SignInDelayed):
        answer.headers.update(headers_of(problem))
    return answer


def _code_page(visit: Visit, problem: AppError | None) -> Response:
    answer = page(
        visit,
        "pages/sign_in/code.html",
        status=200 if problem is None else status_of(problem) if isinstance(problem, CodeDelayed) else 422,
        problem=said(visit, problem.message, **problem.values) if problem is not None else "",
    )
    if isinstance(problem, CodeDelayed):
        answer.headers.update(headers_of(problem))
    return answer


def let_in(visit: Visit, opened: Entrance) -> Response:
    """On to the page that was asked for, or first to the code that is still owed."""
    if opened.lacks_code:
        answer = see_other("/sign-in/code")
        start_half(answer, opened.secret, visit.settings)
        return answer
    answer = see_other(opened.back)
    start_session(answer, opened.secret, visit.settings)
    end_half(answer, visit.settings)
    return answer


def provider_link(settings: Settings, back: str) -> ProviderLink | None:
    """The way to the provider and back to a page of ours; None where there is none."""
    if not settings.oidc_issuer:
        return None
    back = safe_path(back or "/")
    query = "" if back == "/" else "?" + urlencode({"next": back})
    return ProviderLink(settings.oidc_label, f"/sign-in/provider{query}", settings.oidc_only)


def require_own_ways(request: Request) -> None:
    """Raise ProviderOnly where people sign in at their organisation's provider and in no other way."""
    if service_of(request).settings.oidc_only:
        raise ProviderOnly


def client_of(request: Request) -> str:
    """What the browser calls itself, for the list of signed-in browsers."""
    return request.headers.get("user-agent", "")
