"""Every SELECT of rounds that repeat: one by its round, those of a company, and what is due."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from app.accounts.rules import Action, may, require
from app.accounts.values import Viewer
from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.formats import local_day
from app.infra.ids import is_id
from app.journal.queries import load_moments
from app.organisation.paths import load_paths
from app.organisation.queries import path_of
from app.organisation.values import PersonId, SubjectId
from app.repeats import rules
from app.repeats.tables import RepeatedRoundRow, RepetitionRow
from app.repeats.values import Repetition, RepetitionId, RepetitionState
from app.rounds.clone import next_draft
from app.rounds.commands import draft_of
from app.rounds.queries import load_rounds
from app.rounds.tables import RoundRow
from app.rounds.values import RoundId, RoundState

FAILED = "repetition.failed"
REST = timedelta(hours=1)
"""What came to nothing is tried again after this long."""


def find_repetition(session: ReadSession, viewer: Viewer, round_id: str, *, now: datetime) -> Repetition | None:
    """The repetition that a round belongs to, for who may read the round; None where it is not repeated."""
    scope_id = session.scalar(select(RoundRow.scope_id).where(RoundRow.id == round_id)) if is_id(round_id) else None
    require(viewer, Action.ROUNDS_READ, path_of(session, scope_id, on=local_day(now)) if scope_id else ())
    if scope_id is None:
        raise NotFound
    of_round = select(RepeatedRoundRow.repetition_id).where(RepeatedRoundRow.round_id == round_id)
    rows = session.scalars(select(RepetitionRow).where(RepetitionRow.id.in_(of_round))).all()
    return next(iter(_repetitions(session, rows, now=now)), None)


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
    found = _repetitions(session, read, now=now)
    return tuple(sorted(found, key=lambda one: (one.state, one.opens_at or now, one.id)))


def load_due(session: ReadSession, *, now: datetime) -> tuple[Repetition, ...]:
    """Repetitions whose next round is to be drafted or started now, whoever asks; as many statements for one as for all.

    One of which that came to nothing rests for an hour.
    """
    rows = session.scalars(select(RepetitionRow).where(RepetitionRow.state == RepetitionState.RUNNING)).all()
    found = _repetitions(session, rows, now=now)
    return tuple(one for one in found if _is_due(one, now) and not (one.failed_at and now - one.failed_at < REST))


def _is_due(one: Repetition, now: datetime) -> bool:
    if one.drafted_on is None or one.opens_at is None:
        return False
    if one.is_draft:
        return one.starts_itself and one.opens_at <= now
    return one.drafted_on <= local_day(now)


def load_repetition(session: ReadSession, repetition_id: str, *, now: datetime) -> Repetition:
    """One repetition as it is in the database now, whoever asks."""
    session.expire_all()
    [found] = _repetitions(session, [session.get_one(RepetitionRow, repetition_id)], now=now)
    return found


def _repetitions(session: ReadSession, rows: Sequence[RepetitionRow], *, now: datetime) -> list[Repetition]:
    """Rows as values; a repetition whose rounds are all gone is none."""
    rounds = _rounds_of(session, {row.id for row in rows})
    known = load_rounds(session, {one for some in rounds.values() for one in some[:1]}) if rounds else {}
    failed = load_moments(session, FAILED, "round", list(known))
    found = []
    for row in rows:
        round_ids = rounds.get(row.id, ())
        if not round_ids:
            continue
        last = known[RoundId(round_ids[0])]
        # A draft that waits opens when it says; else the next one is worked out like it will be made.
        is_draft = last.state is RoundState.DRAFT
        wanted = draft_of(last) if is_draft else next_draft(draft_of(last), not_before=row.next_from, now=now)
        is_over = row.state == RepetitionState.STOPPED
        drafted_on = rules.draft_day(local_day(wanted.opens_at), row.lead_days)
        found.append(
            Repetition(
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
                drafted_on=None if is_over else drafted_on,
                opens_at=None if is_over else wanted.opens_at,
                failed_at=max(failed.get(last.id, ()), default=None),
                version=row.version,
            )
        )
    return found


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
