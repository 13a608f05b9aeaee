"""Modules that are loaded when they are first used: those few that are large and that most processes never need."""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """Stands for a module; whoever takes something from it first loads it, and everybody else waits until it is there."""

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)


def later(name: str) -> ModuleType:
    """A module that is loaded when something is first taken from it; decisions 0008 and 0022 say which, and why."""
    if find_spec(name) is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return _Later(name)
