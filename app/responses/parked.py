"""What is parked of a round, for the analyst; and which rounds wait for somebody to look at it. Reads only."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select

from app.accounts.rules import Action, require
from app.accounts.values import Viewer
from app.infra.database import ReadSession
from app.responses.rules import REVIEW, ReviewOver
from app.responses.tables import ParkedSheetRow
from app.responses.values import ParkedAnswer, ParkState, Suspicion
from app.rounds.queries import get_round, place_of
from app.rounds.tables import RoundSubjectRow
from app.rounds.values import Round, RoundState


def list_parked(session: ReadSession, viewer: Viewer, round_id: str, *, now: datetime) -> Sequence[ParkedAnswer]:
    """What is parked of a round that has closed, by whom it is about; for who analyses results at its scope.

    While the round is open nothing is told, since a suspicion follows from an answer.
    """
    round_ = get_round(session, viewer, round_id, now=now)
    require(viewer, Action.RESULTS_ANALYSE, place_of(session, round_, now=now))
    if round_.state not in {RoundState.CLOSED, RoundState.RELEASED}:
        raise ReviewOver
    named = (RoundSubjectRow.round_id == ParkedSheetRow.round_id) & (
        RoundSubjectRow.subject_id == ParkedSheetRow.subject_id
    )
    query = select(ParkedSheetRow, RoundSubjectRow.name).join(RoundSubjectRow, named)
    rows = session.execute(query.where(ParkedSheetRow.round_id == round_.id))
    return [_parked(row, name) for row, name in sorted(rows, key=lambda one: (one[1].casefold(), one[0].id))]


def load_in_review(session: ReadSession, rounds: Collection[Round], *, now: datetime) -> frozenset[str]:
    """The rounds that wait for somebody to decide about what is parked, a few days at most."""
    fresh = [one.id for one in rounds if one.closed_at is not None and now < one.closed_at + REVIEW]
    query = select(ParkedSheetRow.round_id).where(
        ParkedSheetRow.round_id.in_(fresh), ParkedSheetRow.state == ParkState.PARKED
    )
    return frozenset(session.scalars(query.distinct()))


def _parked(row: ParkedSheetRow, name: str) -> ParkedAnswer:
    return ParkedAnswer(
        id=row.id,
        round_id=row.round_id,
        subject_id=row.subject_id,
        subject_name=name,
        questions=row.questions,
        reasons=tuple(Suspicion(one) for one in row.reasons),
        state=ParkState(row.state),
        decided_on=row.decided_on,
    )
