"""Decision cases as they are answered, opened and decided."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from app.api.schemas.base import DAY, ID, OTHER_ID, WORDS, Id, In, Out, Texts, example, one_of
from app.api.schemas.relations import KPI, SUBJECT, KpiNameOut, WatchedPlaceOut
from app.decisions.values import CaseCause, CaseState, Choice

_FOUND: dict[str, Any] = {
    "noticed_on": "2026-11-09",
    "series": "week",
    "began_on": "2026-10-26",
    "is_low": True,
    "item_name": WORDS,
    "rater_group": "customer",
    "value": 75.0,
    "usual": 81.125,
}
_OWNER = {"id": OTHER_ID, "name": "Amir Haddad"}
_DECISION = {"choice": "act", "reason": "Vi øver på møtet i to uker.", "decided_on": DAY, "decided_by": "Amir Haddad"}
CASE: dict[str, Any] = {
    "id": ID,
    "company_id": OTHER_ID,
    "kpi": KPI,
    "subject": SUBJECT,
    "cause": "signal",
    "state": "open",
    "question": "",
    "found": _FOUND,
    "owner": _OWNER,
    "opened_on": DAY,
    "due_on": "2026-12-07",
    "escalations": 0,
    "decision": None,
    "version": 1,
}


class CaseIn(In):
    """A question about a KPI at a subject that somebody has to decide."""

    model_config = example(kpi_id=OTHER_ID, subject_id=ID, question="Skal vi øve mer på møtet?")

    kpi_id: str
    subject_id: str
    question: str


class DecisionIn(In):
    """What is chosen, and why."""

    model_config = example(choice="act", reason=_DECISION["reason"])

    choice: Annotated[str, one_of(Choice)]
    reason: str


class FoundOut(Out):
    """What the course said when the case was opened; it stays as it was."""

    model_config = example(**_FOUND)

    noticed_on: date = Field(description="The step that crossed the limit or the red line")
    series: str
    began_on: date | None = Field(description="Likely beginning of the shift")
    is_low: bool | None = Field(description="Whether it went down; null where only a red line was crossed")
    item_name: Texts | None = Field(description="What moved most, of a soft KPI")
    rater_group: str | None
    value: float | None = Field(description="The latest figure: points of a soft KPI, unit of a hard one")
    usual: float | None


class OwnerOut(Out):
    """Whoever has to see to a case: a person-subject."""

    model_config = example(**_OWNER)

    id: Id
    name: str


class DecisionOut(Out):
    """What was chosen, why, when and by whom."""

    model_config = example(**_DECISION)

    choice: Choice
    reason: str
    decided_on: date
    decided_by: str = Field(description="Empty where the account is gone")


class DecisionCaseOut(Out):
    """A decision case, for those who read the results of its subject."""

    model_config = example(**CASE)

    id: Id
    company_id: Id
    kpi: KpiNameOut
    subject: WatchedPlaceOut
    cause: CaseCause
    state: CaseState
    question: str = Field(description="What is asked, of a case opened by hand")
    found: FoundOut | None
    owner: OwnerOut | None = Field(description="Null where nobody leads the unit or one above it")
    opened_on: date
    due_on: date
    escalations: int = Field(description="How often it went up the line because nobody chose")
    decision: DecisionOut | None
    version: int
