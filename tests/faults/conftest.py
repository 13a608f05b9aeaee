"""A round that is open, for everything that can go wrong while it is; whatever went wrong, what always holds, holds."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from app.infra.database import Database
from app.releases.invariants import INVARIANTS
from tests.open_round import OpenRound, open_round


@pytest.fixture
def opened(engine: Database, now: datetime) -> OpenRound:
    return open_round(engine, now)


@pytest.fixture(autouse=True)
def sound_afterwards(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each fault: sheets and marks agree, figures follow from their atoms, no secret lies about."""
    if "engine" not in request.fixturenames:
        yield
        return
    engine: Database = request.getfixturevalue("engine")
    yield
    assert_sound(engine)


def assert_sound(engine: Database) -> None:
    found = {one.name: list(one.wrong(engine)) for one in INVARIANTS}
    assert found == {one.name: [] for one in INVARIANTS}
