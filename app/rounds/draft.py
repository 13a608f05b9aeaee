"""What a draft asks about: rater groups with policies, KPIs with weights, and who is rated."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from app.accounts.values import Viewer
from app.errors import FieldError, Invalid
from app.fields import NO_CHOICE
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import is_id
from app.kpis.queries import load_kpis
from app.kpis.values import Kpi, KpiId, KpiKind, KpiState
from app.organisation.queries import load_subjects
from app.organisation.values import SubjectId
from app.rounds import checks, rules
from app.rounds.queries import load_round, take_round
from app.rounds.tables import AssignmentRow, RoundGroupRow, RoundKpiRow, RoundRow, RoundSubjectRow
from app.rounds.values import GroupPolicy, Round, RoundKpi

OUTSIDE = "Choose subjects inside the scope of the round."


def set_groups(
    session: WriteSession, viewer: Viewer, round_id: str, groups: Sequence[GroupPolicy], *, now: datetime
) -> Round:
    """Choose the rater groups of a draft with mode and minimums, in place of those it has.

    For who may write rounds at its scope. Assignments and weights of groups that go are taken away. Idempotent.
    """
    round_ = _draft(session, viewer, round_id, now=now)
    problems = checks.policy_problems(groups)
    if problems:
        raise Invalid(problems)
    kept = [policy.rater_group for policy in groups]
    session.execute(delete(RoundGroupRow).where(RoundGroupRow.round_id == round_.id))
    session.execute(
        delete(AssignmentRow).where(AssignmentRow.round_id == round_.id, AssignmentRow.rater_group.not_in(kept))
    )
    if groups:
        session.execute(insert(RoundGroupRow), [_group_values(round_.id, policy) for policy in groups])
    _write_kpis(session, round_.id, [_narrowed(one, kept) for one in round_.kpis])
    _touch(session, round_.id)
    return load_round(session, round_.id)


def set_round_kpis(
    session: WriteSession, viewer: Viewer, round_id: str, kpis: Sequence[RoundKpi], *, now: datetime
) -> Round:
    """Choose the KPIs of a draft, in place of those it has; without weights a KPI brings its own.

    For who may write rounds at its scope. Only active soft KPIs of the company; weights of groups that the round
    does not have are refused, those that a KPI brings are left out. Idempotent.
    """
    round_ = _draft(session, viewer, round_id, now=now)
    known = load_kpis(session, [one.kpi_id for one in kpis if is_id(one.kpi_id)], on=local_day(now))
    groups = [policy.rater_group for policy in round_.groups]
    chosen = [_weighed(one, known, groups) for one in kpis]
    problems = [
        problem
        for place, one in enumerate(chosen)
        for problem in _kpi_problems(round_, f"kpis.{place}", one, known, groups)
    ]
    if len({one.kpi_id for one in kpis}) != len(kpis):
        problems.append(FieldError("kpis", checks.GROUP_TWICE))
    if problems:
        raise Invalid(problems)
    _write_kpis(session, round_.id, chosen)
    _touch(session, round_.id)
    return load_round(session, round_.id)


def set_rated_subjects(
    session: WriteSession, viewer: Viewer, round_id: str, subject_ids: Sequence[str], *, now: datetime
) -> Round:
    """Choose who is rated in a draft, in place of those chosen before; assignments about others are taken away.

    For who may write rounds at its scope; every subject lies inside it today. Idempotent.
    """
    round_ = _draft(session, viewer, round_id, now=now)
    wanted = dict.fromkeys(subject_ids)
    found = load_subjects(session, wanted, on=local_day(now))
    inside = {one.id: one for one in found.values() if round_.scope_id in one.path and one.closed_on is None}
    outside = [place for place, subject_id in enumerate(wanted) if subject_id not in inside]
    if outside:
        raise Invalid([FieldError(f"subject_ids.{place}", OUTSIDE) for place in outside[:100]])
    session.execute(delete(RoundSubjectRow).where(RoundSubjectRow.round_id == round_.id))
    chosen = [inside[SubjectId(subject_id)] for subject_id in wanted]
    if chosen:
        session.execute(
            insert(RoundSubjectRow),
            [
                {
                    "round_id": round_.id,
                    "subject_id": subject.id,
                    "is_rated": True,
                    "parent_id": subject.parent_id,
                    "kind": subject.kind,
                    "name": subject.name,
                    "card": [],
                    "targets": {},
                }
                for subject in chosen
            ],
        )
    rated = select(RoundSubjectRow.subject_id).where(RoundSubjectRow.round_id == round_.id)
    session.execute(
        delete(AssignmentRow).where(AssignmentRow.round_id == round_.id, AssignmentRow.subject_id.not_in(rated))
    )
    _touch(session, round_.id)
    return load_round(session, round_.id)


def _draft(session: WriteSession, viewer: Viewer, round_id: str, *, now: datetime) -> Round:
    round_ = take_round(session, viewer, round_id, now=now)
    rules.require_draft(round_)
    return round_


def _touch(session: WriteSession, round_id: str) -> None:
    session.execute(update(RoundRow).where(RoundRow.id == round_id).values(version=RoundRow.version + 1))


def _group_values(round_id: str, policy: GroupPolicy) -> dict[str, Any]:
    return {
        "round_id": round_id,
        "rater_group": policy.rater_group,
        "mode": policy.mode,
        "k": policy.k,
        "comment_k": policy.comment_k,
    }


def _narrowed(one: RoundKpi, groups: Sequence[str]) -> RoundKpi:
    return RoundKpi(one.kpi_id, {group: weight for group, weight in one.weights.items() if group in groups})


def _weighed(one: RoundKpi, known: Mapping[KpiId, Kpi], groups: Sequence[str]) -> RoundKpi:
    kpi = known.get(KpiId(one.kpi_id))
    return one if one.weights or kpi is None else _narrowed(RoundKpi(one.kpi_id, kpi.current.rater_weights), groups)


def _kpi_problems(
    round_: Round, field: str, one: RoundKpi, known: Mapping[KpiId, Kpi], groups: Sequence[Any]
) -> list[FieldError]:
    kpi = known.get(KpiId(one.kpi_id))
    if kpi is None or kpi.company_id != round_.company_id or kpi.kind is not KpiKind.SOFT:
        return [FieldError(f"{field}.kpi_id", NO_CHOICE)]
    if kpi.state is not KpiState.ACTIVE:
        return [FieldError(f"{field}.kpi_id", checks.NOT_ACTIVE)]
    return checks.weight_problems(one.weights, groups, f"{field}.weights")


def _write_kpis(session: WriteSession, round_id: str, kpis: Sequence[RoundKpi]) -> None:
    session.execute(delete(RoundKpiRow).where(RoundKpiRow.round_id == round_id))
    rows = [
        {"round_id": round_id, "kpi_id": one.kpi_id, "position": place, "weights": dict(one.weights)}
        for place, one in enumerate(kpis)
    ]
    if rows:
        session.execute(insert(RoundKpiRow), rows)
