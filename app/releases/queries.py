"""Every SELECT of releases: what was sealed, its figures and their arithmetic. No figure of an open round exists here.

Who may read is asked of the subject as it hangs today: whoever has left a unit reads nothing there any more. What may
not be read is answered like what is not there; so an administrator without a reading role learns nothing either.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, literal_column, or_, select

from app.accounts.rules import Action, may, reads_people
from app.accounts.values import Viewer
from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.ids import is_id
from app.infra.lookup import Lookup
from app.infra.paging import Page, PageRequest, ordered, ordered_page, page_of, sliced
from app.journal.queries import load_moments
from app.moderation.queries import load_unmoderated
from app.organisation.queries import load_paths
from app.organisation.tables import SubjectRow
from app.organisation.values import SubjectId, SubjectKind
from app.releases.gate import is_readable, require_open
from app.releases.recompute import KeptAtom
from app.releases.rules import next_attempt
from app.releases.tables import AtomRow, ExplanationRow, FindingRow, ReleaseRow, ScoreRow
from app.releases.trace import FigureKey, Traced, traced
from app.releases.values import (
    FAILED_RELEASE,
    Release,
    ReleaseId,
    Score,
    ScoreFilter,
    ScoreLevel,
    ScoreStatus,
    Withheld,
)
from app.responses.parked import load_in_review
from app.rounds.queries import load_rounds_to_release
from app.rounds.tables import RoundRow, RoundSubjectRow
from app.rounds.values import Round

RELEASE_ORDERS = {"sealed_at": ReleaseRow.sealed_at, "period": RoundRow.period_start}
"""What releases are sorted by."""

# ------------------------------------------------------------ releases


def get_release(session: ReadSession, viewer: Viewer, release_id: str, *, on: date) -> Release:
    """A release in which the viewer may read somebody's figures; NotFound otherwise."""
    release = find_release(session, release_id)
    if release is None:
        raise NotFound
    seen = is_readable(viewer, RoundSubjectRow.subject_id, release.round_id, release.company_id, on=on)
    readable = select(RoundSubjectRow.subject_id).where(RoundSubjectRow.round_id == release.round_id, *seen).limit(1)
    if session.scalar(readable) is None:
        raise NotFound
    return release


def load_due_releases(session: ReadSession, *, now: datetime) -> tuple[Round, ...]:
    """Closed rounds that wait for nobody, in the order they closed; one that failed rests before it is tried again.

    One with parked answers waits for the analyst, a few days at most; one whose comments are read before they are
    released waits until they are, a week at most.
    """
    closed = load_rounds_to_release(session)
    in_review = load_in_review(session, closed, now=now) | load_unmoderated(session, closed, now=now)
    waiting = [one for one in closed if one.id not in in_review]
    failed = load_moments(session, FAILED_RELEASE, "round", [one.id for one in waiting])
    return tuple(
        one for one in waiting if one.id not in failed or next_attempt(len(failed[one.id]), failed[one.id][-1]) <= now
    )


def list_releases(
    session: ReadSession, viewer: Viewer, company_id: str, request: PageRequest, *, on: date
) -> Page[Release]:
    """The releases of a company in which the viewer may read somebody's figures, the newest first or in another order."""
    if not is_id(company_id):
        raise NotFound
    query = (
        select(*RELEASE_COLUMNS)
        .join(RoundRow, RoundRow.id == ReleaseRow.round_id)
        .where(ReleaseRow.company_id == company_id, _holds_readable(viewer, company_id, on=on))
    )
    rows = session.execute(ordered(query, RELEASE_ORDERS, ReleaseRow.id, request, usual="-sealed_at"))
    return ordered_page(rows, request).map(lambda row: release_of(*row[: len(RELEASE_COLUMNS)]))


def find_release(session: ReadSession, release_id: str) -> Release | None:
    """A release, whoever asks."""
    if not is_id(release_id):
        return None
    found = _BY_ID.rows(session, {"release_id": release_id})
    return release_of(*found[0]) if found else None


def find_release_of(session: ReadSession, round_id: str) -> Release | None:
    """The latest release of a round, whoever asks."""
    if not is_id(round_id):
        return None
    query = (
        select(*RELEASE_COLUMNS).where(ReleaseRow.round_id == round_id).order_by(ReleaseRow.sequence.desc()).limit(1)
    )
    row = session.execute(query).one_or_none()
    return None if row is None else release_of(*row)


def load_release_ids(session: ReadSession) -> tuple[str, ...]:
    """Every release, the oldest first, whoever asks."""
    return tuple(session.scalars(select(ReleaseRow.id).order_by(ReleaseRow.sealed_at, ReleaseRow.id)))


def find_input_digest(session: ReadSession, viewer: Viewer, release: Release, *, on: date) -> str | None:
    """The keyed digest of what went into a release, in hexadecimal, for who analyses its whole scope (R11)."""
    scope_id, digest = session.execute(
        select(RoundRow.scope_id, ReleaseRow.input_digest)
        .join(RoundRow, RoundRow.id == ReleaseRow.round_id)
        .where(ReleaseRow.id == release.id)
    ).one()
    path = load_paths(session, [scope_id], on=on).get(SubjectId(scope_id), ())
    return digest.hex() if may(viewer, Action.RESULTS_ANALYSE, path) else None


# ------------------------------------------------------------ figures


def list_scores(
    session: ReadSession, viewer: Viewer, release_id: str, request: PageRequest, *, on: date, only: ScoreFilter
) -> Page[Score]:
    """Figures of a release about the subjects that the viewer may read, by subject, KPI, item and groups."""
    release = get_release(session, viewer, release_id, on=on)
    seen = is_readable(viewer, ScoreRow.subject_id, release.round_id, release.company_id, on=on)
    query = _kept(select(*SCORE_COLUMNS).where(ScoreRow.release_id == release.id, *seen), only)
    keys = [ScoreRow.subject_id, ScoreRow.place]
    rows = session.execute(sliced(query, keys, request))
    page = page_of((score_of(*row) for row in rows), request, key=lambda score: (score.subject_id, score.place))
    paths = load_paths(session, {score.subject_id for score in page.items}, on=on)
    told = {subject_id for subject_id, path in paths.items() if may(viewer, Action.RESULTS_ANALYSE, path)}
    return page.map(lambda score: score if score.subject_id in told else without_errors(score))


def get_scores(
    session: ReadSession, viewer: Viewer, release_id: str, subject_id: str, *, on: date
) -> tuple[Score, ...]:
    """All figures of a subject, the composite first; standard errors only for who analyses there."""
    release, path = open_results(session, viewer, release_id, subject_id, on=on)
    found = load_scores(session, release.id, subject_id)
    if not found and session.scalar(_INSIDE, {"round_id": release.round_id, "subject_id": subject_id}) is None:
        raise NotFound
    return found if may(viewer, Action.RESULTS_ANALYSE, path) else tuple(map(without_errors, found))


def get_explanation(
    session: ReadSession, viewer: Viewer, release_id: str, subject_id: str, *, on: date
) -> Mapping[str, Any]:
    """The arithmetic of every figure of a subject; NotFound where nothing was computed."""
    release, path = open_results(session, viewer, release_id, subject_id, on=on)
    document = find_explanation(session, release.id, subject_id)
    if document is None:
        raise NotFound
    return document if may(viewer, Action.RESULTS_ANALYSE, path) else _explained_without_errors(document)


def find_explanation(session: ReadSession, release_id: str, subject_id: str) -> Mapping[str, Any] | None:
    """The arithmetic of a subject, whoever asks."""
    found: Mapping[str, Any] | None = session.scalar(
        select(ExplanationRow.document).where(
            ExplanationRow.release_id == release_id, ExplanationRow.subject_id == subject_id
        )
    )
    return found


def get_traced(
    session: ReadSession, viewer: Viewer, release_id: str, subject_id: str, key: FigureKey, *, on: date
) -> tuple[Traced, Score]:
    """One figure of a subject with what it is made of; NotFound where there is no such figure."""
    found = traced(get_explanation(session, viewer, release_id, subject_id, on=on), key)
    scores = get_scores(session, viewer, release_id, subject_id, on=on)
    wanted = (key.kpi_id, key.item_id, key.rater_groups)
    score = next((one for one in scores if (one.kpi_id, one.item_id, one.rater_groups) == wanted), None)
    if score is None:
        raise NotFound
    return found, score


def open_results(
    session: ReadSession, viewer: Viewer, release_id: str, subject_id: str, *, on: date
) -> tuple[Release, Sequence[str]]:
    """A release and the present path of a subject that the viewer may read; whether it holds it is not asked.

    OpensLater where it is the viewer's own and waits.
    """
    release = find_release(session, release_id)
    path = load_paths(session, [subject_id], on=on).get(SubjectId(subject_id), ())
    if release is None or not may(viewer, Action.RESULTS_READ, path):
        raise NotFound
    require_open(session, viewer, release.round_id, subject_id, on=on)
    return release, path


def load_scores(session: ReadSession, release_id: str, subject_id: str) -> tuple[Score, ...]:
    """All figures of a subject, whoever asks: the composite, then KPI by KPI with its groups and items."""
    rows = session.execute(_OF_SUBJECT, {"release_id": release_id, "subject_id": subject_id})
    return tuple(sorted((score_of(*row) for row in rows), key=lambda score: score.place))


def load_all_scores(session: ReadSession, release_id: str, *, subject_id: str | None = None) -> tuple[Score, ...]:
    """All figures of a release, or of a subject in it, in no order, whoever asks."""
    query = select(*SCORE_COLUMNS).where(ScoreRow.release_id == release_id)
    if subject_id is not None:
        if not is_id(subject_id):
            return ()
        query = query.where(ScoreRow.subject_id == subject_id)
    return tuple(score_of(*row) for row in session.execute(query))


def load_atoms(session: ReadSession, release_id: str) -> tuple[KeptAtom, ...]:
    """The atoms of a release as they are stored, whoever asks."""
    return tuple(KeptAtom(*row) for row in session.execute(select(*_ATOM).where(AtomRow.release_id == release_id)))


def load_composites(session: ReadSession, release_id: str, subject_ids: Iterable[str]) -> dict[str, Score]:
    """The composites of some subjects of a release, whoever asks."""
    query = select(*SCORE_COLUMNS).where(ScoreRow.release_id == release_id, ScoreRow.subject_id.in_(list(subject_ids)))
    rows = session.execute(query.where(_LEVELS[ScoreLevel.COMPOSITE]))
    return {row[0]: without_errors(score_of(*row)) for row in rows}


def load_kpi_scores(session: ReadSession, release_id: str, kpi_id: str) -> tuple[Score, ...]:
    """What a release says of one KPI, of all subjects: combined and by rater group, whoever asks."""
    query = select(*SCORE_COLUMNS).where(
        ScoreRow.release_id == release_id, ScoreRow.kpi_id == kpi_id, ScoreRow.item_id.is_(None)
    )
    return tuple(score_of(*row) for row in session.execute(query))


def load_own_cells(session: ReadSession, release_id: str, kpi_id: str) -> frozenset[tuple[str, str]]:
    """Subject and rater group of every cell that is a released atom by itself on a KPI, whoever asks."""
    query = select(AtomRow.subject_id, AtomRow.rater_groups, AtomRow.totals).where(
        AtomRow.release_id == release_id, AtomRow.is_own, AtomRow.rater_groups.not_like("%+%")
    )
    return frozenset(
        (subject_id, group) for subject_id, group, totals in session.execute(query) if kpi_id in totals["sums"]
    )


def load_findings(session: ReadSession, release_id: str, subject_ids: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """What a release found about some subjects beside their scores, whoever asks."""
    rows = session.execute(_FINDINGS, {"release_id": release_id, "subject_ids": list(subject_ids)})
    return {row[0]: row[1] for row in rows}


def load_told(session: ReadSession, release_id: str, subject_ids: Iterable[str]) -> frozenset[str]:
    """Those of some subjects of whom anything is told or withheld, whoever asks."""
    query = select(ScoreRow.subject_id).where(
        ScoreRow.release_id == release_id,
        ScoreRow.subject_id.in_(list(subject_ids)),
        IS_TOLD,
    )
    return frozenset(session.scalars(query.distinct()))


def without_errors(score: Score) -> Score:
    """A figure as anybody but an analyst reads it."""
    return score._replace(se=None, df=None)


# ------------------------------------------------------------ pieces

RELEASE_COLUMNS = (
    ReleaseRow.id,
    ReleaseRow.round_id,
    ReleaseRow.company_id,
    ReleaseRow.sequence,
    ReleaseRow.method_version,
    ReleaseRow.sealed_at,
    ReleaseRow.scrubbed_at,
)
SCORE_COLUMNS = (
    ScoreRow.subject_id,
    ScoreRow.kpi_id,
    ScoreRow.item_id,
    ScoreRow.rater_groups,
    ScoreRow.status,
    ScoreRow.reason,
    ScoreRow.score,
    ScoreRow.lo,
    ScoreRow.hi,
    ScoreRow.se,
    ScoreRow.df,
    ScoreRow.raters,
    ScoreRow.coverage,
    ScoreRow.details,
)
"""The columns of a figure, as `score_of` takes them."""
_ATOM = (
    AtomRow.subject_id,
    AtomRow.rater_groups,
    AtomRow.is_own,
    AtomRow.is_protected,
    AtomRow.raters,
    AtomRow.sheets,
    AtomRow.totals,
)
_LEVELS: Mapping[ScoreLevel, ColumnElement[bool]] = {
    ScoreLevel.COMPOSITE: ScoreRow.kpi_id.is_(None),
    ScoreLevel.KPI: and_(ScoreRow.kpi_id.is_not(None), ScoreRow.rater_groups == ""),
    ScoreLevel.GROUP: and_(ScoreRow.rater_groups != "", ScoreRow.item_id.is_(None)),
    ScoreLevel.ITEM: ScoreRow.item_id.is_not(None),
}


def is_told(row: type[ScoreRow]) -> ColumnElement[bool]:
    """The condition that a row tells or withholds something: its KPI was asked about, or measured."""
    is_another = (row.reason != reason.value for reason in (Withheld.NOT_ASKED, Withheld.NO_VALUE))
    return and_(row.kpi_id.is_not(None), or_(row.reason.is_(None), and_(*is_another)))


def is_whole(row: type[ScoreRow]) -> ColumnElement[bool]:
    """The condition that a row is of a KPI or a card as a whole: no item, no rater group.

    Written out as the index of these rows has it: with a value that comes later, no database sees that they are the same.
    """
    return and_(row.item_id.is_(None), row.rater_groups == literal_column("''"))


IS_TOLD = is_told(ScoreRow)
_ERRORS = frozenset({"se", "df"})
# Statements of every page of results, built once: building one takes longer than running it.
_BY_ID = Lookup(select(*RELEASE_COLUMNS).where(ReleaseRow.id == bindparam("release_id")))
_OF_SUBJECT = select(*SCORE_COLUMNS).where(
    ScoreRow.release_id == bindparam("release_id"), ScoreRow.subject_id == bindparam("subject_id")
)
_FINDINGS = select(FindingRow.subject_id, FindingRow.document).where(
    FindingRow.release_id == bindparam("release_id"),
    FindingRow.subject_id.in_(bindparam("subject_ids", expanding=True)),
)
_INSIDE = select(RoundSubjectRow.subject_id).where(
    RoundSubjectRow.round_id == bindparam("round_id"), RoundSubjectRow.subject_id == bindparam("subject_id")
)


def _holds_readable(viewer: Viewer, company_id: str, *, on: date) -> ColumnElement[bool]:
    """The condition that a viewer may read somebody's figures of a round."""
    inside = RoundSubjectRow.round_id == ReleaseRow.round_id
    seen = is_readable(viewer, RoundSubjectRow.subject_id, RoundSubjectRow.round_id, company_id, on=on)
    somebody = select(RoundSubjectRow.subject_id).where(inside, *seen).exists()
    if reads_people(viewer) or not may(viewer, Action.RESULTS_READ, (company_id,)):
        return somebody
    # Who reads all units of a company reads that of the round, and need not look for one among the people in it.
    scope = select(SubjectRow.id).where(SubjectRow.id == RoundRow.scope_id, SubjectRow.kind != SubjectKind.PERSON)
    return or_(scope.exists(), somebody)


def _kept(query: Select[Any], only: ScoreFilter) -> Select[Any]:
    for column, wanted in ((ScoreRow.subject_id, only.subject_id), (ScoreRow.kpi_id, only.kpi_id)):
        if wanted is not None:
            query = query.where(column == (wanted if is_id(wanted) else None))
    if only.level is not None:
        query = query.where(_LEVELS[only.level])
    return query if only.status is None else query.where(ScoreRow.status == only.status)


def _explained_without_errors(document: Mapping[str, Any]) -> Mapping[str, Any]:
    def plain(part: Any) -> Any:
        if isinstance(part, dict):
            return {name: plain(value) for name, value in part.items() if name not in _ERRORS}
        return [plain(one) for one in part] if isinstance(part, list) else part

    found: Mapping[str, Any] = plain(document)
    return found


def release_of(id_: str, *rest: Any) -> Release:
    return Release(ReleaseId(id_), *rest)


def score_of(subject_id: str, kpi_id: str | None, item_id: str | None, groups: str, *rest: Any) -> Score:
    """A row of `SCORE_COLUMNS` as a value."""
    status, reason, *figures = rest
    return Score(
        subject_id,
        kpi_id,
        item_id,
        tuple(groups.split("+")) if groups else (),
        ScoreStatus(status),
        Withheld(reason) if reason else None,
        *figures,
    )
