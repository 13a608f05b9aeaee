"""Measuring again what a plan is about: a draft for the same rater groups, about the one KPI, after the plan began."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from app.accounts.rules import Action, may, require
from app.accounts.values import Viewer
from app.deferred import dataclass
from app.encounters.clone import Asked, fill_draft
from app.errors import NotFound
from app.infra.database import ReadSession, WriteSession
from app.infra.formats import DEFAULT_ZONE, local_day
from app.journal.commands import record
from app.kpis.queries import load_kpis
from app.kpis.values import KpiId, KpiKind, KpiState
from app.organisation.paths import load_subjects
from app.organisation.place import take_turn
from app.organisation.values import UNIT_KINDS, Subject, SubjectId
from app.plans import queries, rules
from app.plans.tables import PlanRoundRow
from app.plans.values import ActionPlan, PlanState
from app.rounds.commands import create_round
from app.rounds.queries import load_round, load_rounds
from app.rounds.values import Round, RoundDraft, RoundId, RoundState
from app.words import Words

OPENS_AT = time(8)
OPEN_FOR = timedelta(days=7)
REMINDED_AFTER = timedelta(days=4)
LONGEST_NAME = 100

_NAMES: Words = {"nb": "Ny måling: {kpi}, {subject}", "en": "Measured again: {kpi}, {subject}"}
_PURPOSE: Words = {
    "nb": "For å vite om det vi har gjort siden sist, hjelper",
    "en": "To know whether what we have done since last time helps",
}


@dataclass(frozen=True, slots=True)
class Again:
    """The rounds that measure a plan again, and whether the viewer may begin another one."""

    rounds: Sequence[Round]
    may_begin: bool


def load_again(session: ReadSession, viewer: Viewer, plan: ActionPlan, *, on: date) -> Again:
    """What measures a plan again, as far as the viewer may read rounds there."""
    subject = _subject(session, plan, on=on)
    found = load_rounds(session, plan.round_ids)
    rounds = [found[RoundId(one)] for one in plan.round_ids]
    kpi = load_kpis(session, [plan.kpi.id], on=on)[KpiId(plan.kpi.id)]
    is_wanted = plan.state is not PlanState.DROPPED and kpi.kind is KpiKind.SOFT and kpi.state is KpiState.ACTIVE
    may_begin = (
        is_wanted
        and may(viewer, Action.DECISIONS_WRITE, subject.path)
        and may(viewer, Action.ROUNDS_WRITE, _scope(subject))
        and all(one.state is RoundState.RELEASED for one in rounds)
    )
    may_read = may(viewer, Action.ROUNDS_READ, _scope(subject))
    return Again(rounds if may_read else (), may_begin and _last(session, plan) is not None)


def remeasure(session: WriteSession, viewer: Viewer, plan_id: str, *, now: datetime) -> Round:
    """Begin a draft about the subject and KPI of a plan alone, for the groups and modes of the last released round.

    For managers of the subject who may write rounds there. Its period begins the day after the plan did and ends on the
    day of the check or later; it opens that morning, for a week, and measures the same people. Load, minimums and the
    preview before the start are those of every round. Sends nothing. While such a round is not released there is no
    second one (MeasuredAgainAlready).
    """
    today = local_day(now)
    plan = queries.get_plan(session, viewer, plan_id, on=today)
    subject = _subject(session, plan, on=today)
    require(viewer, Action.DECISIONS_WRITE, subject.path)
    take_turn(session, plan.company_id)
    if any(one.state is not RoundState.RELEASED for one in load_rounds(session, plan.round_ids).values()):
        raise rules.MeasuredAgainAlready
    last_id = _last(session, plan)
    if last_id is None or not load_again(session, viewer, plan, on=today).may_begin:
        raise rules.NothingToMeasureAgain
    last = load_round(session, last_id)
    made = create_round(session, viewer, plan.company_id, _draft(plan, subject, last, now=now), now=now)
    kpis = [one for one in last.kpis if one.kpi_id == plan.kpi.id]
    groups = [policy for policy in last.groups if any(policy.rater_group in one.weights for one in kpis)]
    rated = queries.load_rated_inside(session, last.id, subject.id, on=today)
    filled = fill_draft(session, viewer, made, Asked(groups, kpis, rated), now=now)
    session.add(PlanRoundRow(plan_id=plan.id, round_id=made.id))
    session.flush()
    record(
        session,
        viewer.actor,
        "action_plan.measured_again",
        company_id=plan.company_id,
        object_kind="action_plan",
        object_id=plan.id,
        details={"round_id": made.id},
        now=now,
    )
    return filled


def _subject(session: ReadSession, plan: ActionPlan, *, on: date) -> Subject:
    found = load_subjects(session, [plan.subject.id], on=on).get(SubjectId(plan.subject.id))
    if found is None:
        raise NotFound
    return found


def _scope(subject: Subject) -> tuple[SubjectId, ...]:
    """The path to the unit in which a subject is asked about: itself, or the one that a person belongs to."""
    return subject.path if subject.kind in UNIT_KINDS else subject.path[:-1]


def _last(session: ReadSession, plan: ActionPlan) -> str | None:
    return queries.find_last_round(session, plan.kpi.id, plan.subject.id)


def _draft(plan: ActionPlan, subject: Subject, last: Round, *, now: datetime) -> RoundDraft:
    first, until = rules.days_to_ask_about(plan.started_on, plan.check_on, today=local_day(now))
    opens_at = max(now, datetime.combine(plan.check_on, OPENS_AT, DEFAULT_ZONE).astimezone(UTC))
    return RoundDraft(
        scope_id=_scope(subject)[-1],
        external_id=None,
        name={
            locale: name.format(kpi=plan.kpi.name[locale], subject=subject.name)[:LONGEST_NAME]
            for locale, name in _NAMES.items()
        },
        purpose=dict(_PURPOSE),
        asked_by=last.asked_by,
        period_start=first,
        period_end=until,
        opens_at=opens_at,
        closes_at=opens_at + OPEN_FOR,
        reminders=(opens_at + REMINDED_AFTER,),
        pooling=last.pooling,
        release_mode=last.release_mode,
        moderated_by=last.moderated_by,
    )
