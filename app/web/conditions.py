"""When a question is asked, as a sentence: on the form for raters, on the card of a KPI for who writes it."""

from collections.abc import Iterable, Sequence

from app.http.visit import Visit
from app.kpis.checks import scale_points
from app.kpis.values import Item, ScaleKind
from app.responses.values import FormCondition, FormItem
from app.web.render import said
from app.words import Words, in_locale

COUNTED = frozenset({ScaleKind.POINTS, ScaleKind.RECOMMEND})
"""Scales whose answers are read as numbers; of the others the words are read."""
WORDED = {"yes": "Yes", "partly": "Partly", "no": "No"}


def notes_of(visit: Visit, items: Iterable[FormItem]) -> dict[int, str]:
    """By number of the question what a rater reads above it; empty where everybody is asked."""
    return {item.number: "" if item.condition is None else _note(visit, item.condition) for item in items}


def condition_of(visit: Visit, item: Item, items: Sequence[Item]) -> str:
    """The condition of an item on the card of its KPI; empty without one."""
    on = item.condition
    first = None if on is None else next((one for one in items if one.code == on.item), None)
    if on is None or first is None:
        return ""
    points = scale_points(first.scale)
    asked = points[points.index(on.lowest) : points.index(on.highest) + 1]
    labels = [answer_label(visit, first.scale.kind, point, first.anchors.get(point)) for point in asked]
    name = in_locale(first.name, visit.locale)
    return said(
        visit,
        "Asked only after {answers} to “{question}”; counts in no score",
        answers=_any_of(visit, labels),
        question=name,
    )


def answer_label(visit: Visit, kind: ScaleKind, value: str, anchor: Words | None) -> str:
    """An answer as it is chosen: its number, or its words."""
    if kind in COUNTED:
        return value
    words = in_locale(anchor, visit.locale) if anchor else said(visit, WORDED.get(value, value))
    return said(visit, "“{text}”", text=words)


def note_of(visit: Visit, name: Words, answers: Sequence[str]) -> str:
    """What is said above a question that is asked after one of these answers to another one."""
    question = in_locale(name, visit.locale)
    return said(
        visit, "Only if you answered {answers} to “{question}”.", answers=_any_of(visit, answers), question=question
    )


def _note(visit: Visit, on: FormCondition) -> str:
    labels = [answer_label(visit, on.kind, option.value, option.anchor) for option in on.answers]
    return note_of(visit, on.name, labels)


def _any_of(visit: Visit, labels: Sequence[str]) -> str:
    """One of several answers that lie beside each other on the scale."""
    if len(labels) == 1:
        return labels[0]
    sentence = "{one} or {other}" if len(labels) == 2 else "{one} to {other}"
    return said(visit, sentence, one=labels[0], other=labels[-1])
