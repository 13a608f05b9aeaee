"""Routes that are loaded by the first request for one of them; decision 0022 says which, and what it is worth."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from importlib import import_module

from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

_MATCHED = "late_route"


class LateRoutes(Route):
    """All routes under one beginning, in a module that is loaded by the first request for one of them."""

    def __init__(self, beginning: str, module: str) -> None:
        super().__init__(f"{beginning}{{rest:path}}", _answer, include_in_schema=False)
        self.app, self.methods = _answer, set()
        self._beginning, self._module = beginning, module

    @cached_property
    def routes(self) -> tuple[BaseRoute, ...]:
        """The ROUTES of the module."""
        found: tuple[BaseRoute, ...] = import_module(self._module).ROUTES
        return found

    @cached_property
    def _begun(self) -> tuple[tuple[str, BaseRoute], ...]:
        """With what each address begins, before the first place in it: most routes are told apart by that alone."""
        return tuple((str(getattr(route, "path", "")).partition("{")[0], route) for route in self.routes)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As the first of them that matches wholly, or else by half; which one it is goes with the request."""
        half: tuple[Match, Scope] = (Match.NONE, {})
        path = scope["path"]
        for beginning, route in self._begun if path.startswith(self._beginning) else ():
            if not path.startswith(beginning):
                continue
            match, found = route.matches(scope)
            if match is Match.FULL:
                return match, {**found, _MATCHED: route}
            if match is Match.PARTIAL and half[0] is Match.NONE:
                half = match, {**found, _MATCHED: route}
        return half


def all_routes(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """Every route, those included that are loaded for it."""
    for route in routes:
        if isinstance(route, LateRoutes):
            yield from route.routes
        else:
            yield route


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    await scope[_MATCHED].handle(scope, receive, send)
