"""What a model stands on, as the tables have it: a released round, its ratings, and what is known of its subjects.

Only sheets that stand in released atoms of their subject's own enter anything here: a sheet that is withheld, carried
up or pooled with others tells an analyst nothing either (docs/anonymity.md, section "What an analyst sees").
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cache

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.accounts.queries import load_actor_names
from app.accounts.rules import Action, may, roots
from app.accounts.values import Viewer
from app.analysis.compose import Ratings, Voice, ratings_of
from app.analysis.rules import MOST_ROUNDS
from app.analysis.tables import AssignmentAnswerRow, ScoreNoteRow
from app.analysis.values import AssignmentAnswer, ScoreNote
from app.deferred import dataclass
from app.errors import Forbidden, NotFound
from app.infra.database import ReadSession
from app.infra.ids import is_id
from app.infra.keys import key_of
from app.kpis.values import KpiKind
from app.organisation.paths import below
from app.organisation.queries import load_paths
from app.organisation.values import SubjectId, SubjectKind
from app.releases.gate import is_open
from app.releases.queries import find_release, load_kpi_scores, load_own_cells
from app.releases.tables import ReleaseRow
from app.releases.values import Release, Score, ScoreStatus
from app.responses.sheets import load_kept_sheets
from app.rounds.recipe import groups_in, kpis_in
from app.rounds.tables import AssignmentRow, RoundRow, RoundSubjectRow
from app.rounds.values import FrozenKpi, Mode
from app.visits.queries import load_held


@dataclass(frozen=True, slots=True)
class ReleasedRound:
    """A released round: what was asked in it, how its groups are kept, and whom of it the viewer analyses.

    subjects : name and kind by subject, of those alone
    """

    release_id: str
    row: RoundRow
    kpis: Mapping[str, FrozenKpi]
    modes: Mapping[str, Mode]
    subjects: Mapping[str, tuple[str, SubjectKind]]


@dataclass(frozen=True, slots=True)
class Rated:
    """A round with its ratings on a KPI, and the combined score of each subject that is no competitor."""

    round: ReleasedRound
    ratings: Ratings
    combined: Mapping[str, Score]


def load_released(session: ReadSession, viewer: Viewer, release_id: str, *, on: date) -> tuple[Release, ReleasedRound]:
    """A release and its round; NotFound where the viewer analyses nobody, so that others cannot tell it from none."""
    release = find_release(session, release_id)
    if release is None:
        raise NotFound
    found = released_round(session, viewer, release.id, session.get_one(RoundRow, release.round_id), on=on)
    if not found.subjects:
        raise NotFound
    return release, found


def released_round(session: ReadSession, viewer: Viewer, release_id: str, row: RoundRow, *, on: date) -> ReleasedRound:
    """A round as it was launched, with those of its subjects that the viewer analyses where they hang today."""
    recipe = row.recipe or {}
    kpis = {kpi.kpi_id: kpi for kpi in kpis_in(recipe["kpis"]) if kpi.kind is KpiKind.SOFT}
    modes = {policy.rater_group.value: policy.mode for policy in groups_in(recipe["groups"])}
    subject = RoundSubjectRow.__table__.c
    inside = select(subject.subject_id, subject.name, subject.kind).where(
        subject.round_id == row.id, *is_analysed(viewer, RoundSubjectRow.subject_id, row.id, row.company_id, on=on)
    )
    subjects = {subject_id: (name, SubjectKind(kind)) for subject_id, name, kind in session.execute(inside)}
    return ReleasedRound(release_id, row, kpis, modes, subjects)


def is_analysed(
    viewer: Viewer,
    column: InstrumentedAttribute[str],
    round_: InstrumentedAttribute[str] | str,
    company_id: str,
    *,
    on: date,
) -> tuple[ColumnElement[bool], ...]:
    """The condition that a viewer analyses a subject of a round: where it hangs, and that it does not wait."""
    shown = is_open(viewer, column, round_, on=on)
    if may(viewer, Action.RESULTS_ANALYSE, (company_id,)):
        return shown
    return (column.in_(below(sorted(filter(is_id, roots(viewer, Action.RESULTS_ANALYSE))), on=on)), *shown)


def is_whole(session: ReadSession, viewer: Viewer, round_: ReleasedRound, *, on: date) -> bool:
    """Whether a viewer analyses the whole scope of a round."""
    scope_id = SubjectId(round_.row.scope_id)
    return may(viewer, Action.RESULTS_ANALYSE, load_paths(session, [scope_id], on=on).get(scope_id, ()))


def require_whole(session: ReadSession, viewer: Viewer, round_: ReleasedRound, *, on: date) -> None:
    """Raise Forbidden for who analyses a part of a round: he knows that there is more."""
    if not is_whole(session, viewer, round_, on=on):
        raise Forbidden


def load_earlier(
    session: ReadSession, viewer: Viewer, release: Release, own: ReleasedRound, kpi: FrozenKpi, *, on: date
) -> tuple[ReleasedRound, ...]:
    """The rounds released before this one that asked the same of the same scope, the latest first."""
    before = or_(
        ReleaseRow.sealed_at < release.sealed_at,
        and_(ReleaseRow.sealed_at == release.sealed_at, ReleaseRow.id < release.id),
    )
    rows = session.execute(
        select(ReleaseRow.id, RoundRow)
        .join(RoundRow, RoundRow.id == ReleaseRow.round_id)
        .where(RoundRow.company_id == own.row.company_id, RoundRow.scope_id == own.row.scope_id, before)
        .order_by(ReleaseRow.sealed_at.desc(), ReleaseRow.id.desc())
    )
    alike = [(release_id, row) for release_id, row in rows if _version_in(row, kpi.kpi_id) == kpi.version_id]
    return tuple(released_round(session, viewer, *each, on=on) for each in alike[: MOST_ROUNDS - 1])


def load_rated(session: ReadSession, round_: ReleasedRound, kpi: FrozenKpi) -> Rated:
    """The valid rater scores of a round that stand in released atoms of their subject's own.

    Competitors have no combined score, and take no part. Five statements; one more where mystery visits came in, two
    where some of them were capped.
    """
    scores = load_kpi_scores(session, round_.release_id, kpi.kpi_id)
    combined = {score.subject_id: score for score in scores if not score.rater_groups}
    shown = {
        (score.subject_id, "+".join(score.rater_groups))
        for score in scores
        if score.status is ScoreStatus.OK and score.subject_id in combined
    }
    held = load_held(session, round_.row.id)
    sheets = load_kept_sheets(session, round_.row.id, [item.id for item in kpi.scored_items], held)
    own = load_own_cells(session, round_.release_id, kpi.kpi_id)
    ratings = ratings_of(round_.release_id, kpi, sheets, _naming(session, round_), own & shown)
    return Rated(round_, ratings, combined)


def load_people_of(session: ReadSession, *round_ids: str) -> dict[Voice, str]:
    """Who stands behind the voices of two rounds, of those who were asked in both: for matching alone, never told."""
    one, other = (aliased(AssignmentRow) for _ in round_ids)
    asked = (
        select(one.rater_id)
        .where(
            one.round_id == round_ids[0], exists().where(other.round_id == round_ids[1], other.rater_id == one.rater_id)
        )
        .distinct()
    )
    key = key_of(session)
    releases = dict(
        session.execute(select(ReleaseRow.round_id, ReleaseRow.id).where(ReleaseRow.round_id.in_(round_ids))).all()
    )
    return {
        Voice(releases[round_id], key.pseudonym(round_id, person).hex()): person
        for person in session.scalars(asked)
        for round_id in round_ids
    }


def load_answers(session: ReadSession, round_ids: Sequence[str]) -> dict[str, AssignmentAnswer]:
    """What was said about how the raters of some rounds came to their subjects, by round."""
    rows = session.scalars(select(AssignmentAnswerRow).where(AssignmentAnswerRow.round_id.in_(round_ids)))
    return {row.round_id: row.value() for row in rows}


def load_latest_notes(session: ReadSession, release_id: str, kpi_id: str) -> dict[str, ScoreNote]:
    """The latest note beside each score of a KPI, by subject."""
    query = select(ScoreNoteRow).where(ScoreNoteRow.release_id == release_id, ScoreNoteRow.kpi_id == kpi_id)
    rows = session.scalars(query.order_by(ScoreNoteRow.noted_at, ScoreNoteRow.id)).all()
    latest = {row.subject_id: row for row in rows}
    names = load_actor_names(session, {row.noted_by for row in latest.values()})
    return {subject_id: row.value(names.get(row.noted_by, "")) for subject_id, row in latest.items()}


def silent_groups(rounds: Iterable[ReleasedRound]) -> frozenset[str]:
    """The rater groups that were anonymous in one of the rounds."""
    return frozenset(group for one in rounds for group, mode in one.modes.items() if mode is Mode.ANONYMOUS)


def _naming(session: ReadSession, round_: ReleasedRound) -> Callable[[str, str], Voice]:
    """Somebody by name, or by the pseudonym of the round: a shopper's name is nobody's to learn from a list either."""
    key = key_of(session)

    @cache
    def name(group: str, voice: str) -> Voice:
        mode = round_.modes[group]
        if mode is Mode.NAMED:
            return Voice("", voice)
        mark = key.pseudonym(round_.row.id, voice).hex() if mode is Mode.REPORT else voice
        return Voice(round_.release_id, mark)

    return name


def _version_in(row: RoundRow, kpi_id: str) -> str | None:
    frozen = (kpi for kpi in kpis_in((row.recipe or {})["kpis"]) if kpi.kind is KpiKind.SOFT)
    return next((kpi.version_id for kpi in frozen if kpi.kpi_id == kpi_id), None)
