"""The demo organisation with a programme for the tests of encounters."""

from datetime import datetime

import pytest

from app.infra.database import WriteSession
from tests.encounters.shop import Shop, open_shop


@pytest.fixture
def shop(session: WriteSession, now: datetime) -> Shop:
    return open_shop(session, now)
