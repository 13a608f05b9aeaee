"""Tables that are alike on both databases: types of the house, named constraints, STRICT, nothing loaded by surprise."""

from typing import Any

import pytest
from sqlalchemy import URL, Dialect
from sqlalchemy.orm import configure_mappers
from sqlalchemy.types import TypeEngine

from app.infra import types
from app.infra.database import Base
from app.schema import metadata

DIALECTS: tuple[Dialect, ...] = (URL.create("sqlite").get_dialect()(), URL.create("postgresql").get_dialect()())
LONGEST_NAME = 63  # PostgreSQL cuts longer ones off without a word


def test_every_column_type_comes_from_infra() -> None:
    ours = {_rendered(plain) for plain in (types.Text(), types.Whole, types.Bytes())}
    strangers = [
        f"{column}: {column.type!r}"
        for table in metadata.sorted_tables
        for column in table.columns
        if type(column.type).__module__ != types.__name__ and _rendered(column.type) not in ours
    ]
    assert strangers == []


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_every_constraint_and_index_has_a_name_of_its_own(dialect: Dialect) -> None:
    preparer = dialect.identifier_preparer
    named = [
        (table.name, preparer.format_constraint(constraint))
        for table in metadata.sorted_tables
        for constraint in table.constraints
    ]
    named += [(table.name, preparer.format_index(index)) for table in metadata.sorted_tables for index in table.indexes]
    assert [table for table, name in named if not name] == []
    assert [name for _, name in named if len(name or "") > LONGEST_NAME] == []
    assert len({name for _, name in named}) == len(named)


def test_every_table_is_strict_on_sqlite() -> None:
    loose = [table.name for table in metadata.sorted_tables if not table.dialect_options["sqlite"]["strict"]]
    assert loose == []


def test_no_relationship_loads_by_itself() -> None:
    configure_mappers()
    eager = [
        str(relationship)
        for mapper in Base.registry.mappers
        for relationship in mapper.relationships
        if relationship.lazy not in {"raise", "raise_on_sql"}
    ]
    assert eager == []


def _rendered(given: TypeEngine[Any]) -> tuple[str, ...]:
    return (type(given).__name__, *(given.compile(dialect=dialect) for dialect in DIALECTS))
