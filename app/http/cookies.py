"""The cookies: the session, and the language and the company that somebody chose."""

from fastapi import Request
from starlette.responses import Response

from app.accounts.proofs import HALF_LIFE
from app.settings import Settings

LANGUAGE = "lang"
COMPANY = "company"
_LONGEST_KEPT = 3000
_CHOICE_SECONDS = 365 * 24 * 3600


def session_name(settings: Settings) -> str:
    """`__Host-` binds the cookie to this host and to https; browsers refuse it on plain http."""
    return "__Host-session" if settings.is_https else "session"


def session_secret(request: Request, settings: Settings) -> str | None:
    """The secret that the browser sent, when it looks like one at all."""
    return _plain(request.cookies.get(session_name(settings)))


def start_session(response: Response, secret: str, settings: Settings) -> None:
    """Hand the browser its session; it lives as long as the browser, and on our side as long as we say."""
    response.set_cookie(
        session_name(settings), secret, path="/", secure=settings.is_https, httponly=True, samesite="lax"
    )


def end_session(response: Response, settings: Settings) -> None:
    """Take the session back, and whatever the browser kept of private pages."""
    response.delete_cookie(session_name(settings), path="/", secure=settings.is_https, httponly=True, samesite="lax")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'


def start_half(response: Response, secret: str, settings: Settings) -> None:
    """Hand the browser what a code completes to a session; gone after ten minutes on both sides."""
    response.set_cookie(
        half_name(settings),
        secret,
        max_age=int(HALF_LIFE.total_seconds()),
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="lax",
    )


def end_half(response: Response, settings: Settings) -> None:
    """Take it back: it was completed, or is over."""
    response.delete_cookie(half_name(settings), path="/", secure=settings.is_https, httponly=True, samesite="lax")


def half_secret(request: Request, settings: Settings) -> str:
    """The secret of the half session that the browser sent; empty without one."""
    return _plain(request.cookies.get(half_name(settings))) or ""


def start_handshake(response: Response, kept: str, settings: Settings) -> None:
    """Let the browser keep what it must show when it comes back from the provider."""
    response.set_cookie(
        _handshake_name(settings),
        kept,
        max_age=int(HALF_LIFE.total_seconds()),
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="lax",
    )


def end_handshake(response: Response, settings: Settings) -> None:
    """Take it back: each serves for one way there and back."""
    response.delete_cookie(_handshake_name(settings), path="/", secure=settings.is_https, httponly=True, samesite="lax")


def handshake_of(request: Request, settings: Settings) -> str:
    """What the browser kept; empty without it."""
    kept = request.cookies.get(_handshake_name(settings), "")
    return kept if kept.isascii() and len(kept) <= _LONGEST_KEPT else ""


def _handshake_name(settings: Settings) -> str:
    return "__Host-handshake" if settings.is_https else "handshake"


def half_name(settings: Settings) -> str:
    """As `session_name`, for the time between the first factor and the second."""
    return "__Host-half" if settings.is_https else "half"


def keep_language(response: Response, locale: str, settings: Settings) -> None:
    """Remember the language that was chosen."""
    _keep(response, LANGUAGE, locale, settings)


def keep_company(response: Response, company_id: str, settings: Settings) -> None:
    """Remember which company somebody with several is looking at."""
    _keep(response, COMPANY, company_id, settings)


def _plain(secret: str | None) -> str | None:
    return secret if secret and len(secret) <= 128 and secret.isascii() else None


def _keep(response: Response, name: str, choice: str, settings: Settings) -> None:
    response.set_cookie(
        name, choice, max_age=_CHOICE_SECONDS, path="/", secure=settings.is_https, httponly=True, samesite="lax"
    )
