"""Every read of analysis: for whoever analyses the whole scope of a round, and for nobody else (H4).

Only sheets that stand in released atoms of their subject's own enter anything here: a sheet that is withheld, carried
up or pooled with others tells an analyst nothing either (docs/anonymity.md, section "What an analyst sees").
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, or_, select

from app.accounts.queries import load_actor_names
from app.accounts.rules import Action, may, require, roots
from app.accounts.values import Viewer
from app.analysis.coefficients import group_lines
from app.analysis.compose import Design, Fitted, Ratings, Voice, design_of, fitted, ratings_of
from app.analysis.lines import Told, rater_lines, subject_lines
from app.analysis.rules import MOST_ROUNDS, together
from app.analysis.tables import AssignmentAnswerRow, ScoreNoteRow
from app.analysis.values import (
    AnalysedKpi,
    AnalysedRound,
    AssignmentAnswer,
    Reliability,
    ScoreNote,
    Severity,
)
from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.keys import key_of
from app.infra.paging import Page, PageRequest, page_of, sliced
from app.kpis.values import KpiKind, RaterGroup
from app.organisation.queries import load_paths, load_people
from app.organisation.values import SubjectId, SubjectKind
from app.releases.queries import get_release, load_kpi_scores, load_own_cells
from app.releases.score import group_weights
from app.releases.tables import ReleaseRow
from app.releases.values import Release, Score, ScoreStatus
from app.responses.sheets import load_kept_sheets
from app.rounds.recipe import groups_in, kpis_in
from app.rounds.tables import RoundRow, RoundSubjectRow
from app.rounds.values import FrozenKpi, Mode
from app.scoring.obstacles import Assignment

FITS_KEPT = 64


@dataclass(frozen=True, slots=True)
class _Round:
    """A released round: what was asked in it, and how its groups are kept."""

    release_id: str
    row: RoundRow
    kpis: Mapping[str, FrozenKpi]
    modes: Mapping[str, Mode]


@dataclass(frozen=True, slots=True)
class _Opened:
    """A release that the viewer analyses, and the KPI asked about."""

    release: Release
    round: _Round
    kpi: FrozenKpi


@dataclass(frozen=True, slots=True)
class _Rated:
    """A round with its ratings and the combined score of each subject that is no competitor."""

    round: _Round
    ratings: Ratings
    combined: Mapping[str, Score]


# ------------------------------------------------------------ what analysts see


def get_severity(
    session: ReadSession, viewer: Viewer, release_id: str, kpi_id: str, *, earlier: bool = False, on: date
) -> Severity:
    """Strict and lenient raters on a KPI, and every subject's plain score and fair one.

    For who analyses the whole scope of the round: Forbidden for others who see it, NotFound for the rest and for
    what is no rated KPI of it. `earlier` takes in the releases before it of the same scope with the same version of
    the KPI. The model is fitted when it is first asked for, and kept in memory.
    """
    opened = _open(session, viewer, release_id, kpi_id, on=on)
    rated = [_load_rated(session, one, opened.kpi) for one in _rounds_of(session, opened, earlier=earlier)]
    return _severity(session, viewer, opened, rated, on=on)


def get_reliability(session: ReadSession, viewer: Viewer, release_id: str, kpi_id: str, *, on: date) -> Reliability:
    """How reliable the ratings of a KPI are, by rater group; for the same people as `get_severity`."""
    opened = _open(session, viewer, release_id, kpi_id, on=on)
    return _reliability(opened, _load_rated(session, opened.round, opened.kpi).ratings)


def get_analysis(
    session: ReadSession, viewer: Viewer, release_id: str, kpi_id: str, *, earlier: bool = False, on: date
) -> tuple[Severity, Reliability]:
    """Both of the above, read once."""
    opened = _open(session, viewer, release_id, kpi_id, on=on)
    rated = [_load_rated(session, one, opened.kpi) for one in _rounds_of(session, opened, earlier=earlier)]
    return _severity(session, viewer, opened, rated, on=on), _reliability(opened, rated[0].ratings)


def get_assignment_answer(session: ReadSession, viewer: Viewer, release_id: str, *, on: date) -> AssignmentAnswer:
    """What was said about how the raters of a round came to their subjects; for the same people."""
    release = get_analysed_release(session, viewer, release_id, on=on)
    return _load_answers(session, [release.round_id]).get(release.round_id, AssignmentAnswer())


def list_score_notes(
    session: ReadSession, viewer: Viewer, release_id: str, kpi_id: str, request: PageRequest, *, on: date
) -> Page[ScoreNote]:
    """The notes beside the scores of a KPI, oldest first; for the same people."""
    opened = _open(session, viewer, release_id, kpi_id, on=on)
    query = select(ScoreNoteRow).where(ScoreNoteRow.release_id == opened.release.id, ScoreNoteRow.kpi_id == kpi_id)
    rows = session.scalars(sliced(query, [ScoreNoteRow.noted_at, ScoreNoteRow.id], request))
    page = page_of(rows, request, key=lambda row: (row.noted_at, row.id))
    names = load_actor_names(session, {row.noted_by for row in page.items})
    return page.map(lambda row: row.value(names.get(row.noted_by, "")))


def list_analysed_kpis(session: ReadSession, viewer: Viewer, release_id: str, *, on: date) -> tuple[AnalysedKpi, ...]:
    """The rated KPIs of a round, in its order; for the same people."""
    release, row = _release_and_round(session, viewer, release_id, on=on)
    return _names_of(_round(release.id, row))


def find_analysable(session: ReadSession, viewer: Viewer, release_ids: Iterable[str], *, on: date) -> frozenset[str]:
    """Those of some releases whose whole scope the viewer analyses; two statements, none for who analyses nothing."""
    if not (viewer.is_service or roots(viewer, Action.RESULTS_ANALYSE)):
        return frozenset()
    scopes = session.execute(
        select(ReleaseRow.id, RoundRow.scope_id)
        .join(RoundRow, RoundRow.id == ReleaseRow.round_id)
        .where(ReleaseRow.id.in_(list(release_ids)))
    ).all()
    paths = load_paths(session, {scope for _, scope in scopes}, on=on)
    allowed = {scope for scope, path in paths.items() if may(viewer, Action.RESULTS_ANALYSE, path)}
    return frozenset(release_id for release_id, scope in scopes if scope in allowed)


def get_analysed_release(session: ReadSession, viewer: Viewer, release_id: str, *, on: date) -> Release:
    """A release whose whole scope the viewer analyses."""
    return _release_and_round(session, viewer, release_id, on=on)[0]


# ------------------------------------------------------------ reading


def _release_and_round(session: ReadSession, viewer: Viewer, release_id: str, *, on: date) -> tuple[Release, RoundRow]:
    release = get_release(session, viewer, release_id, on=on)
    row = session.get_one(RoundRow, release.round_id)
    path = load_paths(session, [row.scope_id], on=on).get(SubjectId(row.scope_id), ())
    require(viewer, Action.RESULTS_ANALYSE, path)
    return release, row


def _open(session: ReadSession, viewer: Viewer, release_id: str, kpi_id: str, *, on: date) -> _Opened:
    release, row = _release_and_round(session, viewer, release_id, on=on)
    round_ = _round(release.id, row)
    if kpi_id not in round_.kpis:
        raise NotFound
    return _Opened(release, round_, round_.kpis[kpi_id])


def _round(release_id: str, row: RoundRow) -> _Round:
    recipe = row.recipe or {}
    kpis = {kpi.kpi_id: kpi for kpi in kpis_in(recipe["kpis"]) if kpi.kind is KpiKind.SOFT}
    modes = {policy.rater_group.value: policy.mode for policy in groups_in(recipe["groups"])}
    return _Round(release_id, row, kpis, modes)


def _rounds_of(session: ReadSession, opened: _Opened, *, earlier: bool) -> tuple[_Round, ...]:
    """The round itself, and with `earlier` those before it that asked the same of the same scope, latest first."""
    if not earlier:
        return (opened.round,)
    own, release = opened.round.row, opened.release
    before = or_(
        ReleaseRow.sealed_at < release.sealed_at,
        and_(ReleaseRow.sealed_at == release.sealed_at, ReleaseRow.id < release.id),
    )
    rows = session.execute(
        select(ReleaseRow.id, RoundRow)
        .join(RoundRow, RoundRow.id == ReleaseRow.round_id)
        .where(RoundRow.company_id == own.company_id, RoundRow.scope_id == own.scope_id, before)
        .order_by(ReleaseRow.sealed_at.desc(), ReleaseRow.id.desc())
    )
    others = (_round(release_id, row) for release_id, row in rows)
    kpi = opened.kpi
    alike = [one for one in others if kpi.kpi_id in one.kpis and one.kpis[kpi.kpi_id].version_id == kpi.version_id]
    return (opened.round, *alike[: MOST_ROUNDS - 1])


def _load_rated(session: ReadSession, round_: _Round, kpi: FrozenKpi) -> _Rated:
    """The valid rater scores of a round that stand in released atoms of their subject's own; four statements.

    Competitors have no combined score, and take no part.
    """
    scores = load_kpi_scores(session, round_.release_id, kpi.kpi_id)
    combined = {score.subject_id: score for score in scores if not score.rater_groups}
    shown = {
        (score.subject_id, "+".join(score.rater_groups))
        for score in scores
        if score.status is ScoreStatus.OK and score.subject_id in combined
    }
    sheets = load_kept_sheets(session, round_.row.id, [item.id for item in kpi.items])
    given = zip(sheets.groups, sheets.voices, strict=True)
    voices = [_voice(session, round_, group, voice) for group, voice in given]
    own = load_own_cells(session, round_.release_id, kpi.kpi_id)
    return _Rated(round_, ratings_of(round_.release_id, kpi, sheets, voices, own & shown), combined)


def _voice(session: ReadSession, round_: _Round, group: str, voice: str) -> Voice:
    """Somebody by name, or by the pseudonym of the round: a shopper's name is nobody's to learn from a list either."""
    mode = round_.modes[group]
    if mode is Mode.NAMED:
        return Voice("", voice)
    if mode is Mode.REPORT:
        return Voice(round_.release_id, key_of(session).pseudonym(round_.row.id, voice).hex())
    return Voice(round_.release_id, voice)


def _load_answers(session: ReadSession, round_ids: Sequence[str]) -> dict[str, AssignmentAnswer]:
    rows = session.scalars(select(AssignmentAnswerRow).where(AssignmentAnswerRow.round_id.in_(round_ids)))
    return {row.round_id: row.value() for row in rows}


def _load_latest_notes(session: ReadSession, release_id: str, kpi_id: str) -> dict[str, ScoreNote]:
    query = select(ScoreNoteRow).where(ScoreNoteRow.release_id == release_id, ScoreNoteRow.kpi_id == kpi_id)
    rows = session.scalars(query.order_by(ScoreNoteRow.noted_at, ScoreNoteRow.id)).all()
    names = load_actor_names(session, {row.noted_by for row in rows})
    return {row.subject_id: row.value(names.get(row.noted_by, "")) for row in rows}


# ------------------------------------------------------------ putting together


def _severity(session: ReadSession, viewer: Viewer, opened: _Opened, rated: Sequence[_Rated], *, on: date) -> Severity:
    weights = group_weights(opened.kpi)
    ratings = [one.ratings for one in rated]
    rounds = _analysed(session, [one.round for one in rated])
    assignment = together(one.assignment.answer for one in rounds)
    design = design_of(ratings)
    found = _fit(design, weights, assignment)
    raters, unlisted = rater_lines(design, found, ratings, _load_names(session, design))
    told = _told(session, viewer, opened, design.subjects, rated[0].combined, on=on)
    silent = {group for one in rated for group, mode in one.round.modes.items() if mode is Mode.ANONYMOUS}
    return Severity(
        release=opened.release,
        kpi=_name_of(opened.kpi),
        kpis=_names_of(opened.round),
        assignment=assignment,
        rounds=rounds,
        left_out=tuple(group for group in RaterGroup if group.value in silent & weights.keys()),
        components=found.components,
        subjects=subject_lines(design, found, {one: line for one, line in told.items() if line.is_scored}),
        raters=raters,
        unlisted=unlisted,
        without_score=sum(not line.is_scored for line in told.values()),
    )


def _reliability(opened: _Opened, ratings: Ratings) -> Reliability:
    return Reliability(opened.release, _name_of(opened.kpi), group_lines(opened.kpi, ratings))


def _analysed(session: ReadSession, rounds: Sequence[_Round]) -> tuple[AnalysedRound, ...]:
    answers = _load_answers(session, [one.row.id for one in rounds])
    return tuple(
        AnalysedRound(
            one.release_id,
            one.row.id,
            one.row.name,
            one.row.period_start,
            one.row.period_end,
            answers.get(one.row.id, AssignmentAnswer()),
        )
        for one in rounds
    )


def _told(
    session: ReadSession,
    viewer: Viewer,
    opened: _Opened,
    subject_ids: Iterable[str],
    combined: Mapping[str, Score],
    *,
    on: date,
) -> dict[str, Told]:
    """What is known of those of some subjects that the viewer analyses where they hang today."""
    paths = load_paths(session, subject_ids, on=on)
    mine = {str(one) for one, path in paths.items() if may(viewer, Action.RESULTS_ANALYSE, path)}
    notes = _load_latest_notes(session, opened.release.id, opened.kpi.kpi_id)
    subject = RoundSubjectRow.__table__.c
    rows = session.execute(
        select(subject.subject_id, subject.name, subject.kind).where(subject.round_id == opened.round.row.id)
    )
    return {
        subject_id: Told(name, SubjectKind(kind), combined[subject_id], notes.get(subject_id))
        for subject_id, name, kind in rows
        if subject_id in combined and subject_id in mine
    }


def _load_names(session: ReadSession, design: Design) -> dict[str, str]:
    people = load_people(session, [voice.mark for voice in design.voices if voice.is_named])
    return {str(person.id): person.name or person.email or "" for person in people.values()}


def _name_of(kpi: FrozenKpi) -> AnalysedKpi:
    return AnalysedKpi(kpi.kpi_id, kpi.name)


def _names_of(round_: _Round) -> tuple[AnalysedKpi, ...]:
    return tuple(map(_name_of, round_.kpis.values()))


# ------------------------------------------------------------ the memory of the model

# One at a time: a fit takes a core and its matrices, and whoever waits mostly waits for the same one.
_turn = threading.Lock()
_fits: OrderedDict[bytes, Fitted] = OrderedDict()


def _fit(design: Design, weights: Mapping[str, float], assignment: Assignment) -> Fitted:
    """What the model says, kept under everything that went in: so it can be neither stale nor somebody else's."""
    key = design.digest(weights, assignment)
    with _turn:
        found = _fits.pop(key, None) or fitted(design, weights, assignment)
        _fits[key] = found
        if len(_fits) > FITS_KEPT:
            _fits.popitem(last=False)
    return found
