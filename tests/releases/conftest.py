"""A round that has been answered and closed."""

from datetime import datetime

import pytest

from app.infra.database import WriteSession
from tests.fjellbris import Fjellbris, fjellbris


@pytest.fixture
def company(session: WriteSession, now: datetime) -> Fjellbris:
    return fjellbris(session, now)
