"""Programmes, their periods and encounters as they are sent and answered."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from app.api.schemas.base import (
    DAY,
    ID,
    INSTANT,
    OTHER_ID,
    WORDS,
    GivenDay,
    GivenInstant,
    Id,
    In,
    Out,
    Texts,
    example,
    one_of,
)
from app.api.schemas.rounds import MODERATED
from app.encounters.values import EncounterReport, EncounterState, ProgrammeState, Reason, Rhythm
from app.reports import Outcome

_PROGRAMME = {
    "scope_id": ID,
    "external_id": "voice",
    "name": WORDS,
    "purpose": WORDS,
    "asked_by": "Ingrid Solheim",
    "rhythm": "week",
    "kpi_ids": [OTHER_ID],
    "k": 5,
    "quota": 10,
    "pause_days": 90,
    "answer_days": 7,
    "starts_on": DAY,
    "offers_contact": True,
    "moderated_by": None,
}
_ENCOUNTER = {
    "external_id": "case-4711",
    "subject": "S-12",
    "occurred_at": "2026-11-23T10:00:00+01:00",
    "email": "kunde01@kunder.example",
    "locale": "nb",
}
_ROW = {
    "row": 1,
    "outcome": "created",
    "id": ID,
    "external_id": "case-4711",
    "changes": [],
    "state": "delayed",
    "reason": "awaits_draw",
}

GivenRhythm = Annotated[str, one_of(Rhythm)]


class ProgrammeChangeIn(In):
    """What to change of a programme; what is left out stays. The rhythm cannot change."""

    model_config = example(quota=12)

    scope_id: str | None = Field(None, description="The unit whose people are asked about; left out: the company")
    external_id: str | None = None
    name: Texts | None = None
    purpose: Texts | None = None
    asked_by: str | None = Field(None, description="In whose name the letters come")
    rhythm: GivenRhythm | None = Field(None, description="Rounds of calendar weeks or months")
    kpi_ids: list[str] | None = Field(None, description="Active soft KPIs in which customers weigh")
    k: int | None = Field(None, description="The fewest customers whose answers are shown together, 3 to 20")
    quota: int | None = Field(None, description="Requests at most about one employee in one period")
    pause_days: int | None = Field(
        None, description="Days for which no programme asks the same customer; the longest of the company holds"
    )
    answer_days: int | None = Field(None, description="Days after the period in which answers are taken, 2 to 30")
    starts_on: GivenDay | None = None
    offers_contact: bool | None = Field(
        None, description="Whether whoever was not content is offered to be contacted by who leads the employee"
    )
    moderated_by: str | None = Field(None, description=MODERATED)


class ProgrammeIn(ProgrammeChangeIn):
    """A programme: whom it asks about, what, how often and how many."""

    model_config = example(**_PROGRAMME)

    name: Texts
    purpose: Texts
    asked_by: str
    kpi_ids: list[str]
    starts_on: GivenDay


class ProgrammeOut(Out):
    """A programme."""

    model_config = example(id=ID, company_id=OTHER_ID, state="running", version=1, **_PROGRAMME)

    id: Id
    company_id: Id
    scope_id: Id
    external_id: str | None
    name: Texts
    purpose: Texts
    asked_by: str
    rhythm: Rhythm
    kpi_ids: list[Id]
    k: int
    quota: int
    pause_days: int
    answer_days: int
    starts_on: date
    offers_contact: bool
    moderated_by: str | None
    state: ProgrammeState
    version: int


class PeriodOut(Out):
    """A period of a programme and its round; the seed of its draws once the last one is over."""

    model_config = example(
        programme_id=ID, start=DAY, end="2026-11-29", round_id=OTHER_ID, drawn_on="2026-11-30", seed="5f" * 32
    )

    programme_id: Id
    start: date
    end: date
    round_id: Id
    drawn_on: date | None
    seed: str | None


class TallyOut(Out):
    """How many encounters of a programme ended in a state for a reason."""

    model_config = example(state="dropped", reason="asked_lately", count=3)

    state: EncounterState
    reason: Reason
    count: int


class TalliesOut(Out):
    """How many encounters of a programme were sent, wait or were dropped, by reason."""

    model_config = example(items=[{"state": "dropped", "reason": "asked_lately", "count": 3}])

    items: list[TallyOut]


class EncounterIn(In):
    """A customer was served by an employee."""

    model_config = example(**_ENCOUNTER)

    external_id: str = Field(description="Your own id of the contact; the same one again changes nothing")
    subject: str = Field(description="External id, id or address of the employee")
    occurred_at: GivenInstant
    email: str = Field(description="Address of the customer; kept only while a request waits")
    name: str | None = None
    locale: str | None = None
    programme: str | None = Field(None, description="External id or id; left out: the one nearest above the employee")


class EncountersIn(In):
    """Encounters to be taken in, or corrected while their request waits."""

    model_config = example(encounters=[_ENCOUNTER])

    encounters: list[EncounterIn]


class EncounterOut(Out):
    """An encounter and what became of it; nothing of the customer."""

    model_config = example(
        id=ID,
        external_id="case-4711",
        programme_id=OTHER_ID,
        subject_id=ID,
        occurred_at=INSTANT,
        state="sent",
        reason="drawn",
        settled_at=INSTANT,
        drawn_on=DAY,
        round_id=OTHER_ID,
    )

    id: Id
    external_id: str
    programme_id: Id | None
    subject_id: Id
    occurred_at: datetime
    state: EncounterState
    reason: Reason
    settled_at: datetime | None
    drawn_on: date | None
    round_id: Id | None


class EncounterRowOut(Out):
    """What became of a row, and of the request it asks for."""

    model_config = example(**_ROW)

    row: int
    outcome: Outcome
    id: Id | None
    external_id: str | None
    changes: list[str]
    state: EncounterState
    reason: Reason


class EncountersOut(Out):
    """What a batch did: taken in, and for each row sent, delayed or dropped, and why."""

    model_config = example(dry_run=False, created=1, changed=0, unchanged=0, rows=[_ROW])

    dry_run: bool
    created: int
    changed: int
    unchanged: int
    rows: list[EncounterRowOut]


def encounters_out(done: EncounterReport) -> EncountersOut:
    """A report as it is answered."""
    report = done.report
    return EncountersOut(
        dry_run=report.dry_run,
        created=report.count(Outcome.CREATED),
        changed=report.count(Outcome.CHANGED),
        unchanged=report.count(Outcome.UNCHANGED),
        rows=[
            EncounterRowOut(
                row=row.row,
                outcome=row.outcome,
                id=row.id,
                external_id=row.external_id,
                changes=list(row.changes),
                state=fate.state,
                reason=fate.reason,
            )
            for row, fate in zip(report.rows, done.fates, strict=True)
        ],
    )
