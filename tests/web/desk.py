"""The pages over HTTP on both databases: Fjellbris with its rounds, and browsers of those who come to them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from fastapi import FastAPI
from httpx2 import Response

from app.accounts.commands import create_account, grant_role
from app.accounts.rules import SERVICE
from app.accounts.sign_in import start_link, use_sign_in_link
from app.accounts.values import NewAccount, Role
from app.infra.database import Database, WriteSession
from app.infra.keys import fingerprint, key_of
from app.organisation.commands import create_company
from app.organisation.queries import path_of
from app.rounds.commands import propose_assignments
from tests.client import Client
from tests.databases import recorded_statements
from tests.fjellbris import Fjellbris, address, draft_round, fjellbris
from tests.originals import copied
from tests.served import ADDRESS, OWN_PAGE, Clock, app_over
from tests.web.markup import Element, tree

Fields = Mapping[str, str | Sequence[str]]
Peopled = Callable[[WriteSession, datetime], tuple[Fjellbris, dict[str, str]]]

ABOUT = {
    "name.nb": "Nord, uke 48",
    "name.en": "North, week 48",
    "purpose.nb": "Vi vil vite hvordan kundene blir møtt.",
    "purpose.en": "We want to know how customers are met.",
    "asked_by": "Amir Haddad",
    "period_start": "2026-10-01",
    "period_end": "2026-12-31",
}
"""The first step of a round, filled in."""


@dataclass
class Browser:
    """Somebody's browser: reads pages as trees and sends forms with the hidden field."""

    client: Client
    token: str

    def get(self, path: str) -> Response:
        return self.client.get(path)

    def page(self, path: str, *, status: int = 200) -> Element:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return tree(answer.text)

    def post(self, path: str, fields: Fields | None = None) -> Response:
        pairs = [
            (name, one)
            for name, value in {"csrf_token": self.token, **(fields or {})}.items()
            for one in ([value] if isinstance(value, str) else value)
        ]
        return self.client.post(
            path, content=urlencode(pairs), headers={"content-type": "application/x-www-form-urlencoded"}
        )

    def upload(self, path: str, raw: bytes, fields: Mapping[str, str], *, filename: str = "list.csv") -> Response:
        return self.client.post(
            path, data={"csrf_token": self.token, **fields}, files={"file": (filename, raw, "text/csv")}
        )


@dataclass
class Desk:
    """The running application with Fjellbris; `browsers` by who sits there."""

    app: FastAPI
    engine: Database
    clock: Clock
    company: Fjellbris
    accounts: dict[str, str] = field(default_factory=dict)

    def browser(self, who: str) -> Browser:
        with self.engine.write() as session:
            link_id = start_link(session, self.accounts[who], now=self.clock.now)
            secret = use_sign_in_link(
                session, key_of(session).sign_in_token(link_id), client="Firefox", now=self.clock.now
            ).secret
            token = key_of(session).csrf_token(fingerprint(secret))
        headers = {"accept-language": "en", **OWN_PAGE}
        client = Client(self.app, ADDRESS, follow_redirects=False, headers=headers)
        client.cookies.set("session", secret)
        client.cookies.set("language", "en")
        return Browser(client, token)

    def draft(self, **options: object) -> str:
        """A draft for Team Nord with the raters that the structure proposes."""
        with self.engine.write() as session:
            made = draft_round(session, self.company, self.clock.now, **options)  # type: ignore[arg-type]
            propose_assignments(session, SERVICE, made.id, now=self.clock.now)
        return made.id

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """Counts what is asked of the database meanwhile."""
        with recorded_statements(self.engine.engine) as asked:
            yield asked


def at_fjellbris(session: WriteSession, now: datetime) -> tuple[Fjellbris, dict[str, str]]:
    """The company, and the accounts of those who come to its pages."""
    return with_accounts(session, fjellbris(session, now), now)


def desk_of(engine: Database, now: datetime, peopled: Peopled = at_fjellbris) -> Desk:
    clock = Clock(now)
    with engine.write() as session:
        return Desk(app_over(engine, clock), engine, clock, *copied(session, peopled, now))


def with_accounts(session: WriteSession, company: Fjellbris, now: datetime) -> tuple[Fjellbris, dict[str, str]]:
    """A company with accounts for its leaders and others; ids by who it is."""
    other = create_company(session, SERVICE, "Annet", external_id="annet", now=now).id
    accounts: dict[str, str] = {}
    places = {
        "owner": (Role.MANAGER, company.subjects["Team Nord"]),
        "second": (Role.MANAGER, company.subjects["Kundesenter"]),
        "reader": (Role.VIEWER, company.subjects["Team Nord"]),
        "admin": (Role.ADMIN, company.id),
        "stranger": (Role.MANAGER, other),
    }
    for who, (role, place) in places.items():
        accounts[who] = _account(session, f"{who}@konto.example", who, now)
        grant_role(session, SERVICE, accounts[who], role, path_of(session, place, on=now.date()), now=now)
    accounts["teammate"] = _account(session, address("Sofie Berg"), "Sofie Berg", now)
    return company, accounts


def account_of(desk: Desk, name: str) -> str:
    """Let an employee sign in; who sits there."""
    with desk.engine.write() as session:
        desk.accounts[name] = _account(session, address(name), name, desk.clock.now)
    return name


def form_of(page: Element, action: str) -> dict[str, list[str]]:
    """What a browser would send of a form as it stands on the page, without pressing anything special."""
    form = page.one("form", method="post", action=action)
    sent: dict[str, list[str]] = {}
    for element in form.walk():
        name = element.attributes.get("name", "")
        if name in {"", "csrf_token"}:
            continue
        if element.tag == "input":
            kind = element.attributes.get("type", "text")
            if kind in {"checkbox", "radio"} and "checked" not in element.attributes:
                continue
            if kind != "file":
                sent.setdefault(name, []).append(element.attributes.get("value", ""))
        elif element.tag == "textarea":
            sent.setdefault(name, []).append("".join(map(str, element.content)).removeprefix("\n"))
        elif element.tag == "select":
            options = element.all("option")
            chosen = [option for option in options if "selected" in option.attributes] or options[:1]
            sent.setdefault(name, []).extend(option.attributes["value"] for option in chosen)
    return sent


def wrong_fields(page: Element) -> list[tuple[str, str]]:
    """Where the list on top of a refused form leads, and what it says."""
    return [(link.attributes["href"], link.words) for link in page.one("div", class_="error-summary").all("a")]


def query_of(location: str) -> dict[str, str]:
    return dict(parse_qsl(location.partition("?")[2]))


def _account(session: WriteSession, email: str, name: str, now: datetime) -> str:
    return create_account(session, SERVICE, NewAccount(email, name, "en"), now=now).id
