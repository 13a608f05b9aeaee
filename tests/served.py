"""The real application over HTTP, on both databases, and somebody of every kind who comes to its doors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from app.accounts.commands import create_account, create_api_key, grant_role
from app.accounts.rules import SCOPES, SERVICE
from app.accounts.sign_in import start_link, use_sign_in_link
from app.accounts.values import NewAccount, NewApiKey, Role
from app.http.limiter import Limiter
from app.http.service import ASKS, MISS_SECONDS, MISSES
from app.infra.database import Database, WriteSession
from app.infra.keys import key_of
from app.main import create_app
from app.organisation.commands import create_company
from app.organisation.queries import path_of
from app.settings import Settings
from tests.client import Client
from tests.company import SmallCompany, small_company
from tests.originals import copied

# For what is settled before any database is asked.
ONE_DATABASE = pytest.mark.parametrize("database_pair", ["sqlite"], indirect=True)
# What passes on PostgreSQL, which takes less, passes on SQLite.
STRICTER_DATABASE = pytest.mark.parametrize("database_pair", ["postgresql"], indirect=True)
ADDRESS = "http://127.0.0.1:8000"
OWN_PAGE = {"origin": ADDRESS, "sec-fetch-site": "same-origin"}
PASSWORD = "fjellet er blått i dag"


@dataclass
class Clock:
    """The time at which the application believes to be."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        self.now += time


@dataclass
class Served:
    """A running application with a company, another one, and the people of both."""

    app: FastAPI
    engine: Database
    clock: Clock
    company: SmallCompany
    other_company: str
    accounts: dict[str, str] = field(default_factory=dict)

    def anonymous(self, **headers: str) -> Client:
        """Somebody nobody knows."""
        return Client(self.app, ADDRESS, follow_redirects=False, headers={"accept-language": "en", **headers})

    def signed_in(self, name: str) -> Client:
        """The browser of one of `accounts`, with a session of its own."""
        with self.engine.write() as session:
            link_id = start_link(session, self.accounts[name], now=self.clock.now)
            token = key_of(session).sign_in_token(link_id)
            secret = use_sign_in_link(session, token, client="Firefox", now=self.clock.now).secret
        browser = self.anonymous(**OWN_PAGE)
        browser.cookies.set("session", secret)
        return browser

    def with_key(self, *scopes: str, subject_id: str = "") -> Client:
        """Another system with a key for the company, or for a subject in it; without scopes: all of them."""
        return self.anonymous(authorization=f"Bearer {self.key(*scopes, subject_id=subject_id)}")

    def key(self, *scopes: str, subject_id: str = "") -> str:
        with self.engine.write() as session:
            path = path_of(session, subject_id or self.company.id, on=self.clock.now.date())
            new = NewApiKey("Lønn", scopes or SCOPES, self.clock.now + timedelta(days=30))
            made = create_api_key(session, SERVICE, new, path, now=self.clock.now)
        assert made.secret is not None
        return made.secret


def settings_of(engine: Database, **changes: Any) -> Settings:
    return Settings.model_validate(
        {
            "database_url": engine.url.render_as_string(hide_password=False),
            "secret_key": "the tests' own instance key, 32 bytes and more",
            "host": "127.0.0.1",
            "port": 8000,
            "worker": False,
            **changes,
        }
    )


@pytest.fixture
def served(engine: Database, now: datetime) -> Served:
    """The application over an empty database with two companies; `accounts` by the role they hold."""
    clock = Clock(now)
    with engine.write() as session:
        return Served(app_over(engine, clock), engine, clock, *peopled(session, now))


def peopled(session: WriteSession, now: datetime) -> tuple[SmallCompany, str, dict[str, str]]:
    """Both companies, and the accounts of those who hold a role there."""
    return copied(session, _peopled, now)


def _peopled(session: WriteSession, now: datetime) -> tuple[SmallCompany, str, dict[str, str]]:
    company = small_company(session, now)
    other = create_company(session, SERVICE, "Annet", external_id="annet", now=now).id
    accounts: dict[str, str] = {}
    places: Mapping[str, tuple[Role, str]] = {
        "admin": (Role.ADMIN, company.id),
        "manager": (Role.MANAGER, company.north),
        "analyst": (Role.ANALYST, company.id),
        "viewer": (Role.VIEWER, company.north),
        **{role.value: (role, company.id) for role in (Role.HR, Role.OBSERVER, Role.AUDITOR)},
        "foreign": (Role.ADMIN, other),
    }
    for name, (role, subject_id) in places.items():
        new = NewAccount(f"{name}@fjellbris.example", name.title(), "nb")
        accounts[name] = create_account(session, SERVICE, new, now=now).id
        grant_role(session, SERVICE, accounts[name], role, path_of(session, subject_id, on=now.date()), now=now)
    nobody = NewAccount("nobody@fjellbris.example", "Nobody", "nb")
    accounts["nobody"] = create_account(session, SERVICE, nobody, now=now).id
    return company, other, accounts


# Building the application and compiling its templates takes longer than most tests.
_apps: dict[int, FastAPI] = {}


def app_over(engine: Database, clock: Clock) -> FastAPI:
    """The application over a database, built once in a run, with a clock and counters of its own."""
    if id(engine) not in _apps:
        _apps[id(engine)] = create_app(settings_of(engine), database=engine)
    app = _apps[id(engine)]
    app.state.service = replace(app.state.service, clock=clock)
    forget_attempts(app)
    return app


def forget_attempts(app: FastAPI) -> None:
    """Count what anybody tries from nothing again."""
    limiters = {"misses": Limiter(MISSES, MISS_SECONDS), "asks": Limiter(ASKS, MISS_SECONDS)}
    app.state.service = replace(app.state.service, **limiters)


@pytest.fixture
def anybody(served: Served) -> Client:
    return served.anonymous()


@pytest.fixture
def admin(served: Served) -> Client:
    return served.signed_in("admin")


@pytest.fixture
def sign_in(served: Served) -> Callable[[str], Client]:
    return served.signed_in
