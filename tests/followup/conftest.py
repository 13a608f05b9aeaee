"""The demo, to look at on both databases."""

from collections.abc import Iterator

import pytest

from tests.followup.watched import Watching
from tests.shelf import Shelf, demo


@pytest.fixture
def watching(shelf: Shelf) -> Iterator[Watching]:
    with shelf.show(demo).read() as session:
        yield Watching.of(session)
