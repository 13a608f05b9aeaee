"""Posted forms of pages, read strictly: real UTF-8, few fields, no control characters, no value read twice.

What the fields mean is settled by the capability that takes the mapping.
"""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote_to_bytes

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from app.deferred import dataclass
from app.errors import FieldError, Invalid, Malformed
from app.http import bodies
from app.http.refusals import WrongMediaType

MAX_FIELDS = 2_000
MAX_UPLOAD_FIELDS = 50
CSRF_FIELD = "csrf_token"
_URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
_NAME_SHOWN = 80
_KEPT_CONTROLS = frozenset("\t\n\r")


class BadForm(Malformed):
    """A form that no browser sends from a page of ours."""

    code = "bad_form"
    message = "The form could not be read. Open the page again and repeat it."


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form."""

    filename: str
    raw: bytes


class Form(Mapping[str, Sequence[str]]):
    """The posted fields: a mapping of every name to its values in order, and the files beside it."""

    def __init__(self, fields: Mapping[str, Sequence[str]], files: Mapping[str, Upload] | None = None) -> None:
        self._fields = dict(fields)
        self.files = dict(files or {})

    def __getitem__(self, name: str) -> Sequence[str]:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def one(self, name: str) -> str:
        """The single value of a field, empty when it was not sent; BadForm when it was sent twice."""
        values = self._fields.get(name, ())
        if len(values) > 1:
            raise BadForm("The field {field} was sent twice.", field=name)
        return values[0] if values else ""

    def many(self, name: str) -> tuple[str, ...]:
        """All values of a field that may stand several times, such as checkboxes."""
        return tuple(self._fields.get(name, ()))

    def file(self, name: str) -> Upload | None:
        """The file chosen in a field, or None when none was."""
        return self.files.get(name)

    def without(self, *names: str) -> "Form":
        """The same form without some fields."""
        return Form({name: values for name, values in self._fields.items() if name not in names}, self.files)


async def read_form(request: Request) -> Form:
    """The posted form; raises BadForm, BodyTooLarge, WrongMediaType, or Invalid for control characters."""
    if bodies.media_type(request) == MULTIPART:
        return await _read_multipart(request)
    return parse_form(await _read_encoded(request))


async def read_answers(request: Request) -> Form:
    """The posted form of a rater: no files, and each field once; raises BadForm, BodyTooLarge or WrongMediaType.

    What a value may hold is left to who takes it, so that nothing typed is lost when it is refused.
    """
    fields = _fields_of(await _read_encoded(request))
    for name, values in fields.items():
        if len(values) > 1:
            raise BadForm("The field {field} was sent twice.", field=name[:_NAME_SHOWN])
    return Form(fields)


async def _read_encoded(request: Request) -> bytes:
    kind = bodies.media_type(request)
    if kind not in {_URLENCODED, ""} or not bodies.is_utf8(request):
        raise WrongMediaType(expected=_URLENCODED)
    reader = Request(request.scope, bodies.limited(request, bodies.FORM_LIMIT))
    raw = await bodies.within(bodies.SECONDS, reader.body())
    if raw and not kind:
        raise WrongMediaType(expected=_URLENCODED)
    return raw


def parse_form(raw: bytes) -> Form:
    """The fields of a URL-encoded body."""
    fields = _fields_of(raw)
    _check_values(fields)
    return Form(fields)


def _fields_of(raw: bytes) -> dict[str, list[str]]:
    parts = [part for part in raw.split(b"&", MAX_FIELDS + 1) if part]
    if len(parts) > MAX_FIELDS:
        raise BadForm("The form has more than {count} fields.", count=MAX_FIELDS)
    fields: dict[str, list[str]] = {}
    for part in parts:
        name, _, value = part.partition(b"=")
        fields.setdefault(_decoded(name), []).append(_decoded(value))
    _check_names(fields)
    return fields


async def _read_multipart(request: Request) -> Form:
    reader = Request(request.scope, bodies.limited(request, bodies.UPLOAD_LIMIT + bodies.UPLOAD_MARGIN))
    try:
        posted = await bodies.within(
            bodies.UPLOAD_SECONDS,
            reader.form(max_files=1, max_fields=MAX_UPLOAD_FIELDS, max_part_size=bodies.UPLOAD_MARGIN),
        )
    except (HTTPException, KeyError):
        raise BadForm from None
    fields: dict[str, list[str]] = {}
    files: dict[str, Upload] = {}
    try:
        for name, value in posted.multi_items():
            if isinstance(value, UploadFile):
                # A file field that was left empty arrives as a file without a name.
                if value.filename:
                    files[name] = Upload(value.filename, await value.read())
            else:
                fields.setdefault(name, []).append(value)
    finally:
        await posted.close()
    _check_names(fields)
    _check_values(fields)
    return Form(fields, files)


def _decoded(raw: bytes) -> str:
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        raise BadForm("The form is not valid UTF-8.") from None


def _check_names(fields: Mapping[str, Sequence[str]]) -> None:
    if any(_has_controls(name) for name in fields):
        raise BadForm("The name of a field holds control characters.")


def _check_values(fields: Mapping[str, Sequence[str]]) -> None:
    refused = [name for name, values in fields.items() if any(_has_controls(value) for value in values)]
    if refused:
        raise Invalid([FieldError(name, "Leave out the control characters.") for name in refused])


def _has_controls(text: str) -> bool:
    return not text.isprintable() and any(
        (sign < " " or "\x7f" <= sign <= "\x9f") and sign not in _KEPT_CONTROLS for sign in text
    )
