"""The served pages for the tests of this folder."""

from datetime import datetime

import pytest

from app.infra.database import Database
from tests.web.desk import Browser, Desk, desk_of


@pytest.fixture
def desk(engine: Database, now: datetime) -> Desk:
    return desk_of(engine, now)


@pytest.fixture
def owner(desk: Desk) -> Browser:
    """Leads Team Nord."""
    return desk.browser("owner")
