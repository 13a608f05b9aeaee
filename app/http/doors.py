"""The doors that every request passes before its route runs: one route class for pages, one for raters, one for JSON.

Each reads its body within limits, refuses what comes from foreign pages, and leaves what was read on the request;
route functions are plain `def` and take it from there (`posted(request)`).
"""

import asyncio
import contextvars
import hashlib
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.routing import request_response

from app.errors import FieldError, Invalid, NotFound, Unauthenticated
from app.fields import REQUIRED
from app.http import bodies, origin
from app.http.access import Access, Who, access_of
from app.http.cookies import session_secret
from app.http.forms import CSRF_FIELD, MULTIPART, Form, Upload, read_answers, read_form
from app.http.json_reader import BadJson, read_json
from app.http.lists import check_parameters
from app.http.refusals import WrongMediaType
from app.http.service import service_of

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
# Larger bodies are parsed beside the event loop, so that nobody waits for them.
_SMALL = 64 * 1024
# Beside the event loop, straight: AnyIO's own way there costs a page half of what its database does.
_PAGES = ThreadPoolExecutor(40, "page")
_LIMIT, _TABLE = "__body_limit__", "__takes_table__"

F = TypeVar("F", bound=Callable[..., object])


class PageRoute(APIRoute):
    """A page: POST only from our own pages, with the hidden field when signed in."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # FastAPI's wrapper keeps stacks open for dependencies, of which pages have none.
        self.app = request_response(self.get_route_handler())

    def get_route_handler(self) -> Handler:
        """The route behind its door. FastAPI's search for arguments is left out: a page has nothing to be found."""
        if not _is_plain(self.dependant):
            raise TypeError(f"{self.path}: a page takes the request and pieces of its path as text, nothing else")
        return _behind(_page_door, _plain(self.endpoint))


class JsonRoute(APIRoute):
    """A resource: JSON read by our own reader; a cookie counts only from our own pages."""

    def get_route_handler(self) -> Handler:
        """The route behind its door."""
        known = frozenset(_query_names(self.dependant))
        return _json_behind(super().get_route_handler(), known, takes_json=self.body_field is not None)


def posted(request: Request) -> Form:
    """The form that came with a POST."""
    form: Form = request.state.form
    return form


def bulk(endpoint: F) -> F:
    """Marks a route whose body may be as large as a bulk write."""
    return _noted(endpoint, _LIMIT, bodies.BULK_LIMIT)


def takes_table(endpoint: F) -> F:
    """Marks a route that takes a file in a form, or JSON rows."""
    return _noted(_noted(endpoint, _LIMIT, bodies.BULK_LIMIT), _TABLE, _TABLE)


def sent_json(request: Request) -> object:
    """The JSON value that was sent."""
    return request.state.json


def sent_file(request: Request) -> Upload | None:
    """The file that came in a form; None when JSON was sent instead."""
    form: Form | None = getattr(request.state, "form", None)
    if form is None:
        return None
    file = form.file("file")
    if file is None or len(form):
        raise Invalid([FieldError("file", REQUIRED, "CSV, XLSX")])
    return file


def sent_bytes(request: Request) -> bytes:
    """The body as it came; empty for uploads."""
    raw: bytes = getattr(request.state, "raw", b"")
    return raw


def _is_plain(dependant: Dependant) -> bool:
    """Whether a route takes the request and pieces of the path as text, and nothing else."""
    others = (dependant.query_params, dependant.header_params, dependant.cookie_params, dependant.body_params)
    is_text = all(field.field_info.annotation is str for field in dependant.path_params)
    return is_text and not any(others) and not dependant.dependencies and dependant.request_param_name == "request"


def _plain(endpoint: Callable[..., Response]) -> Handler:
    async def handler(request: Request) -> Response:
        work = partial(contextvars.copy_context().run, endpoint, request, **request.path_params)
        return await asyncio.get_running_loop().run_in_executor(_PAGES, work)

    return handler


def _behind(door: Callable[[Request, Access], Awaitable[None]], inner: Handler) -> Handler:
    async def handler(request: Request) -> Response:
        declared = access_of(request.scope["endpoint"])
        key = _counted_as(request) if declared.who is Who.LINK else None
        if key is not None:
            service_of(request).misses.check(key)
        try:
            await door(request, declared)
            return await inner(request)
        except NotFound:
            if key is not None:
                service_of(request).misses.count(key)
            raise

    return handler


async def _page_door(request: Request, declared: Access) -> None:
    request.state.is_page = True
    if request.method not in origin.UNSAFE:
        return
    if declared.who is Who.LINK:
        if not declared.from_anywhere:
            origin.check_not_foreign(request)
    else:
        origin.check_own_page(request)
    is_rating = declared.who is Who.LINK and not declared.from_anywhere
    form = await (read_answers(request) if is_rating else read_form(request))
    if declared.who is Who.SIGNED_IN:
        _check_credential(request)
        origin.check_hidden_field(request, form)
    request.state.form = form.without(CSRF_FIELD)


def _json_behind(inner: Handler, known: frozenset[str], *, takes_json: bool) -> Handler:
    async def door(request: Request, declared: Access) -> None:
        if declared.who is Who.SIGNED_IN:
            _check_credential(request)
            if request.method in origin.UNSAFE and "authorization" not in request.headers:
                origin.check_own_page(request)
        elif request.method in origin.UNSAFE:
            origin.check_not_foreign(request)
        check_parameters(request, known)
        if hasattr(request.scope["endpoint"], _TABLE) and bodies.media_type(request) == MULTIPART:
            await _read_upload(request)
        elif takes_json or hasattr(request.scope["endpoint"], _TABLE):
            await _read_json_body(request)

    async def handler(request: Request) -> Response:
        return await inner(_Read(request.scope, request.receive))

    return _behind(door, handler)


async def _read_json_body(request: Request) -> None:
    limit = getattr(request.scope["endpoint"], _LIMIT, bodies.JSON_LIMIT)
    if bodies.media_type(request) not in {"application/json", "application/merge-patch+json"}:
        raise WrongMediaType(expected="application/json")
    if not bodies.is_utf8(request):
        raise WrongMediaType("Send the body in UTF-8 without a byte order mark.")
    reader = Request(request.scope, bodies.limited(request, limit))
    raw = await bodies.within(bodies.SECONDS, reader.body())
    request.state.raw = raw
    request.state.json = read_json(raw) if len(raw) <= _SMALL else await run_in_threadpool(read_json, raw)
    if request.state.json is None:
        raise BadJson("The body is empty; send JSON.")


async def _read_upload(request: Request) -> None:
    form = await read_form(request)
    digest = hashlib.sha256()
    for name, file in form.files.items():
        digest.update(name.encode() + b"\0" + file.filename.encode() + b"\0" + file.raw)
    request.state.form, request.state.digest = form, digest.hexdigest()


def _noted(endpoint: F, mark: str, value: object) -> F:
    setattr(endpoint, mark, value)
    return endpoint


def _query_names(dependant: Dependant) -> Iterator[str]:
    """The parameters that a route and its dependencies ask for."""
    for field in dependant.query_params:
        yield field.alias
    for inner in dependant.dependencies:
        yield from _query_names(inner)


def _check_credential(request: Request) -> None:
    if "authorization" not in request.headers and not session_secret(request, service_of(request).settings):
        raise Unauthenticated


def _counted_as(request: Request) -> str:
    return request.client.host if request.client is not None else ""


class _Read(Request):
    """A request whose body was read at the door."""

    async def body(self) -> bytes:
        return sent_bytes(self)

    async def json(self) -> Any:
        return self.state.json
