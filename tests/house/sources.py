"""The text of the project as the house rules look at it: files, syntax trees, functions, the contracts."""

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app"
TEMPLATES = ROOT / "templates"
EDGES = (
    "web",
    "api",
    "http",
    "worker.py",
    "working.py",
    "cli.py",
    "terminal.py",
    "serving.py",
    "administration.py",
    "recomputing.py",
    "doctor.py",
    "main.py",
    "demo",
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file and what it says."""

    path: Path
    lines: int
    tree: ast.Module

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def floor(self) -> str:
        """The first part of the path below app/: a capability, an edge or a file of its own."""
        return self.path.relative_to(APP).parts[0]

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All of the tree, which takes longer to walk than to look at."""
        return tuple(ast.walk(self.tree))

    def functions(self) -> Iterator[Function]:
        """Every function and method, wherever it is defined; expressions, which are most of a tree, hold none."""
        return (node for node in _statements(self.tree) if isinstance(node, Function))

    @property
    def docstring_lines(self) -> int:
        """Lines that are docstrings."""
        holders = [node for node in self.nodes if isinstance(node, ast.Module | ast.ClassDef | Function)]
        strings = [node.body[0].value for node in holders if ast.get_docstring(node, clean=False) is not None]  # type: ignore[attr-defined]
        return sum((string.end_lineno or 0) - string.lineno + 1 for string in strings)


@cache
def sources(folder: Path = APP) -> tuple[Source, ...]:
    found = []
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text()
        found.append(Source(path, text.count("\n"), ast.parse(text, filename=str(path))))
    return tuple(found)


@cache
def contracts() -> dict[str, dict[str, Any]]:
    """The contracts of import-linter by their names."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {contract["name"]: contract for contract in settings["tool"]["importlinter"]["contracts"]}


def inside_a_capability() -> dict[str, Any]:
    return next(contract for name, contract in contracts().items() if name.startswith("Inside a capability"))


def capabilities() -> list[str]:
    """The folders of app/ that hold tables or work on them."""
    return [container.removeprefix("app.") for container in inside_a_capability()["containers"]]


def capability_files() -> set[str]:
    """The file names that may stand in a capability: those whose order the contract holds."""
    return {
        name.strip(" ()") for layer in inside_a_capability()["layers"] for name in layer.replace("|", ":").split(":")
    }


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    for block in ("body", "orelse", "finalbody", "handlers", "cases"):
        for statement in getattr(node, block, ()):
            yield statement
            yield from _statements(statement)


def length(function: Function) -> int:
    """Lines of a function without its docstring: explaining more must not cost anything."""
    first, last = function.lineno, function.end_lineno or function.lineno
    if ast.get_docstring(function, clean=False) is not None:
        docstring = function.body[0]
        return last - first + 1 - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)
    return last - first + 1
