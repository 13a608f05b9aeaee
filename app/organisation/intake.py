"""Names, external ids and languages as people write them, brought to checked values; and the rows of the imports."""

import unicodedata
from collections.abc import Callable
from typing import TypeVar

from app.errors import FieldError, Invalid
from app.fields import NO_CHOICE, REQUIRED, TOO_LONG, is_clean, visible
from app.words import LOCALES

T = TypeVar("T")

MAX_NAME = 200
MAX_EXTERNAL_ID = 100
# A mail program would read these as markup of an address or as an encoded word.
_NOT_IN_NAMES = ("=?", "@", "<", ">")

NAME_SIGNS = "A name holds none of the signs @ < > =? and no hidden ones."
EXTERNAL_ID_SIGNS = "An external id has at most 100 visible characters."


class Reading:
    """Field after field of one input: what is refused is collected, so that all of it is told at once."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def take(self, field: str, parse: Callable[[str], T], text: str, *, allowed: str = "") -> T | None:
        """The parsed text, or None with the reason kept."""
        try:
            return parse(text)
        except ValueError as error:
            self.errors.append(FieldError(field, str(error), allowed))
            return None

    def finish(self) -> None:
        """Raise Invalid with every refusal, if there was one."""
        if self.errors:
            raise Invalid(self.errors)


def parse_name(text: str) -> str:
    """A name of 1-200 characters in NFC with single spaces; a ValueError with a plain sentence otherwise."""
    name = visible(text)
    if not name:
        raise ValueError(REQUIRED)
    if len(name) > MAX_NAME:
        raise ValueError(TOO_LONG)
    # Full-width twins of the signs count as well.
    plain = unicodedata.normalize("NFKC", name)
    if not is_clean(name) or any(sign in plain for sign in _NOT_IN_NAMES):
        raise ValueError(NAME_SIGNS)
    return " ".join(unicodedata.normalize("NFC", name).split())


def parse_external_id(text: str) -> str | None:
    """An id of another system, up to 100 visible characters; empty is none."""
    external_id = visible(text)
    if len(external_id) > MAX_EXTERNAL_ID or not is_clean(external_id):
        raise ValueError(EXTERNAL_ID_SIGNS)
    return external_id or None


def parse_locale(text: str) -> str | None:
    """One of our languages, `no` and `nn` read as bokmål; empty is none."""
    locale = text.strip().casefold().replace("_", "-").partition("-")[0]
    if locale in {"no", "nn"}:
        return "nb"
    if locale and locale not in LOCALES:
        raise ValueError(NO_CHOICE)
    return locale or None
