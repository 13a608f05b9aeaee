"""Every SELECT of rounds that repeat: one by its round, those of a company, and what is due."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from app.accounts.rules import Action, may, require
from app.accounts.values import Viewer
from app.encounters.clone import next_draft
from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.formats import local_day
from app.infra.ids import is_id
from app.journal.queries import load_latest
from app.journal.values import Entry
from app.kpis.values import RaterGroup
from app.organisation.paths import load_paths
from app.organisation.queries import path_of
from app.organisation.values import PersonId, SubjectId
from app.repeats import rules
from app.repeats.tables import RepeatedRoundRow, RepetitionRow
from app.repeats.values import Problem, Repetition, RepetitionId, RepetitionState, Step
from app.rounds.commands import draft_of
from app.rounds.queries import load_rounds
from app.rounds.rules import is_visit
from app.rounds.tables import AssignmentRow, RoundRow
from app.rounds.values import AssignmentSource, Mode, Round, RoundId, RoundState
from app.visits.rules import may_order

FAILED = "repetition.failed"
ORDERED = "repetition.visits_ordered"


def find_repetition(session: ReadSession, viewer: Viewer, round_id: str, *, now: datetime) -> Repetition | None:
    """The repetition that a round belongs to, for who may read the round; None where it is not repeated."""
    scope_id = session.scalar(select(RoundRow.scope_id).where(RoundRow.id == round_id)) if is_id(round_id) else None
    path = path_of(session, scope_id, on=local_day(now)) if scope_id else ()
    require(viewer, Action.ROUNDS_READ, path)
    if scope_id is None:
        raise NotFound
    of_round = select(RepeatedRoundRow.repetition_id).where(RepeatedRoundRow.round_id == round_id)
    rows = session.scalars(select(RepetitionRow).where(RepetitionRow.id.in_(of_round))).all()
    found = next(iter(_repetitions(session, rows, now=now)), None)
    return _as_known(viewer, path, found) if found is not None else None


def get_repetition(session: ReadSession, viewer: Viewer, round_id: str, *, now: datetime) -> Repetition:
    """The same; NotFound where the round is not repeated."""
    found = find_repetition(session, viewer, round_id, now=now)
    if found is None:
        raise NotFound
    return found


def list_repetitions(session: ReadSession, viewer: Viewer, company_id: str, *, now: datetime) -> tuple[Repetition, ...]:
    """The rounds of a company that repeat, as far as the viewer may read them; those first that come next."""
    if not is_id(company_id):
        raise NotFound
    rows = session.scalars(select(RepetitionRow).where(RepetitionRow.company_id == company_id)).all()
    paths = load_paths(session, {row.scope_id for row in rows}, on=local_day(now))
    read = [row for row in rows if may(viewer, Action.ROUNDS_READ, paths[SubjectId(row.scope_id)])]
    found = [_as_known(viewer, paths[SubjectId(one.scope_id)], one) for one in _repetitions(session, read, now=now)]
    return tuple(sorted(found, key=lambda one: (one.state, one.opens_at or now, one.id)))


def load_due(session: ReadSession, *, now: datetime) -> tuple[Repetition, ...]:
    """Repetitions of which something is to be done now, whoever asks; as many statements for one as for all."""
    rows = session.scalars(select(RepetitionRow).where(RepetitionRow.state == RepetitionState.RUNNING)).all()
    return tuple(one for one in _repetitions(session, rows, now=now) if _is_due(one, now))


def _is_due(one: Repetition, now: datetime) -> bool:
    if one.drafted_on is None or one.opens_at is None:
        return False
    if one.step is Step.START:
        return one.starts_itself and one.opens_at <= now
    return one.step is Step.VISITS or one.drafted_on <= local_day(now)


def load_repetition(session: ReadSession, repetition_id: str, *, now: datetime) -> Repetition:
    """One repetition as it is in the database now, whoever asks."""
    session.expire_all()
    [found] = _repetitions(session, [session.get_one(RepetitionRow, repetition_id)], now=now)
    return found


def _as_known(viewer: Viewer, path: Sequence[str], one: Repetition) -> Repetition:
    """Who reads results must not know before whether somebody visits."""
    return one if may_order(viewer, path) else replace(one, visits_left=False)


class _Known(NamedTuple):
    """What is known of the latest rounds, by id, beside themselves."""

    failed: Mapping[str, Entry]
    ordered: Mapping[str, Entry]
    missing: Mapping[str, tuple[RaterGroup, ...]]


def _repetitions(session: ReadSession, rows: Sequence[RepetitionRow], *, now: datetime) -> list[Repetition]:
    """Rows as values; a repetition whose rounds are all gone is none."""
    rounds = _rounds_of(session, {row.id for row in rows})
    if not rounds:
        return []
    latest = load_rounds(session, {some[0] for some in rounds.values()})
    known = _Known(
        load_latest(session, FAILED, "round", list(latest)),
        load_latest(session, ORDERED, "round", list(latest)),
        _load_missing(session, latest, [some[:2] for some in rounds.values()]),
    )
    there = [(row, rounds[row.id]) for row in rows if row.id in rounds]
    return [_repetition(row, round_ids, latest[RoundId(round_ids[0])], known, now=now) for row, round_ids in there]


def _repetition(
    row: RepetitionRow, round_ids: tuple[str, ...], last: Round, known: _Known, *, now: datetime
) -> Repetition:
    # A draft that waits opens when it says; else the next one is worked out like it will be made.
    is_draft = last.state is RoundState.DRAFT
    wanted = draft_of(last) if is_draft else next_draft(draft_of(last), not_before=row.next_from, now=now)
    is_over = row.state == RepetitionState.STOPPED
    ordered, failed = known.ordered.get(last.id), known.failed.get(last.id)
    step = _step(last, is_ordered=ordered is not None or len(round_ids) == 1)
    why = failed.details if failed is not None and failed.details.get("step") == step else {}
    return Repetition(
        id=RepetitionId(row.id),
        company_id=row.company_id,
        scope_id=row.scope_id,
        state=RepetitionState(row.state),
        starts_itself=row.starts_itself,
        lead_days=row.lead_days,
        owner_id=PersonId(row.owner_id) if row.owner_id else None,
        round_id=round_ids[0],
        round_ids=round_ids,
        is_draft=is_draft,
        name=last.name,
        next_from=row.next_from,
        drafted_on=None if is_over else rules.draft_day(local_day(wanted.opens_at), row.lead_days),
        opens_at=None if is_over else wanted.opens_at,
        step=step,
        missing_groups=known.missing.get(last.id, ()),
        visits_left=last.state is RoundState.OPEN and ordered is not None and ordered.details["left"] > 0,
        failed_at=failed.at if failed is not None and why else None,
        because=tuple(Problem(*problem) for problem in why.get("problems", ())),
        version=row.version,
    )


def _step(last: Round, *, is_ordered: bool) -> Step:
    """What comes next: visits are ordered once the round has started, since nothing is sent for a draft."""
    if last.state is RoundState.DRAFT:
        return Step.START
    takes_visits = any(policy.mode is Mode.REPORT for policy in last.groups)
    return Step.VISITS if takes_visits and last.state is RoundState.OPEN and not is_ordered else Step.DRAFT


def _load_missing(
    session: ReadSession, known: Mapping[RoundId, Round], pairs: Iterable[Sequence[str]]
) -> dict[str, tuple[RaterGroup, ...]]:
    """By draft, its rater groups in which somebody was asked in the round before and nobody is; visits ask nobody."""
    before = {one[0]: one[1] for one in pairs if len(one) > 1 and known[RoundId(one[0])].state is RoundState.DRAFT}
    if not before:
        return {}
    columns = (AssignmentRow.round_id, AssignmentRow.rater_group, AssignmentRow.source)
    query = select(*columns).where(AssignmentRow.round_id.in_({*before, *before.values()})).distinct()
    asked = {
        (round_id, group)
        for round_id, group, source in session.execute(query)
        if not is_visit(RaterGroup(group), AssignmentSource(source))
    }
    return {
        one: tuple(
            policy.rater_group
            for policy in known[RoundId(one)].groups
            if (earlier, policy.rater_group) in asked and (one, policy.rater_group) not in asked
        )
        for one, earlier in before.items()
    }


def _rounds_of(session: ReadSession, repetition_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The rounds by repetition, the latest first."""
    found: dict[str, tuple[str, ...]] = {}
    if not repetition_ids:
        return found
    rows = session.execute(
        select(RepeatedRoundRow.repetition_id, RoundRow.id)
        .join(RoundRow, RoundRow.id == RepeatedRoundRow.round_id)
        .where(RepeatedRoundRow.repetition_id.in_(repetition_ids))
        .order_by(RoundRow.period_end.desc(), RoundRow.id)
    )
    for repetition_id, round_id in rows:
        found[repetition_id] = (*found.get(repetition_id, ()), round_id)
    return found
