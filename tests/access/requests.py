"""What is sent to a route: its address with ids filled in, and the body of its example about something at a place."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from app.accounts.rules import Action
from app.http.access import DeclaredRoute
from tests.access.places import NOWHERE, PLAIN, World
from tests.house.service import SNAPSHOT

_PART = re.compile(r"{(\w+)}")
_CALLED: Mapping[str, str] = {
    **dict.fromkeys(("parent_id", "scope_id", "unit_id"), "subject_id"),
    **dict.fromkeys(("owner_id", "deputy_id", "other_id"), "leader_id"),
    "one_id": "rated_id",
    "kpi_ids": "kpi_id",
    "subject_ids": "subject_id",
    "responsible_id": "person_id",
    "company_id": "company_id",
}
# What applies to a whole company lies there, wherever it is asked from.
COMPANY_WIDE = {"goal_id", "scale_id", "competence_id", "kpi_id", "scenario_id", "company_id"}
_RESULTS = {Action.RESULTS_READ, Action.RESULTS_ANALYSE}


SAYS_WHERE = {"subject_id", "rated_id", "person_id", "round_id"}
NO_PARTS = {*PLAIN, "external_id"}
BULKS = {"rows", "readings", "encounters"}


@dataclass(frozen=True)
class Asked:
    """One method of one address; `example` is the body of its schema's example, `query` the names of what goes with it."""

    route: DeclaredRoute
    method: str
    example: Any = None
    query: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.method} {self.route.path}"

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The names of the ids that say what it is about."""
        typed = (*_PART.findall(self.route.path), *self.query, *_names(self.example))
        return tuple(name for name in dict.fromkeys(_CALLED.get(one, one) for one in typed) if name not in NO_PARTS)

    @property
    def is_wide(self) -> bool:
        """Whether it is about what applies to a whole company."""
        return bool(self.parts) and not set(self.parts) - COMPANY_WIDE

    @property
    def is_list(self) -> bool:
        """Whether what is asked for is whatever one may see in a company."""
        return self.method == "GET" and not set(self.parts) - {"company_id"}

    @property
    def is_chosen_inside(self) -> bool:
        """Whether only what is typed into a form, or sent row by row, says what it is about."""
        is_bulk = not set(self.parts) - {"company_id"} and any(name in BULKS for name in self.example or ())
        return is_bulk or (self.is_page and not self.parts)

    def lies(self, world: World, action: Action) -> list[tuple[str, ...]]:
        """The paths to what it is about, on any of which the action opens it."""
        if self.is_list or not self.parts or self.is_chosen_inside:
            return [*world.below]
        if self.is_wide:
            # Of a definition one reads the results that are one's own.
            return [world.path[:1], *(world.below if action in _RESULTS else ())]
        if "person_id" in self.parts:
            return [(*world.path, world.person)]
        if "release_id" in self.parts and "subject_id" not in self.parts:
            # Whoever reads somebody's figures in it reads that it is there.
            return [world.path, (*world.path, world.person), *world.below]
        return [world.path]

    @property
    def is_page(self) -> bool:
        return not self.route.path.startswith("/api/")

    def address(self, world: World) -> str:
        path = _PART.sub(lambda part: world.ids.get(part[1], PLAIN.get(part[1], NOWHERE)), self.route.path)
        return path + "?" * bool(self.query) + "&".join(f"{name}={_id(name, world)}" for name in self.query)

    def body(self, world: World) -> Any:
        return _placed(self.example, world)


def all_asked(routes: Iterator[DeclaredRoute]) -> list[Asked]:
    """Every route by each of its methods."""
    return [
        Asked(route, method, *_described(route.path, method))
        for route in routes
        for method in sorted(route.methods - {"HEAD"})
    ]


@cache
def _snapshot() -> Any:
    return json.loads(SNAPSHOT.read_text(encoding="utf-8"))


def _described(path: str, method: str) -> tuple[Any, tuple[str, ...]]:
    document = _snapshot()
    operation = document["paths"].get(path, {}).get(method.lower(), {})
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    example = document["components"]["schemas"][name]["example"] if name else {"rows": []} if schema else None
    query = (
        one["name"]
        for one in operation.get("parameters", [])
        if one["in"] == "query" and (one["required"] or one["name"] == "company_id")
    )
    return example, tuple(query)


def _names(body: Any) -> Iterator[str]:
    if isinstance(body, dict):
        yield from (name for name in body if _CALLED.get(name, name) in SAYS_WHERE)


def _placed(body: Any, world: World) -> Any:
    if isinstance(body, list):
        return [_placed(one, world) for one in body]
    if isinstance(body, dict):
        return {name: _filled(name, value, world) for name, value in body.items()}
    return body


def _filled(name: str, value: Any, world: World) -> Any:
    if name.endswith("_ids") and isinstance(value, list):
        return [_id(name, world)]
    if name.endswith("_id") and isinstance(value, str) and name != "external_id":
        return _id(name, world)
    return _placed(value, world)


def _id(name: str, world: World) -> str:
    if name == "company_id":
        return world.company
    return world.ids.get(_CALLED.get(name, name), NOWHERE)
