"""Plain mappings, from JSON or a posted form, to checked scenarios, orders and reports; all refusals at once."""

import re
from collections.abc import Mapping
from datetime import date, time

from app.errors import FieldError, Invalid
from app.fields import NO_CHOICE, REQUIRED, TEXT_LENGTH, Fields
from app.kpis.values import ScaleKind
from app.responses.rules import answer_levels, levels_asked
from app.responses.values import NOT_OBSERVED
from app.rounds.values import FrozenItem
from app.visits.values import Band, Critical, Fact, OrderDraft, Report, ScenarioContent, VisitForm
from app.words import DEFAULT_LOCALE, LOCALES

MOST_KPIS, MOST_FACTS, MOST_CRITICAL = 8, 6, 6
NAME_LENGTH = 100
QUESTION_LENGTH = 300
LARGEST_FACT = 1e9

CODE_TWICE = "This code stands here already. Choose another one."
NO_TIME = "Enter a time of day, such as 14:30."
NOTHING_SCORED = "Choose at least one KPI whose items are scored."
YES, NO = "yes", "no"

_TIME = re.compile(r"([01][0-9]|2[0-3])[:.]([0-5][0-9])")
_CODE = re.compile(r"[a-z0-9_-]{1,30}")
BAD_CODE = "Use small letters, digits and hyphens, at most 30."


def parse_scenario(given: Mapping[str, object], *, posted: bool = False) -> ScenarioContent:
    """A scenario: name, task, kpi_ids, facts, critical, cap, rotation_months, appeal_days, pictures."""
    fields = Fields(given, posted=posted)
    name = fields.words("name", longest=NAME_LENGTH)
    if not name:
        fields.refuse("name.nb", REQUIRED)
    kpi_ids = tuple(dict.fromkeys(fields.texts("kpi_ids", MOST_KPIS)))
    if not kpi_ids:
        fields.refuse("kpi_ids", NOTHING_SCORED)
    content = ScenarioContent(
        name=name,
        task=fields.words("task"),
        kpi_ids=kpi_ids,
        facts=_facts(fields),
        critical=_critical(fields),
        cap=_or(fields.number("cap", 0, 100), 50.0),
        rotation_months=int(_or(fields.whole("rotation_months", 0, 36), 6)),
        appeal_days=int(_or(fields.whole("appeal_days", 3, 60), 14)),
        pictures=int(_or(fields.whole("pictures", 0, 5), 0)),
    )
    fields.finish()
    return content


def parse_order(given: Mapping[str, object], *, posted: bool = False) -> OrderDraft:
    """An order: scenario_id, subject_id, shopper (an address), locale, from_on, until_on, band."""
    fields = Fields(given, posted=posted)
    locale = fields.text("locale") or DEFAULT_LOCALE
    if locale not in LOCALES:
        fields.refuse("locale", NO_CHOICE, ", ".join(LOCALES))
    draft = OrderDraft(
        scenario_id=fields.text("scenario_id", required=True) or "",
        subject_id=fields.text("subject_id", required=True) or "",
        shopper=fields.text("shopper") or "",
        locale=locale,
        from_on=fields.day("from_on", required=True) or date.min,
        until_on=fields.day("until_on", required=True) or date.min,
        band=fields.choice("band", Band),
    )
    fields.finish()
    return draft


def parse_report(given: Mapping[str, object], form: VisitForm, *, posted: bool = False) -> Report:
    """A report: visited_on, visited_at, `item.i<number>`, `fact.<code>`, `critical.<code>`, comment.

    Every item that is asked wants an answer, if only that it could not be observed; a fact may be left out.
    """
    fields = Fields(given, posted=posted)
    visited_on = fields.day("visited_on", required=True) or date.min
    items, facts, critical = (fields.group(name) for name in ("item", "fact", "critical"))
    report = Report(
        visited_on=visited_on,
        visited_at=_time(fields),
        levels=_levels(items, form),
        facts=_numbers(facts, form),
        passed={one.code: _yes(critical, one.code) for one in form.critical},
        comment=fields.text("comment", longest=TEXT_LENGTH, lines=True) or "",
    )
    for group in (items, facts, critical):
        group.close()
    fields.finish()
    return report


def parse_said(given: Mapping[str, object], name: str, *, posted: bool = False) -> str:
    """A text that has to be there: the note of a validator, an appeal, a reason."""
    fields = Fields(given, posted=posted)
    said = fields.text(name, longest=TEXT_LENGTH, required=True, lines=True) or ""
    fields.finish()
    return said


def problem(field: str, message: str) -> Invalid:
    """The refusal of one field."""
    return Invalid([FieldError(field, message)])


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _facts(fields: Fields) -> tuple[Fact, ...]:
    found: list[Fact] = []
    for group in fields.groups("facts", MOST_FACTS):
        fact = Fact(
            _code(group, {one.code for one in found}),
            group.text("kpi_id", required=True) or "",
            group.words("question", longest=QUESTION_LENGTH),
        )
        _close(group, fact.question)
        found.append(fact)
    return tuple(found)


def _critical(fields: Fields) -> tuple[Critical, ...]:
    found: list[Critical] = []
    for group in fields.groups("critical", MOST_CRITICAL):
        code = _code(group, {one.code for one in found})
        found.append(Critical(code, group.words("question", longest=QUESTION_LENGTH)))
        _close(group, found[-1].question)
    return tuple(found)


def _close(group: Fields, question: Mapping[str, str]) -> None:
    if not question:
        group.refuse("question.nb", REQUIRED)
    group.close()


def _code(group: Fields, taken: set[str]) -> str:
    code = group.text("code", required=True) or ""
    if code and not _CODE.fullmatch(code):
        group.refuse("code", BAD_CODE)
    elif code in taken:
        group.refuse("code", CODE_TWICE)
    return code


def _time(fields: Fields) -> time:
    text = fields.text("visited_at", required=True)
    found = _TIME.fullmatch(text) if text else None
    if text and found is None:
        fields.refuse("visited_at", NO_TIME)
    return time(int(found[1]), int(found[2])) if found else time()


def _levels(items: Fields, form: VisitForm) -> dict[str, float | None]:
    """Levels by item, without the items that were not asked; what was sent for one of these is nobody's answer."""
    found: dict[str, float | None] = {}
    for number, item in enumerate(form.items, start=1):
        trigger = form.trigger_of(item)
        if trigger is None or found.get(trigger.id) in levels_asked(item, trigger).values():
            found[item.id] = _level(items, f"i{number}", item)
        else:
            items.ignore(f"i{number}")
    return found


def _level(items: Fields, name: str, item: FrozenItem) -> float | None:
    if item.scale.kind is ScaleKind.SLIDER:
        return items.number(name, item.scale.low or 0.0, 100.0 if item.scale.high is None else item.scale.high)
    levels = {**dict(answer_levels(item.scale)), NOT_OBSERVED: None}
    text = items.text(name, required=True)
    if text is not None and text not in levels:
        items.refuse(name, NO_CHOICE, ", ".join(levels))
    return levels.get(text or "")


def _numbers(facts: Fields, form: VisitForm) -> dict[str, float]:
    numbers = {one.code: facts.number(one.code, -LARGEST_FACT, LARGEST_FACT) for one in form.facts}
    return {code: number for code, number in numbers.items() if number is not None}


def _yes(critical: Fields, code: str) -> bool:
    text = critical.text(code, required=True)
    if text is not None and text not in {YES, NO}:
        critical.refuse(code, NO_CHOICE, f"{YES}, {NO}")
    return text != NO
