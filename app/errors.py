"""The kinds of things that can go wrong; each concrete error stands beside the rule that raises it."""

from collections.abc import Mapping, Sequence
from dataclasses import field as field_of

from app.deferred import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that was refused: its name, what is wrong (filled with `values`), and what would be allowed."""

    field: str
    message: str
    allowed: str = ""
    values: Mapping[str, object] = field_of(default_factory=dict, hash=False)


class AppError(Exception):
    """A failure that a person can be told about: `message` is a plain sentence, `code` is stable.

    `message` is an English source sentence with `{name}` places; `values` fills them. The edges translate
    the sentence and fill it; they never show anything else of the exception.
    """

    code = "error"
    message = "Something went wrong."

    def __init__(self, message: str | None = None, **values: object) -> None:
        self.message = message if message is not None else type(self).message
        self.values = values
        super().__init__(self.text)

    @property
    def text(self) -> str:
        """The sentence in English, with its values."""
        return self.message.format_map(self.values) if self.values else self.message


class Invalid(AppError):
    """Well formed, but not acceptable: names every field that was refused (422)."""

    code = "invalid"
    message = "Some fields need another value."

    def __init__(self, errors: Sequence[FieldError] = (), message: str | None = None, **values: object) -> None:
        self.errors = tuple(errors)
        super().__init__(message, **values)


class Malformed(AppError):
    """Could not be read at all (400)."""

    code = "malformed"
    message = "The request could not be read."


class Unauthenticated(AppError):
    """Nobody is signed in, or the key is not valid (401)."""

    code = "unauthenticated"
    message = "Sign in first."


class Forbidden(AppError):
    """Known, but not allowed (403)."""

    code = "forbidden"
    message = "You do not have access to this."


class NotRecognised(Forbidden):
    """Signed in elsewhere, but who that is here cannot be told (403)."""

    code = "not_recognised"
    message = "We could not tell who you are."


class NotFound(AppError):
    """Not there, or not for this viewer: both look alike (404)."""

    code = "not_found"
    message = "There is nothing here, or nothing that you may see."


class Conflict(AppError):
    """Contradicts the state as it is now (409)."""

    code = "conflict"
    message = "This does not fit the present state."


class Expired(AppError):
    """Was valid once and is not any more (410)."""

    code = "expired"
    message = "This link is no longer in use."


class TooLarge(AppError):
    """More than the limit for this place (413)."""

    code = "too_large"
    message = "This is larger than allowed."


class TooMany(AppError):
    """Too many attempts; `retry_after` seconds until the next (429)."""

    code = "too_many_attempts"
    message = "Too many attempts. Wait a little and try again."

    def __init__(self, retry_after: int, message: str | None = None, **values: object) -> None:
        self.retry_after = retry_after
        super().__init__(message, **values)


class Unavailable(AppError):
    """The database or a service behind it does not answer just now (503)."""

    code = "unavailable"
    message = "The service is busy. Try again in a moment."
