"""Databases that hold something worth keeping, such as the demo: filled once, copied for each kind and test."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.accounts.rules import SERVICE
from app.demo.kpis import create_kpis
from app.demo.load import load_demo
from app.demo.organisation import create_organisation
from app.infra.database import Database
from app.infra.entropy import Entropy, SeededEntropy
from tests.databases import Kind, Pair, copy_file, open_database
from tests.originals import take_over

Content = Callable[[Database], None]

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SEED = 20261123
NEW_YEAR = datetime(2026, 1, 1, 8, tzinfo=UTC)


def nothing(_database: Database) -> None:
    """A migrated database without a row."""


def demo(database: Database) -> None:
    """The whole demo, as a newcomer finds it on a Monday morning in November."""
    with database.write() as session:
        load_demo(session, now=NOW)


def company(database: Database) -> None:
    """Fjellbris with its people and KPIs, before anybody is asked."""
    with database.write() as session:
        where = create_organisation(session, now=NEW_YEAR)
        create_kpis(session, SERVICE, where, starts_on=date(2026, 1, 1), now=NEW_YEAR)


class Shelf:
    """The contents of one kind of database that tests take copies of."""

    def __init__(self, kind: str, databases: Kind, folder: Path, *, first: "Shelf | None" = None) -> None:
        self.kind = kind
        self._folder = folder
        self._databases = databases
        self._first = first
        self._filled: set[str] = set()
        self._taken: list[Database] = []
        self._shown: dict[str, Database] = {}

    def take(self, content: Content, *, name: str = "taken", entropy: Entropy | None = None) -> Database:
        """A database of the test's own with the content; ids of the content are the same in every copy."""
        taken = open_database(self._databases.copy(name, of=self._source(content)), entropy=entropy)
        self._taken.append(taken)
        return taken

    def show(self, content: Content) -> Database:
        """One database with the content for all tests that write nothing but keys and sessions."""
        name = f"shown_{content.__name__}"
        if name not in self._shown:
            self._shown[name] = open_database(self._databases.copy(name, of=self._source(content)))
        return self._shown[name]

    def put_back(self) -> None:
        while self._taken:
            taken = self._taken.pop()
            held = taken.engine.pool.checkedout()  # type: ignore[attr-defined]  # every pool of ours counts
            taken.dispose()
            assert held == 0, "a session that was never closed would fail the test that the collector happens to run in"

    def clear(self) -> None:
        self.put_back()
        while self._shown:
            self._shown.popitem()[1].dispose()

    def _source(self, content: Content) -> str:
        """The name of the filled database that copies are made of; nobody may have it open."""
        source = f"shelf_{content.__name__}"
        if source not in self._filled:
            filling = open_database(self._databases.copy(source), entropy=SeededEntropy(SEED))
            try:
                self._fill(filling, content)
            finally:
                filling.dispose()
            self._filled.add(source)
        return source

    def _fill(self, filling: Database, content: Content) -> None:
        """By the commands, or row by row from where they filled another kind: that they work on both is proved elsewhere."""
        if self._first is None and content is demo:
            self._fill_from_file(filling, content)
        elif self._first is None:
            content(filling)
        else:
            self._fill_from(self._first, filling, content)

    def _fill_from_file(self, filling: Database, content: Content) -> None:
        """From what another process of the run has filled: for what leaves nothing in the memory of the one that did."""
        with _alone_with(self._folder / f"{content.__name__}.sqlite") as kept:
            if kept.exists():
                copy_file(kept, filling.url.database)
            else:
                content(filling)
                copy_file(filling.url.database, kept)

    def _fill_from(self, first: "Shelf", filling: Database, content: Content) -> None:
        filled = open_database(first._databases.copy("filled", of=first._source(content)))
        take_over(filling, of=filled)
        filled.dispose()


@contextmanager
def _alone_with(file: Path) -> Iterator[Path]:
    """A file that no other process of the run is at."""
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield file


@pytest.fixture(scope="session")
def shelves(
    database_pairs: Callable[[str], Pair], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Shelf]]:
    """The shelf of each kind, made when first asked for; what fills it is in a folder of the whole run."""
    own = tmp_path_factory.getbasetemp()
    folder = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    made: dict[str, Shelf] = {}

    def shelf_of(kind: str) -> Shelf:
        if kind not in made:
            first = None if kind == "sqlite" else shelf_of("sqlite")
            made[kind] = Shelf(kind, database_pairs(kind).kind, folder, first=first)
        return made[kind]

    yield shelf_of
    for made_one in made.values():
        made_one.clear()


@pytest.fixture(params=["sqlite", "postgresql"])
def shelf(request: pytest.FixtureRequest, shelves: Callable[[str], Shelf]) -> Iterator[Shelf]:
    """SQLite and PostgreSQL in turn; what a test takes is closed after it."""
    found = shelves(request.param)
    yield found
    found.put_back()
