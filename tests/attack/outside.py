"""Random rounds brought in by the public door of one service, released, and read back in every format there is."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from app.accounts.commands import ensure_account, start_link, use_sign_in_link
from app.accounts.rules import SERVICE
from app.accounts.values import Role
from app.infra.database import Database
from app.infra.keys import key_of
from app.kpis.commands import activate_kpi, create_goal, create_kpi, create_scale
from app.kpis.intake import parse_goal, parse_kpi, parse_scale
from app.organisation.commands import create_company
from app.organisation.ensure import ensure_raters
from app.organisation.values import NewRater
from app.scoring.atoms import Kind, Mode, RaterGroup, Subject
from tests.attack.designs import random_round
from tests.attack.organisations import LEVELS, STEP
from tests.attack.played import Played, Sheet
from tests.client import Client
from tests.journeys.readable import NOT_ANALYSING
from tests.journeys.service import Running, ok
from tests.kpis.plain import soft, words
from tests.served import OWN_PAGE

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
APART = timedelta(days=60)
READER = "leser"
ITEMS = ("a", "b")

GROUPS: Mapping[str, Sequence[Mode]] = {
    "manager": (Mode.NAMED,),
    "colleague": (Mode.CONFIDENTIAL, Mode.ANONYMOUS),
    "direct_report": (Mode.CONFIDENTIAL,),
    "customer": (Mode.ANONYMOUS, Mode.CONFIDENTIAL),
    "mystery_shopper": (Mode.REPORT,),
}

WEIGHTS = {name: 1.0 + place for place, name in enumerate(GROUPS)}

Row = tuple[str, tuple[str, ...], int]
"""Subject by external id, rater groups in their order, number of the KPI."""


@dataclass(frozen=True)
class Design:
    """A random round as the service can hold it; rater 0 is the address of somebody who reads everything."""

    seed: int
    names: tuple[str, ...]
    played: Played

    @classmethod
    def of(cls, seed: int) -> "Design":
        draw = np.random.default_rng(seed)
        plain = random_round(seed, largest=8)
        names = tuple(name for name in GROUPS if name == "customer" or draw.random() < 0.55)
        groups = tuple(_policy(draw, name) for name in names)
        asked = [sorted({int(draw.integers(0, 2)), *np.flatnonzero(draw.random(2) < 0.7).tolist()}) for _ in names]
        form = {(s, g): frozenset(asked[g]) for s in range(len(plain.subjects)) for g in range(len(names))}
        sheets = tuple(
            _sheet(draw, subject, group, person, form[subject, group])
            for subject, group, person in _raters(draw, len(plain.subjects), names)
        )
        tree = tuple(_inside(place, subject) for place, subject in enumerate(plain.subjects))
        return cls(seed, names, Played(tree, groups, sheets, form, 2, plain.pooling))

    def external_id(self, subject: int) -> str:
        return f"d{self.seed}-{subject}"

    def rater(self, person: int) -> str:
        return f"{READER}@fjellbris.example" if person == 0 else f"r{self.seed}-{person}"

    def rows(self) -> list[dict[str, str]]:
        """The round as a file of past ratings."""
        return [
            {
                "subject": self.external_id(sheet.subject),
                "rater": self.rater(sheet.person),
                "rater_group": self.names[sheet.group],
                "item": ITEMS[measure],
                "value": "na" if (score := sheet.scores[measure]) is None else str(score // STEP + 1),
                "comment": sheet.comment,
                "occasion": f"visit {place}" if self.names[sheet.group] == "mystery_shopper" else "",
            }
            for place, sheet in enumerate(self.played.sheets)
            for measure in sorted(self.played.asked[sheet.subject, sheet.group])
        ]

    def with_sheets(self, sheets: Sequence[Sheet]) -> "Design":
        return replace(self, played=replace(self.played, sheets=tuple(sheets)))


def _policy(draw: np.random.Generator, name: str) -> RaterGroup:
    mode = Mode(draw.choice(GROUPS[name]))
    k = 1 if mode is Mode.NAMED else int(draw.integers(3, 6))
    return RaterGroup(mode, k, k if mode is Mode.NAMED else k + int(draw.integers(0, 2)))


def _inside(place: int, subject: Subject) -> Subject:
    """Every design hangs below one department of its own, where no competitor can."""
    kind = Kind.PERSON if subject.kind is Kind.COMPETITOR else subject.kind
    return Subject(max(subject.parent, 0) if place else -1, kind)


def _raters(draw: np.random.Generator, subjects: int, names: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    for subject in range(subjects):
        for group, name in enumerate(names):
            most = 1 if name == "manager" else int(draw.choice([0, 1, 2, 3, 4, 5, 7]))
            for person in draw.permutation(25)[: int(draw.integers(most // 2, most + 1))].tolist():
                yield subject, group, person


def _sheet(draw: np.random.Generator, subject: int, group: int, person: int, asked: frozenset[int]) -> Sheet:
    scores = tuple(
        int(draw.choice(LEVELS)) * STEP if measure in asked and draw.random() < 0.85 else None for measure in (0, 1)
    )
    comment = f"Sagt av {person} om {subject} i {group}." if draw.random() < 0.6 else ""
    return Sheet(subject, group, person, scores, comment, counts=person != 0)


@dataclass(frozen=True)
class Read:
    """Everything a reader got of one release: rows by subject, groups and KPI, texts, and each answer as it came."""

    rows: Mapping[Row, tuple[int, float]]
    combined: Mapping[tuple[str, int | None], float]
    comments: Mapping[str, set[str]]
    documents: Mapping[str, Any]


class Outside:
    """A service with one company, in which every design has a department, and who comes to its doors."""

    def __init__(self, database: Database, folder: Path, designs: Sequence[Design]) -> None:
        self._kpis = _company(database)
        self.service = Running.on(database, NOW, folder)
        self._system = self.service.system()
        self.reader = self.service.system(*NOT_ANALYSING)
        self.browser = self.service.signed_in(READER, role=Role.VIEWER)
        self._rounds = 0
        units, people = [], []
        for design in designs:
            for place, subject in enumerate(design.played.subjects):
                own = design.external_id(place)
                above = design.external_id(subject.parent)
                if subject.kind is Kind.UNIT:
                    above = above if place else "firma"
                    units.append(
                        {"external_id": own, "kind": "department", "name": f"Enhet {own}", "parent_external_id": above}
                    )
                else:
                    person = {"external_id": own, "name": f"Navn {own}", "email": f"{own}@rated.example", "unit": above}
                    people.append(person)
        ok(self._system.post("/api/v1/imports/organisation", json={"rows": units}))
        ok(self._system.post("/api/v1/imports/people", json={"rows": people}))
        self.service.clock.pass_by(timedelta(minutes=1))

    def released(self, design: Design) -> str:
        """Bring a design in as a round of its own, far from all others, and release it."""
        self._rounds += 1
        opens = NOW - APART * self._rounds
        made = ok(
            self._system.post(
                "/api/v1/rounds",
                json={
                    "scope_id": self.service.subject(design.external_id(0)),
                    "name": words("Runde", "Round"),
                    "purpose": words("For å prøve.", "To try."),
                    "asked_by": "Ragnhild Torp",
                    "period_start": f"{opens:%Y-%m-%d}",
                    "period_end": f"{opens:%Y-%m-%d}",
                    "opens_at": opens.isoformat(),
                    "closes_at": (opens + timedelta(days=7)).isoformat(),
                    "pooling": design.played.pooling.value,
                    "release_mode": "manual",
                },
            )
        )
        path = f"/api/v1/rounds/{made['id']}"
        groups = [
            {"rater_group": name, "mode": one.mode.value, "k": one.k, "comment_k": one.comment_k}
            for name, one in zip(design.names, design.played.groups, strict=True)
        ]
        self._put(f"{path}/groups", {"groups": groups})
        self._put(f"{path}/kpis", {"kpis": [self._weights(design, measure) for measure in (0, 1)]})
        ok(self._system.post(f"/api/v1/imports/ratings?round_id={made['id']}", json={"rows": design.rows()}))
        return str(ok(self._system.post(f"{path}/release"))["id"])

    def read(self, design: Design, release_id: str) -> Read:
        """Scores, summaries and arithmetic of every subject as another system gets them."""
        ids = {self.service.subject(design.external_id(one)): one for one in range(len(design.played.subjects))}
        path = f"/api/v1/releases/{release_id}"
        scores = list(_all_of(self.reader, f"{path}/scores"))
        documents: dict[str, Any] = {"scores": scores}
        comments: dict[str, set[str]] = {}
        for subject_id, place in ids.items():
            for kind in ("summaries", "explanations"):
                answer = self.reader.get(f"{path}/{kind}/{subject_id}")
                documents[f"{kind} {place}"] = _without_ids(answer.json()) if answer.is_success else answer.status_code
            found = documents[f"summaries {place}"]
            comments[design.external_id(place)] = set(_texts(found)) if isinstance(found, dict) else set()
        rows, combined = {}, {}
        for one in scores:
            if one["item_id"] is None and one["status"] == "ok":
                name = design.external_id(ids[one["subject_id"]])
                measure = None if one["kpi_id"] is None else self._kpis.index(one["kpi_id"])
                if one["rater_groups"] and measure is not None:
                    rows[name, tuple(one["rater_groups"]), measure] = one["raters"], one["score"]
                else:
                    combined[name, measure] = one["score"]
        return Read(rows, combined, comments, documents)

    def page(self, design: Design, release_id: str, subject: int, browser: Client | None = None) -> str:
        """The summary of a subject as a browser shows it; nothing where it is not shown."""
        path = f"/results/{release_id}/subjects/{self.service.subject(design.external_id(subject))}"
        answer = (browser or self.browser).get(path, headers={"accept-language": "en"})
        assert answer.status_code in {200, 404}
        return answer.text if answer.status_code == 200 else ""

    def rated(self, design: Design, subject: int) -> Client:
        """The browser of somebody who is rated."""
        now, email = self.service.clock.now, f"{design.external_id(subject)}@rated.example"
        with self.service.engine.write() as session:
            account = ensure_account(session, email, "Navn", locale="en", now=now)
            token = key_of(session).sign_in_token(start_link(session, account.id, now=now))
            secret = use_sign_in_link(session, token, client="Firefox", now=now).secret
        browser = self.service.anybody(**OWN_PAGE)
        browser.cookies.set("session", secret)
        return browser

    def _put(self, path: str, sent: Mapping[str, Any]) -> None:
        version = self._system.get(path.rpartition("/")[0]).headers["etag"]
        ok(self._system.put(path, json=sent, headers={"if-match": version}))

    def _weights(self, design: Design, measure: int) -> dict[str, Any]:
        asked = [name for group, name in enumerate(design.names) if measure in design.played.asked[0, group]]
        return {"kpi_id": self._kpis[measure], "weights": {name: WEIGHTS[name] for name in asked}}


def _company(database: Database) -> list[str]:
    """A company with two KPIs of one item each; their ids."""
    with database.write() as session:
        company = create_company(session, SERVICE, "Firma", external_id="firma", now=NOW).id
        goal = create_goal(session, SERVICE, parse_goal({"name": words("Mål", "Goal")}), company_id=company, now=NOW)
        five = parse_scale({"kind": "points", "points": 5, "name": words("1-5", "1-5")})
        scale = create_scale(session, SERVICE, five, company_id=company, now=NOW)
        owner = ensure_raters(session, company, [NewRater(key="o", external_id="eier", name="Eier")], now=NOW)["o"]
        kpis: list[str] = []
        for item in ITEMS:
            given = soft(goal, owner, scale, rater_weights={"customer": 1})
            given |= {"items": [{**given["items"][0], "code": item}], "name": words(f"KPI {item}", f"KPI {item}")}
            kpis.append(create_kpi(session, SERVICE, parse_kpi(given), company_id=company, now=NOW))
            activate_kpi(session, SERVICE, kpis[-1], now=NOW)
        return kpis


def _all_of(client: Client, path: str) -> Iterator[dict[str, Any]]:
    cursor = ""
    while True:
        answer = ok(client.get(f"{path}?limit=200{cursor}"))
        yield from answer["items"]
        if answer["next_cursor"] is None:
            return
        cursor = f"&cursor={answer['next_cursor']}"


def _texts(document: Any) -> Iterator[str]:
    """Every comment in an answer, wherever it stands."""
    if isinstance(document, str) and document.startswith("Sagt av"):
        yield document
    for one in document.values() if isinstance(document, dict) else document if isinstance(document, list) else ():
        yield from _texts(one)


_OF_ITS_OWN = re.compile(
    r"^(release|round|id|sealed_at|scrubbed_at|period_start|period_end|opens_at|closes_at|closed_at|released_at)$"
)


def _without_ids(document: Any) -> Any:
    """An answer without what is another in every round: its ids and times."""
    if isinstance(document, dict):
        return {name: _without_ids(value) for name, value in document.items() if not _OF_ITS_OWN.match(name)}
    return [_without_ids(one) for one in document] if isinstance(document, list) else document
