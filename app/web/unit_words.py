"""What an overview says in words and in its picture: who needs help with what, where it stands, how it got there."""

from collections.abc import Sequence

from app.decisions.values import DecisionCase
from app.deferred import dataclass
from app.followup.queries import length_name
from app.http.visit import Visit
from app.infra.formats import day, period, points_range, score
from app.infra.lines import LineChart
from app.organisation.values import SubjectKind
from app.overview.values import CoursePoint, OffCourse, Overview, Short, Standing
from app.papers.found_text import no_trend
from app.papers.result_words import reason
from app.releases.values import ScoreLevel
from app.summaries.values import ChangeFigure
from app.web import course_words as words
from app.web.course_chart import Disc, discs_chart
from app.web.decision_words import found_of, title_of
from app.web.render import said
from app.words import in_locale

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Help:
    """Something that somebody needs help with, and the one thing to do about it; texts but for `act` and `state`."""

    title: str
    note: str
    href: str
    state: str
    tone: str
    due: str = ""
    act: str = ""
    act_href: str = ""


def helps_of(visit: Visit, overview: Overview) -> list[Help]:
    """Cases by the day they are due, then what is off course and nobody has asked about, then what is short of a target."""
    asked = {(case.kpi.id, case.subject.id) for case in overview.cases}
    moving = [one for one in overview.off_course if one.case_id is None]
    known = asked | {(one.signal.kpi.id, one.signal.subject.id) for one in moving}
    return [
        *(_of_case(visit, case) for case in overview.cases),
        *(_of_signal(visit, one) for one in moving),
        *(_of_short(visit, one) for one in overview.short if (one.kpi.id, one.place.id) not in known),
    ]


def _of_case(visit: Visit, case: DecisionCase) -> Help:
    is_late = case.due_on < visit.today
    href = f"/decisions/{case.id}"
    return Help(
        title=title_of(visit, case),
        note=found_of(visit, case),
        href=href,
        state="Overdue" if is_late else "To be decided",
        tone="watch" if is_late else "accent",
        due=day(case.due_on, visit.locale, "weekday"),
        act="Decide" if case.may_decide else "",
        act_href=href,
    )


def _of_signal(visit: Visit, one: OffCourse) -> Help:
    signal = one.signal
    moved = words.lead_of(visit, signal.finding, signal.length, signal.item_name) if signal.finding.side else ""
    return Help(
        title=words.title_of(visit, signal.kpi, signal.subject, signal.finding, signal.red),
        note=" ".join(filter(None, (moved, words.red_of(visit, signal.kpi, signal.red)))),
        href=f"/kpis/{signal.kpi.id}/course/{signal.subject.id}?series={length_name(signal.length)}",
        state="Red line" if words.is_beyond(signal.red) else "Signal",
        tone="watch",
        act="Open a case" if one.may_ask else "",
        act_href=_ask(signal.kpi.id, signal.subject.id),
    )


def _of_short(visit: Visit, one: Short) -> Help:
    figure = one.figure
    sentence = "{score} (probably {ends}). The target is worth {target}."
    return Help(
        title=said(visit, "{place}: {kpi}", place=one.place.name, kpi=in_locale(one.kpi.name, visit.locale)),
        note=said(
            visit,
            sentence,
            score=score(figure.score, visit.locale),
            ends=points_range(figure.lo, figure.hi),
            target=score(one.target, visit.locale),
        ),
        href=f"/kpis/{one.kpi.id}/course/{one.place.id}",
        state="Short of target",
        tone="neutral",
        act="Open a case" if one.may_ask else "",
        act_href=_ask(one.kpi.id, one.place.id),
    )


def _ask(kpi_id: str, subject_id: str) -> str:
    return f"/decisions/new?kpi={kpi_id}&subject={subject_id}"


# ------------------------------------------------------------ where it stands


@dataclass(frozen=True, slots=True)
class StandingLine:
    """A row of the chart of where subjects stand; `level` is 0 for the unit itself."""

    name: str
    href: str
    level: int
    score: float | None
    lo: float | None
    hi: float | None
    coverage: float | None
    reason: str
    basis: str
    groups: Sequence[object] = ()


def standing_lines(visit: Visit, overview: Overview) -> list[StandingLine]:
    """The unit itself, what hangs under it, and the units under that, in the order of the organisation."""
    lines = [_line(visit, overview.standing, 0)]
    for branch in overview.branches:
        lines.append(_line(visit, branch.standing, 1))
        lines += [_line(visit, one, 2) for one in branch.below]
    return lines


def _line(visit: Visit, standing: Standing, level: int) -> StandingLine:
    figure, told = standing.figure, standing.told
    href = f"/overview/{standing.place.id}" if level else ""
    if told is not None and (not level or standing.place.kind is SubjectKind.PERSON):
        href = f"/results/{told.release_id}/subjects/{standing.place.id}"
    if figure is None:
        nothing = said(visit, "Nothing is released yet")
        return StandingLine(standing.place.name, href, level, None, None, None, None, "", nothing)
    why = reason(visit, figure, level=ScoreLevel.COMPOSITE)
    return StandingLine(standing.place.name, href, level, figure.score, figure.lo, figure.hi, figure.coverage, why, "")


# ------------------------------------------------------------ how it got there


def course_chart(visit: Visit, overview: Overview) -> LineChart | None:
    """The composite of every round with its interval; none before there is one."""
    course = overview.course
    if not any(point.figure.score is not None for point in course):
        return None
    discs = [Disc(_period(visit, point), point.figure.score, point.figure.lo, point.figure.hi) for point in course]
    places = {point.told.release_id: place for place, point in enumerate(course)}
    pairs = [
        (places[point.since_id], place)
        for place, point in enumerate(course)
        if point.since_id in places and point.change is not None and point.change.reason is None
    ]
    drawn = [(one, other) for one, other in pairs if None not in {discs[one].value, discs[other].value}]
    return discs_chart(finding_of(visit, overview), discs, drawn)


def finding_of(visit: Visit, overview: Overview) -> str:
    """What the course says in one sentence; what is withheld last stays unsaid."""
    latest = next((one for one in reversed(overview.course) if one.figure.score is not None), None)
    if latest is None:
        return said(visit, "No composite score yet")
    figure = latest.figure
    told = said(
        visit,
        "Composite score of {place}, {period}: {score}, probably {ends}.",
        place=overview.place.name,
        period=_period(visit, latest),
        score=score(figure.score, visit.locale),
        ends=points_range(figure.lo, figure.hi),
    )
    if latest.change is None:
        return told
    return said(visit, "{finding} {change}.", finding=told, change=change_words(visit, latest.change))


def change_words(visit: Visit, change: ChangeFigure) -> str:
    """A change: its points where more than chance is behind it, else why there are none."""
    if change.reason is not None:
        return no_trend(visit, change.reason).rstrip(".")
    if not change.is_real or change.points is None:
        return said(visit, "No change beyond chance")
    sentence = "Up {points} points" if change.points > 0 else "Down {points} points"
    return said(visit, sentence, points=score(abs(change.points), visit.locale))


COURSE_HEADS = ("Period", "Score", "Probably", "Coverage", "Change")


def course_heads(visit: Visit) -> Row:
    """The heads of the table behind the picture."""
    return tuple(said(visit, head) for head in COURSE_HEADS)


def course_rows(visit: Visit, overview: Overview, share: Sequence[str]) -> list[Row]:
    """The table behind the picture, the latest round last; `share` is the coverage of each as it is printed."""
    return [_row(visit, point, covered) for point, covered in zip(overview.course, share, strict=True)]


def _row(visit: Visit, point: CoursePoint, covered: str) -> Row:
    figure = point.figure
    why = reason(visit, figure, level=ScoreLevel.COMPOSITE)
    withheld = said(visit, "Withheld: {reason}", reason=why) if why else ""
    return (
        _period(visit, point),
        score(figure.score, visit.locale),
        withheld or points_range(figure.lo, figure.hi),
        covered,
        "–" if point.change is None else change_words(visit, point.change),
    )


def _period(visit: Visit, point: CoursePoint) -> str:
    return period(point.told.period_start, point.told.period_end, visit.locale)
