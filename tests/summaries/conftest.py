"""The released quarter, for tests that read it through queries and for those that read it over HTTP."""

from datetime import datetime

import pytest

from app.infra.database import Database, WriteSession
from tests.served import Served
from tests.summaries.built import Quarter, quarter, served_quarter


@pytest.fixture
def released(session: WriteSession) -> Quarter:
    return quarter(session)


@pytest.fixture
def read(engine: Database, now: datetime) -> tuple[Served, Quarter]:
    return served_quarter(engine, now)
