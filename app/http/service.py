"""What the web process carries from start to end: settings, database, templates, limiter, clock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field
from datetime import datetime

from fastapi import Request

from app.deferred import dataclass
from app.http.limiter import Limiter, OneAtATime
from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.keys import InstanceKey
from app.infra.site import Site, are_passkeys_known, site_of
from app.infra.templates import Templates
from app.settings import Settings

MISSES = 30
MISS_SECONDS = 600.0
ASKS = 30
"""Requests for lost links from one place in the same time: an office behind one address needs a few."""
CHALLENGES = 300
"""Sign-ins by passkey that begin at one place in the same time: an office behind one address, every morning."""
RERUNS, RERUN_SECONDS = 30, 60.0
"""Releases computed again by one account or key in a minute: each takes as long as scoring the whole round."""
_NAME = "Soft KPI"
PATIENCE = 5.0
"""Seconds that a request waits for another one's computing."""


@dataclass(frozen=True, slots=True)
class Service:
    """One per process; the only thing that `app.state` holds."""

    settings: Settings
    database: Database
    key: InstanceKey
    templates: Templates
    clock: Callable[[], datetime] = utc_now
    misses: Limiter = field(default_factory=lambda: Limiter(MISSES, MISS_SECONDS))
    asks: Limiter = field(default_factory=lambda: Limiter(ASKS, MISS_SECONDS))
    challenges: Limiter = field(default_factory=lambda: Limiter(CHALLENGES, MISS_SECONDS))
    reruns: Limiter = field(default_factory=lambda: Limiter(RERUNS, RERUN_SECONDS))
    computing: OneAtATime = field(default_factory=lambda: OneAtATime(PATIENCE))


def service_of(request: Request) -> Service:
    """The service that a request came to."""
    service: Service = request.app.state.service
    return service


def count_miss(request: Request) -> None:
    """Count a guess that led nowhere and has a page of its own, like one that ends in NotFound."""
    service_of(request).misses.count(request.client.host if request.client is not None else "")


def limit_asking(request: Request) -> None:
    """Count one more request for lost links from this place; raise TooMany when there were too many."""
    place = request.client.host if request.client is not None else ""
    service_of(request).asks.use(place)


def limit_challenges(request: Request) -> None:
    """Count one more sign-in by passkey that begins at this place; raise TooMany when there were too many."""
    place = request.client.host if request.client is not None else ""
    service_of(request).challenges.use(place)


def passkey_site(service: Service) -> Site | None:
    """Where passkeys of this installation belong; None where its address or its packages allow none."""
    return site_of(service.settings.address, name=_NAME) if are_passkeys_known() else None


@contextmanager
def computing_again(request: Request, actor: str) -> Iterator[None]:
    """Compute a release again in one's turn; TooMany for who has asked too often, and when the turn does not come."""
    service = service_of(request)
    service.reruns.use(actor)
    with service.computing.turn():
        yield
