"""Migrations lead to exactly the tables of the code, in one line, there and back, on both databases."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Engine, inspect
from sqlalchemy.sql import ClauseElement

from app.infra import revision
from app.infra.database import Database
from app.infra.migrate import alembic_config, downgrade, upgrade
from app.infra.revision import NEWEST
from app.schema import metadata
from tests import databases

pytestmark = pytest.mark.slow

Shape = Mapping[str, Any]

_SHAPES: dict[tuple[str, tuple[str, ...]], dict[str, Any]] = {}


@pytest.fixture
def blank(database_pair: databases.Pair) -> Iterator[Database]:
    with opened(database_pair, "blank") as database:
        yield database


def test_revisions_are_one_line_in_the_order_of_their_numbers() -> None:
    revisions = revisions_in_line()
    numbers = [revision.revision for revision in revisions]
    assert numbers == sorted({f"{int(number):04d}" for number in numbers})
    assert [revision.down_revision for revision in revisions] == [
        None,
        *(revision.revision for revision in revisions[:-1]),
    ]
    assert revisions[-1].revision == NEWEST


def test_a_migrated_database_has_the_tables_of_the_code_and_equals_one_made_from_it(
    blank: Database, database_pair: databases.Pair
) -> None:
    upgrade(blank.engine)
    with blank.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    assert current_revision(blank) == NEWEST
    with opened(database_pair, "made") as made:
        metadata.create_all(made.engine)
        assert _shape(blank.engine) == _shape(made.engine)


def test_every_revision_can_be_undone_and_done_again(blank: Database) -> None:
    steps = ["base", *(revision.revision for revision in revisions_in_line())]
    shapes = [_shape(blank.engine)]
    assert current_revision(blank) is None
    for step in steps[1:]:
        upgrade(blank.engine, step)
        shapes.append(_shape(blank.engine))
    for step, shape in reversed(list(zip(steps, shapes, strict=True))[:-1]):
        downgrade(blank.engine, step)
        assert _shape(blank.engine) == shape, f"going back to {step}"
    assert current_revision(blank) is None
    upgrade(blank.engine)
    assert _shape(blank.engine) == shapes[-1]


def revisions_in_line() -> list[Script]:
    """Every revision, from the first to the newest."""
    return list(reversed(list(ScriptDirectory.from_config(alembic_config()).walk_revisions())))


def current_revision(database: Database) -> str | None:
    with database.read() as session:
        return revision.current_revision(session)


@contextmanager
def opened(pair: databases.Pair, name: str) -> Iterator[Database]:
    database = databases.open_database(pair.kind.blank(name))
    try:
        yield database
    finally:
        database.dispose()


def _shape(engine: Engine) -> Shape:
    """What a table consists of, by table, in a form that two databases of one kind can be compared by."""
    texts = _texts(engine, _SQLITE if engine.dialect.name == "sqlite" else _POSTGRESQL)
    if engine.dialect.name != "sqlite":
        return texts
    # SQLite knows the text that made a table, however it was written: what was read of a text holds for good.
    unread = [table for table, text_ in texts.items() if (table, text_) not in _SHAPES]
    read = _read(engine, unread) if unread else {}
    for table, shape in read.items():
        _SHAPES[table, texts[table]] = {**shape, "strict": bool(re.search(r"\)\s*STRICT\s*$", texts[table][0]))}
    return {table: _SHAPES[table, text_] for table, text_ in texts.items()}


def _read(engine: Engine, tables: Sequence[str]) -> Shape:
    """SQLite: the same of some tables, from the database itself."""
    inspector = inspect(engine)
    # All tables at once: asked table by table, a database of this size answers ten thousand questions.
    found: dict[str, Any] = {
        "columns": inspector.get_multi_columns(filter_names=tables),
        "primary key": inspector.get_multi_pk_constraint(filter_names=tables),
        "foreign keys": inspector.get_multi_foreign_keys(filter_names=tables),
        "unique": inspector.get_multi_unique_constraints(filter_names=tables),
        "checks": inspector.get_multi_check_constraints(filter_names=tables),
        "indexes": inspector.get_multi_indexes(filter_names=tables),
    }
    return {
        table: {part: _told(tables.get((schema, table))) for part, tables in found.items()}
        for schema, table in found["columns"]
    }


_SQLITE = """
SELECT tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
ORDER BY type <> 'table', name
"""
"""The text that made each table, and then those that made its indexes."""

_POSTGRESQL = """
WITH made AS (SELECT oid, relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace)
SELECT relname, told FROM (
    SELECT relname, 1 AS part, attnum, '' AS name,
        concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, attidentity, pg_get_expr(adbin, adrelid)) AS told
    FROM made JOIN pg_attribute ON attrelid = oid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attnum > 0 AND NOT attisdropped
    UNION ALL SELECT relname, 2, 0, conname, concat_ws(' ', conname, pg_get_constraintdef(pg_constraint.oid))
    FROM made JOIN pg_constraint ON conrelid = made.oid WHERE contype <> 'n'
    UNION ALL SELECT relname, 3, 0, '', pg_get_indexdef(indexrelid) FROM made JOIN pg_index ON indrelid = oid
) AS parts ORDER BY relname, part, attnum, name, told
"""
"""The columns of each table in their order, its constraints and its indexes, each as the database writes it."""


def _texts(engine: Engine, query: str) -> dict[str, tuple[str, ...]]:
    """What the database itself writes of each table."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    with engine.connect() as connection:
        for table, written in connection.exec_driver_sql(query):
            found[table].append(written)
    found.pop("alembic_version", None)
    return {table: tuple(several) for table, several in found.items()}


def _told(found: Any) -> list[str]:
    """What is told of one part of a table; columns keep their order."""
    entries = found if isinstance(found, list) else [found]
    if any("nullable" in entry for entry in entries if entry):
        return [str((one["name"], str(one["type"]), one["nullable"], one["default"])) for one in entries]
    return sorted(_written(entry) for entry in entries)


def _written(value: Any) -> str:
    """Like repr, but conditions of partial indexes as their SQL and without what is not set."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_written(value[key])}' for key in sorted(value) if value[key] is not None)}}}"
    return str(value) if isinstance(value, ClauseElement) else repr(value)
