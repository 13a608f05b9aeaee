"""The reads that say what a plan did: figures from before and after it, beside those of others without one."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, or_, select

from app.accounts.rules import Action, may
from app.accounts.values import Viewer
from app.infra.database import ReadSession
from app.organisation.paths import load_paths, load_subjects
from app.organisation.tables import SubjectRow
from app.organisation.values import Subject, SubjectId
from app.plans.rules import Published, measured_effect, pair_for
from app.plans.tables import ActionPlanRow
from app.plans.values import ActionPlan, Measured
from app.releases.tables import ReleaseRow, ScoreRow
from app.releases.values import ScoreStatus
from app.rounds.tables import RoundRow


def find_effect(session: ReadSession, viewer: Viewer, plan: ActionPlan, *, on: date) -> Measured | None:
    """What a plan did, once there are figures from before it and after it; None until then.

    For who reads the results of its subject: whoever only owns the plan is told none.
    """
    subject = load_subjects(session, [plan.subject.id], on=on)[SubjectId(plan.subject.id)]
    if not may(viewer, Action.RESULTS_READ, subject.path):
        return None
    pair = pair_for(_figures(session, plan.kpi.id, [subject.id]), started_on=plan.started_on, check_on=plan.check_on)
    if pair is None:
        return None
    before, after = ({one.subject_id: one for one in _figures_of(session, plan.kpi.id, each)} for each in pair)
    beside = _beside(session, subject, plan, before.keys() & after.keys(), on=on)
    return measured_effect(pair, before, after, beside, expected=plan.expected)


def _figures(session: ReadSession, kpi_id: str, subject_ids: Sequence[str]) -> list[Published]:
    """Every released figure of a KPI at some subjects."""
    return [Published(*row) for row in session.execute(_published(kpi_id).where(ScoreRow.subject_id.in_(subject_ids)))]


def _figures_of(session: ReadSession, kpi_id: str, figure: Published) -> list[Published]:
    """The figures of a KPI that were published together with one."""
    return [
        Published(*row) for row in session.execute(_published(kpi_id).where(ScoreRow.release_id == figure.release_id))
    ]


def _published(kpi_id: str) -> Select[Any]:
    columns: tuple[Any, ...] = (ScoreRow.subject_id, ScoreRow.release_id, RoundRow.period_start, RoundRow.period_end)
    return (
        select(*columns, ScoreRow.score, ScoreRow.lo, ScoreRow.hi)
        .join(ReleaseRow, ReleaseRow.id == ScoreRow.release_id)
        .join(RoundRow, RoundRow.id == ReleaseRow.round_id)
        .where(
            ScoreRow.kpi_id == kpi_id,
            ScoreRow.item_id.is_(None),
            ScoreRow.rater_groups == "",
            ScoreRow.status == ScoreStatus.OK,
        )
    )


def _beside(session: ReadSession, subject: Subject, plan: ActionPlan, known: Iterable[str], *, on: date) -> list[str]:
    """Subjects of the same kind, neither above nor below, that had no plan about the KPI in that time."""
    ids = [one for one in known if one != subject.id]
    rows = session.execute(select(SubjectRow.id, SubjectRow.kind).where(SubjectRow.id.in_(ids)))
    alike = [one for one, kind in rows if kind == subject.kind]
    planned = set(
        session.scalars(
            select(ActionPlanRow.subject_id).where(
                ActionPlanRow.kpi_id == plan.kpi.id,
                or_(ActionPlanRow.ended_on.is_(None), ActionPlanRow.ended_on >= plan.started_on),
            )
        )
    )
    paths = load_paths(session, alike, on=on)
    apart = (one for one in alike if subject.id not in paths[SubjectId(one)] and one not in subject.path)
    return sorted(one for one in apart if one not in planned)
