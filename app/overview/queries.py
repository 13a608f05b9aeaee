"""Every read of overviews: what waits at a unit and below it, and its people or units beside each other.

Whoever reads the results of a subject today reads its overview; everything in it is asked of the queries that own it,
so that a figure that waits for its person, or stays withheld, does so here as well. As many statements for one child,
person or round as for a hundred.
"""

from collections.abc import Collection, Mapping, Sequence
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
from app.organisation.queries import load_tree
from app.organisation.values import UNIT_KINDS, Subject, SubjectId, SubjectKind, Tree
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
)
from app.plans.queries import list_plans
from app.plans.values import PlanFilter, PlanState
from app.releases.gate import load_waiting
from app.releases.queries import load_latest_composites
from app.summaries.compose import figure_of
from app.summaries.found import Found
from app.summaries.values import Place
from app.talks.queries import list_due_talks

ALL = PageRequest(limit=MAX_LIMIT)


# ------------------------------------------------------------ the overview


def get_overview(session: ReadSession, viewer: Viewer, subject_id: str, *, on: date) -> Overview:
    """A unit or a person with everything that waits there; NotFound unless the viewer may read its results."""
    there = _there(session, viewer, subject_id, on=on)
    subject, inside = there.subject, frozenset(str(one.id) for one in there.inside)
    cases = list_cases(
        session, viewer, there.company_id, ALL, chosen=CaseFilter(CaseState.OPEN, subject_ids=inside), on=on
    ).items
    plans = list_plans(
        session, viewer, there.company_id, ALL, chosen=PlanFilter(PlanState.OPEN, subject_ids=inside), on=on
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
        talks=tuple(one for one in list_due_talks(session, viewer, on=on) if one.subject.id in inside),
    )


@dataclass(frozen=True, slots=True)
class _There:
    """A subject in the tree of today, with what the viewer may read there.

    inside : itself and everything below it; `near` what stands in the tree of the page
    """

    viewer: Viewer
    subject: Subject
    tree: Tree
    inside: tuple[Subject, ...]

    @property
    def company_id(self) -> str:
        return self.subject.company_id

    @property
    def above(self) -> tuple[Place, ...]:
        return tuple(_place(self.viewer, self.tree.subjects[one]) for one in self.subject.path[:-1])

    def children(self, subject_id: str, *kinds: SubjectKind) -> list[Subject]:
        known = {one.id: one for one in self.inside}
        found = [known[one] for one in self.tree.children(SubjectId(subject_id)) if one in known]
        return [one for one in found if one.kind in kinds]

    @property
    def near(self) -> list[Subject]:
        units = self.children(self.subject.id, *UNIT_KINDS)
        people = self.children(self.subject.id, SubjectKind.PERSON)
        return [*units, *(one for unit in units for one in self.children(unit.id, *UNIT_KINDS)), *people]


def _there(session: ReadSession, viewer: Viewer, subject_id: str, *, on: date) -> _There:
    subject = load_subjects(session, [subject_id], on=on).get(SubjectId(subject_id))
    if subject is None or subject.kind not in {*UNIT_KINDS, SubjectKind.PERSON}:
        raise NotFound
    if not may(viewer, Action.RESULTS_READ, subject.path):
        raise NotFound
    tree = load_tree(session, subject.company_id, on=on)
    if subject.id not in tree.subjects:
        raise NotFound
    found = [tree.subjects[one] for one in tree.subtree(subject.id)]
    inside = [one for one in found if one.kind is not SubjectKind.COMPETITOR]
    return _There(viewer, subject, tree, tuple(one for one in inside if may(viewer, Action.RESULTS_READ, one.path)))


def _place(viewer: Viewer, subject: Subject) -> Place:
    is_read = may(viewer, Action.RESULTS_READ, subject.path)
    return Place(subject.id, subject.kind, subject.name, is_read)


def _standings(
    session: ReadSession, viewer: Viewer, subjects: Sequence[Subject], *, on: date
) -> Mapping[SubjectId, Standing]:
    """The latest composites; of whom no release says anything, none."""
    latest = load_latest_composites(session, viewer, [one.id for one in subjects], on=on)
    releases = {str(release.id) for release, _ in latest.values()}
    rounds, told = rows.load_told_rounds(session, releases), rows.load_told_of(session, releases, list(latest))
    found = {}
    for subject in subjects:
        release, score = latest.get(subject.id, (None, None))
        place = _place(viewer, subject)
        if release is None or score is None or (release.id, subject.id) not in told:
            found[subject.id] = Standing(place)
        else:
            found[subject.id] = Standing(place, rounds[release.id], figure_of(score))
    return found


def _branches(there: _There, standings: Mapping[SubjectId, Standing]) -> tuple[Branch, ...]:
    direct = there.children(there.subject.id, *UNIT_KINDS, SubjectKind.PERSON)
    return tuple(
        Branch(standings[one.id], tuple(standings[under.id] for under in there.children(one.id, *UNIT_KINDS)))
        for one in sorted(direct, key=lambda one: one.kind is SubjectKind.PERSON)
    )


def _course(session: ReadSession, viewer: Viewer, subject: Subject, *, on: date) -> tuple[CoursePoint, ...]:
    found = rows.load_composites_of(session, viewer, subject.id, on=on)
    releases = [told.release_id for told, _ in found]
    told_there = rows.load_told_of(session, releases, [subject.id])
    documents = rows.load_documents(session, releases, subject.id)
    waiting = {one.round_id for one in load_waiting(session, viewer, [subject.id], on=on)}
    points = []
    for told, score in found:
        if (told.release_id, subject.id) in told_there:
            known = Found(documents.get(told.release_id, {}))
            since = known.since()
            change = None if since is None or since.round_id in waiting else known.change(None)
            since_id = None if since is None or change is None else since.release_id
            points.append(CoursePoint(told, figure_of(score), change, since_id))
    return rules.course_of(points)


# ------------------------------------------------------------ what is off course


def _off_course(
    session: ReadSession, there: _There, cases: Collection[DecisionCase], *, on: date
) -> tuple[OffCourse, ...]:
    """What moves or is beyond its red line at the unit, at units below it, and of the people directly in it."""
    watched = [one for one in there.inside if one.kind in UNIT_KINDS]
    watched += [one for one in there.inside if one.kind is SubjectKind.PERSON and _is_direct(there.subject, one)]
    waiting = load_waiting(session, there.viewer, on=on)
    kept_back = {one.subject_id for one in waiting}
    free = [one for one in watched if one.id not in kept_back]
    signals = load_signals_at(session, there.viewer, there.company_id, free, on=on)
    own = [one for one in watched if one.id in kept_back]
    if own:
        rounds = {one.round_id for one in waiting}
        signals += load_signals_at(session, there.viewer, there.company_id, own, but=rounds, on=on)
    asked = {(case.kpi.id, case.subject.id): str(case.id) for case in cases}
    return tuple(
        OffCourse(one, asked.get((one.kpi.id, one.subject.id)), _may_ask(there, one.subject.id))
        for one in signals
        if _is_bad(one)
    )


def _is_bad(signal: Signal) -> bool:
    is_red = signal.red is not None and signal.red.since is not None
    return is_red or (signal.finding.side is not None and not signal.finding.is_gain)


def _is_direct(subject: Subject, one: Subject) -> bool:
    return subject.id in {one.id, one.parent_id}


def _may_ask(there: _There, subject_id: str) -> bool:
    return may(there.viewer, Action.DECISIONS_WRITE, there.tree.subjects[SubjectId(subject_id)].path)


def _short(
    session: ReadSession, there: _There, course: Sequence[CoursePoint], cases: Collection[DecisionCase], *, on: date
) -> tuple[Short, ...]:
    """What hangs directly there and is short of a target beyond doubt, in the latest round about the unit."""
    if not course:
        return ()
    map_ = load_side_by_side(session, there.viewer, there.company_id, there.subject.id, course[-1].told, on=on)
    asked = {(case.kpi.id, case.subject.id): str(case.id) for case in cases}
    lines = map_.rows if there.subject.kind in UNIT_KINDS else [one for one in (map_.unit,) if one is not None]
    return rules.shortest(
        Short(
            line.place,
            kpi,
            cell.figure,
            cell.target,
            line.place.id in there.tree.subjects and _may_ask(there, line.place.id),
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
    there = _there(session, viewer, unit_id, on=on)
    if there.subject.kind not in UNIT_KINDS:
        raise NotFound
    rounds = tuple(point.told for point in reversed(_course(session, viewer, there.subject, on=on)))
    chosen = next((one for one in rounds if release_id in {None, one.release_id}), None)
    if release_id is not None and chosen is None:
        raise NotFound
    found = SideBySide((), None, ())
    if chosen is not None:
        found = load_side_by_side(session, viewer, there.company_id, there.subject.id, chosen, on=on)
    ids = [kpi.id for kpi in found.columns]
    if sort and sort.removeprefix("-") not in rules.orders(ids):
        raise Invalid([FieldError("sort", UNKNOWN, ", ".join(rules.orders(ids)))])
    return HeatMap(
        place=_place(viewer, there.subject),
        company_id=there.company_id,
        above=there.above,
        told=chosen,
        columns=found.columns,
        unit=found.unit,
        rows=rules.in_order(found.rows, ids, sort),
        rounds=rounds,
        sort=sort,
    )
