"""Plain mappings, from JSON or a posted form, to drafts of goals, scales, KPIs, targets and cards; all fields at once."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeVar

from app.errors import FieldError
from app.fields import BAD_CHARACTERS, NAME_LENGTH, NO_CHOICE, REQUIRED, TEXT_LENGTH, WRONG_COUNT, Fields
from app.kpis.checks import content_problems, scale_problems
from app.kpis.drafts import (
    CompetenceDraft,
    GoalDraft,
    HardMeasure,
    ItemDraft,
    KpiContent,
    KpiDraft,
    PracticeDraft,
    ScaleDraft,
    ScorecardDraft,
    SoftMeasure,
    SwapDraft,
    TargetDraft,
)
from app.kpis.values import (
    Aggregation,
    Cadence,
    Comparison,
    CompetenceId,
    Condition,
    DecisionRule,
    Direction,
    Exercise,
    Form,
    GoalId,
    KpiId,
    KpiKind,
    KpiState,
    LearningResource,
    Level,
    RaterGroup,
    Rollup,
    ScaleId,
    ScaleKind,
    ScorecardLine,
    ShareRule,
)
from app.plain import DECIMALS, is_https, span
from app.words import LOCALES, Words

SMALLEST = 1e-6
LARGEST_WEIGHT = 1e9
POINTS = (2, 11)
MOST_ITEMS = 20
MOST_LINES = 30
CODE_LENGTH = 40
UNIT_LENGTH = 30
PERCENTILE = (0.1, 99.9)
DECISION_DAYS = (1, 365)
MAKES_ROOM = (KpiState.PAUSED, KpiState.RETIRED)
EXERCISE_MINUTES = (1, 10)
EXERCISE_LENGTH = 500
URL_LENGTH = 500
NO_HTTPS = "Enter a whole address that begins with https://."


_LEVEL = re.compile(r"[A-Za-z0-9_-]{1,20}")

T = TypeVar("T")


def parse_goal(given: Mapping[str, object], *, posted: bool = False) -> GoalDraft:
    """A goal: name, description, parent_id, external_id."""
    fields = Fields(given, posted=posted)
    parent = fields.text("parent_id")
    draft = GoalDraft(
        name=_named(fields),
        description=fields.words("description"),
        parent_id=GoalId(parent) if parent else None,
        external_id=fields.text("external_id"),
    )
    return _finished(fields, draft)


def parse_scale(given: Mapping[str, object], *, posted: bool = False) -> ScaleDraft:
    """A scale: kind, name, and points (2-11), levels (a value 0-100 each) or low and high, as the kind needs."""
    fields = Fields(given, posted=posted)
    kind = fields.choice("kind", ScaleKind, required=True)
    draft = ScaleDraft(
        kind=kind or ScaleKind.POINTS,
        name=_named(fields),
        points=fields.whole("points", *POINTS),
        low=fields.whole("low", -1000, 1000),
        high=fields.whole("high", -1000, 1000),
        levels=_levels(fields) if fields.has("levels") else None,
        external_id=fields.text("external_id"),
    )
    return _finished(fields, draft, scale_problems(draft) if kind else [])


def parse_competence(given: Mapping[str, object], *, posted: bool = False) -> CompetenceDraft:
    """A competence: name, external_id."""
    fields = Fields(given, posted=posted)
    return _finished(fields, CompetenceDraft(name=_named(fields), external_id=fields.text("external_id")))


def parse_kpi(given: Mapping[str, object], *, posted: bool = False) -> KpiDraft:
    """A KPI with its first version: kind, goal_id, owner_id, external_id, and the fields of `parse_content`."""
    fields = Fields(given, posted=posted)
    kind = fields.choice("kind", KpiKind, required=True)
    goal_id = fields.text("goal_id")
    draft = KpiDraft(
        content=_content(fields, kind or KpiKind.SOFT),
        goal_id=GoalId(goal_id) if goal_id else None,
        owner_id=fields.text("owner_id"),
        external_id=fields.text("external_id"),
    )
    if kind is None:
        # Which fields belong here depends on the kind: a list of the others would mislead.
        fields.names()
    return _finished(fields, draft, content_problems(draft.content))


def parse_content(given: Mapping[str, object], kind: KpiKind, *, posted: bool = False) -> KpiContent:
    """What a version says: name, purpose, criterion, decision_rule, and for soft KPIs rater_weights and items,
    for hard ones unit, direction, aggregation, percentile, per, share_rule, cadence, rollup, prorate, decimals.
    """
    fields = Fields(given, posted=posted)
    content = _content(fields, kind)
    return _finished(fields, content, content_problems(content))


def parse_swap(given: Mapping[str, object], *, posted: bool = False) -> SwapDraft:
    """Which KPI makes room for another: kpi_id, state (paused or retired), reason."""
    fields = Fields(given, posted=posted)
    kpi_id = fields.text("kpi_id", required=True) or ""
    state = fields.choice("state", KpiState, required=True) or KpiState.PAUSED
    reason = fields.text("reason", longest=TEXT_LENGTH, required=True, lines=True) or ""
    if state not in MAKES_ROOM:
        fields.refuse("state", NO_CHOICE, ", ".join(MAKES_ROOM))
    return _finished(fields, SwapDraft(KpiId(kpi_id), state, reason))


def parse_target(given: Mapping[str, object], *, posted: bool = False) -> TargetDraft:
    """Goalposts: starts_on, subject_id (none: all), floor, target, stretch, or low, best_low, best_high, high."""
    fields = Fields(given, posted=posted)
    draft = TargetDraft(
        starts_on=fields.day("starts_on", required=True) or date.max,
        subject_id=fields.text("subject_id"),
        floor=fields.number("floor"),
        target=fields.number("target"),
        stretch=fields.number("stretch"),
        low=fields.number("low"),
        best_low=fields.number("best_low"),
        best_high=fields.number("best_high"),
        high=fields.number("high"),
    )
    return _finished(fields, draft)


def parse_scorecard(given: Mapping[str, object], *, posted: bool = False) -> ScorecardDraft:
    """A card: subject_id, level, starts_on, form, lines of kpi_id, weight, required, focus."""
    fields = Fields(given, posted=posted)
    if not fields.has("lines"):
        fields.refuse("lines", REQUIRED)
    draft = ScorecardDraft(
        subject_id=fields.text("subject_id", required=True) or "",
        level=fields.choice("level", Level, required=True) or Level.PERSON,
        starts_on=fields.day("starts_on", required=True) or date.max,
        lines=tuple(_line(line) for line in fields.groups("lines", MOST_LINES)),
        form=fields.choice("form", Form) or Form.ARITHMETIC,
    )
    return _finished(fields, draft)


def _finished(fields: Fields, draft: T, problems: Sequence[FieldError] = ()) -> T:
    """The draft, unless a field was refused; what the rules found counts among the refusals."""
    for problem in problems:
        fields.refuse(problem.field, problem.message, problem.allowed)
    fields.finish()
    return draft


def _named(fields: Fields) -> Words:
    """A name in at least one language."""
    words = fields.words("name", longest=NAME_LENGTH)
    if not words:
        fields.refuse("name", REQUIRED, ", ".join(LOCALES))
    return words


def _levels(fields: Fields) -> Mapping[str, float]:
    group = fields.group("levels")
    names = group.names()
    if not POINTS[0] <= len(names) <= POINTS[1]:
        group.refuse("", WRONG_COUNT, span(*POINTS))
    for name in names:
        if not _LEVEL.fullmatch(name):
            group.refuse(name, BAD_CHARACTERS, "a-z, 0-9, _, -")
    return {name: group.number(name, 0, 100, required=True) or 0.0 for name in names}


def _content(fields: Fields, kind: KpiKind) -> KpiContent:
    return KpiContent(
        name=_named(fields),
        purpose=fields.words("purpose"),
        criterion=fields.words("criterion"),
        decision_rule=_decision_rule(fields.group("decision_rule")),
        measure=_soft(fields) if kind is KpiKind.SOFT else _hard(fields),
        starts_on=fields.day("starts_on"),
    )


def _decision_rule(rule: Fields) -> DecisionRule | None:
    text = rule.words("text")
    days = rule.whole("days", *DECISION_DAYS, required=bool(text))
    rule.close()
    return None if days is None else DecisionRule(text, days)


def _soft(fields: Fields) -> SoftMeasure:
    weights = fields.group("rater_weights")
    given = {group: weights.number(group, 0, LARGEST_WEIGHT) for group in RaterGroup}
    weights.close()
    return SoftMeasure(
        rater_weights={group: weight for group, weight in given.items() if weight is not None},
        items=tuple(_item(item, place) for place, item in enumerate(fields.groups("items", MOST_ITEMS), start=1)),
    )


def _item(fields: Fields, place: int) -> ItemDraft:
    condition = _condition(fields.group("condition"))
    draft = ItemDraft(
        code=fields.text("code", longest=CODE_LENGTH) or str(place),
        name=_named(fields),
        question=fields.words("question", longest=NAME_LENGTH),
        scale_id=ScaleId(fields.text("scale_id", required=True) or ""),
        anchors=_anchors(fields.group("anchors")),
        weight=_item_weight(fields, is_conditional=condition is not None),
        is_reversed=fields.flag("reversed"),
        condition=condition,
        practice=_practice(fields),
    )
    fields.close()
    return draft


def _practice(fields: Fields) -> PracticeDraft:
    """What helps to get better: competence_id, resource of title and url, exercise of text and minutes."""
    competence_id = fields.text("competence_id")
    return PracticeDraft(
        CompetenceId(competence_id) if competence_id else None,
        _resource(fields.group("resource")),
        _exercise(fields.group("exercise")),
    )


def _resource(fields: Fields) -> LearningResource | None:
    """A title in some language with an address; nothing filled in stands for none."""
    title, url = fields.words("title", longest=NAME_LENGTH), fields.text("url", longest=URL_LENGTH)
    if url is not None and not is_https(url):
        fields.refuse("url", NO_HTTPS)
    if title and url is None:
        fields.refuse("url", REQUIRED)
    if url is not None and not title:
        fields.refuse("title", REQUIRED, ", ".join(LOCALES))
    fields.close()
    return LearningResource(title, url) if title and url is not None else None


def _exercise(fields: Fields) -> Exercise | None:
    """A short text of at most ten minutes; nothing filled in stands for none."""
    text = fields.words("text", longest=EXERCISE_LENGTH)
    minutes = fields.whole("minutes", *EXERCISE_MINUTES)
    if text and minutes is None:
        fields.refuse("minutes", REQUIRED)
    if minutes is not None and not text:
        fields.refuse("text", REQUIRED, ", ".join(LOCALES))
    fields.close()
    return Exercise(text, minutes) if text and minutes is not None else None


def _item_weight(fields: Fields, *, is_conditional: bool) -> float:
    """What an item weighs: 1 unless something else is said, and nothing with a condition."""
    if is_conditional:
        return _or(fields.number("weight", 0, LARGEST_WEIGHT), 0.0)
    return _or(fields.number("weight", SMALLEST, LARGEST_WEIGHT), 1.0)


def _condition(fields: Fields) -> Condition | None:
    """When the item is asked; nothing filled in stands for always."""
    item, lowest, highest = (fields.text(name, longest=CODE_LENGTH) for name in ("item", "lowest", "highest"))
    for name, text in (("item", item), ("lowest", lowest)):
        if text is None and (item or lowest or highest):
            fields.refuse(name, REQUIRED)
    fields.close()
    return Condition(item or "", lowest or "", highest or lowest or "") if item or lowest or highest else None


def _anchors(fields: Fields) -> Mapping[str, Words]:
    worded = {point: fields.words(point, longest=NAME_LENGTH) for point in fields.names()}
    return {point: words for point, words in worded.items() if words}


def _hard(fields: Fields) -> HardMeasure:
    return HardMeasure(
        unit=fields.words("unit", longest=UNIT_LENGTH),
        direction=fields.choice("direction", Direction),
        aggregation=fields.choice("aggregation", Aggregation),
        percentile=fields.number("percentile", *PERCENTILE),
        per=_or(fields.number("per", SMALLEST, LARGEST_WEIGHT), 1.0),
        share_rule=_share_rule(fields.group("share_rule")),
        cadence=fields.choice("cadence", Cadence),
        rollup=fields.choice("rollup", Rollup) or Rollup.POOLED,
        prorate=fields.flag("prorate"),
        decimals=fields.whole("decimals", 0, DECIMALS) or 0,
    )


def _share_rule(fields: Fields) -> ShareRule | None:
    comparison = fields.choice("comparison", Comparison)
    limit = fields.number("limit", required=comparison is not None)
    fields.close()
    return None if comparison is None else ShareRule(comparison, _or(limit, 0.0))


def _line(fields: Fields) -> ScorecardLine:
    line = ScorecardLine(
        kpi_id=KpiId(fields.text("kpi_id", required=True) or ""),
        weight=_or(fields.number("weight", SMALLEST, LARGEST_WEIGHT, required=True), 1.0),
        is_required=fields.flag("required"),
        in_focus=fields.flag("focus"),
    )
    fields.close()
    return line


def _or(number: float | None, stand_in: float) -> float:
    return stand_in if number is None else number
