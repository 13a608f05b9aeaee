"""Whether an unsafe request comes from a page of ours: Sec-Fetch-Site, else Origin, and the form's hidden field."""

from urllib.parse import urlsplit

from fastapi import Request

from app.http.cookies import session_secret
from app.http.forms import CSRF_FIELD, Form
from app.http.refusals import CrossSite, FormOutdated
from app.http.service import Service, service_of
from app.infra.keys import fingerprint, same
from app.settings import Settings

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def check_own_page(request: Request) -> None:
    """Raise CrossSite unless the browser says that the request comes from this very origin."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            raise CrossSite
        return
    origin = request.headers.get("origin")
    if origin is None or not _is_own(origin, request, service_of(request).settings):
        raise CrossSite


def check_not_foreign(request: Request) -> None:
    """Raise CrossSite only for what declares itself to come from elsewhere: raters' old browsers say nothing."""
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise CrossSite
    origin = request.headers.get("origin")
    # A mail program's viewer has no origin of its own and says "null".
    is_silent = origin in {None, "null"} or "sec-fetch-site" in request.headers
    if not is_silent and not _is_own(origin or "", request, service_of(request).settings):
        raise CrossSite


def csrf_token(service: Service, secret: str | None) -> str:
    """The hidden field for forms of a session; empty without one."""
    return service.key.csrf_token(fingerprint(secret)) if secret else ""


def check_hidden_field(request: Request, form: Form) -> None:
    """Raise FormOutdated unless the form carries the hidden field of this session."""
    service = service_of(request)
    expected = csrf_token(service, session_secret(request, service.settings))
    if not expected or not same(form.one(CSRF_FIELD).encode(), expected.encode()):
        raise FormOutdated


def safe_path(text: str) -> str:
    """The text when it is a path of ours, else the first page: a redirect never leads elsewhere."""
    plain = text.isascii() and text.isprintable() and "\\" not in text
    return text if plain and text.startswith("/") and not text.startswith("//") else "/"


def _is_own(origin: str, request: Request, settings: Settings) -> bool:
    if origin == settings.address:
        return True
    # On the machine itself the service answers to several names; the host was checked on the way in.
    parts = urlsplit(origin)
    return settings.is_loopback and parts.scheme == "http" and parts.netloc == request.headers.get("host")
