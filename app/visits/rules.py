"""Pure decisions about visits: rotation, parts of the day, who may know and do what, when, and what a report scores."""

from calendar import monthrange
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from app.accounts.rules import Action, is_close, may
from app.accounts.values import Viewer
from app.errors import Conflict, Expired, FieldError, Forbidden, NotFound
from app.rounds.recipe import scale_of
from app.scoring.results import NotScored
from app.scoring.visits import VisitScore, visit_score
from app.visits.values import Band, EarlierVisit, OrderDraft, Report, VisitForm, VisitState

LONGEST_WINDOW = timedelta(days=31)
TO_REPORT = timedelta(days=7)
"""How long after the window a report is still taken."""
SPREAD_OVER = timedelta(days=366)
MOST_PICTURES = 5

BANDS: Mapping[Band, tuple[time, time]] = {
    Band.MORNING: (time(0), time(11)),
    Band.MIDDAY: (time(11), time(14)),
    Band.AFTERNOON: (time(14), time(17)),
    Band.EVENING: (time(17), time(23, 59, 59)),
}
"""From when to before when; the evening lasts to midnight."""

COUNTING = (VisitState.FINAL,)
PENDING = (VisitState.REPORTED, VisitState.RETURNED, VisitState.ACCEPTED, VisitState.APPEALED)
SHOWN = (VisitState.ACCEPTED, VisitState.APPEALED, VisitState.FINAL, VisitState.SET_ASIDE)
"""States in which the visited and their managers read the report."""
REPORTABLE = (VisitState.ORDERED, VisitState.REPORTED, VisitState.RETURNED)

WINDOW_BACKWARDS = "The last day comes before the first one."
WINDOW_LONG = "A visit has at most 31 days."
WINDOW_PASSED = "The last day has passed. Choose a later one."
WAS_HERE = "This shopper was at this place a short time ago. Choose somebody else, or leave the field empty."
OUTSIDE_WINDOW = "The visit lies outside the days it was ordered for."
AHEAD = "The visit lies ahead."
TOO_FEW_PICTURES = "The report needs more pictures before it can be sent."


class NobodyToSend(Conflict):
    """Every shopper who is known was at the place a short time ago, or there is none."""

    code = "nobody_to_send"
    message = "No shopper is free to come to this place. Name somebody new."


class ReaderOrders(Conflict):
    """Who reads results at a place must not know who visits it."""

    code = "reader_orders"
    message = "You read results there, so you must not know who visits. Let somebody without that role order the visit."


class UnknownVisitLink(NotFound):
    """No such link: mistyped, or never given out; both look alike."""

    code = "unknown_link"
    message = "This link leads nowhere. Open it from the letter once more."


class VisitLinkClosed(Expired):
    """The order is cancelled, the report is settled, or its time is over."""

    code = "visit_closed"
    message = "This visit is closed. No report is taken any more."


class WrongState(Conflict):
    """The visit is not where this would make sense."""

    code = "visit_wrong_state"
    message = "The visit is not at the point where this can be done. Look at it once more."


class AppealOver(Conflict):
    """The time to object is over."""

    code = "appeal_over"
    message = "The time to object to this visit is over."


class NotTheVisited(Conflict):
    """Only the visited, or who manages them, can object."""

    code = "not_the_visited"
    message = "Only whoever was visited, or manages the unit, can object."


class OwnVisit(Forbidden):
    """Nobody judges a visit to himself."""

    code = "own_visit"
    message = "You were visited yourself, so somebody else decides."


class OtherJudgeNeeded(Conflict):
    """Who accepted a report does not decide on the appeal against it."""

    code = "other_judge_needed"
    message = "You accepted this report, so somebody else decides on the appeal."


# ------------------------------------------------------------ orders


def window_problems(draft: OrderDraft, *, today: date) -> list[FieldError]:
    """What is wrong with the days of an order."""
    if draft.until_on < draft.from_on:
        return [FieldError("until_on", WINDOW_BACKWARDS)]
    if draft.until_on < today:
        return [FieldError("until_on", WINDOW_PASSED)]
    return [FieldError("until_on", WINDOW_LONG)] if draft.until_on - draft.from_on >= LONGEST_WINDOW else []


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last day of that month.

    >>> months_before(date(2026, 5, 31), 3), months_before(date(2026, 2, 10), 2)
    (datetime.date(2026, 2, 28), datetime.date(2025, 12, 10))
    """
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def is_rested(shopper_id: str, place_id: str, draft: OrderDraft, months: int, visits: Iterable[EarlierVisit]) -> bool:
    """Whether a shopper may come to a place: no other visit of his there ends or begins within so many months."""
    return not any(
        one.shopper_id == shopper_id
        and one.place_id == place_id
        and one.until_on > months_before(draft.from_on, months)
        and months_before(one.from_on, months) < draft.until_on
        for one in visits
    )


def next_band(place_id: str, draft: OrderDraft, visits: Iterable[EarlierVisit]) -> Band:
    """The part of the day that visits to a place fell into least in the past year; the earliest of equals."""
    since = draft.from_on - SPREAD_OVER
    used = Counter(one.band for one in visits if one.place_id == place_id and one.until_on >= since)
    return min(Band, key=lambda band: (used[band], list(Band).index(band)))


def next_shopper(
    shoppers: Collection[str], place_id: str, draft: OrderDraft, months: int, visits: Sequence[EarlierVisit]
) -> str | None:
    """Who of the known shoppers goes: rested there, with the fewest visits anywhere, away from the place the longest."""

    def turn(shopper_id: str) -> tuple[int, date, str]:
        own = [one for one in visits if one.shopper_id == shopper_id]
        return len(own), max((one.until_on for one in own if one.place_id == place_id), default=date.min), shopper_id

    rested = [one for one in shoppers if is_rested(one, place_id, draft, months, visits)]
    return min(rested, key=turn, default=None)


# ------------------------------------------------------------ who


def may_order(viewer: Viewer, path: Sequence[str]) -> bool:
    """Whether a viewer may order visits: who writes rounds there and is a stranger to the results."""
    return viewer.is_service or (may(viewer, Action.ROUNDS_WRITE, path) and not is_close(viewer, path))


def may_know_shopper(viewer: Viewer, path: Sequence[str]) -> bool:
    """Whether a viewer may know who visits: a person who may order. Whether who holds a key reads results, nobody knows.

    >>> from app.accounts.values import Grant, Role
    >>> admin = (Grant(Role.ADMIN, "shop"),)
    >>> key = Viewer("key:1", grants=admin, scopes=frozenset({Action.ROUNDS_WRITE}))
    >>> may_know_shopper(Viewer("account:1", grants=admin), ["shop"]), may_know_shopper(key, ["shop"])
    (True, False)
    """
    return viewer.scopes is None and may_order(viewer, path)


def may_read_report(viewer: Viewer, path: Sequence[str], state: VisitState) -> bool:
    """Whether a viewer may read what a shopper reported: validators at once, readers and the visited once accepted."""
    if may(viewer, Action.RESULTS_ANALYSE, path):
        return True
    return state in SHOWN and may(viewer, Action.RESULTS_READ, path)


def may_see_order(viewer: Viewer, path: Sequence[str], state: VisitState) -> bool:
    """Whether a viewer may know that there is a visit: before its report is accepted the visited must not."""
    return may_order(viewer, path) or may_read_report(viewer, path, state)


def may_appeal(viewer: Viewer, path: Sequence[str]) -> bool:
    """Whether a viewer speaks for the visited: the person, or who manages the unit and reads its results."""
    manages = may(viewer, Action.ROUNDS_WRITE, path) and may(viewer, Action.RESULTS_READ, path)
    return manages or (bool(path) and path[-1] in viewer.own_subjects)


# ------------------------------------------------------------ reports


def report_problems(report: Report, *, from_on: date, until_on: date, today: date) -> list[FieldError]:
    """What is wrong with the day of a report."""
    if report.visited_on > today:
        return [FieldError("visited_on", AHEAD)]
    outside = not from_on <= report.visited_on <= until_on
    return [FieldError("visited_on", OUTSIDE_WINDOW)] if outside else []


def is_in_band(at: time, band: Band) -> bool:
    """Whether a time of day lies in the part of the day that was ordered.

    >>> is_in_band(time(11), Band.MORNING), is_in_band(time(11), Band.MIDDAY)
    (False, True)
    """
    first, after = BANDS[band]
    return first <= at < after or (band is Band.EVENING and at >= first)


def check_reportable(state: VisitState, until_on: date, *, today: date) -> None:
    """Raise VisitLinkClosed unless a report is still taken."""
    if state not in REPORTABLE or today > until_on + TO_REPORT:
        raise VisitLinkClosed


def scored(form: VisitForm, report: Report) -> VisitScore | NotScored:
    """What a report scores on its form."""
    items = [item for item in form.items if item.weight and report.levels.get(item.id) is not None]
    points = [scale_of(item.scale).points(report.levels[item.id] or 0, is_reversed=item.is_reversed) for item in items]
    failed = sum(passed is False for passed in report.passed.values())
    return visit_score(points, [item.weight for item in items], failed=failed, cap=form.cap)


def check_appeal(state: VisitState, until: datetime | None, *, now: datetime) -> None:
    """Raise unless the visited may object now."""
    if state is not VisitState.ACCEPTED:
        raise WrongState
    if until is None or now >= until:
        raise AppealOver
