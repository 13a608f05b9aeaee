"""The cookies: the session, and the language and the company that somebody chose."""

from fastapi import Request
from starlette.responses import Response

from app.settings import Settings

LANGUAGE = "lang"
COMPANY = "company"
_CHOICE_SECONDS = 365 * 24 * 3600


def session_name(settings: Settings) -> str:
    """`__Host-` binds the cookie to this host and to https; browsers refuse it on plain http."""
    return "__Host-session" if settings.is_https else "session"


def session_secret(request: Request, settings: Settings) -> str | None:
    """The secret that the browser sent, when it looks like one at all."""
    secret = request.cookies.get(session_name(settings))
    return secret if secret and len(secret) <= 128 and secret.isascii() else None


def start_session(response: Response, secret: str, settings: Settings) -> None:
    """Hand the browser its session; it lives as long as the browser, and on our side as long as we say."""
    response.set_cookie(
        session_name(settings), secret, path="/", secure=settings.is_https, httponly=True, samesite="lax"
    )


def end_session(response: Response, settings: Settings) -> None:
    """Take the session back, and whatever the browser kept of private pages."""
    response.delete_cookie(session_name(settings), path="/", secure=settings.is_https, httponly=True, samesite="lax")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'


def keep_language(response: Response, locale: str, settings: Settings) -> None:
    """Remember the language that was chosen."""
    _keep(response, LANGUAGE, locale, settings)


def keep_company(response: Response, company_id: str, settings: Settings) -> None:
    """Remember which company somebody with several is looking at."""
    _keep(response, COMPANY, company_id, settings)


def _keep(response: Response, name: str, choice: str, settings: Settings) -> None:
    response.set_cookie(
        name, choice, max_age=_CHOICE_SECONDS, path="/", secure=settings.is_https, httponly=True, samesite="lax"
    )
