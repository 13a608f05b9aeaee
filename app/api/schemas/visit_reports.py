"""The form of a shopper and the report, as they are asked and sent behind a link."""

from datetime import date
from typing import Any

from app.api.schemas.base import DAY, GivenDay, In, Out, Texts, example
from app.api.schemas.visits import CRITICAL, FACT, QUESTION, SCENARIO, CriticalOut, FactOut
from app.responses.rules import answer_levels
from app.visits.values import Band, Visit, VisitForm, VisitState

_REPORT: dict[str, Any] = {
    "visited_on": DAY,
    "visited_at": "14:30",
    "item": {"i1": "4", "i2": "na"},
    "fact": {"wait": 75},
    "critical": {"receipt": "yes"},
    "comment": "Hun så meg med en gang.",
}


_FILE = {"type": "string", "format": "binary", "description": "JPEG, PNG or WebP"}
PICTURE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": {"type": "object", "required": ["file"], "properties": {"file": _FILE}}}
        },
    }
}
"""The documentation of a route that takes one picture."""


class ReportIn(In):
    """What a shopper reports: an answer for every item, `na` for what could not be observed; facts may be left out."""

    model_config = example(**_REPORT)

    visited_on: GivenDay
    visited_at: str
    item: dict[str, str | float]
    fact: dict[str, float] | None = None
    critical: dict[str, str] | None = None
    comment: str | None = None


class ReportItemOut(Out):
    """One scored question; what an answer is worth is not told."""

    model_config = example(field="i1", name=QUESTION, question=QUESTION, answers=["1", "2", "3", "4", "5", "na"])

    field: str
    name: Texts
    question: Texts
    answers: list[str]


class ReportFormOut(Out):
    """What a shopper is asked; never what was handed in before."""

    model_config = example(
        name=SCENARIO["name"], task=SCENARIO["task"], subject="Butikk Bergen", from_on=DAY, until_on=DAY,
        band="afternoon", items=[], facts=[FACT], critical=[CRITICAL], pictures=2, note="",
    )  # fmt: skip

    name: Texts
    task: Texts
    subject: str
    from_on: date
    until_on: date
    band: Band
    items: list[ReportItemOut]
    facts: list[FactOut]
    critical: list[CriticalOut]
    pictures: int
    note: str

    @classmethod
    def for_visit(cls, visit: Visit, subject: str) -> "ReportFormOut":
        """The form of a visit."""
        form = visit.form
        return cls(
            name=dict(form.name),
            task=dict(form.task),
            subject=subject,
            from_on=visit.from_on,
            until_on=visit.until_on,
            band=visit.band,
            items=_items_of(form),
            facts=[FactOut.of(one) for one in form.facts],
            critical=[CriticalOut.of(one) for one in form.critical],
            pictures=form.pictures,
            note=visit.ruling.note,
        )


class ReportedOut(Out):
    """That a report is in."""

    model_config = example(state="reported")

    state: VisitState


def _items_of(form: VisitForm) -> list[ReportItemOut]:
    return [
        ReportItemOut(
            field=f"i{number}",
            name=dict(item.name),
            question=dict(item.question),
            answers=[*(value for value, _ in answer_levels(item.scale)), "na"],
        )
        for number, item in enumerate(form.items, start=1)
    ]
