"""Rows of JSON or of a table to readings that are understood, or refused by row and column; what they may say to
which KPI is decided in `rules`.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.fields import BAD_CHARACTERS, KEY_LENGTH, NAME_LENGTH, NO_NUMBER, NO_TEXT, REQUIRED, TOO_LONG, UNKNOWN
from app.metrics.values import Amount, ReadingBatch, ReadingDraft, Shape
from app.plain import LARGEST, is_clean, parse_day, parse_instant, parse_number, plain_number, span, visible
from app.reports import Column, Row, RowError

COLUMNS = (
    Column("kpi"),
    Column("subject"),
    Column("start", is_required=False),
    Column("end", is_required=False),
    Column("at", is_required=False),
    Column("external_id", is_required=False),
    Column("value", is_required=False),
    Column("numerator", is_required=False),
    Column("denominator", is_required=False),
    Column("reason", is_required=False),
)
YEARS = (1970, 2199)

NO_TIME = "Enter a day, or a moment with its offset from UTC."
ONE_TIME = "Give either a moment (at) or a period (start and end)."
END_AFTER_START = "The end lies after the start."
ONE_SHAPE = "Give either a value, or a numerator with its denominator, or a count with its exposure."
OUT_OF_TIME = "The year is out of range."
NO_COMMA = "Write a number with a decimal point, or say that the file uses decimal commas."

_TIMES = {"at", "start", "end"}
_SHAPES = {
    frozenset({"value"}): Shape.VALUE,
    frozenset({"numerator", "denominator"}): Shape.PARTS,
    frozenset({"count", "exposure"}): Shape.COUNT,
}
_AMOUNTS = frozenset(name for names in _SHAPES for name in names)
_KNOWN = frozenset({"kpi", "subject", "external_id", "reason"}) | _TIMES | _AMOUNTS

Figure = Callable[[object], float | None]


class BadCell(ValueError):
    """One cell of a row that cannot be taken."""

    def __init__(self, column: str, message: str, allowed: str = "") -> None:
        self.column, self.message, self.allowed = column, message, allowed
        super().__init__(message)


def parse_readings(rows: Iterable[Mapping[str, object]], *, zone: ZoneInfo) -> ReadingBatch:
    """Readings from JSON: numbers are numbers; rows count from 1. Days are days in `zone`, the end included."""
    return _batch(enumerate(rows, start=1), plain_number, zone)


def parse_table(rows: Iterable[Row], *, zone: ZoneInfo, decimal_comma: bool = False) -> ReadingBatch:
    """Readings from a table of text; `decimal_comma` says that its numbers are written 4,5 and not 4.5."""
    figure = _with_comma if decimal_comma else _with_point
    filled = ((row.number, {name: cell for name, cell in row.cells.items() if cell.strip()}) for row in rows)
    return _batch(filled, figure, zone)


def _batch(rows: Iterable[tuple[int, Mapping[str, object]]], figure: Figure, zone: ZoneInfo) -> ReadingBatch:
    drafts, refused = [], []
    for number, given in rows:
        try:
            drafts.append(_draft(number, given, figure, zone))
        except BadCell as cell:
            refused.append(RowError(number, cell.column, cell.message, cell.allowed))
    return ReadingBatch(tuple(drafts), tuple(refused))


def _draft(number: int, given: Mapping[str, object], figure: Figure, zone: ZoneInfo) -> ReadingDraft:
    unknown = given.keys() - _KNOWN
    if unknown:
        raise BadCell(min(unknown), UNKNOWN, ", ".join(sorted(_KNOWN)))
    starts_at, ends_at = _times(given, zone)
    shape, amount = _amount(given, figure)
    return ReadingDraft(
        number,
        _text(given, "kpi") or _missing("kpi"),
        _text(given, "subject") or _missing("subject"),
        _text(given, "external_id"),
        starts_at,
        ends_at,
        shape,
        amount,
        _text(given, "reason", NAME_LENGTH) or "",
    )


def _missing(column: str) -> str:
    raise BadCell(column, REQUIRED)


def _text(given: Mapping[str, object], column: str, longest: int = KEY_LENGTH) -> str | None:
    raw = given.get(column)
    if raw is None:
        return None
    if not isinstance(raw, str):
        raise BadCell(column, NO_TEXT)
    text = visible(raw)
    if len(text) > longest:
        raise BadCell(column, TOO_LONG, span(1, longest))
    if not is_clean(text):
        raise BadCell(column, BAD_CHARACTERS)
    return text or None


def _amount(given: Mapping[str, object], figure: Figure) -> tuple[Shape, Amount]:
    names = frozenset(name for name in _AMOUNTS if given.get(name) is not None)
    shape = _SHAPES.get(names)
    if shape is None:
        # Half of a pair names the other half; anything else names the shapes.
        halves = [pair - names for pair in _SHAPES if names and names < pair]
        raise BadCell(min(halves[0]), REQUIRED) if halves else BadCell("value", ONE_SHAPE)
    figures = {name: _figure(given, name, figure) for name in names}
    if shape is Shape.VALUE:
        return shape, Amount(value=figures["value"])
    top, base = ("numerator", "denominator") if shape is Shape.PARTS else ("count", "exposure")
    return shape, Amount(numerator=figures[top], denominator=figures[base])


def _figure(given: Mapping[str, object], column: str, figure: Figure) -> float:
    number = figure(given[column])
    if number is None or abs(number) > LARGEST:
        comma = isinstance(given[column], str) and "," in str(given[column])
        raise BadCell(column, NO_COMMA if comma and figure is _with_point else NO_NUMBER, span(-LARGEST, LARGEST))
    return number


def _with_point(raw: object) -> float | None:
    return parse_number(raw, comma=False) if isinstance(raw, str) else None


def _with_comma(raw: object) -> float | None:
    return parse_number(raw) if isinstance(raw, str) and "." not in raw else None


def _times(given: Mapping[str, object], zone: ZoneInfo) -> tuple[datetime, datetime]:
    names = {name for name in _TIMES if given.get(name) is not None}
    if names == {"at"}:
        starts_at, ends_at = _moment(given, "at", zone)
        return starts_at, ends_at
    if names != {"start", "end"}:
        raise BadCell(min(names, default="at"), ONE_TIME)
    starts_at, _ = _moment(given, "start", zone)
    _, ends_at = _moment(given, "end", zone)
    if ends_at <= starts_at:
        raise BadCell("end", END_AFTER_START)
    return starts_at, ends_at


def _moment(given: Mapping[str, object], column: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The moment twice, or the beginning and the end of a day (which is the period that a day in `at` stands for)."""
    raw = given[column]
    text = raw.strip() if isinstance(raw, str) else ""
    day, instant = parse_day(text), parse_instant(text)
    known = instant or day
    if known is None:
        raise BadCell(column, NO_TIME, "2026-12-31, 2026-12-31T12:00:00+01:00")
    if not YEARS[0] <= known.year <= YEARS[1]:
        raise BadCell(column, OUT_OF_TIME, span(*YEARS))
    if instant is not None:
        return instant.astimezone(UTC), instant.astimezone(UTC)
    return _midnight(known, zone), _midnight(known + timedelta(days=1), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
