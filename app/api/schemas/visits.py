"""Scenarios, visits, the form of a shopper and what visits say together, as they are sent and answered."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from app.api.schemas.base import DAY, ID, INSTANT, OTHER_ID, GivenDay, Id, In, Out, Texts, example, one_of
from app.organisation.values import SubjectKind
from app.scoring.visits import VisitsTogether
from app.visits.values import (
    AppealOutcome,
    Band,
    EvidenceKind,
    Scenario,
    Visit,
    VisitStanding,
    VisitState,
)

QUESTION = {"nb": "Hvor mange sekunder ventet du?", "en": "How many seconds did you wait?"}
FACT = {"code": "wait", "kpi_id": OTHER_ID, "question": QUESTION}
CRITICAL = {"code": "receipt", "question": {"nb": "Fikk du kvittering?", "en": "Did you get a receipt?"}}
SCENARIO: dict[str, Any] = {
    "name": {"nb": "Spør om varmepumpe", "en": "Ask about a heat pump"},
    "task": {"nb": "Si at huset er på 120 m².", "en": "Say that the house has 120 m²."},
    "kpi_ids": [ID],
    "facts": [FACT],
    "critical": [CRITICAL],
    "cap": 50,
    "rotation_months": 6,
    "appeal_days": 14,
    "pictures": 2,
}
_ORDER = {"scenario_id": ID, "subject_id": OTHER_ID, "from_on": DAY, "until_on": "2026-12-04"}
_SEEN = {
    "visited_on": DAY,
    "visited_at": "14:30",
    "levels": {ID: 4, OTHER_ID: None},
    "facts": {"wait": 75},
    "passed": {"receipt": True},
    "comment": "Hun så meg med en gang.",
}
_VISIT: dict[str, Any] = {
    "id": ID,
    "company_id": OTHER_ID,
    **_ORDER,
    "place_id": OTHER_ID,
    "shopper_id": None,
    "band": "afternoon",
    "state": "accepted",
    "report": _SEEN,
    "score": 50.0,
    "earned": 72.5,
    "failed": ["receipt"],
    "note": "",
    "validated_at": INSTANT,
    "appeal_until": INSTANT,
    "appeal": "",
    "outcome": None,
    "reason": "",
    "round_id": None,
    "version": 3,
}


class FactIn(In):
    """A number that is written down and not scored: a reading of a hard KPI."""

    model_config = example(**FACT)

    code: str
    kpi_id: Id
    question: Texts


class CriticalIn(In):
    """Something that must not fail; a no caps the score of the visit."""

    model_config = example(**CRITICAL)

    code: str
    question: Texts


class ScenarioIn(In):
    """What a shopper is to do and to observe."""

    model_config = example(**SCENARIO)

    name: Texts
    task: Texts | None = None
    kpi_ids: list[Id] = Field(description="Soft KPIs whose items are scored")
    facts: list[FactIn] | None = None
    critical: list[CriticalIn] | None = None
    cap: float | None = Field(None, description="The most that a visit scores when something critical failed; 50")
    rotation_months: int | None = Field(None, description="For so long a shopper does not come back to a place; 6")
    appeal_days: int | None = Field(None, description="How long the visited have to object; 14")
    pictures: int | None = Field(None, description="How many pictures a report needs; 0")


class FactOut(Out):
    """A number that is written down and not scored."""

    model_config = example(**FACT)

    code: str
    kpi_id: Id
    question: Texts


class CriticalOut(Out):
    """Something that must not fail."""

    model_config = example(**CRITICAL)

    code: str
    question: Texts


class ScenarioOut(Out):
    """A scenario."""

    model_config = example(id=ID, company_id=OTHER_ID, **SCENARIO, version=1)

    id: Id
    company_id: Id
    name: Texts
    task: Texts
    kpi_ids: list[Id]
    facts: list[FactOut]
    critical: list[CriticalOut]
    cap: float
    rotation_months: int
    appeal_days: int
    pictures: int
    version: int

    @classmethod
    def of(cls, value: object) -> "ScenarioOut":
        """A scenario as it is answered."""
        if not isinstance(value, Scenario):
            raise TypeError(type(value))
        content = value.content
        return cls(
            id=value.id,
            company_id=value.company_id,
            name=dict(content.name),
            task=dict(content.task),
            kpi_ids=list(content.kpi_ids),
            facts=[FactOut.of(one) for one in content.facts],
            critical=[CriticalOut.of(one) for one in content.critical],
            cap=content.cap,
            rotation_months=content.rotation_months,
            appeal_days=content.appeal_days,
            pictures=content.pictures,
            version=value.version,
        )


class OrderIn(In):
    """A visit as it is asked for."""

    model_config = example(**_ORDER, shopper="besok1@besok.example", band="afternoon")

    scenario_id: Id
    subject_id: Id
    from_on: GivenDay
    until_on: GivenDay
    shopper: str | None = Field(None, description="An address; left out: whoever has been away from there the longest")
    locale: str | None = Field(None, description="The language of a shopper who is new: nb or en")
    band: Annotated[str, one_of(Band)] | None = Field(None, description="Left out: the one least used there")


class ReportOut(Out):
    """What a shopper reported."""

    model_config = example(**_SEEN)

    visited_on: date
    visited_at: str
    levels: dict[str, float | None]
    facts: dict[str, float]
    passed: dict[str, bool]
    comment: str


class VisitOut(Out):
    """A visit as the reader may know it; who visits is told to those only who read no results there."""

    model_config = example(**_VISIT)

    id: Id
    company_id: Id
    scenario_id: Id
    subject_id: Id
    place_id: Id
    shopper_id: Id | None
    from_on: date
    until_on: date
    band: Band
    state: VisitState
    report: ReportOut | None
    score: float | None = Field(description="Per cent of the possible points, capped where something critical failed")
    earned: float | None = Field(description="The same without the cap")
    failed: list[str]
    note: str
    validated_at: datetime | None
    appeal_until: datetime | None
    appeal: str
    outcome: AppealOutcome | None
    reason: str
    round_id: Id | None = Field(description="The round that it came into when that closed")
    version: int

    @classmethod
    def of(cls, value: object) -> "VisitOut":
        """A visit as it is answered."""
        if not isinstance(value, Visit):
            raise TypeError(type(value))
        names = ("id", "company_id", "scenario_id", "subject_id", "place_id", "from_on", "until_on", "band", "state")
        ruled = ("note", "validated_at", "appeal_until", "appeal", "outcome", "reason")
        return cls(
            **{name: getattr(value, name) for name in (*names, "score", "earned", "round_id", "version")},
            **{name: getattr(value.ruling, name) for name in ruled},
            shopper_id=value.shopper_id or None,
            report=_report_of(value),
            failed=[one.code for one in value.failed],
        )


class SaidIn(In):
    """Why a report goes back, or what the visited object."""

    model_config = example(text="Tidspunktet stemmer ikke med kvitteringen.")

    text: str


class DecisionIn(In):
    """What becomes of a visit to which somebody objected."""

    model_config = example(outcome="set_aside", reason="Besøket gjaldt en annen avdeling.")

    outcome: Annotated[str, one_of(AppealOutcome)]
    reason: str


class EvidenceOut(Out):
    """A picture, without its bytes."""

    model_config = example(id=ID, kind="photo", width=1200, height=900, size=181000)

    id: Id
    kind: EvidenceKind
    width: int
    height: int
    size: int


class EvidenceListOut(Out):
    """The pictures of a visit."""

    model_config = example(items=[{"id": ID, "kind": "photo", "width": 1200, "height": 900, "size": 181000}])

    items: list[EvidenceOut]


class StandingOut(Out):
    """What the visits that count say about a subject; a person is shown from three visits on."""

    model_config = example(
        subject_id=ID, kind="person", status="ok", score=71.7, lo=36, hi=92, visits=3, largest_pull=8.3,
        pending=1, capped=1, visit_ids=[ID],
    )  # fmt: skip

    subject_id: Id
    kind: SubjectKind
    status: str
    score: float | None
    lo: float | None
    hi: float | None
    visits: int
    largest_pull: float | None = Field(description="By how many points the mean moves without its most extreme visit")
    pending: int
    capped: int
    visit_ids: list[Id]

    @classmethod
    def of(cls, value: object) -> "StandingOut":
        """What visits say together, as it is answered."""
        if not isinstance(value, VisitStanding):
            raise TypeError(type(value))
        found = value.together if isinstance(value.together, VisitsTogether) else None
        interval = found.interval if found is not None else None
        return cls(
            subject_id=value.subject_id,
            kind=value.kind,
            status="ok" if found is not None else "suppressed",
            score=found.mean if found else None,
            lo=interval.lo if interval else None,
            hi=interval.hi if interval else None,
            visits=len(value.counted),
            largest_pull=found.largest_pull if found else None,
            pending=value.pending,
            capped=value.capped,
            visit_ids=[one.id for one in value.counted],
        )


def _report_of(visit: Visit) -> ReportOut | None:
    report = visit.report
    if report is None:
        return None
    return ReportOut(
        visited_on=report.visited_on,
        visited_at=report.visited_at.isoformat("minutes"),
        levels=dict(report.levels),
        facts=dict(report.facts),
        passed=dict(report.passed),
        comment=report.comment,
    )
