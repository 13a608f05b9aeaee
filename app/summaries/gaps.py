"""The read of what is lacking at a unit: the competences of the unit, and of everybody and every unit below it."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import select

from app.accounts.values import Viewer
from app.deferred import dataclass
from app.errors import NotFound
from app.infra.database import ReadSession
from app.organisation.values import UNIT_KINDS, SubjectKind
from app.releases.gate import is_readable
from app.releases.queries import SCORE_COLUMNS, score_of
from app.releases.tables import ScoreRow
from app.releases.values import Score
from app.rounds.tables import RoundSubjectRow
from app.rounds.values import FrozenKpi
from app.summaries.competences import (
    AskedItem,
    CompetenceGaps,
    CompetenceScore,
    by_competence,
    competence_scores,
    gaps_below,
)
from app.summaries.compose import items_of
from app.summaries.queries import get_summary, load_practised
from app.summaries.values import Place, Summary

MOST_BELOW = 400
"""So many subjects are read at once; where more hang below a unit, its units are, and not its people."""

_KINDS = (*UNIT_KINDS, SubjectKind.PERSON)


@dataclass(frozen=True, slots=True)
class GapReport:
    """What is lacking at a unit and below it.

    summary : of the unit
    gaps : by competence, the largest gap of the unit first
    is_cut : more hang below the unit than are read at once, so that people, or some units, are left out
    """

    summary: Summary
    gaps: tuple[CompetenceGaps, ...]
    is_cut: bool


def get_gap_report(session: ReadSession, viewer: Viewer, release_id: str, unit_id: str, *, on: date) -> GapReport:
    """What is lacking at a unit and below it; NotFound unless it is a unit that may be read."""
    summary = get_summary(session, viewer, release_id, unit_id, on=on)
    if summary.subject.kind not in UNIT_KINDS:
        raise NotFound
    places, is_cut = _cut(_load_below(session, viewer, summary, on=on))
    kpis = load_practised(session, summary.round.id)
    rows = _load_rows(session, summary.release.id, [place.id for place in places], kpis)
    below = {place: _scores(rows.get(place.id, {}), kpis) for place in places}
    return GapReport(summary, gaps_below(summary.subject, competence_scores(summary), below), is_cut)


def _load_below(session: ReadSession, viewer: Viewer, summary: Summary, *, on: date) -> list[Place]:
    """Everybody and every unit below a unit when the round was frozen, as far as the viewer may read them, by name."""
    of = RoundSubjectRow
    rows = session.execute(
        select(of.subject_id, of.parent_id, of.kind, of.name)
        .where(
            of.round_id == summary.round.id,
            of.kind.in_(_KINDS),
            *is_readable(viewer, of.subject_id, summary.round.id, summary.release.company_id, on=on),
        )
        .order_by(of.name, of.subject_id)
    ).all()
    parents = {row.subject_id: row.parent_id for row in rows}

    def is_below(parent_id: str | None) -> bool:
        return parent_id is not None and (parent_id == summary.subject.id or is_below(parents.get(parent_id)))

    return [Place(row.subject_id, SubjectKind(row.kind), row.name) for row in rows if is_below(row.parent_id)]


def _cut(places: list[Place]) -> tuple[list[Place], bool]:
    if len(places) <= MOST_BELOW:
        return places, False
    return [place for place in places if place.kind in UNIT_KINDS][:MOST_BELOW], True


def _load_rows(
    session: ReadSession, release_id: str, subject_ids: Collection[str], kpi_ids: Collection[str]
) -> Mapping[str, Mapping[str, list[Score]]]:
    """All rows of some subjects about some KPIs, by subject and KPI."""
    query = select(*SCORE_COLUMNS).where(
        ScoreRow.release_id == release_id,
        ScoreRow.subject_id.in_(list(subject_ids)),
        ScoreRow.kpi_id.in_(list(kpi_ids)),
    )
    found: dict[str, dict[str, list[Score]]] = defaultdict(lambda: defaultdict(list))
    for score in (score_of(*row) for row in session.execute(query)):
        found[score.subject_id][score.kpi_id or ""].append(score)
    return found


def _scores(rows: Mapping[str, list[Score]], kpis: Mapping[str, FrozenKpi]) -> tuple[CompetenceScore, ...]:
    return by_competence(
        AskedItem(kpi_id, kpis[kpi_id].name, item)
        for kpi_id in kpis
        if kpi_id in rows
        for item in items_of(kpis[kpi_id], rows[kpi_id])
    )
