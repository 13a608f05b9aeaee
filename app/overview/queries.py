"""Every read of overviews: what waits at a unit and below it, and its people or units beside each other.

Whoever reads the results of a subject today reads its overview; everything in it is asked of the queries that own it,
so that a figure that waits for its person, or stays withheld, does so here as well. As many statements for one child,
person or round as for a hundred.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date

from app.accounts.rules import Action, may
from app.accounts.values import Viewer
from app.decisions.queries import list_cases
from app.decisions.values import CaseFilter, CaseState, DecisionCase
from app.deferred import dataclass
from app.errors import FieldError, Invalid, NotFound
from app.fields import UNKNOWN
from app.followup.queries import load_signals_at
from app.followup.values import Signal
from app.infra.database import ReadSession
from app.infra.paging import MAX_LIMIT, PageRequest
from app.organisation.paths import load_subjects
from app.organisation.trees import load_members, load_paths_inside, load_units
from app.organisation.values import UNIT_KINDS, Subject, SubjectId, SubjectKind
from app.overview import rows, rules
from app.overview.sides import SideBySide, load_side_by_side
from app.overview.values import (
    Branch,
    CoursePoint,
    HeatMap,
    OffCourse,
    Overview,
    Short,
    Standing,
    ToldRound,
)
from app.plans.queries import list_plans
from app.plans.values import PlanFilter, PlanState
from app.releases.gate import load_waiting
from app.summaries.compose import figure_of
from app.summaries.found import Found
from app.summaries.values import Place
from app.talks.queries import list_due_talks
from app.talks.values import DueTalk

ALL = PageRequest(limit=MAX_LIMIT)


# ------------------------------------------------------------ the overview


def get_overview(
    session: ReadSession, viewer: Viewer, subject_id: str, *, most: int | None = None, on: date
) -> Overview:
    """A unit or a person with everything that waits there; NotFound unless the viewer may read its results.

    Of units and people below it tells of all, or of the nearest, `most` at most, and says how many there are. Cases,
    plans and talks that wait are there whoever they are about.
    """
    whole = _there(session, viewer, subject_id, on=on)
    there = whole if most is None else whole.nearest(most)
    subject = there.subject
    cases = list_cases(
        session, viewer, there.company_id, ALL, chosen=CaseFilter(CaseState.OPEN, inside_id=subject.id), on=on
    ).items
    plans = list_plans(
        session, viewer, there.company_id, ALL, chosen=PlanFilter(PlanState.OPEN, inside_id=subject.id), on=on
    ).items
    standings = _standings(session, viewer, [subject, *there.near], on=on)
    course = _course(session, viewer, subject, on=on)
    return Overview(
        place=_place(viewer, subject),
        company_id=there.company_id,
        above=there.above,
        standing=standings[subject.id],
        branches=_branches(there, standings),
        course=course,
        off_course=_off_course(session, there, cases, on=on),
        short=_short(session, there, course, cases, on=on),
        cases=cases,
        plans=plans,
        talks=_talks(session, there, on=on),
        told_of=len(there.below),
        in_all=len(whole.below),
    )


@dataclass(frozen=True, slots=True)
class _There:
    """A subject as it hangs today, with what the viewer may read there.

    above : the units from the company down, readable or not
    units : itself, if it is one, and those below it, in the order of the tree
    people : those directly in it, or the person itself
    """

    viewer: Viewer
    subject: Subject
    above: tuple[Place, ...]
    units: tuple[Subject, ...]
    people: tuple[Subject, ...]

    @property
    def company_id(self) -> str:
        return self.subject.company_id

    @property
    def below(self) -> tuple[Subject, ...]:
        """Units and people but for itself."""
        return tuple(one for one in (*self.units, *self.people) if one.id != self.subject.id)

    def nearest(self, most: int) -> "_There":
        """The same with those below it that are nearest."""
        kept = {self.subject.id, *(one.id for one in rules.nearest(self.subject, self.below, most))}
        units, people = (tuple(one for one in some if one.id in kept) for some in (self.units, self.people))
        return replace(self, units=units, people=people)

    def children(self, unit_id: str) -> list[Subject]:
        return [one for one in self.units if one.parent_id == unit_id]

    @property
    def near(self) -> list[Subject]:
        """What stands in the tree of the page, units first."""
        direct = self.children(self.subject.id)
        below = [one for unit in direct for one in self.children(unit.id)]
        return [*direct, *below, *(one for one in self.people if one.id != self.subject.id)]


def _there(session: ReadSession, viewer: Viewer, subject_id: str, *, on: date) -> _There:
    subject = _read(session, viewer, subject_id, on=on)
    if subject.kind is SubjectKind.PERSON:
        return _there_alone(session, viewer, subject, on=on)
    units = {one.id: one for one in load_units(session, subject.company_id, on=on)}
    if subject.id not in units:
        raise NotFound
    below = (one for one in units.values() if subject.id in one.path)
    people = load_members(session, subject, on=on)
    return _There(
        viewer,
        subject,
        tuple(_place(viewer, units[one]) for one in subject.path[:-1]),
        # Who reads a unit reads every unit below it: only of people not everybody is read by who reads their unit.
        tuple(below),
        tuple(one for one in people if may(viewer, Action.RESULTS_READ, one.path)),
    )


def _read(session: ReadSession, viewer: Viewer, subject_id: str, *, on: date) -> Subject:
    """A unit or a person whose results the viewer reads; NotFound otherwise."""
    subject = load_subjects(session, [subject_id], on=on).get(SubjectId(subject_id))
    if subject is None or subject.kind not in {*UNIT_KINDS, SubjectKind.PERSON}:
        raise NotFound
    if not may(viewer, Action.RESULTS_READ, subject.path):
        raise NotFound
    return subject


def _there_alone(session: ReadSession, viewer: Viewer, person: Subject, *, on: date) -> _There:
    """A person, who has nothing below; NotFound once it hangs nowhere."""
    return _There(viewer, person, _above(session, viewer, person, on=on), (), (person,))


def _above(session: ReadSession, viewer: Viewer, subject: Subject, *, on: date) -> tuple[Place, ...]:
    """The units above a subject; NotFound once it hangs nowhere."""
    if not load_paths_inside(session, subject.id, [subject.id], on=on):
        raise NotFound
    above = load_subjects(session, subject.path[:-1], on=on)
    return tuple(_place(viewer, above[one]) for one in subject.path[:-1])


def _place(viewer: Viewer, subject: Subject) -> Place:
    is_read = may(viewer, Action.RESULTS_READ, subject.path)
    return Place(subject.id, subject.kind, subject.name, is_read)


def _standings(
    session: ReadSession, viewer: Viewer, subjects: Sequence[Subject], *, on: date
) -> Mapping[SubjectId, Standing]:
    """The latest composites; of whom no release says anything, none."""
    latest = rows.load_latest_composites(session, viewer, [one.id for one in subjects], on=on)
    releases = {str(release.id) for release, _ in latest.values()}
    rounds = rows.load_told_rounds(session, releases)
    found = {}
    for subject in subjects:
        release, score = latest.get(subject.id, (None, None))
        place = _place(viewer, subject)
        if release is None or score is None:
            found[subject.id] = Standing(place)
        else:
            found[subject.id] = Standing(place, rounds[release.id], figure_of(score))
    return found


def _branches(there: _There, standings: Mapping[SubjectId, Standing]) -> tuple[Branch, ...]:
    people = [one for one in there.people if one.id != there.subject.id]
    return tuple(
        Branch(standings[one.id], tuple(standings[under.id] for under in there.children(one.id)))
        for one in (*there.children(there.subject.id), *people)
    )


def _course(session: ReadSession, viewer: Viewer, subject: Subject, *, on: date) -> tuple[CoursePoint, ...]:
    rounds = _rounds(session, viewer, subject, on=on)
    releases = [told.release_id for told in rounds]
    scores = rows.load_composites_in(session, releases, subject.id)
    documents = rows.load_documents(session, releases, subject.id)
    waiting = {one.round_id for one in load_waiting(session, viewer, [subject.id], on=on)}
    points = []
    for told in rounds:
        known = Found(documents.get(told.release_id, {}))
        since = known.since()
        change = None if since is None or since.round_id in waiting else known.change(None)
        since_id = None if since is None or change is None else since.release_id
        points.append(CoursePoint(told, figure_of(scores[told.release_id]), change, since_id))
    return tuple(points)


def _rounds(session: ReadSession, viewer: Viewer, subject: Subject, *, on: date) -> tuple[ToldRound, ...]:
    return rules.course_of(rows.load_rounds_about(session, viewer, subject.id, on=on))


def _talks(session: ReadSession, there: _There, *, on: date) -> tuple[DueTalk, ...]:
    """The talks that wait for the viewer with somebody who hangs there or below it and whose results he reads."""
    due = list_due_talks(session, there.viewer, on=on)
    paths = load_paths_inside(session, there.subject.id, {one.subject.id for one in due}, on=on)
    read = {str(one) for one, path in paths.items() if may(there.viewer, Action.RESULTS_READ, path)}
    return tuple(one for one in due if one.subject.id in read)


# ------------------------------------------------------------ what is off course


def _off_course(
    session: ReadSession, there: _There, cases: Collection[DecisionCase], *, on: date
) -> tuple[OffCourse, ...]:
    """What moves or is beyond its red line at the unit, at units below it, and of the people directly in it."""
    watched = [*there.units, *there.people]
    waiting = load_waiting(session, there.viewer, on=on)
    kept_back = {one.subject_id for one in waiting}
    free = [one for one in watched if one.id not in kept_back]
    signals = load_signals_at(session, there.viewer, there.company_id, free, on=on)
    own = [one for one in watched if one.id in kept_back]
    if own:
        rounds = {one.round_id for one in waiting}
        signals += load_signals_at(session, there.viewer, there.company_id, own, but=rounds, on=on)
    asked = {(case.kpi.id, case.subject.id): str(case.id) for case in cases}
    paths = {str(one.id): one.path for one in watched}
    return tuple(
        OffCourse(one, asked.get((one.kpi.id, one.subject.id)), _may_ask(there, paths[one.subject.id]))
        for one in signals
        if _is_bad(one)
    )


def _is_bad(signal: Signal) -> bool:
    is_red = signal.red is not None and signal.red.since is not None
    return is_red or (signal.finding.side is not None and not signal.finding.is_gain)


def _may_ask(there: _There, path: Sequence[str]) -> bool:
    return may(there.viewer, Action.DECISIONS_WRITE, path)


def _short(
    session: ReadSession, there: _There, course: Sequence[CoursePoint], cases: Collection[DecisionCase], *, on: date
) -> tuple[Short, ...]:
    """What hangs directly there and is short of a target beyond doubt, in the latest round about the unit."""
    if not course:
        return ()
    map_ = load_side_by_side(session, there.viewer, there.company_id, there.subject.id, course[-1].told, on=on)
    asked = {(case.kpi.id, case.subject.id): str(case.id) for case in cases}
    lines = map_.rows if there.subject.kind in UNIT_KINDS else [one for one in (map_.unit,) if one is not None]
    # They hung here at the launch of the round, and may hang elsewhere or nowhere today.
    paths = load_paths_inside(session, there.company_id, [line.place.id for line in lines], on=on)
    return rules.shortest(
        Short(
            line.place,
            kpi,
            cell.figure,
            cell.target,
            _may_ask(there, paths.get(SubjectId(line.place.id), ())),
            asked.get((kpi.id, line.place.id)),
        )
        for line in lines
        for kpi, cell in zip(map_.columns, line.cells, strict=True)
        if cell is not None
    )


# ------------------------------------------------------------ beside each other


def get_heat_map(
    session: ReadSession, viewer: Viewer, unit_id: str, *, release_id: str | None = None, sort: str = "", on: date
) -> HeatMap:
    """The figures of what hung directly under a unit, of its latest round or of a chosen one.

    NotFound unless the viewer may read the results of the unit, or where it has no such round; Invalid where the rows
    cannot be sorted by that.
    """
    unit = _read(session, viewer, unit_id, on=on)
    if unit.kind not in UNIT_KINDS:
        raise NotFound
    above = _above(session, viewer, unit, on=on)
    rounds = tuple(reversed(_rounds(session, viewer, unit, on=on)))
    chosen = next((one for one in rounds if release_id in {None, one.release_id}), None)
    if release_id is not None and chosen is None:
        raise NotFound
    found = SideBySide((), None, ())
    if chosen is not None:
        found = load_side_by_side(session, viewer, unit.company_id, unit.id, chosen, on=on)
    ids = [kpi.id for kpi in found.columns]
    if sort and sort.removeprefix("-") not in rules.orders(ids):
        raise Invalid([FieldError("sort", UNKNOWN, ", ".join(rules.orders(ids)))])
    return HeatMap(
        place=_place(viewer, unit),
        company_id=unit.company_id,
        above=above,
        told=chosen,
        columns=found.columns,
        unit=found.unit,
        rows=rules.in_order(found.rows, ids, sort),
        rounds=rounds,
        sort=sort,
    )
