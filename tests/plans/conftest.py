"""The demo organisation for the tests of plans; what one of them writes is undone."""

from collections.abc import Iterator

import pytest

from app.infra.database import WriteSession
from tests.followup.watched import Watching
from tests.shelf import Shelf, demo


@pytest.fixture
def session(shelf: Shelf) -> Iterator[WriteSession]:
    with shelf.show(demo).write() as session:
        yield session
        session.rollback()


@pytest.fixture
def known(session: WriteSession) -> Watching:
    return Watching.of(session)
