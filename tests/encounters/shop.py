"""A customer centre that asks its customers: a programme, encounters by the dozen, and days that go by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.encounters.commands import begin_period, create_programme, draw_due, record_encounters
from app.encounters.intake import parse_encounters, parse_programme
from app.encounters.tables import EncounterRow
from app.encounters.values import EncounterReport, Programme
from app.infra.database import WriteSession
from app.organisation.tables import PersonRow
from app.rounds.queries import load_assignments
from tests.fjellbris import Fjellbris, fjellbris
from tests.kpis.plain import words

WISH: Mapping[str, Any] = {
    "name": words("Kundens stemme", "The customer's voice"),
    "purpose": words("Vi vil vite hvordan kundene blir møtt.", "We want to know how customers are met."),
    "asked_by": "Ingrid Solheim",
    "rhythm": "week",
    "k": 3,
    "quota": 4,
    "pause_days": 30,
    "answer_days": 7,
    "starts_on": "2026-11-23",
}


@dataclass
class Shop:
    """The company with one programme; `now` moves by `pass_by`."""

    session: WriteSession
    company: Fjellbris
    programme: Programme
    now: datetime
    rounds: dict[str, str] = field(default_factory=dict)

    def begin(self) -> bool:
        return begin_period(self.session, self.programme.id, now=self.now)

    def draw(self) -> int:
        return draw_due(self.session, self.company.id, now=self.now)

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)

    def met(
        self, external_id: str, who: str = "Sofie Berg", customer: str | None = None, **changes: Any
    ) -> dict[str, Any]:
        """An encounter of an hour ago as it is sent."""
        return {
            "external_id": external_id,
            "subject": who,
            "occurred_at": (self.now - timedelta(hours=1)).isoformat(),
            "email": f"{customer or external_id}@kunder.example",
            **changes,
        }

    def send(self, *rows: Mapping[str, Any], **options: Any) -> EncounterReport:
        batch = parse_encounters(rows)
        return record_encounters(self.session, SERVICE, batch, company_id=self.company.id, now=self.now, **options)

    def fates(self) -> dict[str, str]:
        """What became of each encounter: state and reason by external id."""
        self.session.flush()
        rows = self.session.scalars(select(EncounterRow).order_by(EncounterRow.external_id))
        return {row.external_id: f"{row.state} {row.reason}" for row in rows}

    def reasons(self) -> set[str]:
        return set(self.fates().values())

    def asked(self, round_id: str) -> dict[str, str]:
        """Who is asked in a round about whom: names of the employees by address of the customer."""
        people = {row.id: row.email or "" for row in self.session.scalars(select(PersonRow))}
        marks = load_assignments(self.session, round_id)
        return {people[one.rater_id]: self.company.name_of(one.subject_id) for one in marks}


def open_shop(session: WriteSession, now: datetime, **changes: Any) -> Shop:
    company = fjellbris(session, now)
    return Shop(session, company, new_programme(session, company, now, **changes), now)


def new_programme(session: WriteSession, company: Fjellbris, now: datetime, **changes: Any) -> Programme:
    given = {
        **WISH,
        "scope_id": company.subjects["Kundesenter"],
        "kpi_ids": [company.kpis["first impression"]],
        **changes,
    }
    draft = parse_programme(given, company_id=company.id)
    return create_programme(session, SERVICE, company.id, draft, now=now)
