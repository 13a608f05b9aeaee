from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.infra.tabular import read_table
from app.metrics.intake import COLUMNS, parse_readings, parse_table
from app.metrics.values import Amount, ReadingDraft, Shape
from app.reports import Row

OSLO = ZoneInfo("Europe/Oslo")
AT = "2026-11-20T12:00:00+01:00"
NOON = datetime(2026, 11, 20, 11, tzinfo=UTC)


def given(**changed: object) -> dict[str, object]:
    plain: dict[str, object] = {"kpi": "answer-time", "subject": "nord", "at": AT, "value": 52, **changed}
    return {name: value for name, value in plain.items() if value is not ...}


def refused(row: dict[str, object]) -> str:
    batch = parse_readings([row], zone=OSLO)
    assert batch.drafts == ()
    (error,) = batch.refused
    assert error.row == 1
    return error.column


def read(row: dict[str, object]) -> ReadingDraft:
    batch = parse_readings([row], zone=OSLO)
    assert batch.refused == ()
    (draft,) = batch.drafts
    return draft


def test_a_reading_at_a_moment_is_understood() -> None:
    assert read(given(external_id=" A-1 ", reason="Målefeil")) == ReadingDraft(
        1, "answer-time", "nord", "A-1", NOON, NOON, Shape.VALUE, Amount(value=52.0), "Målefeil"
    )


@pytest.mark.parametrize(
    ("amount", "shape", "understood"),
    [
        ({"numerator": 79, "denominator": 100}, Shape.PARTS, Amount(numerator=79, denominator=100)),
        ({"count": 3, "exposure": 2.5}, Shape.COUNT, Amount(numerator=3, denominator=2.5)),
    ],
)
def test_two_parts_are_kept_apart(amount: dict[str, object], shape: Shape, understood: Amount) -> None:
    draft = read(given(value=..., **amount))
    assert (draft.shape, draft.amount) == (shape, understood)


def test_a_day_is_a_day_where_the_company_is_and_the_end_is_included() -> None:
    draft = read(given(at=..., start="2026-10-25", end="2026-10-25"))
    assert draft.starts_at == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert draft.ends_at == datetime(2026, 10, 25, 23, tzinfo=UTC)
    assert (read(given(at="2026-10-25")).starts_at, read(given(at="2026-10-25")).ends_at) == (
        draft.starts_at,
        draft.ends_at,
    )


def test_a_period_may_mix_moments_and_days() -> None:
    draft = read(given(at=..., start="2026-11-20T00:00:00+01:00", end="2026-11-22"))
    assert draft.ends_at == datetime(2026, 11, 22, 23, tzinfo=UTC)


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "not a number": ({"value": float("nan")}, "value"),
    "infinite": ({"value": float("-inf")}, "value"),
    "a number as text": ({"value": "52"}, "value"),
    "a truth value": ({"value": True}, "value"),
    "seven decimals": ({"value": 0.1234567}, "value"),
    "2^63": ({"value": 2**63}, "value"),
    "5,000 digits": ({"value": 10**4999}, "value"),
    "a list": ({"value": [1]}, "value"),
    "nothing measured": ({"value": None}, "value"),
    "half a ratio": ({"value": ..., "numerator": 1}, "denominator"),
    "the other half": ({"value": ..., "denominator": 1}, "numerator"),
    "half a rate": ({"value": ..., "exposure": 1}, "count"),
    "a value and a ratio": ({"numerator": 1, "denominator": 2}, "value"),
    "a mixed pair": ({"value": ..., "numerator": 1, "exposure": 2}, "value"),
    "no KPI": ({"kpi": None}, "kpi"),
    "a blank subject": ({"subject": " "}, "subject"),
    "a subject that is no text": ({"subject": 5}, "subject"),
    "a subject of 201 characters": ({"subject": "x" * 201}, "subject"),
    "a surrogate in an id": ({"external_id": "\ud800"}, "external_id"),
    "a NUL in an id": ({"external_id": "a\x00"}, "external_id"),
    "a zero-width sign in an id": ({"external_id": "a\u200bb"}, "external_id"),
    "a field nobody knows": ({"colour": "red"}, "colour"),
    "no time": ({"at": None}, "at"),
    "a moment and a period": ({"start": AT, "end": AT}, "at"),
    "a start without an end": ({"at": ..., "start": AT}, "start"),
    "an end before the start": ({"at": ..., "start": "2026-11-20", "end": "2026-11-19"}, "end"),
    "a period of no length": ({"at": ..., "start": AT, "end": AT}, "end"),
    "a moment without an offset": ({"at": "2026-11-20T12:00:00"}, "at"),
    "seconds since 1970": ({"at": 1700000000}, "at"),
    "seconds as text": ({"at": "1700000000"}, "at"),
    "the 30th of February": ({"at": "2026-02-30"}, "at"),
    "a leap second": ({"at": "2026-11-20T12:00:60Z"}, "at"),
    "the year 1969": ({"at": "1969-12-31"}, "at"),
    "the last moment of all": ({"at": "9999-12-31T23:59:59-12:00"}, "at"),
    "the first moment of all": ({"at": "0001-01-01T00:00:00+12:00"}, "at"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_reading_is_refused_by_column(case: str) -> None:
    changed, column = REFUSALS[case]
    assert refused(given(**changed)) == column


def test_minus_zero_and_what_is_too_small_are_zero() -> None:
    assert str(read(given(value=-0.0)).amount.value) == "0.0"
    assert read(given(value=float("1e-400"))).amount.value == 0.0


def test_rows_keep_their_numbers_when_one_is_refused() -> None:
    batch = parse_readings([given(), given(value=None), given()], zone=OSLO)
    assert [draft.row for draft in batch.drafts] == [1, 3]
    assert [(error.row, error.column) for error in batch.refused] == [(2, "value")]


def table(text: str, *, decimal_comma: bool = False) -> tuple[list[tuple[int, float | None]], list[tuple[int, str]]]:
    rows = read_table(text.encode(), filename="readings.csv", columns=COLUMNS)
    batch = parse_table(rows, zone=OSLO, decimal_comma=decimal_comma)
    values = [(draft.row, draft.amount.value) for draft in batch.drafts]
    return values, [(error.row, error.column) for error in batch.refused]


def test_a_file_is_read_with_points_or_with_declared_commas() -> None:
    point = "\ufeffkpi;subject;at;value\nanswer-time;nord;2026-11-20;4.5\n"
    comma = "kpi;subject;at;value\nanswer-time;nord;2026-11-20;4,5\n"
    assert table(point) == ([(2, 4.5)], [])
    assert table(comma, decimal_comma=True) == ([(2, 4.5)], [])
    assert table(comma) == ([], [(2, "value")])
    assert table(point, decimal_comma=True) == ([], [(2, "value")])


@pytest.mark.parametrize("cell", ["1.234,5", "1_0", "５", "NaN", "inf", "1e3", "=1+1", "4,5,6", "0x5"])
def test_a_cell_that_is_no_plain_number_is_refused(cell: str) -> None:
    row = Row(2, {"kpi": "a", "subject": "b", "at": "2026-11-20", "value": cell})
    for decimal_comma in (True, False):
        batch = parse_table([row], zone=OSLO, decimal_comma=decimal_comma)
        assert [(error.row, error.column) for error in batch.refused] == [(2, "value")]


def test_a_comma_that_was_not_declared_is_explained() -> None:
    row = Row(2, {"kpi": "a", "subject": "b", "at": "2026-11-20", "value": "4,5"})
    (error,) = parse_table([row], zone=OSLO).refused
    assert error.message == "Write a number with a decimal point, or say that the file uses decimal commas."


def test_empty_cells_count_as_absent() -> None:
    cells = {"kpi": "a", "subject": "b", "start": " ", "end": "", "at": "2026-11-20", "value": "", "numerator": "1"}
    (draft,) = parse_table([Row(2, {**cells, "denominator": "4"})], zone=OSLO).drafts
    assert draft.amount == Amount(numerator=1, denominator=4)


def test_a_name_that_looks_like_a_formula_is_a_name() -> None:
    row = Row(2, {"kpi": "=a", "subject": "@b", "at": "2026-11-20", "value": "1"})
    (draft,) = parse_table([row], zone=OSLO).drafts
    assert (draft.kpi, draft.subject) == ("=a", "@b")
