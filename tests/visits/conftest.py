"""The desk from which visits are ordered."""

from datetime import datetime

import pytest

from app.infra.database import WriteSession
from tests.visits.desk import VisitDesk, visit_desk


@pytest.fixture
def desk(session: WriteSession, now: datetime) -> VisitDesk:
    return visit_desk(session, now)
