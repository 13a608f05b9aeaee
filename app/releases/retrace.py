"""Releases computed again: what is loaded for it, who may see what came out, and whether the input is still there.

Nothing is written. Figures are told about the subjects that the viewer may read today; what is said of the input and
of atoms as such is for who analyses the whole scope of the round (R11).
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from app.accounts.rules import Action, may, reads_people
from app.accounts.values import Viewer
from app.deferred import dataclass
from app.infra.database import ReadSession
from app.organisation.queries import load_paths
from app.organisation.values import SubjectId
from app.releases.behind import AtomPart, atom_parts
from app.releases.gate import find_opening
from app.releases.inputs import check_input, readings_at
from app.releases.lookup import Tables
from app.releases.methods import METHODS, Method
from app.releases.queries import get_release, load_all_scores, load_atoms
from app.releases.rerun import UNREADABLE, FigureAgain, Kept, figures_again, is_same, tables_again, wrong_in_atoms
from app.releases.tables import ExplanationRow
from app.releases.values import InputCheck, Release, RerunState, Score
from app.rounds.queries import load_frozen_round, load_marks
from app.rounds.values import FrozenRound


@dataclass(frozen=True, slots=True, eq=False)
class Retraced:
    """A release computed again.

    figures : every figure that the viewer may read, stored and again; none unless the state is `done`
    explained : by subject whether its stored arithmetic came out again
    wrong : what is wrong with its atoms, in words; empty where `input` is none
    input : of who analyses the whole scope; none for others, nor for one subject
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

    `subject_id` keeps to the figures and the arithmetic of one subject. Scores are computed of the whole round all the
    same, since how sure they are rests on all of it; its input and its atoms are not looked at then.
    """
    release = get_release(session, viewer, release_id, on=on)
    method = methods.get(release.method_version)
    if method is None:
        return Retraced(release, RerunState.UNKNOWN_METHOD)
    kept = load_kept(session, release, subject_id=subject_id)
    analyses = _analyses(session, viewer, kept.frozen, on=on)
    is_all_told = analyses and subject_id is None
    wrong = wrong_in_atoms(kept) if is_all_told else ()
    readings = readings_at(session, kept.frozen, release.sealed_at)
    try:
        seen = readable_subjects(session, viewer, kept.frozen, on=on)
        told = seen if subject_id is None else seen & {subject_id}
        tables = tables_again(kept, method, readings)
        figures = figures_again(kept, tables, method, told)
        again = dict(method.documents(tables, told))
    except UNREADABLE:
        return Retraced(release, RerunState.UNREADABLE, wrong=wrong)
    return Retraced(
        release,
        RerunState.DONE,
        figures,
        _explained(session, release, again, told) if kept.is_whole else None,
        wrong,
        check_input(session, release, kept, method, readings) if is_all_told else None,
        seen,
        tables,
    )


def load_kept(session: ReadSession, release: Release, *, subject_id: str | None = None) -> Kept:
    """What a release left behind, of its figures those of one subject if that is all that is looked at; whoever asks."""
    return Kept(
        load_frozen_round(session, release.round_id),
        load_marks(session, release.round_id),
        load_atoms(session, release.id),
        load_all_scores(session, release.id, subject_id=subject_id),
    )


def parts_of(found: Retraced, figure: Score) -> tuple[AtomPart, ...]:
    """The atoms behind the figure of a rater group, named as far as the viewer may read them."""
    return () if found.tables is None else atom_parts(found.tables, figure, found.seen)


def readable_subjects(session: ReadSession, viewer: Viewer, frozen: FrozenRound, *, on: date) -> frozenset[str]:
    """The subjects of a round whose results a viewer may read today."""
    asked = [subject.id for subject in frozen.subjects]
    waiting = {one for one in asked if find_opening(session, viewer, frozen.id, one, on=on) is not None}
    if reads_people(viewer) and may(viewer, Action.RESULTS_READ, (frozen.company_id,)):
        return frozenset(asked) - viewer.hidden - waiting
    paths = load_paths(session, asked, on=on)
    return frozenset(one for one, path in paths.items() if may(viewer, Action.RESULTS_READ, path)) - waiting


def _analyses(session: ReadSession, viewer: Viewer, frozen: FrozenRound, *, on: date) -> bool:
    path = load_paths(session, [frozen.scope_id], on=on).get(SubjectId(frozen.scope_id), ())
    return may(viewer, Action.RESULTS_ANALYSE, path)


def _explained(
    session: ReadSession, release: Release, again: Mapping[str, Any], seen: frozenset[str]
) -> dict[str, bool]:
    query = select(ExplanationRow.subject_id, ExplanationRow.document).where(ExplanationRow.release_id == release.id)
    stored: dict[str, Any] = {one: document for one, document in session.execute(query) if one in seen}
    return {
        one: one in stored and one in again and is_same(stored[one], again[one])
        for one in sorted(stored.keys() | (again.keys() & seen))
    }
