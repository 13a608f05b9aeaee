"""The third quarter at Fjellbris, released: real ratings and readings come in by the doors for past ones.

Sofie Berg is as the scenario has her: two colleagues only, two customers who could not observe one KPI. The figures
that follow are the acceptance figures of the demo organisation.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from app.accounts.commands import create_account, grant_role
from app.accounts.rules import SERVICE
from app.accounts.values import Grant, NewAccount, Role, Viewer
from app.demo.kpis import create_kpis
from app.demo.organisation import create_organisation
from app.infra.database import Database, WriteSession
from app.infra.formats import DEFAULT_ZONE
from app.kpis.assign import set_target
from app.kpis.intake import parse_target
from app.kpis.values import RaterGroup
from app.metrics.commands import record_readings
from app.metrics.intake import parse_readings
from app.metrics.values import Source
from app.organisation.named import find_subjects
from app.organisation.queries import path_of
from app.releases.commands import release_round
from app.releases.values import Release
from app.reports import Row
from app.responses.past import import_ratings
from app.rounds.commands import create_round, set_groups, set_round_kpis
from app.rounds.values import GroupPolicy, Mode, RoundDraft, RoundKpi
from tests.company import SmallCompany
from tests.databases import rolled_back
from tests.originals import copied
from tests.served import Clock, Served, app_over
from tests.shelf import NOW, Shelf

STARTED = datetime(2026, 7, 1, 6, tzinfo=UTC)
RELEASED_AT = datetime(2026, 10, 12, 7, tzinfo=UTC)
TODAY = date(2026, 11, 23)
UNITS = ("customer-centre", "team-nord", "team-sor", "lunvik")
PEOPLE = ("amir.haddad", "sofie.berg", "lars.moen", "thea.vik", "omar.said", "ingrid.solheim", "elias.dahl")
S1, S4, S5 = "first-impression", "case-ownership", "teamwork"
GROUPS = (
    GroupPolicy(RaterGroup.CUSTOMER, Mode.CONFIDENTIAL, 5, 5),
    GroupPolicy(RaterGroup.MYSTERY_SHOPPER, Mode.REPORT, 3, 3),
    GroupPolicy(RaterGroup.MANAGER, Mode.NAMED, 1, 1),
    GroupPolicy(RaterGroup.COLLEAGUE, Mode.CONFIDENTIAL, 3, 3),
    GroupPolicy(RaterGroup.SELF, Mode.NAMED, 1, 1),
)
CUSTOMERS_SAID = (
    "Hun spurte hvor varmt vi hadde det før hun sa noe om prisen. Da skjønte jeg at hun hørte etter.",
    "Rask og blid. Jeg skulle bare gjerne visst at montøren ble forsinket.",
    "Forklarte feilkoden slik at jeg fikk til resten selv.",
    "Fikk svar med en gang.",
    "Hun ringte tilbake samme dag.",
)

Answers = Sequence[str]
"""What each of some raters answered on an item; "na": could not observe."""


@dataclass
class Quarter:
    """Ids by external id, and what was released."""

    company_id: str
    subjects: dict[str, str]
    kpis: dict[str, str]
    release: Release
    round_id: str

    def viewer(self, role: Role, name: str) -> Viewer:
        """Somebody with one role at one place."""
        return Viewer(f"account:{role}", grants=(Grant(role, self.subjects[name]),))

    def person(self, name: str) -> Viewer:
        """Somebody without any role, who is one of the subjects."""
        return Viewer("account:own", own_subjects=frozenset({self.subjects[name]}))


def quarter(session: WriteSession, *, with_the_one_before: bool = False) -> Quarter:
    """Fjellbris with its third quarter released, and the second one if a test asks for it."""
    return copied(session, _released, with_the_one_before=with_the_one_before)


def _released(session: WriteSession, *, with_the_one_before: bool) -> Quarter:
    where = create_organisation(session, now=STARTED)
    kpis = create_kpis(session, SERVICE, where, starts_on=STARTED.date(), now=STARTED)
    subjects = {"fjellbris": where.company_id, **find_subjects(session, where.company_id, [*UNITS, *PEOPLE])}
    asked = [kpis[name] for name in (S1, S4, S5)]
    if with_the_one_before:
        _release_second_quarter(session, where.company_id, asked, kpis["handling-time"])
    round_id = _draft(session, where.company_id, asked)
    rows = [Row(number, cells) for number, cells in enumerate(_ratings(), start=2)]
    import_ratings(session, SERVICE, round_id, rows, now=RELEASED_AT)
    batch = parse_readings(list(_readings()), zone=DEFAULT_ZONE)
    record_readings(session, SERVICE, batch, company_id=where.company_id, source=Source.FILE, now=RELEASED_AT)
    release = release_round(session, SERVICE, round_id, now=RELEASED_AT)
    return Quarter(where.company_id, subjects, dict(kpis), release, round_id)


def _release_second_quarter(session: WriteSession, company_id: str, kpis: Sequence[str], handling_time: str) -> None:
    """Sofie alone, whose customers were less pleased; afterwards the goalposts of one measured KPI are moved."""
    round_id = _draft(session, company_id, kpis, second=True)
    rows = [Row(number, cells) for number, cells in enumerate(_second_ratings(), start=2)]
    import_ratings(session, SERVICE, round_id, rows, now=STARTED + timedelta(days=5))
    batch = parse_readings(list(_readings(second=True)), zone=DEFAULT_ZONE)
    record_readings(session, SERVICE, batch, company_id=company_id, source=Source.FILE, now=STARTED + timedelta(days=5))
    release_round(session, SERVICE, round_id, now=STARTED + timedelta(days=5))
    posts = {"starts_on": "2026-08-01", "low": 1, "best_low": 4, "best_high": 7, "high": 12}
    set_target(session, SERVICE, handling_time, parse_target(posts), now=STARTED + timedelta(days=6))


def _second_ratings() -> Iterator[dict[str, str]]:
    sofie = _Sheets("sofie.berg")
    for item in ("welcome", "tone"):
        yield from sofie.said("customer", "kunde", S1, item, "222222222222")
        yield from sofie.said("mystery_shopper", "besok", S1, item, "22222")
        yield from sofie.said("manager", "amir.haddad", S1, item, "2")
    for item in ("responsibility", "promises"):
        yield from sofie.said("customer", "kunde", S4, item, "444444444300")
        yield from sofie.said("manager", "amir.haddad", S4, item, "4")


def _draft(session: WriteSession, company_id: str, kpis: Sequence[str], *, second: bool = False) -> str:
    wish = RoundDraft(
        scope_id=company_id,
        external_id="2026-q3",
        name={"nb": "Kundemøter i 3. kvartal", "en": "Customer meetings in the third quarter"},
        purpose={"nb": "Slik møter vi kundene.", "en": "How we meet our customers."},
        asked_by="Ragnhild Torp",
        period_start=date(2026, 7, 1),
        period_end=date(2026, 9, 30),
        opens_at=datetime(2026, 9, 14, 6, tzinfo=UTC),
        closes_at=datetime(2026, 10, 2, 14, tzinfo=UTC),
    )
    if second:
        wish = replace(
            wish,
            external_id="2026-q2",
            period_start=date(2026, 4, 1),
            period_end=date(2026, 6, 30),
            opens_at=STARTED - timedelta(days=10),
            closes_at=STARTED,
        )
    round_id = create_round(session, SERVICE, company_id, wish, now=STARTED).id
    set_groups(session, SERVICE, round_id, GROUPS, now=STARTED)
    set_round_kpis(session, SERVICE, round_id, [RoundKpi(kpi_id, {}) for kpi_id in kpis], now=STARTED)
    return round_id


def _ratings() -> Iterator[dict[str, str]]:
    sofie = _Sheets("sofie.berg")
    yield from sofie.said("customer", "kunde", S1, "welcome", "444444444555", CUSTOMERS_SAID)
    yield from sofie.said("customer", "kunde", S1, "tone", "444444444555")
    yield from sofie.said("customer", "kunde", S4, "responsibility", "444444444300")
    yield from sofie.said("customer", "kunde", S4, "promises", "444444444300")
    yield from sofie.said("mystery_shopper", "besok", S1, "welcome", "44444")
    yield from sofie.said("mystery_shopper", "besok", S1, "tone", "44443")
    yield from sofie.said("manager", "amir.haddad", S1, "welcome", "4", ("Tar seg tid når kunden er urolig.",))
    yield from sofie.said("manager", "amir.haddad", S1, "tone", "4")
    yield from sofie.said("manager", "amir.haddad", S4, "responsibility", "4")
    yield from sofie.said("manager", "amir.haddad", S4, "promises", "3")
    yield from sofie.said("manager", "amir.haddad", S5, "sharing", "4")
    yield from sofie.said("manager", "amir.haddad", S5, "relief", "4")
    for kpi, item in ((S1, "welcome"), (S1, "tone"), (S5, "sharing"), (S5, "relief")):
        yield from sofie.said("colleague", "kollega", kpi, item, "42")
    for kpi, item, own in ((S1, "welcome", "4"), (S1, "tone", "4"), (S4, "responsibility", "5"), (S4, "promises", "4")):
        yield from sofie.said("self", "sofie.berg", kpi, item, own)
    for name, answers in (("lars.moen", "33344"), ("thea.vik", "55455"), ("elias.dahl", "4444434444")):
        for kpi, item in ((S1, "welcome"), (S1, "tone"), (S4, "responsibility"), (S4, "promises")):
            yield from _Sheets(name).said("customer", f"{name}-kunde", kpi, item, answers)
    for name in ("lars.moen", "thea.vik"):
        for kpi, item in ((S4, "responsibility"), (S4, "promises"), (S5, "sharing"), (S5, "relief")):
            yield from _Sheets(name).said("manager", "amir.haddad", kpi, item, "4")
            yield from _Sheets(name).said("colleague", f"{name}-kollega", kpi, item, "4353")
    for item in ("welcome", "tone"):
        yield from _Sheets("lunvik").said("mystery_shopper", "lunvik-besok", S1, item, "433445")


@dataclass(frozen=True)
class _Sheets:
    """What was answered about one subject."""

    subject: str

    def said(
        self, group: str, rater: str, kpi: str, item: str, answers: str, comments: Sequence[str] = ()
    ) -> Iterator[dict[str, str]]:
        """One rater, or as many as there are answers: a digit each, 0 for "could not observe"."""
        for number, answer in enumerate(answers):
            single = len(answers) == 1
            yield {
                "subject": self.subject,
                "rater": rater if single else f"{rater}-{number}",
                "rater_group": group,
                "item": f"{kpi}.{item}",
                "value": "na" if answer == "0" else answer,
                "comment": comments[number] if number < len(comments) else "",
                "occasion": f"{rater}-{number}" if group == "mystery_shopper" else "",
            }


def _readings(*, second: bool = False) -> Iterator[dict[str, object]]:
    july = {"start": "2026-04-01", "end": "2026-04-30"} if second else {"start": "2026-07-01", "end": "2026-07-31"}
    measured = (("sofie.berg", 52, 79, 6.2), ("lars.moen", 190, 60, 8.5))
    for name, wait, solved, minutes in (("sofie.berg", 90, 60, 6.2),) if second else measured:
        yield {"kpi": "phone-answer-time", "subject": name, "value": wait, **july}
        yield {"kpi": "first-contact-resolution", "subject": name, "numerator": solved, "denominator": 100, **july}
        yield {"kpi": "handling-time", "subject": name, "value": minutes, **july}


def served_quarter(engine: Database, now: datetime, *, with_the_one_before: bool = False) -> tuple[Served, Quarter]:
    """The application over a released quarter of the test's own."""
    return _served(engine, now, *_with_accounts(engine, now, with_the_one_before=with_the_one_before))


def shown_quarter(shelf: Shelf, now: datetime) -> tuple[Served, Quarter]:
    """The same over one that all tests look at: for those that write nothing but keys and sessions."""
    return _served(shelf.show(released_quarter), now, *_on_shelf[0])


@contextmanager
def tried_quarter(shelf: Shelf) -> Iterator[tuple[WriteSession, Quarter]]:
    """The same in a session whose work is taken back."""
    with rolled_back(shelf.show(released_quarter)) as session:
        yield session, _on_shelf[0][0]


# What stands on the shelves, written once for both kinds.
_on_shelf: list[tuple[Quarter, dict[str, str]]] = []


def released_quarter(database: Database) -> None:
    """Content of the shelf."""
    _on_shelf.append(_with_accounts(database, NOW))


def _with_accounts(
    database: Database, now: datetime, *, with_the_one_before: bool = False
) -> tuple[Quarter, dict[str, str]]:
    """The released quarter with accounts for a leader, a rated person and three roles."""
    with database.write() as session:
        return copied(session, _peopled, now, with_the_one_before=with_the_one_before)


def _peopled(session: WriteSession, now: datetime, *, with_the_one_before: bool) -> tuple[Quarter, dict[str, str]]:
    accounts: dict[str, str] = {}
    made = quarter(session, with_the_one_before=with_the_one_before)
    places = {"analyst": "fjellbris", "admin": "fjellbris", "viewer": "team-sor"}
    for name in (*places, "amir.haddad", "sofie.berg"):
        new = NewAccount(f"{name}@fjellbris.example", name.title(), "nb")
        accounts[name] = create_account(session, SERVICE, new, now=now).id
    for name, place in places.items():
        path = path_of(session, made.subjects[place], on=now.date())
        grant_role(session, SERVICE, accounts[name], Role(name), path, now=now)
    return made, accounts


def _served(database: Database, now: datetime, made: Quarter, accounts: Mapping[str, str]) -> tuple[Served, Quarter]:
    clock = Clock(now)
    ids = made.subjects
    company = SmallCompany(
        ids["fjellbris"], ids["customer-centre"], ids["team-nord"], ids["team-sor"], ids["sofie.berg"], "", ""
    )
    return Served(app_over(database, clock), database, clock, company, "", {**accounts}), made
