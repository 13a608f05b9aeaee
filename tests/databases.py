"""Migrated, empty databases of both kinds for the tests: one that is only ever rolled back, one that is wiped.

Making a PostgreSQL database from a template takes 50 ms and compiling statements anew for each engine takes
longer still, so a run keeps two databases of each kind: tests on `session` never commit in theirs; whatever a test
commits in the other is gone before the next one begins. Connections for wiping stay open, since to open them takes
longer than to wipe.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pytest
from sqlalchemy import Connection, Engine, event

from app.infra.database import Database, WriteSession
from app.infra.entropy import Entropy
from app.infra.keys import InstanceKey
from app.infra.lookup import Lookup
from app.infra.migrate import upgrade
from tests.postgres import Server, plain

SECRET = "the tests' own instance key, 32 bytes and more"
KEY = InstanceKey(SECRET.encode())
TEMPLATE = "template"


class Kind(Protocol):
    """What the tests need of SQLite and of PostgreSQL alike."""

    def blank(self, name: str) -> str:
        """The address of a new database without a table."""
        ...

    def copy(self, name: str, *, of: str = TEMPLATE) -> str:
        """The address of a new database like another one that nobody has open: migrated and empty, unless said."""
        ...

    def wipe(self, url: str) -> None:
        """Make a database as empty as it was when it was copied."""
        ...

    def close(self) -> None:
        """Let go of what wiping keeps open."""
        ...


class Sqlite:
    """Files, copied from one that was migrated."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._wiping: dict[str, tuple[sqlite3.Connection, sqlite3.Connection]] = {}
        _migrate(_sqlite_url(folder / f"{TEMPLATE}.sqlite"))

    def blank(self, name: str) -> str:
        path = self._folder / f"{name}.sqlite"
        for leftover in self._folder.glob(f"{path.name}*"):
            leftover.unlink()
        return _sqlite_url(path)

    def copy(self, name: str, *, of: str = TEMPLATE) -> str:
        url = _sqlite_url(self._folder / f"{name}.sqlite")
        self._fill(url, of)
        return url

    def wipe(self, url: str) -> None:
        if url not in self._wiping:
            self._wiping[url] = self._both(url, TEMPLATE)
        source, target = self._wiping[url]
        source.backup(target)

    def close(self) -> None:
        while self._wiping:
            for one in self._wiping.popitem()[1]:
                one.close()

    def _fill(self, url: str, of: str) -> None:
        source, target = self._both(url, of)
        source.backup(target)
        source.close()
        target.close()

    def _both(self, url: str, of: str) -> tuple[sqlite3.Connection, sqlite3.Connection]:
        # Through SQLite itself, since a file must not be replaced below open connections.
        source = sqlite3.connect(self._folder / f"{of}.sqlite")
        target = sqlite3.connect(url.removeprefix("sqlite:///"))
        target.execute("PRAGMA synchronous=OFF")
        return source, target


class Postgresql:
    """Databases of one server, copied from one that was migrated."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._wiping: dict[str, psycopg.Connection] = {}
        _migrate(server.create(f"softkpi_{TEMPLATE}"))
        _teach_wiping(plain(server.url(f"softkpi_{TEMPLATE}")))

    def blank(self, name: str) -> str:
        self._server.drop(f"softkpi_{name}")
        return self._server.create(f"softkpi_{name}")

    def copy(self, name: str, *, of: str = TEMPLATE) -> str:
        self._server.drop(f"softkpi_{name}")
        return self._server.create(f"softkpi_{name}", template=f"softkpi_{of}")

    def wipe(self, url: str) -> None:
        if url not in self._wiping:
            self._wiping[url] = psycopg.connect(plain(url), autocommit=True)
            self._wiping[url].execute("SET lock_timeout = '5s'; SET session_replication_role = replica")
        connection = self._wiping[url]
        # A transaction that a test left open would hold its locks for ever.
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in%'"
        )
        connection.execute("SELECT public.wipe()")

    def close(self) -> None:
        while self._wiping:
            self._wiping.popitem()[1].close()


@dataclass(frozen=True)
class Pair:
    """The two databases of one kind that a run keeps, with their engines and compiled statements."""

    kind: Kind
    rolled_back: Database
    wiped: Database

    def dispose(self) -> None:
        self.kind.close()
        self.rolled_back.dispose()
        self.wiped.dispose()


def copy_file(source: object, target: object) -> None:
    """Make an SQLite database like another one, through SQLite itself."""
    with closing(sqlite3.connect(str(source))) as there, closing(sqlite3.connect(str(target))) as here:
        here.execute("PRAGMA synchronous=OFF")
        there.backup(here)


def pair(kind: Kind) -> Pair:
    return Pair(kind, open_database(kind.copy("rolled_back")), open_database(kind.copy("wiped")))


def open_database(url: str, *, entropy: Entropy | None = None) -> Database:
    return Database(url, key=KEY, entropy=entropy)


@contextmanager
def rolled_back(database: Database) -> Iterator[WriteSession]:
    """A write session whose work never becomes permanent; a commit inside is an error."""
    event.listen(database.engine, "commit", _refuse_commit)
    try:
        with database.write() as session:
            yield session
            session.rollback()
    finally:
        event.remove(database.engine, "commit", _refuse_commit)


@contextmanager
def recorded_statements(engine: Engine | Connection) -> Iterator[list[str]]:
    """Every statement sent while the block runs, to compare the number for one item and for three."""
    statements: list[str] = []

    def record(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", record)
    try:
        with pytest.MonkeyPatch.context() as patch:
            for way in ("_alone", "_inside"):
                patch.setattr(Lookup, way, _recorded(getattr(Lookup, way), statements))
            yield statements
    finally:
        event.remove(engine, "before_cursor_execute", record)


def _recorded(way: Callable[..., Any], statements: list[str]) -> Callable[..., Any]:
    """What a lookup sends past SQLAlchemy counts as well."""

    def recording(lookup: Lookup, *given: Any) -> Any:
        found = way(lookup, *given)
        if found is not None:
            statements.append(_text_of(lookup))
        return found

    return recording


@cache
def _text_of(lookup: Lookup) -> str:
    return str(lookup.statement)


def _refuse_commit(_connection: object) -> None:
    raise AssertionError("capabilities flush, edges commit; a test that needs a commit takes `engine`")


def migrated(url: str) -> Database:
    """A database with all its tables."""
    database = open_database(url)
    upgrade(database.engine)
    return database


def _migrate(url: str) -> None:
    # PostgreSQL copies a database only while nobody is connected to it.
    migrated(url).dispose()


def _teach_wiping(url: str) -> None:
    """A function in the database that empties every table, past triggers and foreign keys, planned once a connection."""
    with psycopg.connect(url, autocommit=True) as connection:
        tables = [
            row[0]
            for row in connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
            )
        ]
        for table in tables:
            found = connection.execute(f'SELECT 1 FROM "{table}" LIMIT 1'.encode()).fetchone()
            assert found is None, f"{table} has rows after migrating: wiping would lose them"
        emptied = " ".join(f'DELETE FROM "{table}";' for table in tables)
        connection.execute(
            f"CREATE FUNCTION public.wipe() RETURNS void LANGUAGE plpgsql AS $$ BEGIN {emptied} END $$".encode()
        )


def _sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"
