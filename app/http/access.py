"""Every route declares who may come in; what they may do is decided by the commands and queries behind it.

`@access(Action.ROUNDS_READ)` and `@access(SIGNED_IN)` ask for a signed-in person or a key, `@public("why")` lets
everybody in, `@by_link("why")` lets in whoever holds the link, `@personal("why")` takes no key for a person. A
house test walks `declared_routes`.
"""

from collections.abc import Callable, Iterator
from enum import Enum
from typing import TypeVar

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from app.accounts.rules import FOR_PEOPLE, Action, scope_of
from app.deferred import dataclass
from app.http.late_routes import all_routes

F = TypeVar("F", bound=Callable[..., object])
_MARK = "__access__"


class Who(Enum):
    """Who a route lets in."""

    SIGNED_IN = "signed_in"
    PUBLIC = "public"
    LINK = "link"


SIGNED_IN = Who.SIGNED_IN


@dataclass(frozen=True, slots=True)
class Access:
    """The declaration of one route: who, for which action, or why everybody.

    `from_anywhere` lets a POST in that carries no sign of our own pages: one-click opt-out of mail programs.
    `by_key` is False where a key does not stand for whoever made it. `before_factor` lets somebody in who owes a
    second factor: to set it up, or to go. `is_own` is for what people may without the action where it is about them.
    """

    who: Who
    action: Action | None = None
    why: str = ""
    from_anywhere: bool = False
    by_key: bool = True
    before_factor: bool = False
    is_own: bool = False

    @property
    def scope(self) -> Action | None:
        """What a key must carry: the action, or what implies it."""
        return scope_of(self.action) if self.action is not None else None


@dataclass(frozen=True, slots=True)
class DeclaredRoute:
    """A route with its declaration; None when it has none."""

    path: str
    methods: frozenset[str]
    endpoint: Callable[..., object]
    access: Access | None


class UndeclaredRouteError(RuntimeError):
    """A route that says nothing about its access is a mistake of ours."""


def access(to: Action | Who, *, before_factor: bool = False, own: bool = False) -> Callable[[F], F]:
    """For signed-in people and keys; with an action, a key must carry its scope, if keys may do it at all."""
    action = to if isinstance(to, Action) else None
    return _marked(Access(SIGNED_IN, action, by_key=to not in FOR_PEOPLE, before_factor=before_factor, is_own=own))


def personal(why: str, *, before_factor: bool = False) -> Callable[[F], F]:
    """For signed-in people and what is theirs alone; a key is refused, whatever its scopes."""
    return _marked(Access(SIGNED_IN, why=why, by_key=False, before_factor=before_factor))


def public(why: str) -> Callable[[F], F]:
    """For everybody; nobody is looked up."""
    return _marked(Access(Who.PUBLIC, why=why))


def by_link(why: str, *, from_anywhere: bool = False) -> Callable[[F], F]:
    """For whoever holds the link; nobody is looked up, misses are counted."""
    return _marked(Access(Who.LINK, why=why, from_anywhere=from_anywhere))


def access_of(endpoint: object) -> Access:
    """The declaration of an endpoint; raises UndeclaredRouteError when it has none."""
    declared = getattr(endpoint, _MARK, None)
    if not isinstance(declared, Access):
        raise UndeclaredRouteError(f"{endpoint} declares no access")
    return declared


def declared_routes(app: FastAPI) -> Iterator[DeclaredRoute]:
    """All routes of an application that lead to an endpoint of ours."""
    for route in iter_route_contexts(list(all_routes(app.routes))):
        if route.endpoint is not None and route.path is not None:
            found = getattr(route.endpoint, _MARK, None)
            yield DeclaredRoute(route.path, frozenset(route.methods or ()), route.endpoint, found)


def _marked(declared: Access) -> Callable[[F], F]:
    def mark(endpoint: F) -> F:
        setattr(endpoint, _MARK, declared)
        return endpoint

    return mark
