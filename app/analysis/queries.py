"""Every read of analysis: for whoever has the analyst's role, about the subjects below it, and for nobody else (H4)."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import select

from app.accounts.queries import load_actor_names
from app.accounts.rules import Action, roots
from app.accounts.values import Viewer
from app.analysis.coefficients import group_lines
from app.analysis.compose import Design, Fitted, Ratings, design_of, fitted
from app.analysis.lines import Told, components_of, rater_lines, subject_lines
from app.analysis.moved import change_lines, correlation_of
from app.analysis.reliable import Reliability
from app.analysis.rows import (
    Rated,
    ReleasedRound,
    is_analysed,
    is_whole,
    load_answers,
    load_earlier,
    load_latest_notes,
    load_people_of,
    load_rated,
    load_released,
    released_round,
    require_whole,
    silent_groups,
)
from app.analysis.rules import WISHED, together
from app.analysis.tables import ScoreNoteRow
from app.analysis.values import (
    Absence,
    AnalysedKpi,
    AnalysedRound,
    AssignmentAnswer,
    Changes,
    ComparedRound,
    LeftOut,
    Outline,
    ScoreNote,
    Severity,
)
from app.deferred import dataclass
from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.paging import Page, PageRequest, page_of, sliced
from app.kpis.values import RaterGroup
from app.organisation.queries import load_people
from app.releases.changes import definition_of
from app.releases.earlier import load_compared
from app.releases.queries import load_findings
from app.releases.score import group_weights
from app.releases.tables import ReleaseRow
from app.releases.values import Release
from app.rounds.queries import load_frozen_round
from app.rounds.tables import RoundRow, RoundSubjectRow
from app.rounds.values import FrozenKpi
from app.scoring.obstacles import Assignment
from app.scoring.trend import incomparable

FITS_KEPT = 8


@dataclass(frozen=True, slots=True)
class _Opened:
    """A release of which the viewer analyses somebody, and the KPI asked about."""

    release: Release
    round: ReleasedRound
    kpi: FrozenKpi


def get_severity(
    session: ReadSession, viewer: Viewer, release_id: str, kpi_id: str, *, earlier: bool = False, on: date
) -> Severity:
    """Strict and lenient raters on a KPI, and every subject's plain score and fair one.

    There is one model for everybody; told are the subjects that the viewer analyses and the raters who have rated
    them. NotFound where there are none, and for what is no rated KPI of the round. `earlier` takes in the releases
    before it of the same scope with the same version of the KPI. The model is fitted when it is first asked for, and
    kept in memory.
    """
    opened = _open(session, viewer, release_id, kpi_id, on=on)
    rounds = [opened.round]
    if earlier:
        rounds += load_earlier(session, viewer, opened.release, opened.round, opened.kpi, on=on)
    return _severity(session, viewer, opened, [load_rated(session, one, opened.kpi) for one in rounds], on=on)


def get_reliability(
    session: ReadSession, viewer: Viewer, release_id: str, kpi_id: str, *, wished: float = WISHED, on: date
) -> Reliability:
    """How reliable the ratings of a KPI are, by rater group.

    For who analyses the whole scope of the round, Forbidden for who analyses a part: the coefficients of two parts
    could be subtracted, and leave the spread inside one atom (R7). `wished` is the reliability, above 0 and below 1,
    for which raters are counted.
    """
    opened = _open(session, viewer, release_id, kpi_id, on=on)
    require_whole(session, viewer, opened.round, on=on)
    rated = load_rated(session, opened.round, opened.kpi)
    return Reliability(
        opened.release,
        _name_of(opened.kpi),
        _names_of(opened.round),
        wished,
        group_lines(opened.kpi, rated.ratings, wished),
        _left_out(opened.kpi, [rated]),
    )


def get_changes(session: ReadSession, viewer: Viewer, release_id: str, kpi_id: str, *, on: date) -> Changes:
    """How the scores of a KPI have changed since the rounds that the release compares them with.

    For who analyses somebody in it, about those; what is told of each is the same for everybody who may. How alike the
    same raters answer comes from all ratings of both rounds that take part, and is the readers' .3 where too few do.
    """
    opened = _open(session, viewer, release_id, kpi_id, on=on)
    frozen = load_frozen_round(session, opened.release.round_id)
    findings = load_findings(session, opened.release.id, [subject.id for subject in frozen.subjects])
    since = {
        one: (seen["release_id"], seen["round_id"]) for one, each in findings.items() if (seen := each.get("change"))
    }
    found = load_compared(session, opened.release.id, frozen, since)
    tables, earlier = found or (None, {})
    before = sorted({(one.release_id, one.round_id) for one in earlier.values()})
    own = load_rated(session, opened.round, opened.kpi).ratings if before else None
    rounds = [_compared(session, viewer, opened, own, each, on=on) for each in before] if own is not None else []
    rho = {one.release_id: one.correlation for one in rounds if one.correlation is not None}
    lines = change_lines(tables, kpi_id, earlier, rho, opened.round.subjects) if tables else ()
    told = tuple(one for one in rounds if any(line.release_id == one.release_id for line in lines))
    return Changes(opened.release, _name_of(opened.kpi), _names_of(opened.round), told, lines)


def _compared(
    session: ReadSession, viewer: Viewer, opened: _Opened, own: Ratings, before: tuple[str, str], *, on: date
) -> ComparedRound:
    """An earlier round with how alike the same raters have answered in it and in this one, if both asked the same."""
    release_id, round_id = before
    row = session.get_one(RoundRow, round_id)
    round_ = released_round(session, viewer, release_id, row, on=on)
    pairs, correlation = 0, None
    kpi = round_.kpis.get(opened.kpi.kpi_id)
    if kpi is not None and incomparable(definition_of(kpi), definition_of(opened.kpi)) is None:
        people = load_people_of(session, round_id, opened.release.round_id)
        pairs, correlation = correlation_of(load_rated(session, round_, kpi).ratings, own, people)
    return ComparedRound(release_id, round_id, row.name, row.period_start, row.period_end, pairs, correlation)


def get_assignment_answer(session: ReadSession, viewer: Viewer, release_id: str, *, on: date) -> AssignmentAnswer:
    """What was said about how the raters of a round came to their subjects; for the same people."""
    release, _ = load_released(session, viewer, release_id, on=on)
    return load_answers(session, [release.round_id]).get(release.round_id, AssignmentAnswer())


def list_score_notes(
    session: ReadSession, viewer: Viewer, release_id: str, kpi_id: str, request: PageRequest, *, on: date
) -> Page[ScoreNote]:
    """The notes beside the scores of a KPI, oldest first; for the same people about the same subjects."""
    opened = _open(session, viewer, release_id, kpi_id, on=on)
    mine = is_analysed(viewer, RoundSubjectRow.subject_id, RoundSubjectRow.round_id, opened.release.company_id, on=on)
    inside = select(RoundSubjectRow.subject_id).where(RoundSubjectRow.round_id == opened.release.round_id, *mine)
    query = select(ScoreNoteRow).where(
        ScoreNoteRow.release_id == opened.release.id,
        ScoreNoteRow.kpi_id == kpi_id,
        ScoreNoteRow.subject_id.in_(inside),
    )
    rows = session.scalars(sliced(query, [ScoreNoteRow.noted_at, ScoreNoteRow.id], request))
    page = page_of(rows, request, key=lambda row: (row.noted_at, row.id))
    names = load_actor_names(session, {row.noted_by for row in page.items})
    return page.map(lambda row: row.value(names.get(row.noted_by, "")))


def get_outline(session: ReadSession, viewer: Viewer, release_id: str, *, on: date) -> Outline:
    """The rated KPIs of a round, in its order, and how far the viewer analyses it; for the same people."""
    _, round_ = load_released(session, viewer, release_id, on=on)
    return Outline(_names_of(round_), is_whole(session, viewer, round_, on=on))


def find_analysable(session: ReadSession, viewer: Viewer, release_ids: Iterable[str], *, on: date) -> frozenset[str]:
    """Those of some releases of which the viewer analyses somebody; one statement, none for who analyses nothing."""
    if not (viewer.is_service or roots(viewer, Action.RESULTS_ANALYSE)):
        return frozenset()
    # Of one company or another: who analyses all of one must have a grant on it, below which every subject hangs.
    mine = is_analysed(viewer, RoundSubjectRow.subject_id, RoundSubjectRow.round_id, "", on=on)
    inside = RoundSubjectRow.round_id == ReleaseRow.round_id
    query = select(ReleaseRow.id).where(
        ReleaseRow.id.in_(list(release_ids)), select(RoundSubjectRow.subject_id).where(inside, *mine).exists()
    )
    return frozenset(session.scalars(query))


# ------------------------------------------------------------ putting together


def _open(session: ReadSession, viewer: Viewer, release_id: str, kpi_id: str, *, on: date) -> _Opened:
    release, round_ = load_released(session, viewer, release_id, on=on)
    if kpi_id not in round_.kpis:
        raise NotFound
    return _Opened(release, round_, round_.kpis[kpi_id])


def _severity(session: ReadSession, viewer: Viewer, opened: _Opened, rated: Sequence[Rated], *, on: date) -> Severity:
    ratings = [one.ratings for one in rated]
    rounds = _analysed(session, [one.round for one in rated])
    assignment = together(one.assignment.answer for one in rounds)
    design = design_of(ratings)
    found = _fit(design, group_weights(opened.kpi), assignment)
    mine = opened.round.subjects.keys()
    raters, unlisted = rater_lines(design, found, ratings, _load_names(session, ratings), mine)
    told = _told(session, opened, design.subjects, rated[0])
    return Severity(
        release=opened.release,
        kpi=_name_of(opened.kpi),
        kpis=_names_of(opened.round),
        assignment=assignment,
        is_whole=is_whole(session, viewer, opened.round, on=on),
        rounds=rounds,
        left_out=_left_out(opened.kpi, rated),
        components=components_of(design, found, mine),
        subjects=subject_lines(design, found, {one: line for one, line in told.items() if line.is_scored}),
        raters=raters,
        unlisted=unlisted,
        without_score=sum(not line.is_scored for line in told.values()),
    )


def _left_out(kpi: FrozenKpi, rated: Sequence[Rated]) -> tuple[LeftOut, ...]:
    """The rater groups that weigh in the KPI and were asked, without ratings that take part."""
    silent = silent_groups(one.round for one in rated)
    asked = {group for one in rated for group in one.round.modes}
    there = {group for one in rated for group in one.ratings.groups}
    return tuple(
        LeftOut(group, Absence.ANONYMOUS if group.value in silent else Absence.WITHHELD)
        for group in RaterGroup
        if group.value in group_weights(kpi) and group.value in asked and group.value not in there
    )


def _analysed(session: ReadSession, rounds: Sequence[ReleasedRound]) -> tuple[AnalysedRound, ...]:
    answers = load_answers(session, [one.row.id for one in rounds])
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


def _told(session: ReadSession, opened: _Opened, subject_ids: Iterable[str], own: Rated) -> dict[str, Told]:
    """What is known of those of some subjects that have taken part in the round itself."""
    notes = load_latest_notes(session, opened.release.id, opened.kpi.kpi_id)
    return {
        subject_id: Told(*opened.round.subjects[subject_id], own.combined[subject_id], notes.get(subject_id))
        for subject_id in subject_ids
        if subject_id in own.combined and subject_id in opened.round.subjects
    }


def _load_names(session: ReadSession, ratings: Sequence[Ratings]) -> dict[str, str]:
    people = load_people(session, {voice.mark for one in ratings for voice in one.voices if voice.is_named})
    return {str(person.id): person.name or person.email or "" for person in people.values()}


def _name_of(kpi: FrozenKpi) -> AnalysedKpi:
    return AnalysedKpi(kpi.kpi_id, kpi.name)


def _names_of(round_: ReleasedRound) -> tuple[AnalysedKpi, ...]:
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
