"""Every read of follow-up: the course of a KPI, signals now, prompts of a subject, and what a watch would have cost.

What may be read is asked of the subject as it hangs today: results of soft KPIs by who reads results there, and hard
ones by who reads readings there as well. What may not be read is answered like what is not there.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

from app.accounts.rules import Action, may
from app.accounts.values import Viewer
from app.errors import NotFound
from app.followup.answering import falling_of
from app.followup.compose import chance_of, is_steady, judged_of, latest_of, red_of, run_length_of, trial_of, usual_of
from app.followup.relations import load_latest_prompts, name_of
from app.followup.rows import load_answers, load_periods_under_way, load_told_at, load_watches
from app.followup.rules import (
    chart_of,
    goal_of,
    is_charted,
    target_period,
    threshold_of,
    watch_of,
    watched_since,
    whole_of,
)
from app.followup.series import comparable, points_of
from app.followup.values import (
    Chance,
    FallingResponse,
    KpiCourse,
    Method,
    Prompt,
    Red,
    Series,
    Signal,
    Watched,
    WatchSetting,
    WatchTrial,
)
from app.followup.watched import load_watched
from app.infra.database import ReadSession
from app.infra.ids import is_id
from app.infra.paging import BadCursor, Page, PageRequest, decode_cursor, encode_cursor
from app.kpis.queries import get_kpi, load_company_kpis, load_kpis, load_scorecards
from app.kpis.rules import card_for
from app.kpis.values import Kpi, KpiId, KpiKind, KpiState, Scorecard
from app.organisation.paths import load_subjects
from app.organisation.trees import load_units
from app.organisation.values import Subject, SubjectId
from app.releases.gate import load_waiting
from app.rounds.rules import LEVELS
from app.scoring.directions import Better
from app.scoring.steps import Length
from app.summaries.values import Place

# ------------------------------------------------------------ one course


def get_course(
    session: ReadSession, viewer: Viewer, kpi_id: str, subject_id: str, *, length: str = "", on: date
) -> KpiCourse:
    """The course of a KPI at a subject; of the series of a length, or of the one with most figures.

    NotFound unless the viewer may read the results of the subject, and of a hard KPI its readings as well.
    """
    kpi, subject = find_watched_place(session, viewer, kpi_id, subject_id, on=on)
    but = {one.round_id for one in load_waiting(session, viewer, [subject.id], on=on)}
    found = load_watched(session, kpi.company_id, {kpi.id: kpi}, {kpi.id: [subject]}, on=on, with_items=True, but=but)
    chosen = next((one for one in found if length and length_name(one.series.length) == length), None)
    if length and chosen is None:
        raise NotFound
    watched = chosen or next(iter(found), None) or _nothing(session, kpi, subject)
    judged, finding = judged_of(watched.series, watched.setting, watched.better, watched.shift_days, today=on)
    lengths = [one.series.length for one in found]
    return KpiCourse(
        kpi=name_of(kpi),
        subject=Place(subject.id, subject.kind, subject.name),
        company_id=kpi.company_id,
        lengths=tuple(sorted(lengths, key=lambda one: one != watched.series.length)),
        series=watched.series,
        setting=watched.setting,
        judged=judged,
        finding=finding,
        red=_red(watched),
        shifts=watched.shifts,
        chance=_chance(session, watched, on=on),
        prompts=_prompts_about(session, kpi, subject, but=but, on=on),
        may_accept=may(viewer, Action.KPIS_WRITE, subject.path),
    )


def find_watched_place(
    session: ReadSession, viewer: Viewer, kpi_id: str, subject_id: str, *, on: date
) -> tuple[Kpi, Subject]:
    """A KPI and a subject of one company whose course the viewer may read; NotFound otherwise."""
    subject = load_subjects(session, [subject_id], on=on).get(SubjectId(subject_id))
    if subject is None or not may(viewer, Action.RESULTS_READ, subject.path):
        raise NotFound
    kpi = load_kpis(session, [kpi_id], on=on).get(KpiId(kpi_id)) if is_id(kpi_id) else None
    if kpi is None or kpi.company_id != subject.company_id or kpi.state is KpiState.DRAFT:
        raise NotFound
    if kpi.kind is KpiKind.HARD and not may(viewer, Action.READINGS_READ, subject.path):
        raise NotFound
    return kpi, subject


def length_name(length: Length | None) -> str:
    """What a series is called in an address.

    >>> length_name(Length.WEEK), length_name(None)
    ('week', 'round')
    """
    return "round" if length is None else length.value


def _nothing(session: ReadSession, kpi: Kpi, subject: Subject) -> Watched:
    """A course of no figures."""
    return Watched(kpi, subject, Series(None, ()), load_watches(session, [kpi.id])[kpi.id], Better())


def _red(watched: Watched) -> Red | None:
    threshold = threshold_of(watched.setting, watched.kpi.current.direction, watched.target)
    return red_of(watched.series.told, threshold)


def _prompts_about(
    session: ReadSession, kpi: Kpi, subject: Subject, *, but: Collection[str], on: date
) -> tuple[Prompt, ...]:
    """What speaks against this KPI at the subject; the others stand with the results."""
    found = load_latest_prompts(session, subject, but=but, on=on)
    return tuple(prompt for prompt in found if any(name.id == kpi.id for name in prompt.kpis))


def _chance(session: ReadSession, watched: Watched, *, on: date) -> Chance | None:
    """The chance to reach the target, of hard KPIs whose steps make a total or an average."""
    version, length = watched.kpi.current, watched.series.length
    whole, goal = whole_of(version.aggregation), goal_of(watched.target, version.direction)
    if whole is None or goal is None or length is None:
        return None
    period = target_period(whole, length, on, load_periods_under_way(session, watched.subject.id, on=on))
    return chance_of(watched.series.told, length, period, whole, goal)


# ------------------------------------------------------------ signals


def list_signals(
    session: ReadSession, viewer: Viewer, company_id: str, request: PageRequest, *, on: date
) -> Page[Signal]:
    """What moves now at the units that the viewer reads, warnings and gains, and red lines crossed, the latest first.

    Soft KPIs wherever figures are released, hard ones where they are on the card of the unit.
    """
    units = _units(session, viewer, company_id, on=on)
    return _slice(load_signals_at(session, viewer, company_id, units, on=on), request)


def load_signals_at(
    session: ReadSession,
    viewer: Viewer,
    company_id: str,
    subjects: Sequence[Subject],
    *,
    but: Collection[str] = (),
    on: date,
) -> list[Signal]:
    """What moves now at subjects whose results the viewer reads, the latest first; `but` are rounds that are left out."""
    if not subjects:
        return []
    kpis = load_company_kpis(session, company_id, on=on)
    cards = load_scorecards(session, company_id, on=on)
    wanted = {kpi.id: [one for one in subjects if _is_watched_at(viewer, kpi, one, cards)] for kpi in kpis.values()}
    every = load_watched(session, company_id, kpis, wanted, on=on, but=but)
    moving = [(one, signal) for one in every if (signal := _signal(one, on=on)) is not None]
    found = [signal for one, signal in moving if one.kpi.kind is KpiKind.HARD]
    rated = [one for one, _ in moving if one.kpi.kind is KpiKind.SOFT]
    named = _with_items(session, company_id, rated, but=but, on=on)
    found += [signal for one in named if (signal := _signal(one, on=on)) is not None]
    return sorted(found, key=_latest_first)


def _with_items(
    session: ReadSession, company_id: str, moving: Sequence[Watched], *, but: Collection[str], on: date
) -> list[Watched]:
    """The same places with their items, to name what moved; asked of the few that move, not of all."""
    if not moving:
        return []
    wanted: defaultdict[KpiId, dict[str, Subject]] = defaultdict(dict)
    for one in moving:
        wanted[one.kpi.id][one.subject.id] = one.subject
    kpis = {one.kpi.id: one.kpi for one in moving}
    places = {kpi_id: list(subjects.values()) for kpi_id, subjects in wanted.items()}
    return load_watched(session, company_id, kpis, places, on=on, with_items=True, but=but)


def _units(session: ReadSession, viewer: Viewer, company_id: str, *, on: date) -> list[Subject]:
    """The units of a company whose results the viewer may read; none, too, where there is no such company."""
    if not is_id(company_id) or company_id not in load_subjects(session, [company_id], on=on):
        return []
    units = load_units(session, company_id, on=on)
    return [unit for unit in units if may(viewer, Action.RESULTS_READ, unit.path)]


def _is_watched_at(viewer: Viewer, kpi: Kpi, unit: Subject, cards: Sequence[Scorecard]) -> bool:
    if kpi.kind is KpiKind.SOFT:
        return True
    card = card_for(cards, unit.path, LEVELS[unit.kind])
    is_on_card = card is not None and any(line.kpi_id == kpi.id for line in card.lines)
    return is_on_card and may(viewer, Action.READINGS_READ, unit.path)


def _signal(watched: Watched, *, on: date) -> Signal | None:
    red = _red(watched)
    is_soft = watched.kpi.kind is KpiKind.SOFT
    if is_soft and (red is None or red.since is None) and is_steady(watched.series, watched.shift_days):
        return None
    judged, finding = judged_of(watched.series, watched.setting, watched.better, watched.shift_days, today=on)
    if finding.side is None and (red is None or red.since is None):
        return None
    latest = latest_of(watched.series.told)
    return Signal(
        kpi=name_of(watched.kpi),
        subject=Place(watched.subject.id, watched.subject.kind, watched.subject.name),
        length=watched.series.length,
        finding=finding,
        red=red,
        item_name=(watched.series.item_names or {}).get(finding.item_id or ""),
        value=None if latest is None else latest.value,
        usual=usual_of(judged),
    )


def _latest_first(signal: Signal) -> tuple[int, str, str, str]:
    days = (signal.finding.on, None if signal.red is None else signal.red.since)
    on = max((day for day in days if day is not None), default=date.min)
    return -on.toordinal(), signal.subject.id, signal.kpi.id, length_name(signal.length)


def _slice(signals: Sequence[Signal], request: PageRequest) -> Page[Signal]:
    """A slice of what was computed as a whole; the cursor is where the last one stood."""
    after: tuple[object, ...] = ()
    if request.cursor is not None:
        after = tuple(decode_cursor(request.cursor, request.sort, 4))
        if [type(part) for part in after] != [int, str, str, str]:
            raise BadCursor
    left = [signal for signal in signals if _latest_first(signal) > after]
    kept = tuple(left[: request.limit])
    more = len(left) > request.limit
    return Page(kept, encode_cursor(_latest_first(kept[-1]), request.sort) if more else None)


def list_falling(session: ReadSession, viewer: Viewer, company_id: str, *, on: date) -> tuple[FallingResponse, ...]:
    """Rater groups that answer less than they did, at the units that the viewer reads, the latest fall first.

    From released rows and the number asked alone: nothing of an open round, of a group without a row, or of who
    answered (docs/scoring.md, section "Falling response").
    """
    units = {str(unit.id): Place(unit.id, unit.kind, unit.name) for unit in _units(session, viewer, company_id, on=on)}
    if not units:
        return ()
    answers = load_answers(session, company_id, since=watched_since(on), unit_ids=units)
    found = falling_of(answers, units)
    return tuple(sorted(found, key=lambda one: (-one.since.toordinal(), one.subject.name, one.rater_group.value)))


# ------------------------------------------------------------ the watch


def get_watch(session: ReadSession, viewer: Viewer, kpi_id: str, *, on: date) -> WatchSetting:
    """How a KPI is watched, for whoever may read the KPIs of its company."""
    kpi = get_kpi(session, viewer, kpi_id, on=on)
    return load_watches(session, [kpi.id])[kpi.id]


def try_methods(session: ReadSession, viewer: Viewer, kpi_id: str, *, on: date) -> tuple[WatchTrial, ...]:
    """What each method would have done with a KPI in the year that ends today, at the units that the viewer reads.

    Over series that a chart judges; for whoever may read the KPIs of its company.
    """
    kpi = get_kpi(session, viewer, kpi_id, on=on)
    units = _units(session, viewer, kpi.company_id, on=on)
    if kpi.kind is KpiKind.HARD:
        units = [unit for unit in units if may(viewer, Action.READINGS_READ, unit.path)]
    watched = load_watched(session, kpi.company_id, {kpi.id: kpi}, {kpi.id: units}, on=on)
    charted = [one for one in watched if kpi.kind is KpiKind.HARD or _has_chart(one.series)]
    return tuple(_trial(method, charted, on=on) for method in Method)


def _has_chart(series: Series) -> bool:
    known = [told for told in comparable(series.told) if told.value is not None]
    return is_charted(series.length, len(known))


def _trial(method: Method, charted: Sequence[Watched], *, on: date) -> WatchTrial:
    every = [
        (
            points_of(comparable(one.series.told)),
            watch_of(replace(one.setting, method=method), one.better, one.series.length or Length.YEAR),
            one.shift_days,
        )
        for one in charted
    ]
    units = len({one.subject.id for one in charted})
    return WatchTrial(method, units, trial_of(every, today=on), run_length_of(chart_of(method), 1))


# ------------------------------------------------------------ where there are courses


def list_course_places(session: ReadSession, viewer: Viewer, kpi_id: str, *, on: date) -> tuple[Place, ...]:
    """The units at which the viewer can read the course of a KPI: something was told there, or it is on the card."""
    kpi = get_kpi(session, viewer, kpi_id, on=on)
    units = _units(session, viewer, kpi.company_id, on=on)
    if kpi.kind is KpiKind.SOFT:
        told = load_told_at(session, kpi.company_id, kpi.id, [unit.id for unit in units], since=watched_since(on))
        found = [unit for unit in units if unit.id in told]
    else:
        cards = load_scorecards(session, kpi.company_id, on=on)
        found = [unit for unit in units if _is_watched_at(viewer, kpi, unit, cards)]
    return tuple(Place(unit.id, unit.kind, unit.name) for unit in found)
