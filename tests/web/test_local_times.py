"""Local times through the nights on which clocks change, and through what people type."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.web.local_times import NoSuchTime, moment_of, twice_values, typed_of, with_moments

OSLO = ZoneInfo("Europe/Oslo")


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("2026-11-27T16:00", datetime(2026, 11, 27, 15, tzinfo=UTC)),
        ("2026-07-01T08:30", datetime(2026, 7, 1, 6, 30, tzinfo=UTC)),
        ("2026-03-29T01:59", datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
        ("2026-03-29T03:00", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        ("2026-10-25T02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-10-25T03:00", datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
    ],
)
def test_a_local_time_is_one_moment_and_reads_back_as_it_was_typed(typed: str, moment: datetime) -> None:
    assert (moment_of(typed, OSLO), typed_of(moment, OSLO)) == (moment, typed)


@pytest.mark.parametrize(("typed", "next_one"), [("2026-03-29T02:00", "03:00"), ("2026-03-29T02:59", "03:59")])
def test_a_skipped_time_suggests_the_next_one(typed: str, next_one: str) -> None:
    with pytest.raises(NoSuchTime) as refused:
        moment_of(typed, OSLO)
    assert refused.value.values == {"next": next_one}


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "2026-02-30T10:00",
        "2026-02-29T10:00",
        "0000-01-01T10:00",
        "0001-01-01T00:00",
        "9999-12-31T23:59",
        "10000-01-01T10:00",
        "1700000000",
        "-1",
        "2026-11-27T24:00",
        "2026-11-27T10:60",
        "2026-11-27T10:00:60",
        "2026-11-27T10:00Z",
        "2026-11-27",
        "２026-11-27T10:00",
    ],
)
def test_what_is_no_local_time_is_refused(typed: str) -> None:
    with pytest.raises(NoSuchTime) as refused:
        moment_of(typed, OSLO)
    assert refused.value.allowed == "2026-11-27T16:00"


def test_only_a_doubled_hour_is_told_apart_by_its_offset() -> None:
    nights = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (23, 0, 1, 2)]
    assert [twice_values(moment, OSLO) for moment in nights] == [
        None,
        {"time": "02:30", "offset": "UTC+02:00"},
        {"time": "02:30", "offset": "UTC+01:00"},
        None,
    ]


def test_a_form_keeps_its_other_fields_and_names_the_times_that_cannot_be() -> None:
    given = {"a": "text", "at": "2026-11-27T16:00", "more": {"0": "2026-03-29T02:30", "1": ""}}
    changed, refused = with_moments(given, ("at", "more", "absent"), OSLO)
    assert changed == {"a": "text", "at": "2026-11-27T15:00:00+00:00", "more": {"1": ""}}
    assert [(one.field, one.values) for one in refused] == [("more.0", {"next": "03:30"})]
