"""Every SELECT of the value report: for who reads the results of a unit, about everything that hangs below it today."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, func, not_, or_, select

from app.accounts.rules import Action, may, require, roots
from app.accounts.values import Viewer
from app.decisions.idle import load_idle
from app.decisions.tables import DecisionCaseRow
from app.decisions.values import Choice
from app.errors import NotFound
from app.followup.relations import name_of
from app.infra.database import ReadSession
from app.kpis.queries import get_kpi, load_company_kpis, load_kpis
from app.kpis.values import Kpi, KpiKind, RaterGroup
from app.organisation.paths import below, load_paths, load_subjects
from app.organisation.values import UNIT_KINDS, Subject, SubjectId
from app.plans.effect import Judged, load_effects
from app.plans.tables import ActionPlanRow
from app.plans.values import PlanState
from app.releases.gate import load_waiting
from app.rounds.recipe import kpis_in
from app.rounds.tables import AssignmentRow, RoundRow, RoundSubjectRow
from app.rounds.values import AssignmentSource, RoundState
from app.summaries.values import Place
from app.worth import rules
from app.worth.values import AskedForms, CaseFact, Facts, PlanFact, WorthReport


def get_worth(
    session: ReadSession, viewer: Viewer, kpi_id: str, *, subject_id: str | None = None, on: date
) -> WorthReport:
    """What one KPI led to at a unit: the one named, else the highest whose results the viewer reads.

    Of a hard KPI for who reads readings there as well.
    """
    kpi = get_kpi(session, viewer, kpi_id, on=on)
    unit = _unit(session, viewer, kpi.company_id, subject_id, on=on)
    if kpi.kind is KpiKind.HARD:
        require(viewer, Action.READINGS_READ, unit.path)
    return _report(session, viewer, unit, [kpi], on=on)


def list_worths(
    session: ReadSession, viewer: Viewer, company_id: str, *, subject_id: str | None = None, on: date
) -> WorthReport:
    """What the KPIs in use or at rest led to at a unit: first those that took most time and led to no decision."""
    unit = _unit(session, viewer, company_id, subject_id, on=on)
    reads_hard = may(viewer, Action.READINGS_READ, unit.path)
    kpis = load_company_kpis(session, company_id, on=on).values()
    return _report(session, viewer, unit, [kpi for kpi in kpis if reads_hard or kpi.kind is KpiKind.SOFT], on=on)


def list_worth_units(session: ReadSession, viewer: Viewer, company_id: str, *, on: date) -> tuple[Place, ...]:
    """The highest units whose results a viewer reads, to choose from; the one that is shown unasked first."""
    return tuple(Place(one.id, one.kind, one.name) for one in _highest(session, viewer, company_id, on=on))


def _unit(session: ReadSession, viewer: Viewer, company_id: str, subject_id: str | None, *, on: date) -> Subject:
    if subject_id is None:
        found = _highest(session, viewer, company_id, on=on)
        if not found:
            require(viewer, Action.RESULTS_READ, (company_id,))
            raise NotFound
        return found[0]
    unit = load_subjects(session, [subject_id], on=on).get(SubjectId(subject_id))
    if unit is None or unit.company_id != company_id or unit.kind not in UNIT_KINDS:
        raise NotFound
    require(viewer, Action.RESULTS_READ, unit.path)
    return unit


def _highest(session: ReadSession, viewer: Viewer, company_id: str, *, on: date) -> list[Subject]:
    is_whole = may(viewer, Action.RESULTS_READ, (company_id,))
    granted = load_subjects(session, [company_id] if is_whole else roots(viewer, Action.RESULTS_READ), on=on)
    units = [one for one in granted.values() if one.company_id == company_id and one.kind in UNIT_KINDS]
    return sorted(units, key=lambda one: (len(one.path), one.name.casefold(), one.id))


def _report(session: ReadSession, viewer: Viewer, unit: Subject, kpis: Sequence[Kpi], *, on: date) -> WorthReport:
    """As many statements for one KPI as for thirty."""
    since = rules.counts_since(on)
    ids = [str(kpi.id) for kpi in kpis]
    facts = Facts(
        cases=_cases(session, viewer, unit, ids, since=since, on=on),
        plans=_plans(session, viewer, unit, ids, since=since, on=on),
        minutes=_minutes(session, unit, ids, since=since, on=on),
        idle=load_idle(session, unit.company_id, ids, on=on),
    )
    told = (rules.worth_of(name_of(kpi), kpi.state, facts, on=on) for kpi in kpis)
    return WorthReport(Place(unit.id, unit.kind, unit.name), since, on, tuple(sorted(told, key=rules.worth_order)))


def _cases(
    session: ReadSession, viewer: Viewer, unit: Subject, kpi_ids: Collection[str], *, since: date, on: date
) -> tuple[CaseFact, ...]:
    """The cases that are open, or were decided since a day."""
    rows = session.execute(
        select(
            DecisionCaseRow.subject_id, DecisionCaseRow.kpi_id, DecisionCaseRow.choice, DecisionCaseRow.due_on
        ).where(
            DecisionCaseRow.kpi_id.in_(kpi_ids),
            or_(DecisionCaseRow.decided_on.is_(None), DecisionCaseRow.decided_on >= since),
        )
    ).all()
    read = _readable(session, viewer, unit, (row.subject_id for row in rows), on=on)
    return tuple(
        CaseFact(row.kpi_id, None if row.choice is None else Choice(row.choice), row.due_on)
        for row in rows
        if row.subject_id in read
    )


def _plans(
    session: ReadSession, viewer: Viewer, unit: Subject, kpi_ids: Collection[str], *, since: date, on: date
) -> tuple[PlanFact, ...]:
    """The plans that are open, or ended since a day; a dropped one is not judged by what happened."""
    rows = session.scalars(
        select(ActionPlanRow).where(
            ActionPlanRow.kpi_id.in_(kpi_ids),
            or_(ActionPlanRow.ended_on.is_(None), ActionPlanRow.ended_on >= since),
        )
    ).all()
    read = _readable(session, viewer, unit, (row.subject_id for row in rows), on=on)
    plans = [row for row in rows if row.subject_id in read]
    soft = {kpi.id for kpi in load_kpis(session, kpi_ids, on=on).values() if kpi.kind is KpiKind.SOFT}
    judged = [
        Judged(one.kpi_id, one.subject_id, one.started_on, one.check_on, one.expected, is_rated=one.kpi_id in soft)
        for one in plans
    ]
    effects = load_effects(session, judged, on=on)
    return tuple(
        PlanFact(
            one.kpi_id,
            PlanState(one.state),
            None if found is None or one.state == PlanState.DROPPED else found.verdict,
        )
        for one, found in zip(plans, effects, strict=True)
    )


def _readable(
    session: ReadSession, viewer: Viewer, unit: Subject, subject_ids: Iterable[str], *, on: date
) -> frozenset[str]:
    """Those of some subjects that hang at a unit or below it, and whose results the viewer reads.

    The viewer's own person is none of them while feedback about him waits for a talk.
    """
    waiting = {one.subject_id for one in load_waiting(session, viewer, on=on)}
    paths = load_paths(session, subject_ids, on=on)
    read = (one for one, path in paths.items() if unit.id in path and may(viewer, Action.RESULTS_READ, path))
    return frozenset(str(one) for one in read) - waiting


def _minutes(
    session: ReadSession, unit: Subject, kpi_ids: Collection[str], *, since: date, on: date
) -> Mapping[str, int]:
    """What forms of released rounds took, by KPI; past ratings that were brought in were forms as well.

    Whoever was asked counts, answered or not: who has declined or stayed silent is told to nobody. Rounds that are not
    released yet are left out, since some of them do not say how many are asked.
    """
    asked = {
        id_: kpis_in(recipe["kpis"])
        for id_, recipe in session.execute(
            select(RoundRow.id, RoundRow.recipe).where(
                RoundRow.company_id == unit.company_id,
                RoundRow.state == RoundState.RELEASED,
                RoundRow.period_end.between(since, on),
            )
        )
        if recipe is not None
    }
    rows = session.execute(_forms(asked, unit, on=on))
    forms = (
        AskedForms(round_id, group, frozenset(line["kpi_id"] for line in card), count)
        for round_id, group, card, count in rows
    )
    minutes = rules.minutes_by_kpi(forms, asked)
    return {kpi_id: minutes.get(kpi_id, 0) for kpi_id in kpi_ids}


def _forms(round_ids: Collection[str], unit: Subject, *, on: date) -> Select[Any]:
    """How many forms there were by round, group and card, since the cards are few and the people many; visits are no forms."""
    is_visit = (AssignmentRow.rater_group == RaterGroup.MYSTERY_SHOPPER) & (
        AssignmentRow.source == AssignmentSource.ENCOUNTER
    )
    by = (AssignmentRow.round_id, AssignmentRow.rater_group, RoundSubjectRow.card)
    return (
        select(*by, func.count())
        .join(
            RoundSubjectRow,
            (RoundSubjectRow.round_id == AssignmentRow.round_id)
            & (RoundSubjectRow.subject_id == AssignmentRow.subject_id),
        )
        .where(
            AssignmentRow.round_id.in_(round_ids), not_(is_visit), AssignmentRow.subject_id.in_(below([unit.id], on=on))
        )
        .group_by(*by)
    )
