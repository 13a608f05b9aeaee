"""A round that has been answered and closed, and a quarter that is released."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from app.infra.database import WriteSession
from tests.fjellbris import Fjellbris, fjellbris
from tests.shelf import Shelf
from tests.summaries.built import Quarter, tried_quarter


@pytest.fixture
def company(session: WriteSession, now: datetime) -> Fjellbris:
    return fjellbris(session, now)


@pytest.fixture
def standing(shelf: Shelf) -> Iterator[tuple[WriteSession, Quarter]]:
    """The released quarter, in a session whose work is taken back."""
    with tried_quarter(shelf) as both:
        yield both


@pytest.fixture
def made(standing: tuple[WriteSession, Quarter]) -> Quarter:
    return standing[1]
