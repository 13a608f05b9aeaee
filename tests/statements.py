"""Statements compiled once for all databases of a kind; engines of their own would compile them again in each test."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import URL, Engine, create_engine

from app.infra import database

_AS_MANY_AS_THERE_ARE = 10_000


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Engines share the dialect of the first of their kind, and with it what it has compiled."""
    kept: dict[str, Engine] = {}

    def made(url: URL, **options: Any) -> Engine:
        engine = create_engine(url, **options, query_cache_size=_AS_MANY_AS_THERE_ARE)
        first = kept.setdefault(engine.dialect.name, engine)
        # What a dialect has to know of its server it learns with the first connection.
        if first.dialect.server_version_info:
            engine.dialect = engine.pool._dialect = first.dialect
            engine._compiled_cache = first._compiled_cache
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "create_engine", made)
        yield
