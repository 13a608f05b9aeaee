"""A whole service on one database: its doors, its worker, its letters, and a clock that the test moves."""

import email
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from httpx2 import Response

from app.accounts.commands import create_api_key, ensure_account, grant_role, start_link, use_sign_in_link
from app.accounts.rules import SCOPES, SERVICE
from app.accounts.values import NewApiKey, Role
from app.demo.addresses import address
from app.dispatch import Post
from app.infra.database import Database
from app.infra.keys import key_of
from app.main import create_app
from app.organisation.named import find_subjects
from app.organisation.queries import list_companies, path_of
from app.worker import TASKS, Task, post_of, run_once
from tests.client import Client
from tests.served import ADDRESS, OWN_PAGE, Clock, settings_of

_LINK = re.compile(rf"{re.escape(ADDRESS)}/r/([A-Za-z0-9_-]+)")


@dataclass
class Running:
    """The service; `letters` are read from the folder where the worker puts them."""

    engine: Database
    clock: Clock
    app: FastAPI
    post: Post
    mailbox: Path
    company_id: str
    subjects: dict[str, str] = field(default_factory=dict)
    tasks: Sequence[Task] = TASKS
    """Those of the whole run: what is done once an hour was done by then, unless somebody has tasks of his own."""

    @classmethod
    def on(cls, engine: Database, now: datetime, folder: Path) -> "Running":
        clock = Clock(now)
        settings = settings_of(engine, mailbox_dir=folder / "mailbox")
        app = create_app(settings, database=engine, clock=clock)
        with engine.read() as session:
            company_id = list_companies(session, SERVICE)[0].id
        post = post_of(settings, "journey")
        return cls(engine, clock, app, post, settings.mailbox_dir, company_id)

    # -------------------------------------------------------- who comes in

    def anybody(self, **headers: str) -> Client:
        return Client(self.app, ADDRESS, follow_redirects=False, headers={"accept-language": "en", **headers})

    def system(self, *scopes: str, subject: str = "") -> Client:
        """Another system with a key, for the whole company unless a subject is named; without scopes: all of them."""
        new = NewApiKey("Journey", scopes or SCOPES, self.clock.now + timedelta(days=90))
        with self.engine.write() as session:
            place = self.subject(subject) if subject else self.company_id
            path = path_of(session, place, on=self.clock.now.date())
            secret = create_api_key(session, SERVICE, new, path, now=self.clock.now).secret
        return self.anybody(authorization=f"Bearer {secret}")

    def signed_in(self, key: str, *, role: Role | None = None, at: str = "") -> Client:
        """The browser of an employee, or of somebody with a role on a subject or the company."""
        with self.engine.write() as session:
            account = ensure_account(session, address(key), key, locale="en", now=self.clock.now)
            if role is not None:
                path = path_of(session, self.subject(at) if at else self.company_id, on=self.clock.now.date())
                grant_role(session, SERVICE, account.id, role, path, now=self.clock.now)
            link_id = start_link(session, account.id, now=self.clock.now)
            token = key_of(session).sign_in_token(link_id)
            secret = use_sign_in_link(session, token, client="Firefox", now=self.clock.now).secret
        browser = self.anybody(**OWN_PAGE)
        browser.cookies.set("session", secret)
        return browser

    # -------------------------------------------------------- what is there

    def subject(self, name: str) -> str:
        """The id of a subject by external id."""
        if name not in self.subjects:
            with self.engine.read() as session:
                self.subjects |= find_subjects(session, self.company_id, [name])
        return self.subjects[name]

    def letters(self) -> dict[str, list[EmailMessage]]:
        """What was delivered, by recipient."""
        found: dict[str, list[EmailMessage]] = {}
        for path in sorted(self.mailbox.glob("*.eml")):
            letter = email.message_from_bytes(path.read_bytes(), policy=policy.default)
            found.setdefault(letter["to"].addresses[0].addr_spec, []).append(letter)
        return found

    def links(self) -> dict[str, str]:
        """The secret of the rating link in the latest letter to each recipient who got one."""
        found = {}
        for path in sorted(self.mailbox.glob("*.eml")):
            # The old parser: hundreds of letters are read here, and headers are looked at elsewhere.
            letter = email.message_from_bytes(path.read_bytes())
            plain = next(part for part in letter.walk() if part.get_content_type() == "text/plain")
            if link := _LINK.search(bytes(plain.get_payload(decode=True)).decode()):
                found[parseaddr(letter["to"])[1]] = link[1]
        return found

    # -------------------------------------------------------- what happens

    def work(self) -> None:
        """Let the worker do what is due until nothing is left."""
        while run_once(self.engine, self.post, now=self.clock.now, tasks=self.tasks):
            pass


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def ok(response: Response) -> Any:
    """The JSON of an answer that is no refusal."""
    assert response.is_success, (response.status_code, response.text)
    return response.json() if response.content else None


def fields_of(form: Mapping[str, Any], about: str) -> dict[str, str]:
    """The fields of a form about somebody, by English name of the item."""
    (subject,) = (one for one in form["subjects"] if one["name"] == about)
    return {item["name"]["en"]: item["field"] for item in subject["items"]}


def answers_to(
    form: Mapping[str, Any], about: str, levels: Mapping[str, Sequence[object]], items: Mapping[str, tuple[str, ...]]
) -> dict[str, str]:
    """What to send: the levels of each KPI in the order of its items."""
    fields = fields_of(form, about)
    named = {name: str(level) for kpi, given in levels.items() for name, level in zip(items[kpi], given, strict=True)}
    assert set(named) == set(fields), "every question of the form is answered, and no other"
    return {fields[name]: level for name, level in named.items()}
