"""Deferred dataclasses: the standard library's in everything but when their methods are written."""

import copy
import dataclasses
import inspect
import pickle
import threading
from dataclasses import FrozenInstanceError, field
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from app.deferred import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody works."""

    floor: int
    room: str = "lobby"
    desks: list[str] = field(default_factory=list, compare=False, repr=False)
    most: ClassVar[int] = 9

    def __post_init__(self) -> None:
        if self.floor > self.most:
            raise ValueError("no such floor")

    @property
    def sign(self) -> str:
        """What stands at the door."""
        return f"{self.floor}/{self.room}"


@dataclass(frozen=True, slots=True)
class Shop(Place):
    """A place that sells something."""

    sells: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    name: str


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    level: int
    name: str


@dataclass(frozen=True, slots=True)
class Silent(Generic[T]):
    secret: T

    def __repr__(self) -> str:
        return "Silent"


@dataclass(slots=True)
class Counter:
    seen: int = 0


def _is_written(kind: type) -> bool:
    return inspect.isfunction(vars(kind)["__init__"])


def test_a_class_is_written_by_the_first_value_and_only_then() -> None:
    @dataclass(frozen=True, slots=True)
    class Parent:
        one: int

    @dataclass(frozen=True, slots=True)
    class Child(Parent):
        two: int = 2

    assert (_is_written(Parent), _is_written(Child)) == (False, False)
    assert Parent(one=1).one == 1
    assert (_is_written(Parent), _is_written(Child)) == (True, False)
    assert Child(1) == Child(1, 2) != Child(1, 3)
    assert _is_written(Child)


def test_values_are_made_shown_compared_and_counted_as_usual() -> None:
    place = Place(2, desks=["a"])
    assert (place.floor, place.room, place.desks, place.sign) == (2, "lobby", ["a"], "2/lobby")
    assert repr(place) == "Place(floor=2, room='lobby')"
    assert place == Place(2, "lobby", ["b"])
    assert place != Shop(2, "lobby", ["a"])
    assert len({place, Place(2), Place(3)}) == 2
    assert Place(1).desks is not Place(1).desks
    assert Place.__doc__ == "Where somebody works."
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'floor'"):
        Place()  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="no such floor"):
        Place(10)


def test_a_child_takes_what_its_parent_takes_and_more() -> None:
    shop = Shop(1, "hall", sells="bread")
    assert repr(shop) == "Shop(floor=1, room='hall', sells='bread')"
    assert [one.name for one in dataclasses.fields(shop)] == ["floor", "room", "desks", "sells"]
    assert vars(Shop)["__slots__"] == ("sells",)
    with pytest.raises(ValueError, match="no such floor"):
        Shop(10)


def test_nothing_of_a_value_can_be_set_or_deleted_and_nothing_added() -> None:
    thing: Any = Thing("lamp")
    for change in (partial(setattr, thing, "name", "x"), partial(setattr, thing, "other", 1)):
        with pytest.raises(FrozenInstanceError, match="cannot assign to field"):
            change()
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'name'"):
        del thing.name
    assert not hasattr(thing, "__dict__")


def test_the_standard_library_takes_it_for_one_of_its_own() -> None:
    @dataclass(frozen=True, slots=True)
    class Untouched:
        """Nobody makes one of these first."""

        a: int
        b: str = "b"

    assert dataclasses.is_dataclass(Untouched)
    assert [one.name for one in dataclasses.fields(Untouched)] == ["a", "b"]
    assert list(inspect.signature(Untouched).parameters) == ["a", "b"]
    assert Untouched.__match_args__ == ("a", "b")
    place = Place(2, "hall", ["a"])
    assert dataclasses.replace(place, floor=3) == Place(3, "hall")
    assert dataclasses.asdict(place) == {"floor": 2, "room": "hall", "desks": ["a"]}
    assert dataclasses.astuple(Rank(1, "x")) == (1, "x")
    match place:
        case Place(floor, room):
            assert (floor, room) == (2, "hall")


def test_values_are_copied_and_stored() -> None:
    shop = Shop(1, "hall", ["a"], "bread")
    for again in (copy.copy(shop), copy.deepcopy(shop), pickle.loads(pickle.dumps(shop))):
        assert (again, again.desks) == (shop, ["a"])


def test_options_and_methods_of_its_own_count() -> None:
    lamp = Thing("lamp")
    assert (lamp == lamp, lamp == Thing("lamp"), len({lamp, Thing("lamp")})) == (True, False, 2)  # noqa: PLR0124 - itself
    assert min(Rank(2, "a"), Rank(1, "b")) == Rank(1, "b")
    assert Rank(1, "a") <= Rank(1, "a") < Rank(1, "b")
    with pytest.raises(TypeError, match="not supported"):
        assert Place(1) < Place(2)  # type: ignore[operator]
    assert repr(Silent[int](7)) == "Silent"
    counter = Counter()
    counter.seen += 1
    assert counter == Counter(1)


def test_many_threads_may_make_the_first_value_at_once() -> None:
    for _ in range(20):

        @dataclass(frozen=True, slots=True)
        class Fresh:
            number: int

        start, made = threading.Barrier(8), list[Any]()

        def make(start: threading.Barrier = start, made: list[Any] = made, kind: Any = Fresh) -> None:
            start.wait()
            made.append(kind(7))

        threads = [threading.Thread(target=make) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert made == [Fresh(7)] * 8
