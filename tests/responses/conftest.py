"""A round that is open for answers."""

from datetime import datetime

import pytest

from app.infra.database import WriteSession
from app.rounds.values import Round
from tests.fjellbris import Fjellbris, fjellbris
from tests.originals import copied
from tests.played_round import PlayedRound, play


@pytest.fixture
def begun(session: WriteSession, now: datetime, request: pytest.FixtureRequest) -> tuple[Fjellbris, Round | None]:
    """The company, with an open round where a test wants it."""
    return copied(session, opened, now) if "played" in request.fixturenames else (fjellbris(session, now), None)


@pytest.fixture
def company(begun: tuple[Fjellbris, Round | None]) -> Fjellbris:
    return begun[0]


@pytest.fixture
def played(session: WriteSession, begun: tuple[Fjellbris, Round | None], now: datetime) -> PlayedRound:
    assert begun[1] is not None
    return PlayedRound(session, begun[0], begun[1], now)


def opened(session: WriteSession, now: datetime) -> tuple[Fjellbris, Round]:
    company = fjellbris(session, now)
    return company, play(session, company, now).round
