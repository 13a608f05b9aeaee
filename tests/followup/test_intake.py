"""What is sent about a watch or a new level is taken as a whole, or refused field by field."""

from datetime import date

import pytest

from app.errors import Invalid
from app.followup.intake import parse_shift, parse_watch
from app.followup.values import Method, ShiftDraft, WatchDraft
from app.scoring.seasons import Season


def refused(given: dict[str, object], parse: object) -> list[str]:
    with pytest.raises(Invalid) as error:
        parse(given)  # type: ignore[operator]
    return sorted(one.field for one in error.value.errors)


def test_a_watch_is_a_method_with_season_and_baseline() -> None:
    assert parse_watch({"method": "cusum", "season": "year", "baseline": 40}) == WatchDraft(
        Method.CUSUM, Season.YEAR, 40
    )
    assert parse_watch({"method": "ewma"}) == WatchDraft(Method.EWMA, Season.NONE, 20)
    posted = {"method": "ewma", "season": "", "baseline": "25", "red_line": "62,5"}
    assert parse_watch(posted, posted=True) == WatchDraft(Method.EWMA, Season.NONE, 25, 62.5)
    assert parse_watch({"method": "ewma", "red_line": ""}, posted=True).red_line is None


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({}, ["method"]),
        ({"method": "xmr"}, ["method"]),
        ({"method": "ewma", "baseline": 19}, ["baseline"]),
        ({"method": "ewma", "baseline": 201}, ["baseline"]),
        ({"method": "ewma", "baseline": 20.5, "red_line": 100.5}, ["baseline", "red_line"]),
        ({"method": "ewma", "season": "monthly", "limit": 3}, ["limit", "season"]),
    ],
)
def test_another_watch_is_refused(given: dict[str, object], fields: list[str]) -> None:
    assert refused(given, parse_watch) == fields


def test_a_new_level_is_a_day_with_a_reason() -> None:
    given: dict[str, object] = {"starts_on": "2026-10-26", "reason": " Ny vaktplan \n fra oktober "}
    assert parse_shift(given) == ShiftDraft(date(2026, 10, 26), "Ny vaktplan \n fra oktober")


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({}, ["reason", "starts_on"]),
        ({"starts_on": "26.10.2026", "reason": "Ny vaktplan"}, ["starts_on"]),
        ({"starts_on": "2026-10-26", "reason": "  "}, ["reason"]),
        ({"starts_on": "2026-10-26", "reason": "x" * 2001}, ["reason"]),
        ({"starts_on": "2026-10-26", "reason": "Ny", "subject_id": "x"}, ["subject_id"]),
    ],
)
def test_another_level_is_refused(given: dict[str, object], fields: list[str]) -> None:
    assert refused(given, parse_shift) == fields
