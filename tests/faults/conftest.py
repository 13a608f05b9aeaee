"""A round that is open, for everything that can go wrong while it is."""

from datetime import datetime

import pytest

from app.infra.database import Database
from tests.open_round import OpenRound, open_round


@pytest.fixture
def opened(engine: Database, now: datetime) -> OpenRound:
    return open_round(engine, now)
