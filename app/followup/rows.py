"""Rows of follow-up read in bulk, whoever asks: released figures of KPIs over all rounds, and what was set by hand."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import and_, select

from app.followup.series import Released
from app.followup.tables import ShiftRow, WatchRow
from app.followup.values import Method, Shift, WatchSetting
from app.infra.database import ReadSession
from app.releases.queries import IS_TOLD, SCORE_COLUMNS, score_of
from app.releases.tables import ReleaseRow, ScoreRow
from app.rounds.recipe import kpis_in
from app.rounds.tables import RoundRow, RoundSubjectRow
from app.rounds.values import FrozenKpi, RoundState
from app.scoring.seasons import Season

_IS_WHOLE = and_(ScoreRow.item_id.is_(None), ScoreRow.rater_groups == "")
_ROUND = (RoundRow.id, ReleaseRow.id, RoundRow.period_start, RoundRow.period_end, ReleaseRow.sealed_at)


def load_released(
    session: ReadSession,
    company_id: str,
    *,
    since: date,
    kpi_ids: Collection[str],
    subject_ids: Collection[str],
    with_items: bool = False,
) -> list[Released]:
    """The rows about KPIs at subjects that tell or withhold something, of rounds about days since one.

    Of the KPIs as a whole; with items those of items and groups as well, which are many times as many.
    """
    query = (
        select(*_ROUND, *SCORE_COLUMNS)
        .join(ReleaseRow, ReleaseRow.round_id == RoundRow.id)
        .join(ScoreRow, ScoreRow.release_id == ReleaseRow.id)
        .where(
            ReleaseRow.company_id == company_id,
            RoundRow.period_start >= since,
            ScoreRow.subject_id.in_(subject_ids),
            ScoreRow.kpi_id.in_(kpi_ids),
            IS_TOLD,
        )
    )
    if not with_items:
        query = query.where(_IS_WHOLE)
    return [
        Released(round_id, release_id, first, last, sealed_at, score_of(*figure))
        for round_id, release_id, first, last, sealed_at, *figure in map(list[Any], session.execute(query))
    ]


def load_told_at(
    session: ReadSession, company_id: str, kpi_id: str, subject_ids: Collection[str], *, since: date
) -> frozenset[str]:
    """Those of some subjects of whom anything is told or withheld about a KPI, in rounds about days since one."""
    query = (
        select(ScoreRow.subject_id)
        .join(ReleaseRow, ReleaseRow.id == ScoreRow.release_id)
        .join(RoundRow, RoundRow.id == ReleaseRow.round_id)
        .where(
            ReleaseRow.company_id == company_id,
            RoundRow.period_start >= since,
            ScoreRow.subject_id.in_(subject_ids),
            ScoreRow.kpi_id == kpi_id,
            IS_TOLD,
        )
    )
    return frozenset(session.scalars(query.distinct()))


def load_asked(session: ReadSession, round_ids: Iterable[str], kpi_ids: Collection[str]) -> dict[str, list[FrozenKpi]]:
    """KPIs as they were frozen, by round; those that nobody was asked about or that were not measured are left out."""
    query = select(RoundRow.id, RoundRow.recipe).where(RoundRow.id.in_(set(round_ids)))
    found: dict[str, list[FrozenKpi]] = {}
    for round_id, recipe in session.execute(query):
        wanted = [kpi for kpi in recipe["kpis"] if kpi["kpi_id"] in kpi_ids]
        found[round_id] = [kpi for kpi in kpis_in(wanted) if kpi.weights or kpi.measure is not None]
    return found


def load_periods_under_way(session: ReadSession, subject_id: str, *, on: date) -> list[tuple[date, date]]:
    """The periods of rounds that hold a day, cover a subject and are not released."""
    query = (
        select(RoundRow.period_start, RoundRow.period_end)
        .join(RoundSubjectRow, RoundSubjectRow.round_id == RoundRow.id)
        .where(
            RoundSubjectRow.subject_id == subject_id,
            RoundRow.period_start <= on,
            RoundRow.period_end >= on,
            RoundRow.state.in_([RoundState.OPEN, RoundState.CLOSED]),
        )
    )
    return [(first, last) for first, last in session.execute(query)]


def load_watches(session: ReadSession, kpi_ids: Collection[str]) -> Mapping[str, WatchSetting]:
    """How KPIs are watched; what nobody has set is as it is by itself."""
    rows = session.scalars(select(WatchRow).where(WatchRow.kpi_id.in_(kpi_ids)))
    found = {row.kpi_id: watch_of_row(row) for row in rows}
    return {kpi_id: found.get(kpi_id, WatchSetting(kpi_id)) for kpi_id in kpi_ids}


def load_shifts(
    session: ReadSession, kpi_ids: Collection[str], subject_ids: Collection[str] | None = None
) -> Mapping[tuple[str, str], tuple[Shift, ...]]:
    """Accepted levels by KPI and subject, the latest first."""
    query = select(ShiftRow).where(ShiftRow.kpi_id.in_(kpi_ids)).order_by(ShiftRow.starts_on.desc())
    if subject_ids is not None:
        query = query.where(ShiftRow.subject_id.in_(subject_ids))
    found: defaultdict[tuple[str, str], tuple[Shift, ...]] = defaultdict(tuple)
    for row in session.scalars(query):
        found[row.kpi_id, row.subject_id] += (shift_of(row),)
    return found


def watch_of_row(row: WatchRow) -> WatchSetting:
    """A row as a value."""
    return WatchSetting(row.kpi_id, Method(row.method), Season(row.season), row.baseline, row.red_line, row.version)


def shift_of(row: Any) -> Shift:
    """A row as a value."""
    return Shift(row.id, row.kpi_id, row.subject_id, row.starts_on, row.reason, row.actor, row.made_at)
