"""Reading a request's body within its limits of size and time."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
from fastapi import Request
from starlette.types import Message

from app.errors import TooLarge
from app.http.refusals import TooSlow, WrongMediaType

FORM_LIMIT = 512 * 1024
JSON_LIMIT = 256 * 1024
BULK_LIMIT = 8 * 1024 * 1024
UPLOAD_LIMIT = 20 * 1024 * 1024
# A boundary, a few headers and the other fields around a file of the full size.
UPLOAD_MARGIN = 64 * 1024
SECONDS = 15.0
UPLOAD_SECONDS = 120.0

T = TypeVar("T")


class BodyTooLarge(TooLarge):
    """More bytes than this place takes."""

    code = "body_too_large"
    message = "This is larger than the {limit} kB allowed here."


async def within(seconds: float, reading: Awaitable[T]) -> T:
    """What the reading brings, or TooSlow."""
    try:
        with anyio.fail_after(seconds):
            return await reading
    except TimeoutError:
        raise TooSlow from None


def limited(request: Request, limit: int) -> Callable[[], Awaitable[Message]]:
    """The request's receive channel, ending in BodyTooLarge once more than `limit` bytes came."""
    receive, seen = request.receive, 0

    async def receive_some() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise BodyTooLarge(limit=limit // 1024)
        return message

    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > limit:
        raise BodyTooLarge(limit=limit // 1024)
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise WrongMediaType("Send the body as it is, without Content-Encoding.")
    return receive_some


def media_type(request: Request) -> str:
    """The content type without its parameters, in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def is_utf8(request: Request) -> bool:
    """Whether the content type names no other charset than UTF-8."""
    _, found, rest = request.headers.get("content-type", "").lower().partition("charset=")
    return not found or rest.partition(";")[0].strip(" \"'") in {"utf-8", "utf8"}
