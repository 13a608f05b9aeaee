"""The acceptance scenario: a round about Sofie Berg and Jonas Eide, asked, answered and measured through the doors.

Levels are pairs, one for each item of the KPI; `NA` could not observe.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.demo.past_round import GROUPS
from app.demo.soft_kpis import SOFT
from app.infra.database import Database
from tests.dossiers.plain import complete
from tests.journeys.service import Running, answers_to, ok
from tests.served import OWN_PAGE
from tests.shelf import Content, company

START = datetime(2026, 9, 21, 9, tzinfo=UTC)
CLOSES = datetime(2026, 9, 30, 14, tzinfo=UTC)
GRACE = timedelta(minutes=30)

Pair = tuple[object, object]
Levels = Mapping[str, Pair]
Answered = tuple[str, Levels, str]

NA: Pair = ("na", "na")
S1, S2, S3, S4, S5 = "first-impression", "needs-discovery", "objection-handling", "case-ownership", "teamwork"
H1, H2, H3, H4, H5, H6 = (
    "phone-answer-time",
    "first-contact-resolution",
    "new-customer-meetings",
    "new-customer-sales",
    "quote-to-order",
    "handling-time",
)
ITEMS = {kpi: tuple(item["name"]["en"] for item in plain["items"]) for kpi, plain in SOFT.items()}

SOFIES_CUSTOMERS: Sequence[Levels] = (
    *({S1: (5, 4), S4: (4, 4)} for _ in range(6)),
    *({S1: (4, 4), S4: (4, 4)} for _ in range(2)),
    *({S1: (4, 4), S4: (4, 3)} for _ in range(2)),
    *({S1: (4, 4), S4: NA} for _ in range(2)),
)
SOFIES_SHOPPERS: Sequence[Levels] = (*({S1: (4, 4)} for _ in range(4)), {S1: (4, 3)})
SOFIES_MANAGER: Levels = {S1: (4, 4), S4: (4, 3), S5: (4, 4)}
SOFIES_COLLEAGUES: Sequence[Levels] = (
    {S1: (4, 4), S4: (3, 3), S5: (4, 4)},
    {S1: (4, 4), S4: (4, 4), S5: (4, 4)},
    {S1: (5, 5), S4: (4, 4), S5: (5, 5)},
)
SOFIE_HERSELF: Levels = {S1: (5, 4), S4: (4, 4), S5: (5, 4)}
JONAS_CUSTOMERS: Sequence[Levels] = (*({S2: (5, 4)} for _ in range(2)), *({S2: (4, 4)} for _ in range(8)))
JONAS_SHOPPERS: Sequence[Levels] = (
    {S2: (4, 4), S3: (4, 3)},
    {S2: (4, 3), S3: (4, 3)},
    *({S2: (4, 3), S3: (3, 3)} for _ in range(3)),
)
JONAS_MANAGER: Levels = {S2: (4, 3), S3: (3, 3)}
JONAS_HIMSELF: Levels = {S2: (5, 4), S3: (4, 4)}
JONAS_COLLEAGUES: Sequence[Levels] = tuple({S3: (4, 3)} for _ in range(3))

COLLEAGUES_OF_SOFIE = ("lars.moen", "thea.vik", "omar.said")
COLLEAGUES_OF_JONAS = ("sara.hagen", "ali.rahimi", "nora.bakke")
DOMAIN = "@fjellbris.example"

EVERYBODY: Mapping[str, Answered] = {
    # All different, so that an exchange is one.
    "kunde01@kunder.example": ("Sofie Berg", {S1: (5, 5), S4: (5, 4)}, "Hun husket meg fra sist."),
    "kunde02@kunder.example": ("Sofie Berg", {S1: (2, 1), S4: NA}, "I waited for ten minutes."),
    "kunde03@kunder.example": ("Sofie Berg", {S1: (3, 4), S4: (2, 2)}, "Helt grei hjelp."),
    "kunde04@kunder.example": ("Sofie Berg", {S1: (4, 4), S4: (3, 5)}, ""),
    "kunde05@kunder.example": ("Sofie Berg", {S1: (4, 3), S4: (4, 4)}, ""),
    # Jonas's colleagues, whose answers are confidential: three make an atom of exactly the minimum.
    f"{COLLEAGUES_OF_JONAS[0]}{DOMAIN}": ("Jonas Eide", {S3: (1, 2)}, "Avtal neste steg."),
    f"{COLLEAGUES_OF_JONAS[1]}{DOMAIN}": ("Jonas Eide", {S3: (5, 4)}, "Gode eksempler."),
    f"{COLLEAGUES_OF_JONAS[2]}{DOMAIN}": ("Jonas Eide", {S3: (3, 3)}, "Asks well, follows up late."),
    # Two of Sofie's colleagues are too few, and nobody above has enough to take them in.
    f"{COLLEAGUES_OF_SOFIE[0]}{DOMAIN}": ("Sofie Berg", {S1: (4, 4), S4: (3, 3), S5: (4, 4)}, "Deler alltid."),
    f"{COLLEAGUES_OF_SOFIE[1]}{DOMAIN}": ("Sofie Berg", {S1: (4, 4), S4: (4, 4), S5: (4, 4)}, ""),
    # What is shown with a name, or visit by visit.
    f"amir.haddad{DOMAIN}": ("Sofie Berg", SOFIES_MANAGER, "Godt kvartal."),
    f"marte.fossum{DOMAIN}": ("Jonas Eide", JONAS_MANAGER, ""),
    f"sofie.berg{DOMAIN}": ("Sofie Berg", SOFIE_HERSELF, ""),
    **{f"besok{number}@besok.example": ("Sofie Berg", levels, "") for number, levels in enumerate(SOFIES_SHOPPERS, 1)},
    **{f"besok{number}@besok.example": ("Jonas Eide", levels, "") for number, levels in enumerate(JONAS_SHOPPERS, 6)},
    **{
        f"kunde{number}@kunder.example": ("Jonas Eide", {S2: (4, 4 - number % 2)}, f"Kunde nummer {number}.")
        for number in range(13, 19)
    },
}
"""About whom, what, and which comment: a round whose answers differ, with atoms of five, three and six, and one too few."""

READINGS: Sequence[Mapping[str, object]] = (
    *(
        {"kpi": H1, "subject": "sofie.berg", "at": f"2026-0{month}-15", "value": value}
        for month, value in ((7, 44), (8, 52), (9, 71))
    ),
    *(
        {
            "kpi": H2,
            "subject": "sofie.berg",
            "start": f"2026-0{month}-01",
            "end": f"2026-0{month}-{days}",
            "numerator": solved,
            "denominator": cases,
        }
        for month, days, solved, cases in ((7, 31, 50, 66), (8, 31, 55, 66), (9, 30, 53, 68))
    ),
    *(
        {"kpi": H6, "subject": "sofie.berg", "at": f"2026-0{month}-15", "value": value}
        for month, value in ((7, 5.5), (8, 6.9), (9, 6.2))
    ),
    *(
        {"kpi": H3, "subject": "jonas.eide", "at": f"2026-0{month}-15", "value": value}
        for month, value in ((7, 4), (8, 5), (9, 6))
    ),
    *(
        {"kpi": H4, "subject": "jonas.eide", "at": f"2026-0{month}-15", "value": value}
        for month, value in ((7, 300), (8, 360), (9, 375))
    ),
    {
        "kpi": H5,
        "subject": "jonas.eide",
        "start": "2026-07-01",
        "end": "2026-09-30",
        "numerator": 9,
        "denominator": 50,
    },
)
"""A median of 52, 158 of 200, a mean of 6.2; a mean of 5, a mean of 345, 9 of 50."""


ROUND = {
    "name": {"nb": "3. kvartal 2026", "en": "Third quarter 2026"},
    "purpose": {"nb": "Slik møter vi kundene.", "en": "How we meet our customers."},
    "asked_by": "Ragnhild Torp",
    "period_start": "2026-07-01",
    "period_end": "2026-09-30",
    "opens_at": START.isoformat(),
    "closes_at": CLOSES.isoformat(),
    "release_mode": "manual",
}


@dataclass
class Played:
    """The round while it runs: links by address."""

    service: Running
    round_id: str
    links: dict[str, str]

    # -------------------------------------------------------- answering

    def form(self, recipient: str) -> Any:
        return ok(self.service.anybody().get(f"/api/v1/forms/{self.links[recipient]}"))

    def answer(self, recipient: str, about: str, levels: Levels, *, comment: str = "") -> None:
        """Through the API."""
        form = self.form(recipient)
        answers = answers_to(form, about, levels, ITEMS)
        if comment:
            (subject,) = (one for one in form["subjects"] if one["name"] == about)
            answers[subject["comment_field"]] = comment
        sent = {"submission_id": form["submission_id"], "answers": answers}
        ok(self.service.anybody().put(f"/api/v1/forms/{self.links[recipient]}", json=sent))

    def answer_on_page(self, recipient: str, about: str, levels: Levels) -> None:
        """Through the page, as a browser posts it."""
        browser, path = self.service.anybody(**OWN_PAGE), f"/r/{self.links[recipient]}"
        page = browser.get(path)
        submission = re.search(r'name="submission" value="([^"]+)"', page.text)
        assert page.status_code == 200
        assert submission is not None
        posted = {"submission": submission[1], **answers_to(self.form(recipient), about, levels, ITEMS)}
        answered = browser.post(path, data=posted)
        assert (answered.status_code, answered.headers["location"]) == (303, f"{path}/thanks")
        assert browser.get(f"{path}/thanks").status_code == 200

    def answer_all(self, *, colleagues: int) -> None:
        """Everybody of the scenario: `colleagues` of Sofie's three."""
        for number, levels in enumerate(SOFIES_CUSTOMERS, start=1):
            self.answer_on_page(f"kunde{number:02d}@kunder.example", "Sofie Berg", levels)
        for number, levels in enumerate(JONAS_CUSTOMERS, start=13):
            self.answer(f"kunde{number:02d}@kunder.example", "Jonas Eide", levels)
        for number, levels in enumerate(SOFIES_SHOPPERS, start=1):
            self.answer(f"besok{number}@besok.example", "Sofie Berg", levels)
        for number, levels in enumerate(JONAS_SHOPPERS, start=6):
            self.answer(f"besok{number}@besok.example", "Jonas Eide", levels)
        self.answer_on_page(f"amir.haddad{DOMAIN}", "Sofie Berg", SOFIES_MANAGER)
        self.answer(f"sofie.berg{DOMAIN}", "Sofie Berg", SOFIE_HERSELF)
        self.answer(f"jonas.eide{DOMAIN}", "Jonas Eide", JONAS_HIMSELF)
        self.answer(f"marte.fossum{DOMAIN}", "Jonas Eide", JONAS_MANAGER)
        for colleague, levels in list(zip(COLLEAGUES_OF_SOFIE, SOFIES_COLLEAGUES, strict=True))[:colleagues]:
            self.answer(f"{colleague}{DOMAIN}", "Sofie Berg", levels)
        for colleague, levels in zip(COLLEAGUES_OF_JONAS, JONAS_COLLEAGUES, strict=True):
            self.answer_on_page(f"{colleague}{DOMAIN}", "Jonas Eide", levels)

    def push_readings(self) -> None:
        """On the last day of the quarter: nothing can be measured ahead."""
        self.service.clock.now = CLOSES
        report = ok(self.service.system("readings:write").post("/api/v1/readings", json={"readings": READINGS}))
        assert {row["outcome"] for row in report["rows"]} == {"created"}

    # -------------------------------------------------------- ending

    def close(self) -> None:
        """Let the printed time and the grace go by; the worker closes."""
        self.service.clock.now = CLOSES + GRACE
        self.service.work()
        assert ok(self.service.system("rounds:read").get(f"/api/v1/rounds/{self.round_id}"))["state"] == "closed"

    def release(self) -> str:
        path = f"/api/v1/rounds/{self.round_id}/release"
        return str(ok(self.service.system("rounds:write").post(path))["id"])


def launched(database: Database) -> None:
    """The round of the scenario, open, its letters delivered: the content of a shelf."""
    company(database)
    _launch(database, GROUPS)
    _deliver(database, launched)


def launched_anonymously(database: Database) -> None:
    """The same round, which promises its customers to be anonymous: the content of a shelf."""
    company(database)
    _launch(database, [{**one, "mode": "anonymous"} if one["rater_group"] == "customer" else one for one in GROUPS])
    _deliver(database, launched_anonymously)


def released(database: Database) -> None:
    """The scenario with two colleagues, played to its end: the content of a shelf."""
    launched(database)
    with TemporaryDirectory() as folder:
        played = played_on(database, Path(folder), launched)
        played.answer_all(colleagues=2)
        played.push_readings()
        played.close()
        played.release()


_links: dict[str, dict[str, str]] = {}


def _deliver(database: Database, content: Content) -> None:
    """Let the worker deliver the letters, and keep the links that stand in them."""
    with TemporaryDirectory() as folder:
        service = Running.on(database, START, Path(folder))
        service.work()
        _links[content.__name__] = service.links()


def played_on(database: Database, folder: Path, content: Content) -> Played:
    """The launched round on a copy of a content, whose links came with the letters."""
    service = Running.on(database, START, folder)
    (round_,) = ok(service.system("rounds:read").get("/api/v1/rounds"))["items"]
    return Played(service, round_["id"], _links[content.__name__])


def _launch(database: Database, groups: Sequence[Mapping[str, object]]) -> None:
    """Draft, fill, preview and launch the round through the API."""
    with TemporaryDirectory() as folder:
        service = Running.on(database, START, Path(folder))
        system, kpis = service.system(), kpi_ids(service)
        made = ok(system.post("/api/v1/rounds", json={**ROUND, "scope_id": service.company_id}))
        path = f"/api/v1/rounds/{made['id']}"
        for part, sent in (
            ("groups", {"groups": list(groups)}),
            ("kpis", {"kpis": [{"kpi_id": kpis[name]} for name in (S1, S2, S3, S4, S5)]}),
            ("subjects", {"subject_ids": [service.subject("sofie.berg"), service.subject("jonas.eide")]}),
        ):
            version = system.get(path).headers["etag"]
            ok(system.put(f"{path}/{part}", json=sent, headers={"if-match": version}))
        ok(system.post("/api/v1/dossiers", json=complete(_responsible(service))))
        ok(system.post(f"{path}/assignments/propose"))
        ok(system.post(f"{path}/assignments", json={"rows": _lists()}))
        assert ok(system.get(f"{path}/preview"))["can_publish"]
        ok(system.post(f"{path}/launch", json={"confirmed": True}))


def kpi_ids(service: Running) -> dict[str, str]:
    items = ok(service.system("kpis:read").get("/api/v1/kpis", params={"limit": 200}))["items"]
    return {one["external_id"]: one["id"] for one in items}


def _responsible(service: Running) -> str:
    items = ok(service.system("organisation:read").get("/api/v1/people", params={"limit": 200}))["items"]
    return next(str(one["id"]) for one in items if one["external_id"] == "liv.tangen")


def _lists() -> list[dict[str, str]]:
    customers = [("sofie.berg", number) for number in range(1, 13)]
    customers += [("jonas.eide", number) for number in range(13, 23)]
    visits = [("sofie.berg", number) for number in range(1, 6)] + [("jonas.eide", number) for number in range(6, 11)]
    return [
        *(
            {"rater_group": "customer", "subject": subject, "email": f"kunde{number:02d}@kunder.example"}
            for subject, number in customers
        ),
        *(
            {
                "rater_group": "mystery_shopper",
                "subject": subject,
                "email": f"besok{number}@besok.example",
                "occasion": f"visit-{number}",
            }
            for subject, number in visits
        ),
    ]
