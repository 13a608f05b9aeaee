"""Rows of overviews read in bulk, whoever asks: which rounds told what of some subjects, one statement each."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import aliased

from app.accounts.values import Viewer
from app.infra.database import ReadSession
from app.infra.lookup import Lookup
from app.organisation.tables import SubjectRow
from app.organisation.values import SubjectKind
from app.overview.values import Placed, ToldRound
from app.releases.gate import is_open, is_readable
from app.releases.queries import RELEASE_COLUMNS, SCORE_COLUMNS, is_told, is_whole, release_of, score_of, without_errors
from app.releases.tables import FindingRow, ReleaseRow, ScoreRow
from app.releases.values import Release, Score
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
_OF_KPIS = Lookup(
    select(*SCORE_COLUMNS).where(
        ScoreRow.release_id == bindparam("release_id"),
        ScoreRow.subject_id.in_(bindparam("subject_ids", expanding=True)),
        ScoreRow.item_id.is_(None),
        ScoreRow.rater_groups == "",
    ),
    is_plain=True,
)


def load_told_rounds(session: ReadSession, release_ids: Collection[str]) -> dict[str, ToldRound]:
    """The rounds of releases, by release."""
    query = select(*_TOLD).join(RoundRow, RoundRow.id == ReleaseRow.round_id).where(ReleaseRow.id.in_(release_ids))
    return {row[0]: _told(row) for row in session.execute(query)}


def load_latest_composites(
    session: ReadSession, viewer: Viewer, subject_ids: Iterable[str], *, on: date
) -> dict[str, tuple[Release, Score]]:
    """The newest composite of each of these subjects with its release, but for own ones that wait; one statement.

    One that has a score comes before a newer one without: weekly rounds about one KPI make no card. Subjects of which
    that release tells and withholds nothing are left out: nobody was asked about them.
    """
    # Chosen subject by subject inside the database: of hundreds of rounds about one, a single row is fetched.
    one, of_one = aliased(ScoreRow), aliased(ReleaseRow)
    newest = (
        select(one.release_id)
        .join(of_one, of_one.id == one.release_id)
        .where(one.subject_id == SubjectRow.id, one.kpi_id.is_(None), is_whole(one))
        .where(*is_open(viewer, one.subject_id, of_one.round_id, on=on))
        .order_by(one.score.is_not(None).desc(), of_one.sealed_at.desc(), of_one.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    latest = (
        select(SubjectRow.id, newest.label("release_id"))
        .where(SubjectRow.id.in_(list(subject_ids)))
        .cte()
        .prefix_with("MATERIALIZED")
    )
    part = aliased(ScoreRow)
    same = (part.release_id == latest.c.release_id, part.subject_id == latest.c.id)
    parts = select(part.id).where(*same, is_told(part)).correlate(latest)
    query = (
        select(*RELEASE_COLUMNS, *SCORE_COLUMNS)
        .join(latest, latest.c.release_id == ReleaseRow.id)
        .join(ScoreRow, and_(ScoreRow.release_id == latest.c.release_id, ScoreRow.subject_id == latest.c.id))
        .where(ScoreRow.kpi_id.is_(None), parts.exists())
    )
    width = len(RELEASE_COLUMNS)
    rows = ((release_of(*row[:width]), score_of(*row[width:])) for row in session.execute(query))
    return {score.subject_id: (release, without_errors(score)) for release, score in rows}


def load_rounds_about(session: ReadSession, viewer: Viewer, subject_id: str, *, on: date) -> list[ToldRound]:
    """Every released round that has a composite of a subject and tells or withholds something, the earliest period first.

    Own ones that wait are left out.
    """
    part = aliased(ScoreRow)
    parts = select(part.id).where(part.release_id == ReleaseRow.id, part.subject_id == subject_id, is_told(part))
    query = (
        select(*_TOLD)
        .join(RoundRow, RoundRow.id == ReleaseRow.round_id)
        .join(ScoreRow, ScoreRow.release_id == ReleaseRow.id)
        .where(ScoreRow.subject_id == subject_id, ScoreRow.kpi_id.is_(None), is_whole(ScoreRow), parts.exists())
        .where(*is_open(viewer, ScoreRow.subject_id, ReleaseRow.round_id, on=on))
        .order_by(RoundRow.period_start, RoundRow.period_end, ReleaseRow.sealed_at, ReleaseRow.id)
    )
    return [_told(row) for row in session.execute(query)]


def load_composites_in(session: ReadSession, release_ids: Collection[str], subject_id: str) -> dict[str, Score]:
    """The composites of a subject in some releases, by release."""
    query = select(ScoreRow.release_id, *SCORE_COLUMNS).where(
        ScoreRow.release_id.in_(release_ids), ScoreRow.subject_id == subject_id, ScoreRow.kpi_id.is_(None)
    )
    return {row[0]: without_errors(score_of(*row[1:])) for row in session.execute(query)}


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
    # The round is named in either half: with that each has an index, and no round of thousands is gone through.
    of_round = place.round_id == round_id
    query = select(place.subject_id, place.kind, place.name, place.targets).where(
        or_(and_(of_round, place.parent_id == unit_id), and_(of_round, place.subject_id == unit_id)),
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
    found: defaultdict[str, dict[str | None, Score]] = defaultdict(dict)
    for row in _OF_KPIS.rows(session, {"release_id": release_id, "subject_ids": list(subject_ids)}):
        score = without_errors(score_of(*row))
        found[score.subject_id][score.kpi_id] = score
    return found


def _told(row: Sequence[Any]) -> ToldRound:
    return ToldRound(*row[: len(_TOLD)])
