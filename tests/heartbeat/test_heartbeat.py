"""Signs of life: the last of all workers counts, each has one row, and who is silent for a day is forgotten."""

from datetime import datetime, timedelta

from sqlalchemy import select

from app.heartbeat.commands import beat
from app.heartbeat.queries import find_last_beat
from app.heartbeat.rules import FORGOTTEN, SILENCE, is_missing
from app.heartbeat.tables import WorkerRow
from app.infra.database import WriteSession

SECOND = timedelta(seconds=1)


def test_the_last_sign_of_any_worker_is_told(session: WriteSession, now: datetime) -> None:
    assert find_last_beat(session) is None
    beat(session, "host/1", now=now)
    beat(session, "host/2", now=now + 40 * SECOND)
    beat(session, "host/1", now=now + 30 * SECOND)
    assert find_last_beat(session) == now + 40 * SECOND


def test_a_worker_has_one_row_and_is_forgotten_after_a_day_by_the_others(session: WriteSession, now: datetime) -> None:
    beat(session, "host/1", now=now)
    beat(session, "host/1", now=now + 30 * SECOND)
    beat(session, "host/2", now=now + 30 * SECOND + FORGOTTEN)
    assert session.scalars(select(WorkerRow.name).order_by(WorkerRow.name)).all() == ["host/1", "host/2"]
    beat(session, "host/2", now=now + 31 * SECOND + FORGOTTEN)
    assert session.scalars(select(WorkerRow.name)).all() == ["host/2"]


def test_two_minutes_of_silence_are_allowed(now: datetime) -> None:
    late = [is_missing(now, is_expected=False, now=now + wait) for wait in (-SECOND, SILENCE, SILENCE + SECOND)]
    assert late == [False, False, True]
