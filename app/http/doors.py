"""The doors that every request passes before its route runs: one for pages, one for JSON.

Each reads its body within limits, refuses what comes from foreign pages, and leaves what was read on the request;
route functions are plain `def` and take it from there (`posted(request)`).
"""

import hashlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

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
_LIMIT, _TABLE, _FILE = "__body_limit__", "__takes_table__", "__takes_file__"

F = TypeVar("F", bound=Callable[..., object])


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


def takes_file(endpoint: F) -> F:
    """Marks a route behind a link that takes a file in a form."""
    return _noted(endpoint, _FILE, _FILE)


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


def behind(door: Callable[[Request, Access], Awaitable[None]], inner: Handler) -> Handler:
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


async def page_door(request: Request, declared: Access) -> None:
    request.state.is_page = True
    if request.method not in origin.UNSAFE:
        return
    if declared.who is Who.LINK:
        if not declared.from_anywhere:
            origin.check_not_foreign(request)
    else:
        origin.check_own_page(request)
    takes_files = hasattr(request.scope["endpoint"], _FILE)
    is_rating = declared.who is Who.LINK and not declared.from_anywhere and not takes_files
    form = await (read_answers(request) if is_rating else read_form(request))
    if declared.who is Who.SIGNED_IN:
        if not session_secret(request, service_of(request).settings):
            raise Unauthenticated
        origin.check_hidden_field(request, form)
    request.state.form = form.without(CSRF_FIELD)


def json_behind(inner: Handler, known: frozenset[str], *, takes_json: bool) -> Handler:
    async def door(request: Request, declared: Access) -> None:
        if declared.who is Who.SIGNED_IN:
            _check_credential(request)
            if request.method in origin.UNSAFE and "authorization" not in request.headers:
                origin.check_own_page(request)
        elif request.method in origin.UNSAFE:
            origin.check_not_foreign(request)
        check_parameters(request, known)
        takes_upload = hasattr(request.scope["endpoint"], _TABLE) or hasattr(request.scope["endpoint"], _FILE)
        if takes_upload and bodies.media_type(request) == MULTIPART:
            await _read_upload(request)
        elif takes_json or hasattr(request.scope["endpoint"], _TABLE):
            await _read_json_body(request)

    async def handler(request: Request) -> Response:
        return await inner(_Read(request.scope, request.receive))

    return behind(door, handler)


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
