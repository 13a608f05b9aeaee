"""Which earlier release a round is compared with, subject by subject, and its figures, made again from what it kept.

It is the last one about an earlier period in which the subject has a score on a KPI that was asked or measured in the
same way; without such a one, the last in which it has a score on any of the KPIs, so that it can be said why they are
not compared. Figures that were released stay as they are: they are only read here.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from app.infra.database import ReadSession
from app.kpis.values import KpiKind
from app.organisation.values import SubjectKind
from app.releases.changes import Earlier, definition_of, is_measured_alike
from app.releases.lookup import Tables, tables_of
from app.releases.queries import load_all_scores
from app.releases.recompute import KeptAtom, hard_kept, judge_kept
from app.releases.score import hard_numbers, score_judged
from app.releases.tables import AtomRow, ReleaseRow, ScoreRow
from app.releases.values import METHOD_VERSION, ScoreStatus
from app.rounds.queries import load_frozen_round, load_marks
from app.rounds.recipe import kpis_in
from app.rounds.tables import AssignmentRow, RoundRow
from app.rounds.values import FrozenKpi, FrozenRound, FrozenSubject
from app.scoring.errors import ScoringError
from app.scoring.trend import incomparable

_ASTRAY = (ScoringError, LookupError, TypeError)
"""What comes of kept figures that are not what they were."""
LOOK_BACK = 12
"""So many of the latest releases are looked at: a quarter of weekly rounds, three years of quarterly ones."""


class Candidate(NamedTuple):
    """An earlier release, the KPIs that both have, and those among them on which it can be compared."""

    release_id: str
    round_id: str
    shared: frozenset[str]
    alike: frozenset[str]


def load_earlier(session: ReadSession, frozen: FrozenRound) -> dict[str, Earlier]:
    """By subject id what it is compared with; nobody who was never scored alike before."""
    candidates = _candidates(session, frozen)
    chosen = _chosen(session, candidates, {subject.id for subject in frozen.subjects})
    found: dict[str, Earlier] = {}
    for candidate in candidates:
        subjects = [subject_id for subject_id, one in chosen.items() if one == candidate]
        if subjects:
            found |= _earlier_of(session, frozen, candidate, subjects)
    return found


def load_compared(
    session: ReadSession, release_id: str, frozen: FrozenRound, since: Mapping[str, tuple[str, str]]
) -> tuple[Tables, dict[str, Earlier]] | None:
    """A release again, and what its subjects were compared with when it was sealed; whoever asks.

    Parameters
    ----------
    session : open
    release_id, frozen : the release
    since : by subject id the release and the round it was compared with

    Returns
    -------
    None where what it kept cannot be read, which the doctor says.
    """
    try:
        tables = _tables_again(session, release_id, frozen, _load_atoms(session, release_id))
    except _ASTRAY:
        return None
    found: dict[str, Earlier] = {}
    for before in sorted(set(since.values())):
        subjects = [subject_id for subject_id, one in since.items() if one == before]
        found |= _earlier_of(session, frozen, Candidate(*before, frozenset(), frozenset()), subjects)
    return tables, found


def _candidates(session: ReadSession, frozen: FrozenRound) -> list[Candidate]:
    """Releases of the company about earlier periods that share a KPI, the latest first."""
    query = (
        select(ReleaseRow.id, RoundRow.id, RoundRow.recipe)
        .join(RoundRow, RoundRow.id == ReleaseRow.round_id)
        .where(
            ReleaseRow.company_id == frozen.company_id,
            ReleaseRow.method_version == METHOD_VERSION,
            RoundRow.period_end < frozen.period_end,
            RoundRow.id != frozen.id,
        )
        .order_by(RoundRow.period_end.desc(), ReleaseRow.sealed_at.desc(), ReleaseRow.id)
        .limit(LOOK_BACK)
    )
    now = {kpi.kpi_id: kpi for kpi in frozen.kpis}
    found = []
    for release_id, round_id, recipe in session.execute(query):
        both = [(kpi, now[kpi.kpi_id]) for kpi in kpis_in((recipe or {}).get("kpis", ())) if kpi.kpi_id in now]
        alike = frozenset(after.kpi_id for before, after in both if _is_asked_alike(before, after))
        found.append(Candidate(release_id, round_id, frozenset(after.kpi_id for _, after in both), alike))
    return [one for one in found if one.shared]


def _is_asked_alike(before: FrozenKpi, after: FrozenKpi) -> bool:
    if after.kind is KpiKind.HARD:
        return is_measured_alike(before, after)
    weighed = all(any(weight > 0 for weight in kpi.weights.values()) for kpi in (before, after))
    return weighed and incomparable(definition_of(before), definition_of(after)) is None


def _chosen(
    session: ReadSession, candidates: Sequence[Candidate], subject_ids: Collection[str]
) -> dict[str, Candidate]:
    """By subject the latest candidate that has a comparable score of it, or else any score."""
    query = select(ScoreRow.release_id, ScoreRow.kpi_id, ScoreRow.subject_id).where(
        ScoreRow.release_id.in_([one.release_id for one in candidates]),
        ScoreRow.rater_groups == "",
        ScoreRow.kpi_id.is_not(None),
        ScoreRow.status == ScoreStatus.OK,
    )
    places = {one.release_id: place for place, one in enumerate(candidates)}
    first: dict[str, tuple[bool, int]] = {}
    for release_id, kpi_id, subject_id in session.execute(query):
        place = places[release_id]
        if kpi_id in candidates[place].shared and subject_id in subject_ids:
            rank = kpi_id not in candidates[place].alike, place
            first[subject_id] = min(rank, first.get(subject_id, rank))
    return {subject_id: candidates[place] for subject_id, (_, place) in first.items()}


def _earlier_of(
    session: ReadSession, frozen: FrozenRound, candidate: Candidate, subject_ids: Sequence[str]
) -> dict[str, Earlier]:
    atoms = _load_atoms(session, candidate.release_id)
    try:
        before = load_frozen_round(session, candidate.round_id)
        tables = _tables_again(session, candidate.release_id, before, atoms)
    except _ASTRAY:
        # What the doctor finds astray must not keep later rounds from being released.
        return {}
    members = _members(frozen.subjects, _load_members(session, frozen.id, candidate.round_id))
    places = {subject.id: place for place, subject in enumerate(tables.frozen.subjects)}
    is_whole = all(atom.is_whole for atom in atoms)
    return {
        subject_id: Earlier(
            candidate.release_id,
            candidate.round_id,
            tables,
            places[subject_id],
            members.get(subject_id, {}),
            is_whole,
        )
        for subject_id in subject_ids
        if subject_id in places
    }


def _tables_again(session: ReadSession, release_id: str, frozen: FrozenRound, atoms: Sequence[KeptAtom]) -> Tables:
    marks = load_marks(session, frozen.id)
    judged = judge_kept(frozen, marks, atoms)
    hard = hard_kept(frozen, hard_numbers(frozen, judged), load_all_scores(session, release_id))
    return tables_of(frozen, score_judged(frozen, judged, hard), marks.cells)


def _load_atoms(session: ReadSession, release_id: str) -> tuple[KeptAtom, ...]:
    columns = (
        AtomRow.subject_id,
        AtomRow.rater_groups,
        AtomRow.is_own,
        AtomRow.is_protected,
        AtomRow.raters,
        AtomRow.sheets,
        AtomRow.totals,
    )
    return tuple(KeptAtom(*row) for row in session.execute(select(*columns).where(AtomRow.release_id == release_id)))


def _load_members(session: ReadSession, round_id: str, before_id: str) -> Iterable[tuple[str, str, str]]:
    """Subject, rater group and rater, for those who were asked about the same subject in both rounds."""
    before = aliased(AssignmentRow)
    asked_before = exists().where(
        before.round_id == before_id,
        before.rater_id == AssignmentRow.rater_id,
        before.subject_id == AssignmentRow.subject_id,
        before.rater_group == AssignmentRow.rater_group,
    )
    columns = (AssignmentRow.subject_id, AssignmentRow.rater_group, AssignmentRow.rater_id)
    rows = session.execute(select(*columns).where(AssignmentRow.round_id == round_id, asked_before).distinct())
    return ((subject_id, group, rater_id) for subject_id, group, rater_id in rows)


def _members(
    subjects: Sequence[FrozenSubject], members: Iterable[tuple[str, str, str]]
) -> Mapping[str, Mapping[str, frozenset[str]]]:
    """By subject and rater group the people asked about it in both rounds; a unit has those about anybody below."""
    known = {subject.id: subject for subject in subjects}
    found: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for subject_id, group, rater_id in members:
        place = known.get(subject_id)
        is_competitor = place is not None and place.kind is SubjectKind.COMPETITOR
        while place is not None:
            found[place.id][group].add(rater_id)
            place = None if is_competitor else known.get(place.parent_id or "")
    return {
        owner: {group: frozenset(people) for group, people in by_group.items()} for owner, by_group in found.items()
    }
