"""What the web process carries from start to end: settings, database, templates, limiter, clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from fastapi import Request

from app.http.limiter import Limiter
from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.keys import InstanceKey
from app.infra.templates import Templates
from app.settings import Settings

MISSES = 30
MISS_SECONDS = 600.0
ASKS = 30
"""Requests for lost links from one place in the same time: an office behind one address needs a few."""


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
    asks = service_of(request).asks
    asks.check(place)
    asks.count(place)
