"""The reads that say what plans did: figures from before and after each, beside those of others without one."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, select, tuple_

from app.accounts.rules import Action, may
from app.accounts.values import Viewer
from app.infra.database import ReadSession
from app.kpis.values import KpiKind
from app.organisation.paths import in_parts, load_paths
from app.organisation.tables import SubjectRow
from app.organisation.values import SubjectId
from app.plans.rules import Published, measured_effect, pair_for
from app.plans.tables import ActionPlanRow
from app.plans.values import ActionPlan, Measured, PlanId
from app.releases.gate import load_waiting
from app.releases.tables import ReleaseRow, ScoreRow
from app.releases.values import ScoreStatus
from app.rounds.tables import RoundRow


class Judged(NamedTuple):
    """Of a plan, what its effect follows from; `is_rated` says that people are asked (a soft KPI)."""

    kpi_id: str
    subject_id: str
    started_on: date
    check_on: date
    expected: float
    is_rated: bool


def find_effect(session: ReadSession, viewer: Viewer, plan: ActionPlan, *, on: date) -> Measured | None:
    """What a plan did, once there are figures from before it and after it; None until then.

    For who reads the results of its subject: whoever only owns the plan is told none.
    """
    return find_effects(session, viewer, [plan], on=on).get(plan.id)


def find_effects(
    session: ReadSession, viewer: Viewer, plans: Sequence[ActionPlan], *, on: date
) -> dict[PlanId, Measured]:
    """The same of many plans, in as many statements as for one; those are left out of which nothing can be told."""
    paths = load_paths(session, {plan.subject.id for plan in plans}, on=on)
    read = [plan for plan in plans if may(viewer, Action.RESULTS_READ, paths[SubjectId(plan.subject.id)])]
    judged = [
        Judged(one.kpi.id, one.subject.id, one.started_on, one.check_on, one.expected, one.kpi.kind is KpiKind.SOFT)
        for one in read
    ]
    waiting = load_waiting(session, viewer, {plan.subject.id for plan in read}, on=on)
    found = load_effects(session, judged, but={(one.round_id, one.subject_id) for one in waiting}, on=on)
    return {plan.id: one for plan, one in zip(read, found, strict=True) if one is not None}


def load_effects(
    session: ReadSession, plans: Sequence[Judged], *, but: Collection[tuple[str, str]] = (), on: date
) -> list[Measured | None]:
    """What plans did, in their order, whoever asks; as many statements for one as for a hundred.

    `but` are rounds and subjects whose figures of that round are left out.
    """
    of_these = _published(plans).where(ScoreRow.subject_id.in_({plan.subject_id for plan in plans}))
    if but:
        of_these = of_these.where(tuple_(RoundRow.id, ScoreRow.subject_id).not_in(sorted(but)))
    own = _figures(session, of_these)
    pairs = [_pair(plan, own[plan.kpi_id].values()) for plan in plans]
    releases = {one.release_id for pair in pairs if pair is not None for one in pair}
    if not releases:
        return [None] * len(plans)
    told = _figures(session, _published(plans).where(ScoreRow.release_id.in_(releases)))
    ids = {one.subject_id for of_kpi in told.values() for figures in of_kpi.values() for one in figures}
    beside = _Beside.load(session, plans, ids, on)
    found: list[Measured | None] = []
    for plan, pair in zip(plans, pairs, strict=True):
        if pair is None:
            found.append(None)
            continue
        before, after = ({one.subject_id: one for one in told[plan.kpi_id][each.release_id]} for each in pair)
        others = beside.of(plan, before.keys() & after.keys())
        found.append(measured_effect(pair, before, after, others, expected=plan.expected))
    return found


def _pair(plan: Judged, released: Iterable[Iterable[Published]]) -> tuple[Published, Published] | None:
    own = [one for figures in released for one in figures if one.subject_id == plan.subject_id]
    return pair_for(own, started_on=plan.started_on, check_on=plan.check_on, is_rated=plan.is_rated)


def _figures(session: ReadSession, query: Select[Any]) -> Mapping[str, Mapping[str, list[Published]]]:
    """Released figures by KPI and release."""
    found: defaultdict[str, defaultdict[str, list[Published]]] = defaultdict(lambda: defaultdict(list))
    for kpi_id, *figure in session.execute(query):
        one = Published(*figure)
        found[kpi_id][one.release_id].append(one)
    return found


def _published(plans: Iterable[Judged]) -> Select[Any]:
    columns: tuple[Any, ...] = (ScoreRow.subject_id, ScoreRow.release_id, RoundRow.period_start, RoundRow.period_end)
    return (
        select(ScoreRow.kpi_id, *columns, ScoreRow.score, ScoreRow.lo, ScoreRow.hi)
        .join(ReleaseRow, ReleaseRow.id == ScoreRow.release_id)
        .join(RoundRow, RoundRow.id == ReleaseRow.round_id)
        .where(
            ScoreRow.kpi_id.in_({plan.kpi_id for plan in plans}),
            ScoreRow.item_id.is_(None),
            ScoreRow.rater_groups == "",
            ScoreRow.status == ScoreStatus.OK,
        )
    )


class _Beside(NamedTuple):
    """Whom a plan is compared with: kinds and paths of subjects, and since when each was last without a plan."""

    kinds: Mapping[str, str]
    paths: Mapping[SubjectId, tuple[SubjectId, ...]]
    planned: Mapping[str, Sequence[tuple[str, date | None]]]

    @classmethod
    def load(cls, session: ReadSession, plans: Sequence[Judged], ids: Collection[str], on: date) -> "_Beside":
        kinds: dict[str, str] = {}
        for part in in_parts(ids):
            rows = session.execute(select(SubjectRow.id, SubjectRow.kind).where(SubjectRow.id.in_(part)))
            kinds |= dict(rows.all())
        planned: defaultdict[str, list[tuple[str, date | None]]] = defaultdict(list)
        columns = (ActionPlanRow.kpi_id, ActionPlanRow.subject_id, ActionPlanRow.ended_on)
        wanted = ActionPlanRow.kpi_id.in_({plan.kpi_id for plan in plans})
        for kpi_id, subject_id, ended_on in session.execute(select(*columns).where(wanted)):
            planned[kpi_id].append((subject_id, ended_on))
        return cls(kinds, load_paths(session, ids, on=on), planned)

    def of(self, plan: Judged, known: Iterable[str]) -> list[str]:
        """Subjects of the same kind, neither above nor below, that had no plan about the KPI in that time."""
        planned = {
            one for one, ended_on in self.planned[plan.kpi_id] if ended_on is None or ended_on >= plan.started_on
        }
        path = self.paths[SubjectId(plan.subject_id)]
        return sorted(
            one
            for one in known
            if one not in planned
            and one != plan.subject_id
            and self.kinds[one] == self.kinds[plan.subject_id]
            and plan.subject_id not in self.paths[SubjectId(one)]
            and SubjectId(one) not in path
        )
