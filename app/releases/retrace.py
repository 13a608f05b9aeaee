"""Releases computed again: what is loaded for it, who may see what came out, and whether the input is still there.

Nothing is written. Figures are told about the subjects that the viewer may read today; what is said of the input and
of atoms as such is for who analyses the whole scope of the round (R11).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from app.accounts.rules import Action, may
from app.accounts.values import Viewer
from app.infra.database import ReadSession
from app.infra.formats import DEFAULT_ZONE
from app.infra.keys import key_of, same
from app.kpis.values import KpiKind
from app.metrics.queries import load_readings_as_of
from app.metrics.values import Reading
from app.organisation.queries import load_paths
from app.organisation.values import SubjectId
from app.releases.keep import totals_document
from app.releases.lookup import Tables
from app.releases.methods import METHODS, Method
from app.releases.partition import JudgedRound, item_ids, judge
from app.releases.queries import get_release, load_all_scores, load_atoms
from app.releases.recompute import wrong_atoms
from app.releases.rerun import AtomPart, FigureAgain, Kept, atom_parts, figures_again, is_same, tables_again
from app.releases.rules import SheetsAstray
from app.releases.tables import ExplanationRow, ReleaseRow
from app.releases.values import InputCheck, InputState, Release, RerunState, Score
from app.responses.sheets import load_sheets
from app.rounds.queries import load_frozen_round, load_marks
from app.rounds.values import FrozenRound, Mode, Pooling
from app.scoring.errors import ScoringError

UNREADABLE = (ScoringError, LookupError, TypeError, ValueError)
"""What comes of stored totals that are not as they were written."""


@dataclass(frozen=True, slots=True, eq=False)
class Retraced:
    """A release computed again.

    figures : every figure that the viewer may read, stored and again; none unless the state is `done`
    explained : by subject whether its stored arithmetic came out again
    wrong : what is wrong with its atoms, in words; empty for who does not analyse the whole scope
    input : of who analyses the whole scope; none for others
    seen : the subjects that the viewer may read
    tables : what the figures were read off, to trace them further
    """

    release: Release
    state: RerunState
    figures: tuple[FigureAgain, ...] = ()
    explained: Mapping[str, bool] | None = None
    wrong: tuple[str, ...] = ()
    input: InputCheck | None = None
    seen: frozenset[str] = frozenset()
    tables: Tables | None = None


def retrace(
    session: ReadSession,
    viewer: Viewer,
    release_id: str,
    *,
    on: date,
    methods: Mapping[str, Method] = METHODS,
    subject_id: str | None = None,
) -> Retraced:
    """Compute a release again by its own method, and compare; NotFound as for the release itself.

    `subject_id` keeps to the figures of one subject; the whole round is computed all the same, since what scores are
    worth rests on all of it.
    """
    release = get_release(session, viewer, release_id, on=on)
    method = methods.get(release.method_version)
    if method is None:
        return Retraced(release, RerunState.UNKNOWN_METHOD)
    kept = load_kept(session, release)
    analyses = _analyses(session, viewer, kept.frozen, on=on)
    wrong = tuple(wrong_atoms(kept.frozen, kept.marks, kept.atoms)) if analyses else ()
    readings = _readings_at(session, kept.frozen, release.sealed_at)
    try:
        tables = tables_again(kept, method, readings)
        figures = figures_again(kept, tables, method)
        again = dict(method.documents(tables))
    except UNREADABLE:
        return Retraced(release, RerunState.UNREADABLE, wrong=wrong)
    seen = readable_subjects(session, viewer, kept.frozen, on=on)
    told = seen if subject_id is None else seen & {subject_id}
    return Retraced(
        release,
        RerunState.DONE,
        tuple(one for one in figures if one.figure.subject_id in told),
        _explained(session, release, again, told) if kept.is_whole else None,
        wrong,
        _input_check(session, release, kept, method, readings) if analyses else None,
        seen,
        tables,
    )


def load_kept(session: ReadSession, release: Release) -> Kept:
    """What a release left behind, whoever asks."""
    return Kept(
        load_frozen_round(session, release.round_id),
        load_marks(session, release.round_id),
        load_atoms(session, release.id),
        load_all_scores(session, release.id),
    )


def parts_of(found: Retraced, figure: Score) -> tuple[AtomPart, ...]:
    """The atoms behind the figure of a rater group, named as far as the viewer may read them."""
    return () if found.tables is None else atom_parts(found.tables, figure, found.seen)


def readable_subjects(session: ReadSession, viewer: Viewer, frozen: FrozenRound, *, on: date) -> frozenset[str]:
    """The subjects of a round whose results a viewer may read today."""
    asked = [subject.id for subject in frozen.subjects]
    if may(viewer, Action.RESULTS_READ, (frozen.company_id,)):
        return frozenset(asked)
    paths = load_paths(session, asked, on=on)
    return frozenset(subject_id for subject_id, path in paths.items() if may(viewer, Action.RESULTS_READ, path))


def _analyses(session: ReadSession, viewer: Viewer, frozen: FrozenRound, *, on: date) -> bool:
    path = load_paths(session, [frozen.scope_id], on=on).get(SubjectId(frozen.scope_id), ())
    return may(viewer, Action.RESULTS_ANALYSE, path)


def _readings_at(session: ReadSession, frozen: FrozenRound, at: datetime) -> list[Reading]:
    """The readings of a round as they were when it was released."""
    hard = [kpi.kpi_id for kpi in frozen.kpis if kpi.kind is KpiKind.HARD]
    start = datetime.combine(frozen.period_start, time(), DEFAULT_ZONE)
    end = datetime.combine(frozen.period_end + timedelta(days=1), time(), DEFAULT_ZONE)
    inside = {subject.id for subject in frozen.subjects}
    found = load_readings_as_of(session, hard, start=start, end=end, at=at)
    return [one for one in found if one.subject_id in inside]


def _explained(
    session: ReadSession, release: Release, again: Mapping[str, Any], seen: frozenset[str]
) -> dict[str, bool]:
    query = select(ExplanationRow.subject_id, ExplanationRow.document).where(ExplanationRow.release_id == release.id)
    stored: dict[str, Any] = {one: document for one, document in session.execute(query) if one in seen}
    return {
        one: one in stored and one in again and is_same(stored[one], again[one])
        for one in sorted(stored.keys() | (again.keys() & seen))
    }


# ------------------------------------------------------------ the input


def _input_check(
    session: ReadSession, release: Release, kept: Kept, method: Method, readings: Sequence[Reading]
) -> InputCheck:
    """Whether the sheets that are still there give the sums that are kept, and all of them the digest."""
    frozen = kept.frozen
    kept_groups = {policy.rater_group.value for policy in frozen.groups if policy.mode is not Mode.ANONYMOUS}
    is_whole = len(kept_groups) == len(frozen.groups)
    if not is_whole and frozen.pooling is Pooling.POOL:
        # Which atoms hold a deleted sheet besides others cannot be told from the others alone.
        return InputCheck(InputState.DELETED, 0, 0)
    answered = [mark for mark in kept.marks if mark.answered and mark.rater_group in kept_groups]
    try:
        judged = judge(frozen, load_sheets(session, frozen.id, item_ids(frozen)), answered)
    except SheetsAstray:
        return InputCheck(InputState.MISSING, 0, 0)
    atoms, wrong = _added_again(kept, judged)
    if not is_whole:
        return InputCheck(InputState.DELETED, atoms, wrong)
    digest = key_of(session).derive("release-input", method.digest(frozen, judged, readings))
    stored = session.scalar(select(ReleaseRow.input_digest).where(ReleaseRow.id == release.id))
    is_equal = stored is not None and same(digest, stored)
    return InputCheck(InputState.EQUAL if is_equal else InputState.DIFFERENT, atoms, wrong)


def _added_again(kept: Kept, judged: JudgedRound) -> tuple[int, int]:
    """How many atoms were added up from their sheets, and how many gave other sums than are kept."""
    stored = {atom.place: atom.totals for atom in kept.atoms}
    wrong = 0
    for number, atom in enumerate(judged.made.atoms):
        groups = "+".join(kept.frozen.groups[group].rater_group.value for group in atom.groups)
        totals = stored.get((kept.frozen.subjects[atom.subject].id, groups), {})
        again = totals_document(judged, number, {})
        wrong += any(totals.get(name) != again[name] for name in ("sums", "pairs") if name in again)
    return len(judged.made.atoms), wrong
