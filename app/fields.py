"""Reading a plain mapping field by field, JSON or a posted form; no rule of any capability lives here.

A reader hands out checked values and collects every refusal under its dotted name (`items.0.anchors.3.nb`), so that
one answer names them all. After a refusal the value handed out is a harmless stand-in: call `finish` before use.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from app.errors import FieldError, Invalid
from app.plain import LARGEST, is_clean, parse_day, parse_instant, parse_number, plain_number, span, visible
from app.words import LOCALES, Words

Choice = TypeVar("Choice", bound=StrEnum)

REQUIRED = "Fill this in."
NO_TEXT = "Write this as text."
TOO_LONG = "This text is too long."
BAD_CHARACTERS = "This text holds characters that cannot be shown."
NO_NUMBER = "Enter a number in the allowed range, with at most six decimals."
NO_WHOLE = "Enter a whole number in the allowed range."
NO_FLAG = "Answer yes or no."
NO_CHOICE = "Choose one of the allowed values."
NO_DAY = "Enter a day that exists, as year-month-day."
NO_INSTANT = "Enter a moment with its offset from UTC."
NO_GROUP = "Several named fields belong here."
NO_LIST = "A list belongs here."
WRONG_COUNT = "There are more or fewer of these than allowed."
UNKNOWN = "This field is not known here."

NAME_LENGTH = 200
TEXT_LENGTH = 2000
KEY_LENGTH = 200
MOST_REFUSALS = 100

_WHOLE = re.compile(r"[+-]?[0-9]{1,13}")
_FLAGS = {"true": True, "on": True, "yes": True, "1": True, "false": False, "off": False, "no": False, "0": False}


class Fields:
    """One mapping under its dotted `prefix`. `posted` text may stand for numbers, flags and empty values."""

    def __init__(
        self,
        given: Mapping[str, object],
        *,
        posted: bool = False,
        prefix: str = "",
        refusals: list[FieldError] | None = None,
    ) -> None:
        self._given = given
        self._posted = posted
        self._prefix = prefix
        self._read: set[str] = set()
        self._refusals = [] if refusals is None else refusals

    def refuse(self, name: str, message: str, allowed: str = "") -> None:
        """Refuse a field, unless it or something in it was refused before; an empty name is the whole mapping."""
        refused = self.name_of(name)
        known = any(f"{error.field}.".startswith(f"{refused}.") for error in self._refusals)
        if not known and len(self._refusals) < MOST_REFUSALS:
            self._refusals.append(FieldError(refused, message, allowed))

    def refuse_as(self, problem: FieldError) -> None:
        """Refuse a field of this mapping with a problem that a rule found, values and all."""
        refused = self.name_of(problem.field)
        if not any(error.field == refused for error in self._refusals):
            self._refusals.append(FieldError(refused, problem.message, problem.allowed, problem.values))

    def name_of(self, name: str) -> str:
        """The dotted name of a field."""
        return f"{self._prefix}.{name}".strip(".")

    def finish(self) -> None:
        """Refuse what nobody asked for; raise Invalid when anything in the whole document was refused."""
        self.close()
        if self._refusals:
            raise Invalid(self._refusals)

    def close(self) -> None:
        """Refuse the fields that nobody asked for."""
        for name in sorted(self._given.keys() - self._read)[:MOST_REFUSALS]:
            self.refuse(name, UNKNOWN, ", ".join(sorted(self._read)))

    def ignore(self, name: str) -> None:
        """Count a field as asked for, whatever it holds: it is neither read nor refused."""
        self._read.add(name)

    def has(self, name: str) -> bool:
        """Whether the field was sent at all, also as null."""
        return name in self._given

    def text(self, name: str, *, longest: int = NAME_LENGTH, required: bool = False, lines: bool = False) -> str | None:
        """A text without surrounding blanks; None when absent or blank. `lines` allows line breaks and tabs."""
        raw = self._raw(name, required=required)
        if raw is None:
            return None
        if not isinstance(raw, str):
            self.refuse(name, NO_TEXT)
            return None
        text = visible(raw)
        if not text:
            self._absent(name, required=required)
            return None
        if len(text) > longest:
            self.refuse(name, TOO_LONG, span(1, longest))
            return None
        if not is_clean(text, lines=lines):
            self.refuse(name, BAD_CHARACTERS)
            return None
        return text

    def words(self, name: str, *, longest: int = TEXT_LENGTH) -> Words:
        """A text per language, without the blank ones."""
        group = self.group(name)
        texts = {locale: group.text(locale, longest=longest, lines=longest > NAME_LENGTH) for locale in LOCALES}
        group.close()
        return {locale: text for locale, text in texts.items() if text}

    def number(
        self, name: str, low: float = -LARGEST, high: float = LARGEST, *, required: bool = False
    ) -> float | None:
        """A finite number within bounds, at most six decimals; None when absent."""
        raw = self._raw(name, required=required)
        if raw is None:
            return None
        number = parse_number(raw) if self._posted and isinstance(raw, str) else plain_number(raw)
        if number is None or not low <= number <= high:
            self.refuse(name, NO_NUMBER, span(low, high))
            return None
        return number

    def whole(self, name: str, low: int, high: int, *, required: bool = False) -> int | None:
        """A whole number within bounds; None when absent."""
        raw = self._raw(name, required=required)
        if raw is None:
            return None
        if self._posted and isinstance(raw, str) and _WHOLE.fullmatch(raw.strip()):
            raw = int(raw)
        if isinstance(raw, bool) or not isinstance(raw, int) or not low <= raw <= high:
            self.refuse(name, NO_WHOLE, span(low, high))
            return None
        return raw

    def flag(self, name: str, *, default: bool = False) -> bool:
        """True or false; `default` when absent."""
        raw = self._raw(name)
        if raw is None:
            return default
        if self._posted and isinstance(raw, str):
            raw = _FLAGS.get(raw)
        if not isinstance(raw, bool):
            self.refuse(name, NO_FLAG, "true, false")
            return default
        return raw

    def choice(self, name: str, kind: type[Choice], *, required: bool = False) -> Choice | None:
        """One value of an enumeration; None when absent."""
        raw = self._raw(name, required=required)
        if raw is None:
            return None
        found = next((value for value in kind if value.value == raw), None)
        if found is None:
            self.refuse(name, NO_CHOICE, ", ".join(kind))
        return found

    def day(self, name: str, *, required: bool = False) -> date | None:
        """A day in ISO form; None when absent."""
        raw = self._raw(name, required=required)
        if raw is None:
            return None
        found = parse_day(raw) if isinstance(raw, str) else None
        if found is None:
            self.refuse(name, NO_DAY, "2026-12-31")
        return found

    def instant(self, name: str, *, required: bool = False) -> datetime | None:
        """A moment with its offset (RFC 3339); None when absent."""
        raw = self._raw(name, required=required)
        return None if raw is None else self._moment(name, raw)

    def instants(self, name: str, most: int) -> list[datetime]:
        """A list of moments, blank ones left out; none when absent."""
        listed = [(place, raw) for place, raw in enumerate(self._listed(name, most)) if raw != ""]
        found = [self._moment(f"{name}.{place}", raw) for place, raw in listed]
        return [moment for moment in found if moment is not None]

    def texts(self, name: str, most: int) -> list[str]:
        """A list of texts, blank ones left out; none when absent. A posted form counts them: `ids.0`, `ids.1`."""
        texts = []
        for place, raw in enumerate(self._listed(name, most)):
            if not isinstance(raw, str):
                self.refuse(f"{name}.{place}", NO_TEXT)
            elif visible(raw):
                texts.append(visible(raw))
        return texts

    def group(self, name: str) -> "Fields":
        """A mapping inside; empty when absent."""
        raw = self._raw(name)
        if raw is not None and not isinstance(raw, Mapping):
            self.refuse(name, NO_GROUP)
        return self._below(name, raw)

    def groups(self, name: str, most: int) -> list["Fields"]:
        """Mappings in a list; none when absent. A posted form counts them: `lines.0`, `lines.1`."""
        return [self._member(name, place, member) for place, member in enumerate(self._listed(name, most))]

    def names(self) -> list[str]:
        """The names sent in this mapping, for mappings with names of their own; all count as asked for."""
        self._read.update(self._given)
        return list(self._given)

    def _listed(self, name: str, most: int) -> Sequence[object]:
        raw = self._raw(name)
        if self._posted and isinstance(raw, Mapping):
            raw = [raw[key] for key in sorted(raw, key=lambda key: (len(str(key)), str(key)))]
        if raw is None:
            return []
        if isinstance(raw, str) or not isinstance(raw, Sequence):
            self.refuse(name, NO_LIST)
            return []
        if len(raw) > most:
            self.refuse(name, WRONG_COUNT, span(0, most))
            return []
        return raw

    def _moment(self, name: str, raw: object) -> datetime | None:
        found = parse_instant(raw) if isinstance(raw, str) else None
        if found is None:
            self.refuse(name, NO_INSTANT, "2026-12-31T16:00:00+01:00")
        return found

    def _member(self, name: str, place: int, member: object) -> "Fields":
        if not isinstance(member, Mapping):
            self.refuse(f"{name}.{place}", NO_GROUP)
        return self._below(f"{name}.{place}", member)

    def _below(self, name: str, raw: object) -> "Fields":
        given = {str(key): value for key, value in raw.items()} if isinstance(raw, Mapping) else {}
        return Fields(given, posted=self._posted, prefix=self.name_of(name), refusals=self._refusals)

    def _raw(self, name: str, *, required: bool = False) -> object:
        self._read.add(name)
        raw = self._given.get(name)
        if raw is None or (self._posted and isinstance(raw, str) and not visible(raw)):
            self._absent(name, required=required)
            return None
        return raw

    def _absent(self, name: str, *, required: bool) -> None:
        if required:
            self.refuse(name, REQUIRED)


def unflattened(posted: Mapping[str, str]) -> dict[str, object]:
    """A form's dotted names as nested mappings: {"name.nb": "A"} becomes {"name": {"nb": "A"}}."""
    nested: dict[str, object] = {}
    for dotted, value in posted.items():
        *places, last = dotted.split(".")
        inner = nested
        for place in places:
            below = inner.setdefault(place, {})
            if not isinstance(below, dict):
                raise Invalid([FieldError(dotted, UNKNOWN)])
            inner = below
        if last in inner:
            raise Invalid([FieldError(dotted, UNKNOWN)])
        inner[last] = value
    return nested
