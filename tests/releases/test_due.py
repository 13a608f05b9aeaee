"""Rounds that are released by themselves: one that cannot be holds up no other, is told of, and rests before it is tried again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy import select, update

from app.accounts.rules import SERVICE
from app.infra.database import Database
from app.journal.queries import list_entries_about
from app.releases.queries import load_due_releases
from app.releases.rules import FIRST_PAUSE, LONGEST_PAUSE
from app.releases.tables import ReleaseRow
from app.rounds.commands import close_round, launch_round, propose_assignments
from app.rounds.tables import AssignmentRow, RoundRow
from app.worker import release_due
from tests.fjellbris import draft_round, fjellbris

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Waiting:
    """Three closed rounds that wait for nobody; the second of them can be spoilt."""

    engine: Database
    rounds: tuple[str, str, str]
    now: datetime

    def mark_answered(self, *, answered: bool) -> None:
        """Say of the second round that everybody has answered, though no sheet is there; or take it back."""
        with self.engine.write() as session:
            of_round = AssignmentRow.round_id == self.rounds[1]
            session.execute(update(AssignmentRow).where(of_round).values(answered=answered))

    def release(self, at: datetime) -> tuple[int, list[Any]]:
        """What the worker does at a moment: how many rounds, and what it has to say."""
        with structlog.testing.capture_logs() as captured:
            done = release_due(self.engine, at)
        return done, captured

    def released(self) -> set[str]:
        with self.engine.read() as session:
            return set(session.scalars(select(ReleaseRow.round_id)))


@pytest.fixture
def waiting(engine: Database, now: datetime) -> Waiting:
    with engine.write() as session:
        company = fjellbris(session, now)
        rounds = []
        for place in range(3):
            draft = draft_round(session, company, now)
            propose_assignments(session, SERVICE, draft.id, now=now)
            launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
            close_round(session, SERVICE, draft.id, now=now + place * MINUTE)
            rounds.append(draft.id)
    return Waiting(engine, (rounds[0], rounds[1], rounds[2]), now + timedelta(hours=1))


def test_a_round_that_cannot_be_released_holds_up_no_other_and_is_told_with_its_id(waiting: Waiting) -> None:
    first, bad, last = waiting.rounds
    waiting.mark_answered(answered=True)
    done, captured = waiting.release(waiting.now)
    assert (done, waiting.released()) == (2, {first, last})
    (told,) = captured
    assert (told["event"], told["log_level"], told["round"]) == ("release failed", "error", bad)
    with waiting.engine.read() as session:
        entry = list_entries_about(session, "round", bad)[-1]
    assert (entry.action, entry.actor, entry.at) == ("release.failed", "service", waiting.now)
    assert entry.details == {"error": "SheetsAstray"}


def test_any_other_failure_is_told_and_left_behind_as_well(waiting: Waiting) -> None:
    first, bad, last = waiting.rounds
    with waiting.engine.write() as session:
        session.execute(update(RoundRow).where(RoundRow.id == bad).values(recipe={}))
    done, captured = waiting.release(waiting.now)
    assert (done, waiting.released(), [told["round"] for told in captured]) == (2, {first, last}, [bad])


def test_what_failed_is_tried_again_after_pauses_that_double_up_to_a_day(waiting: Waiting) -> None:
    waiting.mark_answered(answered=True)
    at = waiting.now
    waiting.release(at)
    pauses = [FIRST_PAUSE * 2**doublings for doublings in range(11)] + [LONGEST_PAUSE] * 2
    for pause in pauses:
        assert waiting.release(at + pause - timedelta(seconds=1)) == (0, [])
        at += pause
        done, captured = waiting.release(at)
        assert (done, len(captured)) == (0, 1)


def test_once_mended_it_is_released_at_the_next_attempt(waiting: Waiting) -> None:
    waiting.mark_answered(answered=True)
    waiting.release(waiting.now)
    waiting.mark_answered(answered=False)
    assert waiting.release(waiting.now + FIRST_PAUSE / 2) == (0, [])
    assert waiting.release(waiting.now + FIRST_PAUSE) == (1, [])
    assert waiting.released() == set(waiting.rounds)
    with waiting.engine.read() as session:
        assert load_due_releases(session, now=waiting.now + 2 * LONGEST_PAUSE) == ()


def test_due_rounds_are_released_in_the_order_in_which_they_closed(waiting: Waiting) -> None:
    with waiting.engine.read() as session:
        assert tuple(one.id for one in load_due_releases(session, now=waiting.now)) == waiting.rounds
    assert waiting.release(waiting.now) == (3, [])
    assert waiting.release(waiting.now) == (0, [])
