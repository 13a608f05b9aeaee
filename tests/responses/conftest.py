"""A round that is open for answers."""

from datetime import datetime

import pytest

from app.infra.database import WriteSession
from tests.fjellbris import Fjellbris, fjellbris
from tests.played_round import PlayedRound, play


@pytest.fixture
def company(session: WriteSession, now: datetime) -> Fjellbris:
    return fjellbris(session, now)


@pytest.fixture
def played(session: WriteSession, company: Fjellbris, now: datetime) -> PlayedRound:
    return play(session, company, now)
