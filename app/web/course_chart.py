"""The pictures of a course: the smoothed line against its limit, the values by themselves, and rounds with intervals."""

from collections.abc import Sequence
from datetime import date

from app.deferred import dataclass
from app.followup.values import Charted, Compared, KpiCourse, KpiName
from app.http.visit import Visit
from app.infra.formats import day, measure, period, points_range, score
from app.infra.lines import Frame, Kind, Line, LineChart, Tick
from app.kpis.values import KpiKind
from app.scoring.charts import Side
from app.scoring.courses import Step
from app.web.course_words import count_of, value_of
from app.web.render import said
from app.words import in_locale

HEIGHT = 160
LOW = 90
LONGEST_UNIT = 3
MOST_NAMED = 6
"""So many rounds can be named under their marks."""


@dataclass(frozen=True, slots=True)
class Disc:
    """A round in a picture: what it is called and its figure, if there is one."""

    name: str
    value: float | None
    lo: float | None
    hi: float | None


def signal_chart(visit: Visit, course: KpiCourse, judged: Charted, *, height: int = HEIGHT) -> LineChart:
    """Raw values in grey, the smoothed line, the usual level, and the limit on the side that is bad."""
    steps, decimals = judged.course.steps, decimals_of(course.kpi)
    limits = {side: _limits(steps, judged, side) for side in Side}
    smooth = [(place, step.smoothed.value) for place, step in enumerate(steps) if step.smoothed is not None]
    centres = [(place, step.baseline.mean) for place, step in enumerate(steps) if step.baseline is not None]
    raw = _raw(steps)
    every = [value for _, value in (*raw, *smooth, *centres, *limits[Side.LOW], *limits[Side.HIGH])]
    frame = Frame.around(len(steps), every, height, decimals)
    ends: list[tuple[Kind, list[tuple[int, float]]]] = [
        ("centre", centres),
        ("limit", limits[Side.LOW]),
        ("limit", limits[Side.HIGH]),
        ("smooth", smooth),
    ]
    alerts = {alert.on for alert in judged.course.alerts}
    return LineChart(
        title=_signal_title(visit, course, judged, limits),
        height=height,
        lines=tuple(line for kind, found in ends for line in _lines(frame, found, kind, steps)),
        dots=(
            *(frame.dot(place, value, "raw") for place, value in raw),
            *(frame.dot(place, value, "signal") for place, value in smooth if steps[place].on in alerts),
        ),
        labels=frame.labels(
            (found[-1][1], end_of(visit, course.kpi, found[-1][1]), kind) for kind, found in ends if found
        ),
        ticks=_ends(visit, [step.on for step in steps], frame),
    )


def values_chart(visit: Visit, course: KpiCourse, judged: Charted) -> LineChart | None:
    """Each value by itself between its natural limits; nothing while they are learnt."""
    steps = judged.course.steps
    known = [(place, step.baseline) for place, step in enumerate(steps) if step.baseline is not None]
    raw = [(place, step.adjusted) for place, step in enumerate(steps) if step.adjusted is not None]
    if not known:
        return None
    ends: list[tuple[Kind, list[tuple[int, float]]]] = [
        ("natural", [(place, baseline.natural.lo) for place, baseline in known]),
        ("centre", [(place, baseline.mean) for place, baseline in known]),
        ("natural", [(place, baseline.natural.hi) for place, baseline in known]),
    ]
    every = [value for _, found in ends for _, value in found] + [value for _, value in raw]
    return _picture(visit, course, steps, raw, ends, every, unusual=[step.is_unusual for step in steps])


def ranges_chart(visit: Visit, course: KpiCourse, judged: Charted) -> LineChart | None:
    """The distances from one value to the next against the largest ordinary one."""
    steps = judged.course.steps
    moved = [(place, step.moving_range) for place, step in enumerate(steps) if step.moving_range is not None]
    limit = [(place, step.baseline.largest_range) for place, step in enumerate(steps) if step.baseline is not None]
    if not moved:
        return None
    every = [0.0, *(value for _, value in (*moved, *limit))]
    ends: list[tuple[Kind, list[tuple[int, float]]]] = [("natural", limit)]
    return _picture(visit, course, steps, moved, ends, every, unusual=[step.is_jump for step in steps])


def rounds_chart(visit: Visit, course: KpiCourse, judged: Compared) -> LineChart:
    """A disc and its interval for each round; lines only where two were asked for the same."""
    told = judged.told
    compared = [
        (place, place + 1)
        for place, step in enumerate(judged.steps)
        if step.move is not None and told[place].value is not None
    ]
    discs = [Disc(period(one.first, one.last, visit.locale), one.value, one.lo, one.hi) for one in told]
    return discs_chart(_rounds_title(visit, course, judged), discs, compared)


def discs_chart(title: str, discs: Sequence[Disc], compared: Sequence[tuple[int, int]]) -> LineChart:
    """A disc and its interval for each round, with a line between those that are compared."""
    frame = Frame(len(discs), 0.0, 100.0, HEIGHT)
    known = [(place, one) for place, one in enumerate(discs) if one.value is not None]
    pairs = [[(one, discs[one].value or 0.0), (other, discs[other].value or 0.0)] for one, other in compared]
    return LineChart(
        title=title,
        height=HEIGHT,
        lines=tuple(frame.line(pair, "link") for pair in pairs),
        dots=tuple(frame.dot(place, one.value or 0.0, "score") for place, one in known),
        bars=tuple(
            frame.bar(place, one.lo, one.hi) for place, one in known if one.lo is not None and one.hi is not None
        ),
        labels=frame.labels((tick, str(tick), "centre") for tick in (0, 25, 50, 75, 100)),
        ticks=_named(discs, frame),
        grid=tuple(frame.y(tick) for tick in (0, 25, 50, 75, 100)),
    )


def end_of(visit: Visit, kpi: KpiName, value: float) -> str:
    """A figure at the end of a line; a unit longer than three signs stands in the words beside the chart."""
    unit = in_locale(kpi.unit, visit.locale)
    if kpi.kind is KpiKind.SOFT:
        return score(value, visit.locale)
    return measure(value, visit.locale, unit if len(unit) <= LONGEST_UNIT else "", kpi.decimals)


def decimals_of(kpi: KpiName) -> int:
    """Decimals with which the figures of a KPI are placed: as printed; readings, which protect nobody, a little finer."""
    return 1 if kpi.kind is KpiKind.SOFT else kpi.decimals + 1


# ------------------------------------------------------------ pieces


def _picture(  # noqa: PLR0913 - what is drawn, in the order in which it lies on the paper
    visit: Visit,
    course: KpiCourse,
    steps: Sequence[Step],
    raw: Sequence[tuple[int, float]],
    ends: Sequence[tuple[Kind, list[tuple[int, float]]]],
    every: Sequence[float],
    *,
    unusual: Sequence[bool],
) -> LineChart:
    frame = Frame.around(len(steps), every, LOW, decimals_of(course.kpi))
    return LineChart(
        title="",
        height=LOW,
        lines=(
            *(line for kind, found in ends for line in _lines(frame, found, kind, steps)),
            frame.line(raw, "raw"),
        ),
        dots=tuple(frame.dot(place, value, "unusual" if unusual[place] else "raw") for place, value in raw),
        labels=frame.labels(
            (found[-1][1], end_of(visit, course.kpi, found[-1][1]), kind) for kind, found in ends if found
        ),
        ticks=_ends(visit, [step.on for step in steps], frame),
    )


def _raw(steps: Sequence[Step]) -> list[tuple[int, float]]:
    """The figures without season; as they are where none has a year before to be compared with."""
    adjusted = [(place, step.adjusted) for place, step in enumerate(steps) if step.adjusted is not None]
    return adjusted or [(place, step.value) for place, step in enumerate(steps) if step.value is not None]


def _limits(steps: Sequence[Step], judged: Charted, side: Side) -> list[tuple[int, float]]:
    """The limit of the smoothed line on a side, where leaving the centre is bad."""
    found = []
    for place, step in enumerate(steps):
        if step.smoothed is not None and side in judged.watch.better.bad_sides(step.smoothed.centre):
            ends = step.smoothed.limits
            found.append((place, ends.lo if side is Side.LOW else ends.hi))
    return found


def _lines(frame: Frame, found: Sequence[tuple[int, float]], kind: Kind, steps: Sequence[Step]) -> list[Line]:
    """One line for each stretch under one baseline."""
    stretches: list[list[tuple[int, float]]] = []
    before = None
    for place, value in found:
        if not stretches or steps[place].baseline != before:
            stretches.append([])
        stretches[-1].append((place, value))
        before = steps[place].baseline
    return [frame.line(stretch, kind) for stretch in stretches]


def _ends(visit: Visit, days: Sequence[date], frame: Frame) -> tuple[Tick, ...]:
    first = Tick("0%", "start", day(days[0], visit.locale, "short"))
    if len(days) == 1:
        return (first,)
    return first, Tick(frame.x(len(days) - 1), "end", day(days[-1], visit.locale, "short"))


def _named(discs: Sequence[Disc], frame: Frame) -> tuple[Tick, ...]:
    places = range(len(discs)) if len(discs) <= MOST_NAMED else (0, len(discs) - 1)
    return tuple(Tick(frame.x(place), "middle", discs[place].name) for place in places)


def _signal_title(visit: Visit, course: KpiCourse, judged: Charted, limits: dict[Side, list[tuple[int, float]]]) -> str:
    """What the line chart says: steps, centre, limit, signal."""
    steps = judged.course.steps
    facts = {
        "kpi": in_locale(course.kpi.name, visit.locale),
        "place": course.subject.name,
        "steps": count_of(visit, len(steps), course.series.length),
    }
    baseline = steps[-1].baseline if steps else None
    if baseline is None:
        return said(visit, "{kpi} in {place}, {steps}: still being learnt", **facts)
    near = [found[-1][1] for found in limits.values() if found]
    told = {
        **facts,
        "centre": value_of(visit, course.kpi, baseline.mean),
        "limit": " / ".join(value_of(visit, course.kpi, value) for value in near) or "–",
    }
    on = course.finding.on
    if on is None or course.finding.is_gain:
        return said(visit, "{kpi} in {place}, {steps}: centre {centre}, limit {limit}, no signal", **told)
    signal = day(on, visit.locale)
    return said(
        visit, "{kpi} in {place}, {steps}: centre {centre}, limit {limit}, signal {signal}", **told, signal=signal
    )


def _rounds_title(visit: Visit, course: KpiCourse, judged: Compared) -> str:
    told = ", ".join(
        f"{period(one.first, one.last, visit.locale)} {score(one.value, visit.locale)} ({points_range(one.lo, one.hi)})"
        for one in judged.told
    )
    return f"{in_locale(course.kpi.name, visit.locale)}: {told}"
