"""What contradicts itself in a draft, and what a KPI lacks to be active.

Problems come as field errors under the names that the API and the pages use; an empty list means that all is well.
"""

import itertools
import math
from collections.abc import Collection, Mapping, Sequence

from app.errors import FieldError
from app.fields import REQUIRED
from app.kpis.drafts import HardMeasure, KpiContent, ScaleDraft, SoftMeasure, TargetDraft
from app.kpis.values import (
    Aggregation,
    Condition,
    Direction,
    Item,
    Kpi,
    KpiKind,
    KpiVersion,
    RaterGroup,
    Scale,
    ScaleKind,
    Target,
)
from app.plain import span
from app.words import LOCALES, Words

NOT_BEFORE = "Choose an item that stands before this one."
NO_LEVELS = "Choose an item that is answered by choosing from a list."
WRONG_WAY = "The first answer stands before the last one on the scale."
ALWAYS_ASKED = "Leave out some answers, else everybody is asked."
NO_WEIGHT = "An item with a condition counts in no score. Leave its weight empty."
FEW_ANCHORS = "Describe at least two points of the scale."
NOT_ON_SCALE = "The scale has no such point."
NO_TARGET = "Set a target first, for the whole company or for a unit."
TWICE = "This stands here twice."
WEIGHT_SUM = "At least one rater group needs a weight above 0."
OTHER_WAY = "This does not belong to this way of measuring. Leave it empty."
ORDERS = {
    Direction.HIGHER: "More is better: the floor is lowest, the target above it, the stretch above both.",
    Direction.LOWER: "Less is better: the floor is highest, the target below it, the stretch below both.",
    Direction.IN_RANGE: "The best range lies inside the two outer values.",
}
LEAST_ANCHORS = 2
_WORDED = {ScaleKind.POINTS, ScaleKind.BARS}
_POSTS = {
    Direction.HIGHER: ("floor", "target", "stretch"),
    Direction.LOWER: ("stretch", "target", "floor"),
    Direction.IN_RANGE: ("low", "best_low", "best_high", "high"),
}
SELF_WEIGHT = "A self-rating is shown beside the others and never counts: its weight is 0."
STEPS = "The upper end lies 1 to 100 steps above the lower end."
DIFFERENT_LEVELS = "Every level needs a value of its own."
MOST_STEPS = 101
_FACTORED = {Aggregation.RATIO, Aggregation.RATE, Aggregation.SHARE}
_PRORATED = {Aggregation.SUM, Aggregation.COUNT}
_SCALE_PARTS = {ScaleKind.POINTS: {"points"}, ScaleKind.BARS: {"levels"}, ScaleKind.SLIDER: {"low", "high"}}


def scale_points(scale: Scale | ScaleDraft) -> tuple[str, ...]:
    """The answers that a scale offers, lowest first; of a slider its two ends.

    >>> scale_points(ScaleDraft(ScaleKind.POINTS, {}, points=3))
    ('1', '2', '3')
    >>> scale_points(ScaleDraft(ScaleKind.BARS, {}, levels={"often": 100.0, "never": 0.0}))
    ('never', 'often')
    """
    if scale.kind is ScaleKind.POINTS:
        return tuple(str(point) for point in range(1, (scale.points or 0) + 1))
    if scale.kind is ScaleKind.BARS:
        levels = scale.levels or {}
        return tuple(sorted(levels, key=levels.__getitem__))
    if scale.kind is ScaleKind.SLIDER:
        return tuple(f"{end:g}" for end in (scale.low, scale.high) if end is not None)
    return ("no", "partly", "yes") if scale.kind is ScaleKind.YES_PARTLY_NO else tuple(str(n) for n in range(11))


def scale_problems(draft: ScaleDraft) -> list[FieldError]:
    """What is wrong with a scale: parts of another kind, levels of equal value, a slider of 1 or over 101 steps.

    >>> [(error.field, error.allowed) for error in scale_problems(ScaleDraft(ScaleKind.SLIDER, {}, low=0, high=101))]
    [('high', '1–100')]
    """
    found = misplaced(draft, {"points", "levels", "low", "high"}, _SCALE_PARTS.get(draft.kind, set()))
    if found:
        return found
    if draft.levels is not None and len(set(draft.levels.values())) < len(draft.levels):
        found.append(FieldError("levels", DIFFERENT_LEVELS))
    if draft.low is not None and draft.high is not None and not 1 <= draft.high - draft.low < MOST_STEPS:
        found.append(FieldError("high", STEPS, span(draft.low + 1, draft.low + MOST_STEPS - 1)))
    return found


def content_problems(content: KpiContent) -> list[FieldError]:
    """What contradicts itself in the content of a KPI, draft or not; what is merely missing does not count.

    >>> content_problems(KpiContent({}, {}, {}, None, SoftMeasure({RaterGroup.SELF: 1.0}, ())))[0].field
    'rater_weights.self'
    """
    measure = content.measure
    return _soft_problems(measure) if isinstance(measure, SoftMeasure) else _hard_problems(measure)


def _soft_problems(measure: SoftMeasure) -> list[FieldError]:
    found = []
    if measure.rater_weights.get(RaterGroup.SELF):
        found.append(FieldError("rater_weights.self", SELF_WEIGHT, "0"))
    if measure.rater_weights and not math.fsum(measure.rater_weights.values()) > 0:
        found.append(FieldError("rater_weights", WEIGHT_SUM))
    codes = [item.code for item in measure.items]
    found += [FieldError(f"items.{place}.code", TWICE) for place in repeated(codes)]
    for place, item in enumerate(measure.items):
        if item.condition is not None and item.weight:
            found.append(FieldError(f"items.{place}.weight", NO_WEIGHT, "0"))
        if item.condition is not None and item.condition.item not in codes[:place]:
            found.append(FieldError(f"items.{place}.condition.item", NOT_BEFORE, ", ".join(codes[:place])))
    return found


def _hard_problems(measure: HardMeasure) -> list[FieldError]:
    way = measure.aggregation
    wanted = {"percentile": way is Aggregation.PERCENTILE, "share_rule": way is Aggregation.SHARE}
    found = misplaced(measure, set(wanted), {name for name, is_wanted in wanted.items() if is_wanted})
    if measure.per != 1 and way not in _FACTORED:
        found.append(FieldError("per", OTHER_WAY, "1"))
    if measure.prorate and way not in _PRORATED:
        found.append(FieldError("prorate", OTHER_WAY, "false"))
    if measure.prorate and measure.cadence is None:
        found.append(FieldError("cadence", REQUIRED))
    return found


def misplaced(value: object, parts: Collection[str], wanted: Collection[str]) -> list[FieldError]:
    """Among `parts` of a value: the ones given but not wanted, and the ones wanted but not given."""
    given = {name for name in parts if getattr(value, name) is not None}
    return [
        *(FieldError(name, OTHER_WAY) for name in sorted(given - set(wanted))),
        *(FieldError(name, REQUIRED) for name in sorted(set(wanted) - given)),
    ]


def target_problems(draft: TargetDraft | Target, direction: Direction | None) -> list[FieldError]:
    """What is wrong with goalposts of a KPI of this direction (none yet: the ones given must fit some direction).

    Formula: higher floor < target < stretch; lower floor > target > stretch; the stretch may be left out;
    in range low < best_low <= best_high < high. The band upside down is refused, never turned.
    Source: docs/scoring.md, section "Goalposts".

    >>> from datetime import date
    >>> target_problems(TargetDraft(date(2026, 1, 1), floor=180, target=45, stretch=20), Direction.LOWER)
    []
    """
    if direction is None:
        fitting = [target_problems(draft, each) for each in Direction]
        return min(fitting, key=len)
    wanted = {name for name in _POSTS[direction] if name != "stretch" or draft.stretch is not None}
    found = misplaced(draft, {name for posts in _POSTS.values() for name in posts}, wanted)
    if found:
        return found
    if _rises(draft, direction):
        return []
    return [FieldError("best_low" if direction is Direction.IN_RANGE else "target", ORDERS[direction])]


def _rises(draft: TargetDraft | Target, direction: Direction) -> bool:
    """Whether the goalposts rise (fall, where less is better); a best range may be a single value."""
    posts = [post for post in (getattr(draft, name) for name in _POSTS[direction]) if post is not None]
    steps = [after - before for before, after in itertools.pairwise(posts)]
    if direction is Direction.IN_RANGE and steps[1] == 0:
        del steps[1]
    return all(step > 0 for step in steps)


def activation_problems(kpi: Kpi, targets: Sequence[Target]) -> list[FieldError]:
    """What a KPI lacks to be active: goal, owner, decision rule, both languages, and what its kind needs.

    Parameters
    ----------
    kpi : with the version that is to be active
    targets : all goalposts set for the KPI, of any day and subject

    Returns
    -------
    One error for each thing that is missing; a soft KPI needs items, two anchors each where the scale has points,
    and a rater group with weight; a hard one unit, direction, aggregation and goalposts that fit.
    """
    version = kpi.current
    missing = {"goal_id": kpi.goal_id, "owner_id": kpi.owner_id, "decision_rule": version.decision_rule}
    found = [FieldError(name, REQUIRED) for name, value in missing.items() if value is None]
    found += _unworded({"name": version.name, "purpose": version.purpose, "criterion": version.criterion})
    if version.decision_rule is not None:
        found += _unworded({"decision_rule.text": version.decision_rule.text})
    return found + (_soft_gaps(version) if kpi.kind is KpiKind.SOFT else _hard_gaps(version, targets))


def _soft_gaps(version: KpiVersion) -> list[FieldError]:
    found = [] if version.items else [FieldError("items", REQUIRED)]
    if not any(weight > 0 for weight in version.rater_weights.values()):
        found.append(FieldError("rater_weights", WEIGHT_SUM))
    for place, item in enumerate(version.items):
        name = f"items.{place}"
        found += _unworded({f"{name}.name": item.name, f"{name}.question": item.question})
        found += _unworded({f"{name}.anchors.{point}": words for point, words in item.anchors.items()})
        found += _unworded(_practice_words(name, item))
        if item.scale.kind in _WORDED and len(item.anchors) < LEAST_ANCHORS:
            found.append(FieldError(f"{name}.anchors", FEW_ANCHORS, ", ".join(scale_points(item.scale))))
    return found


def _practice_words(name: str, item: Item) -> Mapping[str, Words]:
    """What somebody reads who wants to get better at an item."""
    resource, exercise = item.practice.resource, item.practice.exercise
    return {
        **({f"{name}.resource.title": resource.title} if resource else {}),
        **({f"{name}.exercise.text": exercise.text} if exercise else {}),
    }


def _hard_gaps(version: KpiVersion, targets: Sequence[Target]) -> list[FieldError]:
    missing = {"direction": version.direction, "aggregation": version.aggregation}
    found = [FieldError(name, REQUIRED) for name, value in missing.items() if value is None]
    found += _unworded({"unit": version.unit})
    found += [] if targets else [FieldError("targets", NO_TARGET)]
    if version.direction is not None:
        unfit = any(target_problems(target, version.direction) for target in targets)
        found += [FieldError("targets", ORDERS[version.direction])] if unfit else []
    return found


def _unworded(texts: Mapping[str, Words]) -> list[FieldError]:
    return [
        FieldError(f"{name}.{locale}", REQUIRED)
        for name, words in texts.items()
        for locale in LOCALES
        if not words.get(locale)
    ]


def anchor_problems(items: Sequence[Item]) -> list[FieldError]:
    """Anchors of points that the item's scale does not have."""
    return [
        FieldError(f"items.{place}.anchors.{point}", NOT_ON_SCALE, ", ".join(scale_points(item.scale)))
        for place, item in enumerate(items)
        for point in item.anchors
        if point not in scale_points(item.scale)
    ]


def condition_problems(items: Sequence[Item]) -> list[FieldError]:
    """Conditions on answers that the scale of the earlier item does not have, or that leave nothing out.

    That the item stands earlier in the KPI is asked in `content_problems`, so no condition can hang on itself, and the
    rater groups that see the one see the other: they are those of the KPI.
    """
    scales = {item.code: item.scale for item in items}
    return [
        FieldError(f"items.{place}.condition.{name}", message, allowed)
        for place, item in enumerate(items)
        if item.condition is not None
        for name, message, allowed in _range_problems(item.condition, scales[item.condition.item])
    ]


def _range_problems(condition: Condition, scale: Scale) -> list[tuple[str, str, str]]:
    points = scale_points(scale)
    if scale.kind is ScaleKind.SLIDER:
        return [("item", NO_LEVELS, "")]
    ends = {"lowest": condition.lowest, "highest": condition.highest}
    strange = [(name, NOT_ON_SCALE, ", ".join(points)) for name, point in ends.items() if point not in points]
    if strange:
        return strange
    if points.index(condition.lowest) > points.index(condition.highest):
        return [("highest", WRONG_WAY, ", ".join(points))]
    return [("highest", ALWAYS_ASKED, "")] if (condition.lowest, condition.highest) == (points[0], points[-1]) else []


def repeated(names: Sequence[str]) -> list[int]:
    """The places whose name stood before."""
    return [place for place, name in enumerate(names) if name in names[:place]]
