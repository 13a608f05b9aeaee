"""How transactions begin on SQLite: who reads sees one moment and holds nobody up, who writes holds the file at once."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.infra.database import Database, ReadSession
from tests.databases import KEY


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path}/some.sqlite", key=KEY)
    with made.write() as session:
        session.connection().exec_driver_sql("CREATE TABLE thing (number INTEGER) STRICT")
    yield made
    made.dispose()


@pytest.fixture
def another(database: Database) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(str(database.url.database), isolation_level=None, timeout=0)) as connection:
        yield connection


def things(session: ReadSession) -> int:
    return int(session.connection().exec_driver_sql("SELECT count(*) FROM thing").scalar_one())


def test_who_reads_sees_one_moment_and_holds_nobody_up(database: Database, another: sqlite3.Connection) -> None:
    with database.read() as session:
        assert things(session) == 0
        another.execute("INSERT INTO thing VALUES (1)")
        assert things(session) == 0
    with database.read() as session:
        assert things(session) == 1


def test_who_writes_holds_the_file_from_the_beginning(database: Database, another: sqlite3.Connection) -> None:
    with database.write() as session:
        assert things(session) == 0
        with pytest.raises(sqlite3.OperationalError, match="database is locked"):
            another.execute("BEGIN IMMEDIATE")
    another.execute("BEGIN IMMEDIATE")
    another.execute("ROLLBACK")


def test_what_is_undone_to_a_savepoint_is_undone_and_no_more(database: Database) -> None:
    with database.write() as session:
        connection = session.connection()
        connection.exec_driver_sql("INSERT INTO thing VALUES (1)")
        with connection.begin_nested() as undone:
            connection.exec_driver_sql("INSERT INTO thing VALUES (2)")
            undone.rollback()
        with connection.begin_nested():
            connection.exec_driver_sql("INSERT INTO thing VALUES (3)")
        assert things(session) == 2
    with database.read() as session:
        assert things(session) == 2
