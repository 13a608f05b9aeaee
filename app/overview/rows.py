"""Rows of overviews read in bulk, whoever asks: which rounds told what of some subjects, one statement each."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from app.accounts.values import Viewer
from app.infra.database import ReadSession
from app.organisation.values import SubjectKind
from app.overview.values import Placed, ToldRound
from app.releases.gate import is_open, is_readable
from app.releases.queries import IS_TOLD, SCORE_COLUMNS, score_of, without_errors
from app.releases.tables import FindingRow, ReleaseRow, ScoreRow
from app.releases.values import Score
from app.rounds.recipe import kpis_in, targets_in
from app.rounds.tables import RoundRow, RoundSubjectRow
from app.rounds.values import FrozenKpi
from app.summaries.found import Document

_TOLD = (
    ReleaseRow.id,
    RoundRow.id,
    RoundRow.name,
    RoundRow.period_start,
    RoundRow.period_end,
    ReleaseRow.sealed_at,
)


def load_told_rounds(session: ReadSession, release_ids: Collection[str]) -> dict[str, ToldRound]:
    """The rounds of releases, by release."""
    query = select(*_TOLD).join(RoundRow, RoundRow.id == ReleaseRow.round_id).where(ReleaseRow.id.in_(release_ids))
    return {row[0]: _told(row) for row in session.execute(query)}


def load_told_of(
    session: ReadSession, release_ids: Collection[str], subject_ids: Collection[str]
) -> frozenset[tuple[str, str]]:
    """Release and subject of everything of which anything is told or withheld; of the others nobody was asked."""
    query = select(ScoreRow.release_id, ScoreRow.subject_id).where(
        ScoreRow.release_id.in_(release_ids), ScoreRow.subject_id.in_(subject_ids), IS_TOLD
    )
    return frozenset((release_id, subject_id) for release_id, subject_id in session.execute(query.distinct()))


def load_composites_of(
    session: ReadSession, viewer: Viewer, subject_id: str, *, on: date
) -> list[tuple[ToldRound, Score]]:
    """Every released composite of a subject, the earliest period first; own ones that wait are left out."""
    query = (
        select(*_TOLD, *SCORE_COLUMNS)
        .join(RoundRow, RoundRow.id == ReleaseRow.round_id)
        .join(ScoreRow, ScoreRow.release_id == ReleaseRow.id)
        .where(ScoreRow.subject_id == subject_id, ScoreRow.kpi_id.is_(None))
        .where(*is_open(viewer, ScoreRow.subject_id, ReleaseRow.round_id, on=on))
        .order_by(RoundRow.period_start, RoundRow.period_end, ReleaseRow.sealed_at, ReleaseRow.id)
    )
    width = len(_TOLD)
    rows = session.execute(query).all()
    return [(_told(row), without_errors(score_of(*row[width:]))) for row in rows]


def load_documents(session: ReadSession, release_ids: Collection[str], subject_id: str) -> Mapping[str, Document]:
    """What releases found about a subject beside its scores, by release."""
    query = select(FindingRow.release_id, FindingRow.document).where(
        FindingRow.release_id.in_(release_ids), FindingRow.subject_id == subject_id
    )
    return dict(session.execute(query).all())


def load_kpis_asked(session: ReadSession, round_id: str) -> tuple[FrozenKpi, ...]:
    """The KPIs of a round, in its order."""
    recipe = session.scalar(select(RoundRow.recipe).where(RoundRow.id == round_id))
    return tuple(kpis_in((recipe or {}).get("kpis", ())))


def load_placed(
    session: ReadSession, viewer: Viewer, company_id: str, round_id: str, unit_id: str, *, on: date
) -> list[Placed]:
    """A unit and what hung directly under it at the launch of a round, as far as the viewer may read that."""
    place = RoundSubjectRow
    query = select(place.subject_id, place.kind, place.name, place.targets).where(
        place.round_id == round_id,
        (place.parent_id == unit_id) | (place.subject_id == unit_id),
        place.kind != SubjectKind.COMPETITOR,
        *is_readable(viewer, place.subject_id, round_id, company_id, on=on),
    )
    return [
        Placed(subject_id, SubjectKind(kind), name, targets_in(targets))
        for subject_id, kind, name, targets in session.execute(query)
    ]


def load_kpi_scores_of(
    session: ReadSession, release_id: str, subject_ids: Iterable[str]
) -> Mapping[str, Mapping[str | None, Score]]:
    """What a release says of subjects as a whole and KPI by KPI, by subject and KPI; none stands for the composite."""
    query = select(*SCORE_COLUMNS).where(
        ScoreRow.release_id == release_id,
        ScoreRow.subject_id.in_(list(subject_ids)),
        ScoreRow.item_id.is_(None),
        ScoreRow.rater_groups == "",
    )
    found: defaultdict[str, dict[str | None, Score]] = defaultdict(dict)
    for row in session.execute(query):
        score = without_errors(score_of(*row))
        found[score.subject_id][score.kpi_id] = score
    return found


def _told(row: Sequence[Any]) -> ToldRound:
    return ToldRound(*row[: len(_TOLD)])
