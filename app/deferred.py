"""Dataclasses whose methods are written when the first of them is made; all else about them is the standard library's.

The standard library writes and compiles seven functions for each frozen class, half a millisecond: for six hundred
classes a quarter of a start, and a process makes values of few of them. Here the class is there at once, with its
slots, and its methods when one of them is first asked for; decision 0022 says what that is worth.
"""

import dataclasses
import sys
import threading
from collections.abc import Callable
from functools import partial
from inspect import get_annotations
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar, get_origin

__all__ = ("dataclass",)
T = TypeVar("T")

_ALWAYS = ("__dataclass_fields__", "__dataclass_params__", "__match_args__", "__init__", "__repr__")
_STORED = ("__getstate__", "__setstate__", *(("__replace__",) if sys.version_info >= (3, 13) else ()))
_EQUAL = ("__eq__", "__hash__")
_ORDERED = ("__lt__", "__le__", "__gt__", "__ge__")
_NOT_TAKEN_OVER = {"__dict__", "__weakref__"}
# By class: the class as it was declared, of which the standard library makes what is taken over.
_declared: dict[type, Callable[[], type]] = {}
# Writing a class may need its parents written.
_writing = threading.RLock()


class _Unwritten:
    """Stands in a class for what is not written yet."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, one: object, kind: type) -> Any:
        """Write the class that it stands in, with those above it, and give what was asked for."""
        for above in kind.__mro__:
            _write(above)
        return getattr(kind if one is None else one, self._name)


_UNWRITTEN = {name: _Unwritten(name) for name in (*_ALWAYS, *_STORED, *_EQUAL, *_ORDERED)}


def _deferred(declared: type[T], *, eq: bool = True, order: bool = False) -> type[T]:
    """The class with slots, frozen, and without what the standard library would write by now."""
    names = [name for name, kind in get_annotations(declared).items() if not _is_of_the_class(kind)]
    above = {name for base in declared.__mro__[1:-1] for name in vars(base).get("__slots__", ())}
    body = {name: value for name, value in vars(declared).items() if name not in _NOT_TAKEN_OVER.union(names)}
    owed = (*_ALWAYS, *_STORED, *(_EQUAL if eq else ()), *(_ORDERED if order else ()))
    body |= {
        "__qualname__": declared.__qualname__,
        "__slots__": tuple(name for name in names if name not in above),
        "__setattr__": _refuse_to_set,
        "__delattr__": _refuse_to_delete,
        **{name: _UNWRITTEN[name] for name in owed if body.get(name) is None},
    }
    kind: Callable[..., type[T]] = type(declared)
    made = kind(declared.__name__, declared.__bases__, body)
    _declared[made] = partial(dataclasses.dataclass, declared, eq=eq, order=order, frozen=True, slots=True)
    return made


def _write(made: type) -> None:
    with _writing:
        # Whoever waited here finds it written.
        if made not in _declared:
            return
        written = vars(_declared[made]())
        for name in written.keys() & _UNWRITTEN.keys():
            if vars(made).get(name) is _UNWRITTEN[name]:
                setattr(made, name, written[name])
        del _declared[made]


def _is_of_the_class(kind: object) -> bool:
    return kind is ClassVar or get_origin(kind) is ClassVar


def _refuse_to_set(_one: object, name: str, _value: object) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_one: object, name: str) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


if TYPE_CHECKING:
    # For whoever checks types these are dataclasses as any.
    from dataclasses import dataclass
else:

    def dataclass(*, frozen=False, slots=False, **options):
        """As `dataclasses.dataclass`; only frozen ones with slots are deferred, the others are few."""
        if frozen and slots:
            return partial(_deferred, **options)
        return dataclasses.dataclass(frozen=frozen, slots=slots, **options)
