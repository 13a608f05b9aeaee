"""What all schemas share: strict input, documented output, and the plain types of ids, days, instants and texts.

Input schemas say which fields there are and of which type; what a value may be is settled by the capability's intake,
which takes the same plain mapping from a posted form. So a rule stands in one place only.
"""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema

from app.fields import NO_DAY, NO_FLAG
from app.infra.paging import Page
from app.plain import parse_day, parse_instant

Item = TypeVar("Item", bound="Out")

ID = "0b6f1c8e-6d3a-4f5e-9a51-2f4f8f1f7f10"
OTHER_ID = "7c1d2a34-8f0b-4c7a-b1de-55c2a6f0d9e2"
DAY = "2026-11-23"
INSTANT = "2026-11-23T09:00:00Z"
WORDS = {"nb": "Imøtekommende", "en": "Welcoming"}

NO_INSTANT = "Enter a moment with its offset from UTC."

_TEXTS = {"type": "object", "properties": {"nb": {"type": "string"}, "en": {"type": "string"}}}

Id = Annotated[str, WithJsonSchema({"type": "string", "format": "uuid"})]
GivenDay = Annotated[str, WithJsonSchema({"type": "string", "format": "date"})]
GivenInstant = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Texts = Annotated[
    dict[str, str],
    WithJsonSchema({**_TEXTS, "additionalProperties": False}),
    Field(description="The text in bokmål and in English"),
]


class In(BaseModel):
    """Something sent: unknown fields are refused, nothing is converted."""

    model_config = ConfigDict(strict=True, extra="forbid")

    def given(self) -> dict[str, Any]:
        """The fields that were sent, as plain values; what was left out stays out."""
        return self.model_dump(exclude_unset=True)


class Out(BaseModel):
    """Something answered; made from a value with fields of the same names."""

    # Built when first answered with: a start builds none of them, and many are never used in a process.
    model_config = ConfigDict(frozen=True, from_attributes=True, defer_build=True)

    @classmethod
    def of(cls, value: object) -> Self:
        """A value as it is answered."""
        return cls.model_validate(value)


class PageOut(Out, Generic[Item]):
    """A slice of a list."""

    items: list[Item]
    next_cursor: str | None = Field(description="Give it as `cursor` for the next slice; null on the last")


def page_out(model: type[Item], page: Page[Any]) -> PageOut[Item]:
    """A slice as it is answered."""
    return PageOut(items=[model.of(item) for item in page.items], next_cursor=page.next_cursor)


def one_of(kind: Iterable[StrEnum]) -> WithJsonSchema:
    """Documents a text that must be one of these values of an enumeration; the intake refuses others and names them."""
    return WithJsonSchema({"type": "string", "enum": [value.value for value in kind]})


def example(**fields: Any) -> ConfigDict:
    """The configuration of a schema with the example that the documentation shows."""
    return ConfigDict(json_schema_extra={"example": fields})


def _read_day(given: object) -> date:
    day = parse_day(given) if isinstance(given, str) else None
    if day is None:
        raise ValueError(NO_DAY, "2026-12-31")
    return day


def _read_instant(given: object) -> datetime:
    instant = parse_instant(given) if isinstance(given, str) else None
    if instant is None:
        raise ValueError(NO_INSTANT, "2026-12-31T16:00:00+01:00")
    return instant


def _read_flag(given: object) -> object:
    if given in {"true", "false"}:
        return given == "true"
    if isinstance(given, bool):
        return given
    raise ValueError(NO_FLAG, "true, false")


Day = Annotated[date, PlainValidator(_read_day), WithJsonSchema({"type": "string", "format": "date"})]
Instant = Annotated[datetime, PlainValidator(_read_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
Flag = Annotated[bool, PlainValidator(_read_flag), WithJsonSchema({"type": "boolean"})]
"""A yes or no in an address."""
