"""You said, we did: what came of a plan, told to everybody who was asked in the last release before it."""

from collections.abc import Collection
from datetime import date, datetime

from app.accounts.rules import Action, may, require
from app.accounts.values import Viewer
from app.deferred import dataclass
from app.infra.database import ReadSession, WriteSession
from app.infra.formats import local_day
from app.journal.commands import record
from app.kpis.values import RaterGroup
from app.mail.commands import enqueue_all
from app.mail.values import Mail
from app.organisation.paths import load_paths, load_subjects
from app.organisation.queries import load_people
from app.organisation.values import Person, PersonId, SubjectId
from app.plans import queries, rules
from app.plans.letters import we_did_letter
from app.plans.tables import ActionPlanRow, PlanLetterRow
from app.plans.values import ActionPlan, PlanState, WeDid
from app.rounds.queries import load_round
from app.words import Words


@dataclass(frozen=True, slots=True)
class Telling:
    """What raters were told of a plan and when, or whether the viewer may tell them, and whom: a round and its groups."""

    words: WeDid | None
    told_at: datetime | None
    may_tell: bool
    round_name: Words
    groups: tuple[RaterGroup, ...]


def load_telling(session: ReadSession, viewer: Viewer, plan: ActionPlan, *, on: date) -> Telling:
    """How far raters know what came of a plan, for who reads the plan."""
    told = queries.find_told(session, plan.id)
    if told is not None:
        return Telling(*told, may_tell=False, round_name={}, groups=())
    path = load_paths(session, [plan.subject.id], on=on)[SubjectId(plan.subject.id)]
    is_open = plan.state is PlanState.DONE and may(viewer, Action.DECISIONS_WRITE, path)
    round_id = _round_before(session, plan) if is_open else None
    if round_id is None:
        return Telling(None, None, may_tell=False, round_name={}, groups=())
    groups = _groups(session, plan, round_id)
    name = load_round(session, round_id).name
    return Telling(None, None, may_tell=bool(groups), round_name=name, groups=groups)


def sample_we_did(session: ReadSession, plan: ActionPlan, words: WeDid, *, locale: str, now: datetime) -> Mail:
    """The letter as it reads in a language, without the name of who gets it; for who reads the plan. Sends nothing."""
    somebody = Person(PersonId(""), SubjectId(plan.company_id), None, None, None, locale, None, None)
    return we_did_letter(somebody, plan, words, organisation=_organisation(session, plan, now=now), now=now)


def tell_raters(session: WriteSession, viewer: Viewer, plan_id: str, words: WeDid, *, now: datetime) -> int:
    """Tell everybody who was asked about a plan's KPI at its subject, in the last release before it; how many letters.

    For managers of the subject, once the plan is done and once only (ToldAlready). The letter goes to whoever was asked,
    not to those who answered, so that it tells nobody who did; opt-out, suppression and one letter a day hold as for
    every letter that comes unasked. Raises NobodyToTell where no released round asked about it.
    """
    today = local_day(now)
    plan = queries.get_plan(session, viewer, plan_id, on=today)
    require(
        viewer, Action.DECISIONS_WRITE, load_paths(session, [plan.subject.id], on=today)[SubjectId(plan.subject.id)]
    )
    session.get_one(ActionPlanRow, plan.id, with_for_update=True)
    telling = load_telling(session, viewer, plan, on=today)
    if telling.words is not None:
        raise rules.ToldAlready
    round_id = _round_before(session, plan)
    if not telling.may_tell or round_id is None:
        raise rules.NobodyToTell
    rated = queries.load_rated_inside(session, round_id, plan.subject.id, on=today)
    people = _reachable(session, queries.load_asked(session, round_id, rated, telling.groups))
    organisation = _organisation(session, plan, now=now)
    mails = [we_did_letter(one, plan, words, organisation=organisation, now=now) for one in people]
    session.add(
        PlanLetterRow(
            plan_id=plan.id,
            round_id=round_id,
            heard=dict(words.heard),
            did=dict(words.did),
            told_by=viewer.actor,
            told_at=now,
        )
    )
    session.flush()
    record(
        session,
        viewer.actor,
        "action_plan.told",
        company_id=plan.company_id,
        object_kind="action_plan",
        object_id=plan.id,
        details={"round_id": round_id},
        now=now,
    )
    return enqueue_all(session, mails, now=now)


def _round_before(session: ReadSession, plan: ActionPlan) -> str | None:
    return queries.find_last_round(session, plan.kpi.id, plan.subject.id, over_by=plan.started_on)


def _groups(session: ReadSession, plan: ActionPlan, round_id: str) -> tuple[RaterGroup, ...]:
    """The groups that were asked about the KPI; who rates himself knows."""
    round_ = load_round(session, round_id)
    weighed = {group for one in round_.kpis if one.kpi_id == plan.kpi.id for group in one.weights}
    asked = [policy.rater_group for policy in round_.groups]
    return tuple(group for group in asked if group in weighed and group is not RaterGroup.SELF)


def _reachable(session: ReadSession, person_ids: Collection[str]) -> list[Person]:
    found = load_people(session, person_ids)
    return sorted((one for one in found.values() if one.email), key=lambda one: one.id)


def _organisation(session: ReadSession, plan: ActionPlan, *, now: datetime) -> str:
    return load_subjects(session, [plan.company_id], on=local_day(now))[SubjectId(plan.company_id)].name
