"""The served pages for the tests of this folder."""

from datetime import datetime

import pytest

from app.infra.database import Database
from tests.web.desk import Desk, desk_of


@pytest.fixture
def desk(engine: Database, now: datetime) -> Desk:
    return desk_of(engine, now)
