"""Workers die while letters leave: none is lost without a word, no invitation comes a third time, no reminder twice."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from app.infra.database import Database
from app.invitations.commands import invite_due_rounds
from app.kpis.values import RaterGroup
from app.mail.tables import OutboxRow
from app.mail.values import Letter
from tests.faults.postal import Survived, survive
from tests.fjellbris import fjellbris
from tests.played_round import play

LETTERS, KILLS, SEED = 200, 12, 4711


@pytest.mark.slow
def test_letters_survive_workers_that_are_killed(
    engine: Database, database_url: str, tmp_path: Path, now: datetime
) -> None:
    queue(engine, now, letters=LETTERS)
    assert_kept(survive(engine, database_url, tmp_path, kills=KILLS, seed=SEED, now=now), letters=LETTERS)


def queue(engine: Database, now: datetime, *, letters: int) -> None:
    """So many requests, a quarter of them of a second round to people whom the first asks as well.

    Each third letter asks in both, and every fourth reminds.
    """
    with engine.write() as session:
        company = fjellbris(session, now)
        for asked in (letters - letters // 4, letters // 4):
            play(session, company, now, groups=(RaterGroup.CUSTOMER,), customers={"Sofie Berg": asked})
            while invite_due_rounds(session, now=now):
                """A thousand at a time."""
        name = func.coalesce(OutboxRow.leaves_with, OutboxRow.id)
        names = sorted(set(session.scalars(select(name))))
        session.execute(update(OutboxRow).where(name.in_(names[::4])).values(letter=Letter.REMINDER))
        assert session.scalar(select(func.count()).select_from(OutboxRow)) == letters
        assert len(names) == letters - letters // 4


def assert_kept(found: Survived, *, letters: int) -> None:
    invitations, reminders = found.copies(Letter.INVITATION), found.copies(Letter.REMINDER)
    assert (len(found.rows), invitations.total() + reminders.total()) == (letters, letters - letters // 4)
    assert found.under_way > found.kills / 2, "who is killed with nothing under way shows nothing"
    assert (found.lost, max(invitations), max(reminders)) == ([], 2, 1)
    assert invitations[2] <= found.kills + found.postman.unanswered
    assert {state for _, _, state, _ in found.rows} <= {"sent", "attention"}
    assert len(set(found.rows)) == letters - letters // 4, "what becomes of a letter becomes of each of its requests"
    assert max(copies for _, _, _, copies in found.rows) <= 2
    assert {len(bodies) for bodies in found.postman.bodies.values()} == {1}, "a second copy is the same to the byte"
