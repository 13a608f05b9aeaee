"""Whether what went into a release is still there and unchanged: sheets, where they were kept, and readings."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

import numpy as np
from sqlalchemy import select

from app.infra.database import ReadSession
from app.infra.formats import DEFAULT_ZONE
from app.infra.keys import key_of, same
from app.kpis.values import KpiKind
from app.metrics.queries import load_readings_as_of
from app.metrics.values import Reading
from app.releases.keep import totals_documents
from app.releases.methods import Method
from app.releases.partition import JudgedRound, item_ids, judge
from app.releases.rerun import Kept
from app.releases.rules import SheetsAstray
from app.releases.tables import ReleaseRow
from app.releases.values import InputCheck, InputState, Release
from app.responses.sheets import load_sheets
from app.rounds.values import FrozenRound, Marks, Mode, Pooling
from app.visits.queries import load_held


def readings_at(session: ReadSession, frozen: FrozenRound, at: datetime) -> list[Reading]:
    """The readings of a round as they were when it was released."""
    hard = [kpi.kpi_id for kpi in frozen.kpis if kpi.kind is KpiKind.HARD]
    start = datetime.combine(frozen.period_start, time(), DEFAULT_ZONE)
    end = datetime.combine(frozen.period_end + timedelta(days=1), time(), DEFAULT_ZONE)
    inside = {subject.id for subject in frozen.subjects}
    found = load_readings_as_of(session, hard, start=start, end=end, at=at)
    return [one for one in found if one.subject_id in inside]


def check_input(
    session: ReadSession, release: Release, kept: Kept, method: Method, readings: Sequence[Reading]
) -> InputCheck:
    """Whether the sheets that are still there give the sums that are kept, and all of them the digest."""
    frozen = kept.frozen
    groups = {policy.rater_group.value for policy in frozen.groups if policy.mode is not Mode.ANONYMOUS}
    is_whole = len(groups) == len(frozen.groups)
    if not is_whole and frozen.pooling is Pooling.POOL:
        # Which atoms hold a deleted sheet besides others cannot be told from the others alone.
        return InputCheck(InputState.DELETED, 0, 0)
    try:
        sheets = load_sheets(session, frozen.id, item_ids(frozen), load_held(session, frozen.id))
        judged = judge(frozen, sheets, _of(kept.marks, groups))
    except SheetsAstray:
        return InputCheck(InputState.MISSING, 0, 0)
    atoms, wrong = _added_again(kept, judged)
    if not is_whole:
        return InputCheck(InputState.DELETED, atoms, wrong)
    digest = key_of(session).derive("release-input", method.digest(frozen, judged, readings))
    stored = session.scalar(select(ReleaseRow.input_digest).where(ReleaseRow.id == release.id))
    is_equal = stored is not None and same(digest, stored)
    return InputCheck(InputState.EQUAL if is_equal else InputState.DIFFERENT, atoms, wrong)


def _of(marks: Marks, groups: Collection[str]) -> Marks:
    """The marks with those of other rater groups not answered."""
    is_there = np.array([group in groups for _, group in marks.cells], np.bool_)
    return replace(marks, answered=marks.answered & is_there[marks.cell_of_mark])


def _added_again(kept: Kept, judged: JudgedRound) -> tuple[int, int]:
    """How many atoms were added up from their sheets, and how many gave other sums than are kept."""
    stored = {atom.place: atom.totals for atom in kept.atoms}
    wrong = 0
    for atom, again in zip(judged.made.atoms, totals_documents(judged), strict=True):
        groups = "+".join(kept.frozen.groups[group].rater_group.value for group in atom.groups)
        totals = stored.get((kept.frozen.subjects[atom.subject].id, groups), {})
        wrong += any(totals.get(name) != again[name] for name in ("sums", "pairs"))
    return len(judged.made.atoms), wrong
