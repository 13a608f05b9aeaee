"""Action plans as they are answered, made and ended."""

from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import Field

from app.api.schemas.base import DAY, ID, INSTANT, OTHER_ID, WORDS, GivenDay, Id, In, Out, Texts, example, one_of
from app.api.schemas.relations import KPI, SUBJECT, KpiNameOut, WatchedPlaceOut
from app.plans.values import ActionPlan, Measured, PlanState
from app.scoring.effects import Verdict

_ACTION = {"id": OTHER_ID, "text": "Se to møter i butikken", "due_on": "2026-12-04", "done_on": None}
_HEARD = {"nb": "Kunder blir ikke møtt ved døra."}
_DID = {"nb": "To av oss står nå ved inngangen."}
_EFFECT: dict[str, Any] = {
    "before": 71.2,
    "after": 79.8,
    "after_from": "2027-01-01",
    "after_to": "2027-03-31",
    "change": 8.6,
    "difference": 8.1,
    "lo": 1.9,
    "hi": 14.3,
    "others": 6,
    "verdict": "worked",
}
PLAN: dict[str, Any] = {
    "id": ID,
    "company_id": OTHER_ID,
    "kpi": KPI,
    "item_id": OTHER_ID,
    "item_name": WORDS,
    "subject": SUBJECT,
    "owner_id": OTHER_ID,
    "owner_name": "Amir Haddad",
    "case_id": None,
    "what": "Vi øver på møtet.",
    "expected": 5.0,
    "started_on": DAY,
    "check_on": "2026-12-31",
    "state": "open",
    "ended_on": None,
    "note": "",
    "actions": [_ACTION],
    "round_ids": [],
    "effect": None,
    "version": 1,
}


class ActionIn(In):
    """One thing to do, and by when."""

    model_config = example(text=_ACTION["text"], due_on=_ACTION["due_on"])

    text: str
    due_on: GivenDay


class PlanIn(In):
    """What is to be done about a KPI at a subject, by whom, and what is expected of it."""

    model_config = example(
        kpi_id=OTHER_ID,
        subject_id=ID,
        owner_id=OTHER_ID,
        what=PLAN["what"],
        expected=5.0,
        check_on=PLAN["check_on"],
        actions=[{"text": _ACTION["text"], "due_on": _ACTION["due_on"]}],
    )

    kpi_id: str
    subject_id: str
    owner_id: str = Field(description="The person-subject who sees to it; three open plans each at most")
    what: str
    expected: float = Field(description="Effect that is expected, in points, 1 to 100")
    check_on: GivenDay = Field(description="From this day on a figure tells whether it worked")
    actions: list[ActionIn] | None = Field(None, description="Up to five")
    item_id: str | None = Field(None, description="Which item of a soft KPI it is about")
    case_id: str | None = Field(None, description="The decision to act that led to it")


class PlanEndIn(In):
    """How a plan ended."""

    model_config = example(state="done", note="Alle hilser med navn nå.")

    state: Annotated[str, one_of((PlanState.DONE, PlanState.DROPPED))]
    note: str | None = None


class WeDidIn(In):
    """What raters are told of a finished plan: both sentences in one language, or in both."""

    model_config = example(heard=_HEARD, did=_DID)

    heard: Texts = Field(description="One sentence on what was said")
    did: Texts = Field(description="One sentence on what was done")


class WeDidOut(Out):
    """What raters were told of a plan, and when."""

    model_config = example(heard=_HEARD, did=_DID, told_at=INSTANT)

    heard: Texts
    did: Texts
    told_at: datetime


class PlannedActionOut(Out):
    """One thing to do; `done_on` once it is done."""

    model_config = example(**_ACTION)

    id: Id
    text: str
    due_on: date
    done_on: date | None


class EffectOut(Out):
    """What a plan did, from released figures alone."""

    model_config = example(**_EFFECT)

    before: float = Field(description="The last figure from before the plan, in points")
    after: float = Field(description="The first figure after it, of an equally long period where there is one")
    after_from: date
    after_to: date
    change: float = Field(description="The change by itself")
    difference: float | None = Field(description="The change less that of the others; null with fewer than three")
    lo: float | None
    hi: float | None
    others: int = Field(description="Units or people of the same kind without a plan about the KPI")
    verdict: Verdict

    @classmethod
    def told(cls, found: Measured) -> Self:
        """As it is answered."""
        effect = found.effect
        return cls(
            before=found.before,
            after=found.after,
            after_from=found.after_from,
            after_to=found.after_to,
            change=found.own.difference,
            difference=None if effect is None else effect.difference,
            lo=None if effect is None else effect.interval.lo,
            hi=None if effect is None else effect.interval.hi,
            others=found.others,
            verdict=found.verdict,
        )


class ActionPlanOut(Out):
    """An action plan, for those who read the results of its subject and for its owner."""

    model_config = example(**PLAN)

    id: Id
    company_id: Id
    kpi: KpiNameOut
    item_id: Id | None
    item_name: Texts | None
    subject: WatchedPlaceOut
    owner_id: Id
    owner_name: str
    case_id: Id | None
    what: str
    expected: float
    started_on: date
    check_on: date
    state: PlanState
    ended_on: date | None
    note: str
    actions: list[PlannedActionOut]
    round_ids: list[Id] = Field(description="Drafts and rounds that measure it again")
    version: int


class ToldPlanOut(ActionPlanOut):
    """An action plan with what it did; null until there are figures from before it and after it."""

    effect: EffectOut | None

    @classmethod
    def told(cls, plan: ActionPlan, effect: Measured | None) -> Self:
        """As it is answered."""
        plain = ActionPlanOut.of(plan)
        return cls(**dict(plain), effect=None if effect is None else EffectOut.told(effect))


class TriedOut(Out):
    """What was tried about a KPI, and whether it worked; the id of the plan for who reads the results there."""

    model_config = example(kpi=KPI, what=PLAN["what"], verdict="worked", plan_id=None)

    kpi: KpiNameOut
    what: str
    verdict: Verdict
    plan_id: Id | None
