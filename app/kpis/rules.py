"""Pure decisions about KPIs: what may be stored, what may be activated, caps, and which card and target apply.

Problems come as field errors under the names that the API and the pages use; an empty list means that all is well.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from app.errors import Conflict, FieldError, Invalid
from app.fields import NO_CHOICE
from app.kpis.checks import TWICE, repeated
from app.kpis.drafts import ScaleDraft
from app.kpis.values import (
    KpiId,
    KpiState,
    KpiVersion,
    Level,
    RaterGroup,
    Scale,
    Scorecard,
    ScorecardLine,
    Target,
)
from app.organisation.values import SubjectKind
from app.plain import span

SECONDS_PER_QUESTION = 10
SECONDS_PER_SUBJECT = 15
"""What answering takes: reading a question with its anchors and choosing; a name, a comment and finding the way."""

MOST_SECONDS: Mapping[RaterGroup, int] = {RaterGroup.CUSTOMER: 60, RaterGroup.MYSTERY_SHOPPER: 600}
"""How long one sheet may take whom it is asked of; everybody whom it does not name gets three minutes."""

USUAL_SECONDS = 180

LINE_CAPS = {Level.PERSON: 6, Level.TEAM: 8, Level.DEPARTMENT: 8, Level.COMPANY: 10}
FOCUS_CAP = 2

RETIRED = "This KPI is retired. Choose another."
FOCUS_FULL = "Two KPIs are in focus already. Take one out of focus first."
FOCUS_PERSONS = "Only the cards of persons have KPIs in focus."
GOAL_LOOP = "A goal cannot hang below itself."
TOO_LONG = {
    RaterGroup.MANAGER: "A manager would need {seconds} seconds to answer about one person; {most} are the limit. Ask less.",
    RaterGroup.COLLEAGUE: "A colleague would need {seconds} seconds to answer about one person; {most} are the limit. Ask less.",
    RaterGroup.DIRECT_REPORT: "A direct report would need {seconds} seconds to answer; {most} are the limit. Ask less.",
    RaterGroup.CUSTOMER: "A customer would need {seconds} seconds to answer; {most} are the limit. Ask less.",
    RaterGroup.MYSTERY_SHOPPER: "A mystery shopper would need {seconds} seconds to report; {most} are the limit. Ask less.",
    RaterGroup.SELF: "A self-rating would take {seconds} seconds; {most} are the limit. Ask less.",
}
OTHER_KIND = "A KPI stays soft or hard for good."
HARD_ONLY = "Only a hard KPI has targets."
LEVEL_ABOVE = "A card is set at its own level or above."
LATER_VERSION = "A newer version begins later. Choose its first day or a later one."

_BEFORE = {
    KpiState.ACTIVE: {KpiState.DRAFT, KpiState.PAUSED},
    KpiState.PAUSED: {KpiState.ACTIVE},
    KpiState.RETIRED: {KpiState.DRAFT, KpiState.ACTIVE, KpiState.PAUSED},
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


def sheet_seconds(questions: int) -> int:
    """How long it takes to answer about one subject, in seconds.

    >>> sheet_seconds(4)
    55
    """
    return questions * SECONDS_PER_QUESTION + SECONDS_PER_SUBJECT


def patience(group: RaterGroup) -> int:
    """How many seconds a rater of a group may be asked to spend on one subject."""
    return MOST_SECONDS.get(group, USUAL_SECONDS)


def length_problems(field: str, questions: Mapping[RaterGroup, int]) -> list[FieldError]:
    """What is wrong with asking rater groups this many questions about one subject: more than their patience bears.

    >>> length_problems("lines", {RaterGroup.CUSTOMER: 4, RaterGroup.COLLEAGUE: 16})
    []
    >>> [error.values["seconds"] for error in length_problems("lines", {RaterGroup.CUSTOMER: 5})]
    [65]
    """
    found = []
    for group, count in questions.items():
        seconds, most = sheet_seconds(count), patience(group)
        if seconds > most:
            found.append(FieldError(field, TOO_LONG[group], f"<= {most} s", {"seconds": seconds, "most": most}))
    return found


def questions_asked(versions: Iterable[KpiVersion]) -> dict[RaterGroup, int]:
    """How many questions each rater group with weight gets about a subject whose card holds these KPIs; self gets all."""
    asked: Counter[RaterGroup] = Counter()
    for version in versions:
        asked[RaterGroup.SELF] += len(version.items)
        for group, weight in version.rater_weights.items():
            if weight > 0:
                asked[group] += len(version.items)
    return dict(asked)


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


def has_same_answers(scale: Scale, draft: ScaleDraft) -> bool:
    """Whether a scale as it is wanted offers the same answers as it does."""
    return all(getattr(scale, name) == getattr(draft, name) for name in ("kind", "points", "low", "high", "levels"))


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


def is_over(level: Level, lines: Iterable[ScorecardLine], states: Mapping[KpiId, KpiState]) -> bool:
    """Whether a card holds more KPIs than its level may have; paused and retired KPIs take no place."""
    return len(live_lines(lines, states)) > LINE_CAPS[level]


def swap_choices(full: Sequence[Scorecard], kpi_id: KpiId, states: Mapping[KpiId, KpiState]) -> list[KpiId]:
    """The KPIs in use that could make room for another on every full card, in the order of the first.

    Parameters
    ----------
    full : cards on which the other KPI would be one too many
    kpi_id : the other KPI
    states : of all KPIs on these cards

    >>> from app.kpis.values import ScorecardId
    >>> lines = tuple(ScorecardLine(KpiId(name), 1.0, False, False) for name in ("old", "new", "draft"))
    >>> card = Scorecard(ScorecardId("c"), "", "s", Level.TEAM, date(2026, 1, 1), lines, 1)
    >>> states = {"old": KpiState.ACTIVE, "new": KpiState.ACTIVE, "draft": KpiState.DRAFT}
    >>> swap_choices([card], KpiId("new"), states)
    ['old']
    """
    on_each = [{line.kpi_id for line in card.lines} for card in full]
    in_order = [line.kpi_id for card in full[:1] for line in card.lines]
    return [
        one
        for one in in_order
        if one != kpi_id and states[one] is KpiState.ACTIVE and all(one in lines for lines in on_each)
    ]


def check_cap(level: Level, lines: Iterable[ScorecardLine], states: Mapping[KpiId, KpiState]) -> None:
    """Refuse a card with more KPIs than its level may have; paused and retired KPIs take no place.

    Raises
    ------
    CardFull : over 6 for a person, 8 for a team or department, 10 for the company
    """
    if is_over(level, lines, states):
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
