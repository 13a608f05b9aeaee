"""What SQLite itself finds wrong with a file is told; PostgreSQL has nothing of the kind to be asked."""

import sqlite3
from contextlib import closing

from app.infra.database import Database
from app.infra.integrity import find_damage
from tests.served import ONE_DATABASE

ORPHAN = (
    "INSERT INTO invitation (id, round_id, person_id, locale, token_hash, rotation, reminded, created_at, version)"
    " VALUES ('i', 'no round', 'nobody', 'nb', x'00', 0, 0, '2026-11-23T09:00:00.000000Z', 1)"
)
NONSENSE = "INSERT INTO suppression VALUES ('a@b.example', 'whim', '2026-11-23T09:00:00.000000Z', '')"


def plant(engine: Database, *statements: str) -> None:
    with closing(sqlite3.connect(str(engine.url.database), isolation_level=None)) as careless:
        for statement in statements:
            careless.execute(statement)


def test_a_new_database_is_whole(engine: Database) -> None:
    assert list(find_damage(engine)) == []


@ONE_DATABASE
def test_references_to_nothing_and_rows_that_break_a_rule_are_found(engine: Database) -> None:
    plant(engine, "PRAGMA foreign_keys=OFF", ORPHAN)
    assert sorted(found.partition(": ")[2] for found in find_damage(engine)) == [
        "refers to a row of person that is not there",
        "refers to a row of round that is not there",
    ]
    plant(engine, "DELETE FROM invitation", "PRAGMA ignore_check_constraints=ON", NONSENSE)
    (found,) = find_damage(engine)
    assert "suppression" in found
