"""One word per thing, and none of the words that say nothing."""

import ast
import re
from collections.abc import Iterator

from tests.house.sources import APP, Source, capabilities, capability_files, sources

EMPTY_WORDS = {"data", "info", "helper", "helpers", "process", "handle", "utils", "util", "common", "misc"}
EMPTY_NAMES = {"base_service"}
PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def test_a_capability_holds_the_agreed_files_only() -> None:
    allowed = capability_files() | {"__init__"}
    strangers = [
        path.relative_to(APP).as_posix()
        for capability in capabilities()
        for path in (APP / capability).rglob("*")
        if "__pycache__" not in path.parts and (path.suffix != ".py" or path.stem not in allowed)
    ]
    assert strangers == []


def test_every_folder_with_tables_is_a_capability_under_contract() -> None:
    with_tables = {path.parent.name for path in APP.glob("*/tables.py")}
    assert with_tables - set(capabilities()) == set()


def test_an_init_file_says_nothing_but_what_the_folder_is() -> None:
    talkative = [
        source.name
        for source in sources(APP)
        if source.path.name == "__init__.py" and len(source.tree.body) > (ast.get_docstring(source.tree) is not None)
    ]
    assert talkative == []


def test_every_module_says_what_lives_in_it() -> None:
    silent = [
        source.name
        for source in sources(APP)
        if source.path.name != "__init__.py" and not ast.get_docstring(source.tree)
    ]
    assert silent == []


def test_no_name_says_nothing() -> None:
    empty = [
        f"{source.name}:{line} {name}"
        for source in sources(APP)
        for name, line in _names(source)
        if name in EMPTY_NAMES or EMPTY_WORDS & {part.lower() for part in PARTS.findall(name)}
    ]
    assert empty == []


def _names(source: Source) -> Iterator[tuple[str, int]]:
    """Every name that a file gives: its own, classes, functions, arguments, variables and fields."""
    yield source.path.stem, 1
    for node in source.nodes:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name, node.lineno
            case ast.arg(arg=name):
                yield name, node.lineno
            case ast.Name(id=name, ctx=ast.Store()):
                yield name, node.lineno
