"""Where a passkey belongs: the host it is bound to for good, and the one origin that may ask for it."""

import ipaddress
from importlib.util import find_spec
from urllib.parse import urlsplit

from app.deferred import dataclass


@dataclass(frozen=True, slots=True)
class Site:
    """The relying party of passkeys: host without port, origin as browsers write it, and what people call it."""

    host: str
    origin: str
    name: str


def site_of(address: str, *, name: str) -> Site | None:
    """The site at a public address; None where browsers know no passkeys: without https, or by number instead of name.

    >>> site_of("https://kpi.example.org", name="Soft-KPI")
    Site(host='kpi.example.org', origin='https://kpi.example.org', name='Soft-KPI')
    >>> site_of("http://kpi.example.org", name=""), site_of("https://192.0.2.7", name="")
    (None, None)
    >>> site_of("http://localhost:8000", name="").origin
    'http://localhost:8000'
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    is_safe = parts.scheme == "https" or host == "localhost"
    return Site(host, address, name) if is_safe and host and not _is_number(host) else None


def are_passkeys_known() -> bool:
    """Whether the packages of the extra are installed."""
    return find_spec("webauthn") is not None


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
