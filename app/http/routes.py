"""How routes are made: pages plainly, resources by FastAPI, each behind its door."""

import asyncio
import contextvars
import inspect
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import Match, Route, get_name
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.doors import Handler, behind, json_behind, page_door
from app.http.service import service_of

Page = Callable[..., Response]
P = TypeVar("P", bound=Page)
# Beside the event loop, straight: AnyIO's own way there costs a page half of what its database does.
_PAGES = ThreadPoolExecutor(40, "page")
_PROMPT = "__prompt__"


def prompt(endpoint: P) -> P:
    """Marks a page that is asked for most of all and reads but a row or two: from a file it is read where it is asked for.

    Handing it to a thread and back costs more than reading it, and readers of an SQLite file wait for nobody. A server is
    waited for in a thread, as everywhere (decision 0023).
    """
    setattr(endpoint, _PROMPT, True)
    return endpoint


class PageRoute(Route):
    """A page: POST only from our own pages, with the hidden field when signed in.

    A plain route: FastAPI would look for arguments where a page has none.
    """

    def __init__(self, path: str, endpoint: Page, method: str) -> None:
        handler = behind(page_door, _plain(endpoint))
        super().__init__(path, handler, include_in_schema=False)
        if _taken(endpoint) != {"request": Request} | dict.fromkeys(self.param_convertors, str):
            raise TypeError(f"{path}: a page takes the request and pieces of its path as text, nothing else")
        # What is asked by HEAD comes as GET: the shell sees to it.
        self.endpoint, self.methods, self.name = endpoint, {method}, get_name(endpoint)
        self.app, self._beginning = _application(handler), path.partition("{")[0]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As any route, and it says which one it is, as FastAPI's do."""
        if not scope["path"].startswith(self._beginning):
            return Match.NONE, {}
        match, found = super().matches(scope)
        return match, found if match is Match.NONE else {**found, "route": self}


class Pages:
    """The pages of one family, in the order in which they are looked at."""

    def __init__(self) -> None:
        self.routes: list[PageRoute] = []

    def get(self, path: str) -> Callable[[P], P]:
        """A page that is looked at."""
        return self._at(path, "GET")

    def post(self, path: str) -> Callable[[P], P]:
        """A form that is sent."""
        return self._at(path, "POST")

    def _at(self, path: str, method: str) -> Callable[[P], P]:
        def add(endpoint: P) -> P:
            self.routes.append(PageRoute(path, endpoint, method))
            return endpoint

        return add


class JsonRoute(APIRoute):
    """A resource: JSON read by our own reader; a cookie counts only from our own pages.

    FastAPI needs 0.7 ms to make a route, and a tenth of a start to make them all. Each is made when something of it is
    first asked for: by the description, or by the first request whose path begins like its own.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **declared: Any) -> None:
        self.path, self.endpoint = path, endpoint
        self._declared, self._beginning = declared, path.partition("{")[0]

    def __getattr__(self, name: str) -> Any:
        """Whatever FastAPI sees to. Two threads may come here at once: what they make is alike."""
        if "_declared" in vars(self):
            vars(self).update(vars(_Resource(self.path, self.endpoint, **self._declared)))
        if name not in vars(self):
            raise AttributeError(name)
        return vars(self)[name]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As any route."""
        return super().matches(scope) if scope["path"].startswith(self._beginning) else (Match.NONE, {})


class _Resource(APIRoute):
    def get_route_handler(self) -> Handler:
        known = frozenset(_query_names(self.dependant))
        return json_behind(super().get_route_handler(), known, takes_json=self.body_field is not None)


def _taken(endpoint: Page) -> Mapping[str, object]:
    """What a function takes, by name."""
    return {name: kind for name, kind in inspect.get_annotations(endpoint).items() if name != "return"}


def _application(handler: Handler) -> ASGIApp:
    """As Starlette makes one of a function, without a second net for errors below the one around all routes."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        response = await handler(Request(scope, receive, send))
        await response(scope, receive, send)

    return application


def _plain(endpoint: Page) -> Handler:
    is_prompt = hasattr(endpoint, _PROMPT)

    async def handler(request: Request) -> Response:
        if is_prompt and service_of(request).database.is_sqlite:
            return endpoint(request, **request.path_params)
        work = partial(contextvars.copy_context().run, endpoint, request, **request.path_params)
        return await asyncio.get_running_loop().run_in_executor(_PAGES, work)

    return handler


def _query_names(dependant: Dependant) -> Iterator[str]:
    """The parameters that a route and its dependencies ask for."""
    for field in dependant.query_params:
        yield field.alias
    for inner in dependant.dependencies:
        yield from _query_names(inner)
