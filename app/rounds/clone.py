"""Asking again as before: a draft like a round that is there, for the period that follows it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.accounts.values import Viewer
from app.deferred import dataclass
from app.infra.database import WriteSession
from app.infra.formats import DEFAULT_ZONE, local_day
from app.journal.commands import record
from app.kpis.queries import load_kpis
from app.kpis.values import Kpi, KpiId, KpiKind, KpiState
from app.organisation.queries import load_subjects
from app.rounds.checks import SHORTEST
from app.rounds.commands import create_round, draft_of, set_groups, set_rated_subjects, set_round_kpis
from app.rounds.propose import propose_assignments
from app.rounds.queries import load_rated, take_round
from app.rounds.values import GroupPolicy, Round, RoundDraft, RoundKpi
from app.scoring.steps import span_after


@dataclass(frozen=True, slots=True)
class Asked:
    """What a round asked whom about."""

    groups: Sequence[GroupPolicy]
    kpis: Sequence[RoundKpi]
    rated: Sequence[str]


def clone_round(session: WriteSession, viewer: Viewer, round_id: str, *, now: datetime) -> Round:
    """Begin a draft with the scope, people, KPIs, groups, weights and texts of a round, and the next period.

    For who may write rounds at its scope. Opening, closing and reminders move as many days as the period does, at the
    same hour; where that time is over, the first period that can still be asked about is taken. KPIs that are not
    active and people who left are left out; who rates whom is proposed anew. Sends nothing. Not idempotent.
    """
    round_ = take_round(session, viewer, round_id, now=now)
    made = create_round(session, viewer, round_.company_id, _next(draft_of(round_), now=now), now=now)
    asked = Asked(round_.groups, round_.kpis, load_rated(session, round_.id))
    filled = fill_draft(session, viewer, made, asked, now=now)
    record(
        session,
        viewer.actor,
        "round.cloned",
        company_id=made.company_id,
        object_kind="round",
        object_id=made.id,
        details={"round_id": round_.id},
        now=now,
    )
    return filled


def fill_draft(session: WriteSession, viewer: Viewer, draft: Round, asked: Asked, *, now: datetime) -> Round:
    """Fill a draft with groups, KPIs and people of an earlier round, as far as they are still there, and propose who rates whom."""
    today = local_day(now)
    known = load_kpis(session, [one.kpi_id for one in asked.kpis], on=today)
    kpis = [one for one in asked.kpis if _is_asked(known[KpiId(one.kpi_id)])]
    subjects = load_subjects(session, asked.rated, on=today)
    there = {str(one.id) for one in subjects.values() if draft.scope_id in one.path and one.closed_on is None}
    set_groups(session, viewer, draft.id, asked.groups, now=now)
    set_round_kpis(session, viewer, draft.id, kpis, now=now)
    set_rated_subjects(session, viewer, draft.id, [one for one in asked.rated if one in there], now=now)
    propose_assignments(session, viewer, draft.id, now=now)
    return take_round(session, viewer, draft.id, now=now)


def _is_asked(kpi: Kpi) -> bool:
    return kpi.kind is KpiKind.SOFT and kpi.state is KpiState.ACTIVE


def _next(draft: RoundDraft, *, now: datetime) -> RoundDraft:
    """The same for the next period; for a later one while there would be no time to answer."""
    moved = _moved(draft)
    while moved.closes_at - now < SHORTEST:
        moved = _moved(moved)
    return moved


def _moved(draft: RoundDraft) -> RoundDraft:
    first, last = span_after(draft.period_start, draft.period_end)
    days = first - draft.period_start
    return replace(
        draft,
        external_id=None,
        period_start=first,
        period_end=last,
        opens_at=_later(draft.opens_at, days),
        closes_at=_later(draft.closes_at, days),
        reminders=tuple(_later(at, days) for at in draft.reminders),
    )


def _later(at: datetime, days: timedelta) -> datetime:
    """So many days later at the same hour on the wall, whatever the clocks did in between."""
    local = at.astimezone(DEFAULT_ZONE)
    return (local.replace(tzinfo=None) + days).replace(tzinfo=DEFAULT_ZONE).astimezone(UTC)
