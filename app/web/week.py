"""What waits for whoever is signed in, in three lists: to decide, to talk about, to collect; the first due first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from app.accounts.rules import Action, may
from app.decisions.idle import load_idle
from app.decisions.queries import list_cases
from app.decisions.values import CaseCause, CaseFilter, CaseState, DecisionCase
from app.deferred import dataclass
from app.focus.queries import list_proposals, load_focus
from app.focus.values import Focus
from app.http.visit import Visit
from app.infra.database import ReadSession
from app.infra.formats import day, instant, local_day
from app.infra.paging import PageRequest
from app.kpis.queries import load_company_kpis
from app.kpis.values import KpiState
from app.organisation.paths import load_paths
from app.organisation.queries import load_people_of
from app.organisation.values import Subject, SubjectId
from app.plans.queries import list_plans
from app.plans.values import PlanFilter, PlanState
from app.recovery.queries import list_cases as list_customers
from app.recovery.values import CaseState as CustomerState
from app.rounds.nominations import list_nominations
from app.rounds.queries import list_rounds, track_round
from app.rounds.values import Round, RoundState
from app.scoring.bands import Band
from app.talks.queries import list_due_talks
from app.talks.values import DueTalk, TalkTask
from app.web.decision_words import found_of, title_of
from app.web.focus import FocusLine, focus_lines
from app.web.render import said
from app.web.standing import Standing, asked_of, paths_of, standing_of
from app.web.tracker import GroupLine, group_line
from app.words import in_locale

FEW = PageRequest(limit=5)
MOST_TALKS = 8
_WAITING: Mapping[RoundState, Action] = {RoundState.OPEN: Action.ROUNDS_READ, RoundState.DRAFT: Action.ROUNDS_WRITE}
"""Rounds of which states wait for somebody, and for whom: those who may do this."""
_TALKS: Mapping[TalkTask, tuple[str, str]] = {
    TalkTask.ARRANGE: ("The summary is released. Set a day for the talk about it.", "Set the day"),
    TalkTask.HOLD: ("The talk is set, and its agenda is written.", "See the agenda"),
    TalkTask.READ: ("The summary is open. Read it, and reply if you like.", "Read it"),
    TalkTask.SIGN: ("What was agreed waits for you to sign it.", "See what was agreed"),
}
_WARNS = ("Signal", "watch")
_BADGES: Mapping[CaseCause, tuple[str, str]] = {
    CaseCause.SIGNAL: _WARNS,
    CaseCause.RED_LINE: ("Red line", "watch"),
    CaseCause.BY_HAND: ("Question", "accent"),
}


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that waits: by when, what it is, and the one thing to do about it.

    stands_in : for whom the viewer does it as a deputy; empty where it is his own
    badge : English word and tone; none where nothing needs to be said
    groups : how far each rater group of a round has come
    """

    due_on: date
    due: str
    title: str
    text: str
    act: str
    href: str
    stands_in: str = ""
    badge: tuple[str, str] | None = None
    more: tuple[str, str] | None = None
    groups: Sequence[GroupLine] = ()


@dataclass(frozen=True, slots=True)
class Week:
    """The three lists, each the first due first, what is red in the own focus after what is due; and that focus itself.

    `stands_in_for` are the managers whose lists they hold, too.
    """

    decide: Sequence[Task]
    talk: Sequence[Task]
    collect: Sequence[Task]
    focus: Sequence[FocusLine] = ()
    focus_href: str = ""
    stands_in_for: Sequence[str] = ()

    @property
    def count(self) -> int:
        """How much there is."""
        return len(self.decide) + len(self.talk) + len(self.collect)


def week_of(session: ReadSession, visit: Visit, company: Subject) -> Week:
    """What waits for the viewer in a company."""
    standing = standing_of(session, visit)
    decide = (
        *_cases(session, visit, company, standing),
        *_plans(session, visit, company, standing),
        *_idle(session, visit, company, standing),
    )
    talk = (*_talks(session, visit, standing), *_customers(session, visit), *_wanted_focus(session, visit))
    collect = (*_rounds(session, visit, company, standing), *_proposals(session, visit))
    own = [one for one in load_focus(session, visit.viewer, visit.viewer.own_subjects, on=visit.today) if one.kpis]
    return Week(
        [*_in_order(decide), *(task for one in own for task in _red_focus(visit, one))],
        _in_order(talk),
        _in_order(collect),
        [line for one in own for line in focus_lines(visit, one)],
        f"/focus/{own[0].person.id}" if own else "",
        sorted(standing.names.values()),
    )


def _in_order(tasks: Iterable[Task]) -> list[Task]:
    return sorted(tasks, key=lambda task: task.due_on)


# ------------------------------------------------------------ to decide


def _cases(session: ReadSession, visit: Visit, company: Subject, standing: Standing) -> list[Task]:
    if not asked_of(visit):
        return []
    mine = CaseFilter(CaseState.OPEN, owner_ids=asked_of(visit))
    found = list_cases(session, visit.viewer, company.id, FEW, chosen=mine, on=visit.today)
    return [_case(visit, case, standing) for case in found.items]


def _case(visit: Visit, case: DecisionCase, standing: Standing) -> Task:
    is_late = case.due_on < visit.today
    return Task(
        due_on=case.due_on,
        due=_by(visit, case.due_on),
        title=title_of(visit, case),
        text=found_of(visit, case),
        act="Decide",
        href=f"/decisions/{case.id}",
        stands_in=standing.who(case.owner.id if case.owner is not None else None),
        badge=("Overdue", "watch") if is_late else _BADGES[case.cause],
        more=("See the course", f"/kpis/{case.kpi.id}/course/{case.subject.id}"),
    )


def _plans(session: ReadSession, visit: Visit, company: Subject, standing: Standing) -> list[Task]:
    """Plans of the viewer with something to do, or whose effect is to be looked at."""
    if not asked_of(visit):
        return []
    mine = PlanFilter(PlanState.OPEN, owner_ids=asked_of(visit))
    tasks = []
    for plan in list_plans(session, visit.viewer, company.id, FEW, chosen=mine, on=visit.today).items:
        left = [action for action in plan.actions if action.done_on is None]
        next_on = min((action.due_on for action in left), default=plan.check_on)
        text = min(left, key=lambda action: action.due_on).text if left else said(visit, "Look at what it did.")
        tasks.append(
            Task(
                due_on=next_on,
                due=_by(visit, next_on),
                title=plan.what,
                text=text,
                act="Open the plan",
                href=f"/plans/{plan.id}",
                stands_in=standing.who(plan.owner_id),
                badge=("Overdue", "watch") if next_on < visit.today else ("Plan", "neutral"),
            )
        )
    return tasks


def _idle(session: ReadSession, visit: Visit, company: Subject, standing: Standing) -> list[Task]:
    """KPIs that the viewer owns and that led to no decision for two quarters."""
    owners = {str(person.id): subject_id for subject_id, person in load_people_of(session, asked_of(visit)).items()}
    kpis = load_company_kpis(session, company.id, on=visit.today) if owners else {}
    mine = {kpi.id: kpi for kpi in kpis.values() if kpi.owner_id in owners and kpi.state is KpiState.ACTIVE}
    idle = load_idle(session, company.id, mine, on=visit.today) if mine else ()
    return [
        Task(
            due_on=visit.today,
            due="",
            title=said(visit, "{kpi} has led to nothing", kpi=in_locale(mine[kpi_id].current.name, visit.locale)),
            text=said(visit, "No decision in two quarters. Use it, change it or retire it."),
            act="See the KPI",
            href=f"/kpis/{kpi_id}",
            stands_in=standing.who(owners[mine[kpi_id].owner_id or ""]),
            badge=("Only statistics", "neutral"),
        )
        for kpi_id in sorted(mine.keys() & set(idle))
    ]


def _red_focus(visit: Visit, focus: Focus) -> list[Task]:
    """KPIs in the own focus that are at the floor or beyond their red line."""
    return [
        Task(
            due_on=visit.today,
            due="",
            title=said(visit, "{kpi} needs your attention", kpi=line.name),
            text=line.figure,
            act="See the course",
            href=line.href,
            badge=("In focus", "watch"),
        )
        for line in focus_lines(visit, focus)
        if line.band is Band.LOW
    ]


# ------------------------------------------------------------ to talk about


def _wanted_focus(session: ReadSession, visit: Visit) -> list[Task]:
    """KPIs that people whom the viewer leads propose for their focus."""
    return [
        Task(
            due_on=visit.today,
            due="",
            title=focus.person.name,
            text=said(visit, "Proposes {kpi} for the own focus.", kpi=in_locale(proposed.kpi.name, visit.locale)),
            act="Look at it",
            href=f"/focus/{focus.person.id}",
            badge=("Focus", "accent"),
        )
        for focus in list_proposals(session, visit.viewer, on=visit.today)
        if (proposed := focus.proposal) is not None
    ]


def _talks(session: ReadSession, visit: Visit, standing: Standing) -> list[Task]:
    """Talks about feedback that wait for the viewer: as who leads, or as the person."""
    due = list_due_talks(session, visit.viewer, on=visit.today)[:MOST_TALKS]
    places = paths_of(session, visit, standing, [one.subject.id for one in due])
    return [_talk(visit, one, "" if one.is_own else standing.at(places.get(one.subject.id, ()))) for one in due]


def _talk(visit: Visit, one: DueTalk, stands_in: str) -> Task:
    text, act = _TALKS[one.task]
    return Task(
        due_on=one.due_on,
        due=_by(visit, one.due_on),
        title=said(visit, "Your feedback") if one.is_own else one.subject.name,
        text=said(visit, text),
        act=act,
        href=f"/results/{one.release_id}/subjects/{one.subject.id}/talk",
        stands_in=stands_in,
        badge=("Overdue", "watch") if one.due_on < visit.today else ("Talk", "accent"),
    )


def _customers(session: ReadSession, visit: Visit) -> list[Task]:
    """Customers who wait to hear from the viewer."""
    return [
        Task(
            due_on=case.due_on,
            due=_by(visit, case.due_on),
            title=said(visit, "A customer waits to hear from you"),
            text=said(visit, "Somebody was not content and wants to be contacted."),
            act="See how",
            href=f"/cases/{case.id}",
            badge=("Overdue", "watch") if case.due_on < visit.today else None,
        )
        for case in list_customers(session, visit.viewer, FEW, state=CustomerState.OPEN).items
    ]


# ------------------------------------------------------------ to collect


def _rounds(session: ReadSession, visit: Visit, company: Subject, standing: Standing) -> list[Task]:
    """Rounds to follow, and drafts to go on with; how far it has come is told of the one that closes first."""
    listed = [
        one
        for state in _WAITING
        for one in list_rounds(session, visit.viewer, company.id, FEW, state=state, now=visit.now).items
    ]
    paths = load_paths(session, {one.scope_id for one in listed}, on=visit.today)
    # Whoever reads by which rules is asked need not be told who has answered.
    found = [one for one in listed if may(visit.viewer, _WAITING[one.state], paths.get(SubjectId(one.scope_id), ()))]
    ordered = sorted((one for one in found if one.state is RoundState.OPEN), key=lambda one: one.closes_at)
    drafts = [one for one in found if one.state is RoundState.DRAFT]
    tasks = [_open_round(session, visit, one, with_groups=place == 0) for place, one in enumerate(ordered)]
    tasks += [_draft(visit, one) for one in drafts]
    return [
        replace(task, stands_in=standing.at(paths[SubjectId(one.scope_id)]))
        for task, one in zip(tasks, (*ordered, *drafts), strict=True)
    ]


def _open_round(session: ReadSession, visit: Visit, round_: Round, *, with_groups: bool) -> Task:
    tracking = track_round(session, visit.viewer, round_.id, now=visit.now) if with_groups else None
    return Task(
        due_on=local_day(round_.closes_at),
        due=said(visit, "Closes {moment}.", moment=instant(round_.closes_at, visit.locale)),
        title=in_locale(round_.name, visit.locale),
        text="",
        act="Follow the round",
        href=f"/rounds/{round_.id}/tracker",
        groups=() if tracking is None else [group_line(visit, one) for one in tracking.groups],
    )


def _draft(visit: Visit, round_: Round) -> Task:
    return Task(
        due_on=local_day(round_.opens_at),
        due=said(visit, "Opens {moment}.", moment=instant(round_.opens_at, visit.locale)),
        title=in_locale(round_.name, visit.locale),
        text=said(visit, "A draft. Nothing is sent yet."),
        act="Go on with it",
        href=f"/rounds/{round_.id}",
        badge=("Draft", "neutral"),
    )


def _proposals(session: ReadSession, visit: Visit) -> list[Task]:
    """Proposed raters that wait for the viewer's approval."""
    waiting = list_nominations(session, visit.viewer, PageRequest(limit=1), now=visit.now).items
    if not waiting:
        return []
    return [
        Task(
            due_on=visit.today,
            due="",
            title=said(visit, "Proposed raters wait for your approval"),
            text=said(visit, "The round can start once you have looked at them."),
            act="See who",
            href="/nominations",
        )
    ]


def _by(visit: Visit, on: date) -> str:
    return said(visit, "By {day}", day=day(on, visit.locale, "weekday"))
