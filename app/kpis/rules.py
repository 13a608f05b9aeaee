"""Pure decisions about KPIs: what may be stored, what may be activated, caps, and which card and target apply.

Problems come as field errors under the names that the API and the pages use; an empty list means that all is well.
"""

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from app.errors import Conflict, FieldError, Invalid
from app.fields import NO_CHOICE, REQUIRED, span
from app.kpis.values import (
    Direction,
    Item,
    Kpi,
    KpiId,
    KpiKind,
    KpiState,
    KpiVersion,
    Level,
    Scale,
    ScaleDraft,
    ScaleKind,
    Scorecard,
    ScorecardLine,
    Target,
    TargetDraft,
)
from app.organisation.values import SubjectKind
from app.words import LOCALES, Words

LINE_CAPS = {Level.PERSON: 6, Level.TEAM: 8, Level.DEPARTMENT: 8, Level.COMPANY: 10}
FOCUS_CAP = 2
LEAST_ANCHORS = 2

TWICE = "This stands here twice."
WEIGHT_SUM = "At least one rater group needs a weight above 0."
OTHER_WAY = "This does not belong to this way of measuring. Leave it empty."
ORDERS = {
    Direction.HIGHER: "More is better: the floor is lowest, the target above it, the stretch above both.",
    Direction.LOWER: "Less is better: the floor is highest, the target below it, the stretch below both.",
    Direction.IN_RANGE: "The best range lies inside the two outer values.",
}
FEW_ANCHORS = "Describe at least two points of the scale."
NOT_ON_SCALE = "The scale has no such point."
RETIRED = "This KPI is retired. Choose another."
FOCUS_FULL = "Two KPIs are in focus already. Take one out of focus first."
FOCUS_PERSONS = "Only the cards of persons have KPIs in focus."
GOAL_LOOP = "A goal cannot hang below itself."
OTHER_KIND = "A KPI stays soft or hard for good."
HARD_ONLY = "Only a hard KPI has targets."
LEVEL_ABOVE = "A card is set at its own level or above."
LATER_VERSION = "A newer version begins later. Choose its first day or a later one."
NO_TARGET = "Set a target first, for the whole company or for a unit."

_BEFORE = {
    KpiState.ACTIVE: {KpiState.DRAFT, KpiState.PAUSED},
    KpiState.PAUSED: {KpiState.ACTIVE},
    KpiState.RETIRED: {KpiState.DRAFT, KpiState.ACTIVE, KpiState.PAUSED},
}
_WORDED = {ScaleKind.POINTS, ScaleKind.BARS}
_POSTS = {
    Direction.HIGHER: ("floor", "target", "stretch"),
    Direction.LOWER: ("stretch", "target", "floor"),
    Direction.IN_RANGE: ("low", "best_low", "best_high", "high"),
}


class WrongKpiState(Conflict):
    """The KPI's state does not allow this step."""

    code = "wrong_kpi_state"
    message = "The state of the KPI does not allow this step."


class KpiNotReady(Invalid):
    """Something is missing that an active KPI must have."""

    code = "kpi_not_ready"
    message = "The KPI is not ready: some things are missing."


class CardFull(Conflict):
    """One KPI more than the card of this level may hold."""

    code = "card_full"
    message = "The card has {count} KPIs. Pause one before you add another."


class ScaleInUse(Conflict):
    """The points of a scale stay as they are once an activated KPI asks with it."""

    code = "scale_in_use"
    message = "A KPI already asks with this scale. Make a new scale instead."


class VersionNeeded(Conflict):
    """Words, weights and measure of a KPI that was activated change by a new version only."""

    code = "version_needed"
    message = "This KPI is in use. Add a new version from a day on instead."


class ExternalIdTaken(Conflict):
    """Another one of the same company carries this id of its own."""

    code = "external_id_taken"
    message = "Another one already has the id {external_id}."


class PastIsFixed(Conflict):
    """A change would rewrite what was valid before today."""

    code = "past_is_fixed"
    message = "What was valid before stays as it was. Choose {day} or a later day."


def refuse(problems: Sequence[FieldError]) -> None:
    """Raise Invalid with the problems, if there are any."""
    if problems:
        raise Invalid(problems)


def next_state(state: KpiState, wanted: KpiState) -> KpiState:
    """The state after a step: draft to active, active to paused and back, any to retired; retired is the end.

    Raises
    ------
    WrongKpiState : the step is not open from here

    >>> next_state(KpiState.PAUSED, KpiState.ACTIVE)
    <KpiState.ACTIVE: 'active'>
    """
    if state not in _BEFORE.get(wanted, ()):
        raise WrongKpiState
    return wanted


def fits_level(kind: SubjectKind, level: Level) -> bool:
    """Whether a card of a level can be set at a subject of this kind: at its own level or above.

    >>> fits_level(SubjectKind.TEAM, Level.PERSON), fits_level(SubjectKind.PERSON, Level.TEAM)
    (True, False)
    """
    levels = [each.value for each in Level]
    return kind is SubjectKind.COMPETITOR or levels.index(level) >= levels.index(kind)


def check_start(known: Collection[date], starts_on: date, today: date) -> None:
    """Refuse a first day that would rewrite the past.

    Parameters
    ----------
    known : first days of what is set already; if there are none, any day will do, for nothing is rewritten
    starts_on : the first day that is wanted
    today : the day of the change

    Raises
    ------
    PastIsFixed : something is set already, and the wanted day is before today

    >>> check_start([], date(2026, 1, 1), date(2026, 11, 23))
    """
    if known and starts_on < today:
        raise PastIsFixed(day=today)


def check_following(latest: date, starts_on: date, today: date) -> None:
    """Refuse a version that would begin in the past or before the latest one.

    Raises
    ------
    PastIsFixed, Invalid

    >>> check_following(date(2026, 1, 1), date(2026, 11, 23), date(2026, 11, 23))
    """
    check_start([latest], starts_on, today)
    if starts_on < latest:
        raise Invalid([FieldError("starts_on", LATER_VERSION, latest.isoformat())])


def makes_loop(parents: Mapping[str, str | None], child: str, parent: str | None) -> bool:
    """Whether hanging `child` under `parent` would close a loop in the tree given by `parents`.

    >>> makes_loop({"b": "a", "c": "b"}, "a", "c"), makes_loop({"b": "a", "c": "b"}, "c", "a")
    (True, False)
    """
    while parent is not None and parent != child:
        parent = parents.get(parent)
    return parent is not None


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


def has_same_answers(scale: Scale, draft: ScaleDraft) -> bool:
    """Whether a scale as it is wanted offers the same answers as it does."""
    return all(getattr(scale, name) == getattr(draft, name) for name in ("kind", "points", "low", "high", "levels"))


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
        if item.scale.kind in _WORDED and len(item.anchors) < LEAST_ANCHORS:
            found.append(FieldError(f"{name}.anchors", FEW_ANCHORS, ", ".join(scale_points(item.scale))))
    return found


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


def line_problems(lines: Sequence[ScorecardLine], level: Level, states: Mapping[KpiId, KpiState]) -> list[FieldError]:
    """What is wrong with the lines of a card: unknown, retired or repeated KPIs, too many in focus.

    >>> line_problems([ScorecardLine(KpiId("a"), 1.0, False, True)], Level.TEAM, {KpiId("a"): KpiState.ACTIVE})[0].field
    'lines.0.focus'
    """
    ids = [line.kpi_id for line in lines]
    found = [FieldError(f"lines.{place}.kpi_id", TWICE) for place in repeated(ids)]
    found += [FieldError(f"lines.{n}.kpi_id", NO_CHOICE) for n, kpi_id in enumerate(ids) if kpi_id not in states]
    gone = [n for n, kpi_id in enumerate(ids) if states.get(kpi_id) is KpiState.RETIRED]
    found += [FieldError(f"lines.{n}.kpi_id", RETIRED) for n in gone]
    in_focus = [n for n, line in enumerate(lines) if line.in_focus]
    if level is not Level.PERSON:
        return found + [FieldError(f"lines.{n}.focus", FOCUS_PERSONS, "false") for n in in_focus]
    return found + [FieldError(f"lines.{n}.focus", FOCUS_FULL, span(0, FOCUS_CAP)) for n in in_focus[FOCUS_CAP:]]


def check_cap(level: Level, lines: Iterable[ScorecardLine], states: Mapping[KpiId, KpiState]) -> None:
    """Refuse a card with more KPIs than its level may have; paused and retired KPIs take no place.

    Raises
    ------
    CardFull : over 6 for a person, 8 for a team or department, 10 for the company
    """
    if len(live_lines(lines, states)) > LINE_CAPS[level]:
        raise CardFull(count=LINE_CAPS[level])


def live_lines(lines: Iterable[ScorecardLine], states: Mapping[KpiId, KpiState]) -> list[ScorecardLine]:
    """The lines whose KPI is neither paused nor retired."""
    return [line for line in lines if states[line.kpi_id] in {KpiState.DRAFT, KpiState.ACTIVE}]


def card_for(cards: Iterable[Scorecard], path: Sequence[str], level: Level) -> Scorecard | None:
    """The card that applies to a subject: of its level, set nearest upward, the latest there.

    Parameters
    ----------
    cards : valid on the day asked about; one without lines stands for none
    path : subject ids from the company to the subject itself
    """
    fitting = [card for card in cards if card.level is level and card.lines and card.subject_id in path]
    return max(fitting, key=lambda card: (path.index(card.subject_id), card.starts_on), default=None)


def target_for(targets: Iterable[Target], kpi_id: KpiId, path: Sequence[str]) -> Target | None:
    """The goalposts that apply to a subject: set nearest upward, else for all; the latest there.

    Parameters
    ----------
    targets : valid on the day asked about
    path : subject ids from the company to the subject itself
    """
    places = {subject_id: place for place, subject_id in enumerate(path)}
    fitting = [t for t in targets if t.kpi_id == kpi_id and (t.subject_id is None or t.subject_id in places)]
    return max(fitting, key=lambda t: (places.get(t.subject_id or "", -1), t.starts_on), default=None)


def repeated(names: Sequence[str]) -> list[int]:
    """The places whose name stood before."""
    return [place for place, name in enumerate(names) if name in names[:place]]
