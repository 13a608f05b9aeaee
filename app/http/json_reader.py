"""JSON as we take it: UTF-8, finite numbers, each key once, whole text, shallow; everything else is refused (400, 415).

The reader of the standard library takes NaN, duplicate keys, lone surrogates and UTF-16; each of those ended in a
500 or in silently lost values further in.
"""

import json
import math
from typing import NoReturn

from app.errors import Malformed
from app.http.refusals import WrongMediaType

MAX_DEPTH = 20
MAX_DIGITS = 400
_UTF16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00")


class BadJson(Malformed):
    """Not JSON, or JSON with something in it that no two programs read alike."""

    code = "bad_json"
    message = "The body is not valid JSON."


def read_json(raw: bytes) -> object:
    """The value that a body holds; raises BadJson, or WrongMediaType for another encoding than UTF-8."""
    if not raw.strip():
        raise BadJson("The body is empty; send JSON.")
    if raw.startswith((b"\xef\xbb\xbf", *_UTF16_OR_32)) or raw[1:2] == b"\x00":
        raise WrongMediaType("Send the body in UTF-8 without a byte order mark.")
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_once_each,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_whole,
        )
    except UnicodeDecodeError:
        raise BadJson("The body is not valid UTF-8.") from None
    except json.JSONDecodeError as error:
        raise BadJson(
            "Line {line}, column {column} of the JSON cannot be read.", line=error.lineno, column=error.colno
        ) from None
    except RecursionError:
        raise BadJson("The JSON is nested more than {depth} deep.", depth=MAX_DEPTH) from None
    _check(value, MAX_DEPTH)
    return value


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadJson("A key stands twice in one object of the JSON.")
    return found


def _refuse_constant(_text: str) -> NoReturn:
    raise BadJson("NaN and Infinity are no numbers in JSON.")


def _finite(text: str) -> float:
    value = float(text) if len(text) <= MAX_DIGITS else math.inf
    if not math.isfinite(value):
        raise BadJson("A number in the JSON is too large.")
    # Minus zero is zero.
    return value + 0.0


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise BadJson("A number in the JSON is too large.")
    return int(text)


def _check(value: object, depth: int) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict):
        if depth == 0:
            raise BadJson("The JSON is nested more than {depth} deep.", depth=MAX_DEPTH)
        for key, inner in value.items():
            _check_text(key)
            _check(inner, depth - 1)
    elif isinstance(value, list):
        if depth == 0:
            raise BadJson("The JSON is nested more than {depth} deep.", depth=MAX_DEPTH)
        for inner in value:
            _check(inner, depth - 1)


def _check_text(text: str) -> None:
    if text.isascii():
        if "\0" in text:
            raise BadJson("A text in the JSON holds the character NUL.")
        return
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise BadJson("A text in the JSON holds half a surrogate pair.") from None
    if "\0" in text:
        raise BadJson("A text in the JSON holds the character NUL.")
