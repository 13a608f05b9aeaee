"""The course of a KPI at a subject: the finding first, the picture under it, and accepting a new level."""

from collections.abc import Sequence
from dataclasses import field

from fastapi import Request, Response

from app.accounts.rules import Action, require
from app.deferred import dataclass
from app.followup.commands import accept_shift, take_back_shift
from app.followup.intake import parse_shift
from app.followup.queries import get_course, length_name
from app.followup.values import Charted, Compared, KpiCourse, Shift, Told
from app.http.access import SIGNED_IN, access
from app.http.doors import posted
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.infra.formats import day, period, points_range, score
from app.infra.lines import LineChart
from app.organisation.queries import load_subjects
from app.organisation.values import SubjectId
from app.papers.prompt_words import questions_of
from app.scoring.courses import Step
from app.scoring.movers import Mover
from app.scoring.steps import Length
from app.web import course_words as words
from app.web.course_chart import ranges_chart, rounds_chart, signal_chart, values_chart
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.render import Flash, flash_for, page, said, see_other
from app.words import in_locale

router = Pages()

DONE = {
    "accepted": Flash("good", "The new level is accepted.", "From that day on the usual level is learnt afresh."),
    "taken_back": Flash("good", "The accepted level is taken back.", "The course is judged as before."),
}
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that the page of a course prints, in the reader's language."""

    title: str
    lead: str
    state: str
    red: str
    chart: LineChart | None
    heads: Row
    rows: Sequence[Row]
    facts: Sequence[tuple[str, str]]
    moved: Sequence[Row] = ()
    pictures: Sequence[LineChart] = ()
    costs: Sequence[str] = ()
    chance: str = ""
    questions: Sequence[str] = ()
    series: Sequence[tuple[str, str, bool]] = ()
    shifts: Sequence[Shift] = field(default_factory=tuple)


@router.get("/kpis/{kpi_id}/course/{subject_id}")
@access(SIGNED_IN)
def show_course(request: Request, kpi_id: str, subject_id: str) -> Response:
    with reading(request) as (session, visit):
        course = _course(session, visit, kpi_id, subject_id)
    return page(
        visit,
        "pages/courses/course.html",
        flash=flash_for(visit, DONE),
        course=course,
        base=_base(course),
        kpi_name=in_locale(course.kpi.name, visit.locale),
        shown=_shown(visit, course),
    )


@router.get("/kpis/{kpi_id}/course/{subject_id}/accept")
@access(Action.KPIS_WRITE)
def show_accept(request: Request, kpi_id: str, subject_id: str) -> Response:
    with reading(request) as (session, visit):
        course = _course(session, visit, kpi_id, subject_id)
        began = course.finding.began
        return _accept_page(session, visit, course, fresh({"starts_on": began.isoformat() if began else None}))


@router.post("/kpis/{kpi_id}/course/{subject_id}/accept")
@access(Action.KPIS_WRITE)
def accept(request: Request, kpi_id: str, subject_id: str) -> Response:
    form = posted(request)
    try:
        draft = parse_shift(nested(form), posted=True)
        with writing(request) as (session, visit):
            accept_shift(session, visit.viewer, kpi_id, subject_id, draft, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            course = _course(session, visit, kpi_id, subject_id)
            return _accept_page(session, visit, course, refused(visit, form, error))
    return see_other(f"/kpis/{kpi_id}/course/{subject_id}", done="accepted")


@router.get("/kpis/{kpi_id}/course/{subject_id}/shifts/{shift_id}/take-back")
@access(Action.KPIS_WRITE)
def show_take_back(request: Request, kpi_id: str, subject_id: str, shift_id: str) -> Response:
    with reading(request) as (session, visit):
        course = _course(session, visit, kpi_id, subject_id)
        _require_write(session, visit, course)
    shift = next((one for one in course.shifts if one.id == shift_id), None)
    if shift is None:
        return see_other(_base(course))
    return page(visit, "pages/courses/take_back.html", course=course, base=_base(course), shift=shift)


@router.post("/kpis/{kpi_id}/course/{subject_id}/shifts/{shift_id}/take-back")
@access(Action.KPIS_WRITE)
def take_back(request: Request, kpi_id: str, subject_id: str, shift_id: str) -> Response:
    with writing(request) as (session, visit):
        take_back_shift(session, visit.viewer, shift_id, now=visit.now)
    return see_other(f"/kpis/{kpi_id}/course/{subject_id}", done="taken_back")


def _course(session: ReadSession, visit: Visit, kpi_id: str, subject_id: str) -> KpiCourse:
    length = visit.query.get("series", "")
    return get_course(session, visit.viewer, kpi_id, subject_id, length=length, on=visit.today)


def _require_write(session: ReadSession, visit: Visit, course: KpiCourse) -> None:
    subject = load_subjects(session, [course.subject.id], on=visit.today)[SubjectId(course.subject.id)]
    require(visit.viewer, Action.KPIS_WRITE, subject.path)


def _accept_page(session: ReadSession, visit: Visit, course: KpiCourse, form: Filled) -> Response:
    _require_write(session, visit, course)
    name = in_locale(course.kpi.name, visit.locale)
    return page(
        visit,
        "pages/courses/accept.html",
        status=form.status,
        form=form,
        course=course,
        base=_base(course),
        kpi_name=name,
    )


def _base(course: KpiCourse) -> str:
    return f"/kpis/{course.kpi.id}/course/{course.subject.id}"


# ------------------------------------------------------------ what is shown


def _shown(visit: Visit, course: KpiCourse) -> Shown:
    finding, judged, length = course.finding, course.judged, course.series.length
    item = (course.series.item_names or {}).get(finding.item_id or "")
    return Shown(
        title=words.title_of(visit, course.kpi, course.subject, finding, course.red),
        lead=words.lead_of(visit, finding, length, item),
        state="gain" if finding.is_gain else finding.state.value,
        red=words.red_of(visit, course.kpi, course.red),
        chart=_chart(visit, course),
        heads=_heads(visit, course),
        rows=_rows(visit, course),
        facts=_facts(visit, course),
        moved=_moved(visit, course),
        pictures=_pictures(visit, course),
        costs=words.costs_of(visit, judged, length) if isinstance(judged, Charted) else (),
        chance="" if course.chance is None else words.chance_of(visit, course.kpi, course.chance, length),
        questions=questions_of(visit, course.prompts),
        series=_series(visit, course),
        shifts=course.shifts,
    )


def _chart(visit: Visit, course: KpiCourse) -> LineChart | None:
    if isinstance(course.judged, Charted):
        return signal_chart(visit, course, course.judged)
    return None if course.judged is None else rounds_chart(visit, course, course.judged)


def _pictures(visit: Visit, course: KpiCourse) -> Sequence[LineChart]:
    if not isinstance(course.judged, Charted):
        return ()
    found = (values_chart(visit, course, course.judged), ranges_chart(visit, course, course.judged))
    return [chart for chart in found if chart is not None]


def _series(visit: Visit, course: KpiCourse) -> Sequence[tuple[str, str, bool]]:
    """The series as tabs, the finest first; none where there is one only."""
    if len(course.lengths) < 2:
        return ()
    order = [*Length, None]
    lengths = sorted(course.lengths, key=order.index)
    base = _base(course)
    chosen = course.series.length
    return [(words.series_name(visit, one), f"{base}?series={length_name(one)}", one is chosen) for one in lengths]


def _facts(visit: Visit, course: KpiCourse) -> Sequence[tuple[str, str]]:
    """What stands beside the chart: the latest figure, the usual one, the limit, since when."""
    finding, judged = course.finding, course.judged
    latest = next((told for told in reversed(course.series.told) if told.value is not None), None)
    found = []
    if latest is not None:
        found.append((said(visit, "Latest"), words.value_of(visit, course.kpi, latest.value)))
    if isinstance(judged, Charted) and judged.course.steps and judged.course.steps[-1].baseline is not None:
        baseline = judged.course.steps[-1].baseline
        found.append((said(visit, "Usual level"), words.value_of(visit, course.kpi, baseline.mean)))
        learnt = words.count_of(visit, baseline.n, course.series.length)
        found.append((said(visit, "Learnt from"), learnt))
    if course.red is not None:
        found.append((said(visit, "Red line"), words.line_of(visit, course.kpi, course.red.limits)))
    if finding.began is not None:
        found.append((said(visit, "Probably since"), day(finding.began, visit.locale)))
    if finding.on is not None:
        found.append((said(visit, "Noticed"), day(finding.on, visit.locale)))
    return found


def _heads(visit: Visit, course: KpiCourse) -> Row:
    if isinstance(course.judged, Compared):
        return tuple(said(visit, head) for head in ("Period", "Score", "Probably", "Difference", "What it means"))
    return tuple(said(visit, head) for head in ("Period", "Value", "Smoothed", "Limit", "State"))


def _rows(visit: Visit, course: KpiCourse) -> Sequence[Row]:
    judged = course.judged
    if isinstance(judged, Charted):
        return [_step_row(visit, course, judged, step) for step in judged.course.steps]
    return [] if judged is None else [_round_row(visit, judged, place) for place in range(len(judged.told))]


def _step_row(visit: Visit, course: KpiCourse, judged: Charted, step: Step) -> Row:
    smoothed = step.smoothed
    sides = () if smoothed is None else judged.watch.better.bad_sides(smoothed.centre)
    ends = [] if smoothed is None else [smoothed.limits.lo if side == "low" else smoothed.limits.hi for side in sides]
    return (
        day(step.on, visit.locale),
        words.value_of(visit, course.kpi, step.value),
        words.value_of(visit, course.kpi, None if smoothed is None else smoothed.value),
        " / ".join(words.value_of(visit, course.kpi, end) for end in ends) or "–",
        said(visit, _STATES[step.state.value]),
    )


_STATES = {"learning": "Learning", "in_control": "In control", "signal": "Signal"}


def _round_row(visit: Visit, judged: Compared, place: int) -> Row:
    told: Told = judged.told[place]
    step = judged.steps[place - 1] if place else None
    move = None if step is None else step.move
    ends = None if move is None else move.interval
    return (
        period(told.first, told.last, visit.locale),
        score(told.value, visit.locale),
        points_range(told.lo, told.hi),
        "–" if move is None else _change(visit, move.difference),
        said(visit, _meaning(judged, place)) if ends is not None or place else "–",
    )


def _change(visit: Visit, points: float) -> str:
    """A difference with its sign."""
    told = score(abs(points), visit.locale)
    if told == "0":
        return told
    return ("+" if points > 0 else "\N{MINUS SIGN}") + told


def _meaning(judged: Compared, place: int) -> str:
    step = judged.steps[place - 1]
    if step.move is None:
        return "Not comparable"
    if step.cause is not None:
        return "Signal"
    return "Changed" if step.is_real else "Chance could explain it"


def _moved(visit: Visit, course: KpiCourse) -> Sequence[Row]:
    """What each item and rater group adds to the shift, the largest part first."""
    judged = course.judged
    if not isinstance(judged, Charted) or judged.moved is None:
        return ()
    return [_mover_row(visit, course, mover) for mover in judged.moved.movers]


def _mover_row(visit: Visit, course: KpiCourse, mover: Mover) -> Row:
    name = (course.series.item_names or {}).get(mover.item, {})
    return (
        in_locale(name, visit.locale),
        words.group_of(visit, mover.group),
        _change(visit, mover.shift),
        _change(visit, mover.part),
        said(visit, "Moved by itself" if mover.is_beyond else "Within its own noise"),
    )
