"""The one formatter: what people read, in bokmål and English."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from app.infra import formats
from app.infra.formats import Locale

NBSP = "\N{NO-BREAK SPACE}"
CLOSING = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "bokmal", "english"),
    [
        (79.2, "79,2", "79.2"),
        (77.05882352941177, "77,1", "77.1"),
        (67.75, "67,8", "67.8"),
        (0.0, "0", "0"),
        (100, "100", "100"),
        (99.97, "100", "100"),
        (0.04, "0", "0"),
        (None, "–", "–"),
    ],
)
def test_a_score_has_one_decimal_except_at_the_ends(value: float | None, bokmal: str, english: str) -> None:
    assert (formats.score(value, "nb"), formats.score(value, "en")) == (bokmal, english)


def test_noise_of_floating_point_does_not_change_a_printed_score() -> None:
    assert formats.score(69.25, "nb") == formats.score(69.24999999999999, "nb") == "69,3"


def test_a_difference_of_scores_has_its_sign_and_none_where_it_rounds_to_nothing() -> None:
    told = [(formats.signed(value, "nb"), formats.signed(value, "en")) for value in (1.25, -0.35, 0.04, -0.04, 12.0)]
    assert told == [
        ("+1,3", "+1.3"),
        ("\N{MINUS SIGN}0,4", "\N{MINUS SIGN}0.4"),
        ("0,0", "0.0"),
        ("0,0", "0.0"),
        ("+12,0", "+12.0"),
    ]


@pytest.mark.parametrize(
    ("lo", "hi", "expected"),
    [
        (64.2, 86.1, "Trolig 64–87"),
        (64.0, 87.0, "Trolig 64–87"),
        (64.00000000001, 86.99999999999, "Trolig 64–87"),
        (63.99999999999, 87.00000000001, "Trolig 64–87"),
        (-3.5, 104.2, "Trolig 0–100"),
        (None, None, ""),
    ],
)
def test_an_interval_is_told_in_whole_points_outward(lo: float | None, hi: float | None, expected: str) -> None:
    assert formats.interval(lo, hi, "nb") == expected


def test_an_interval_can_be_spoken_or_stand_alone() -> None:
    assert formats.interval(72.1, 84.6, "nb", spoken=True) == "Trolig mellom 72 og 85"
    assert formats.interval(72.1, 84.6, "en", spoken=True) == "Probably between 72 and 85"
    assert formats.interval(72.1, 84.6, "en") == "Probably 72–85"
    assert formats.points_range(72.1, 84.6) == "72–85"
    assert formats.points_range(None, None) == "–"


def test_per_cent_keeps_its_no_break_space_in_bokmal_and_has_none_in_english() -> None:
    assert formats.percent(0.9, "nb") == f"90{NBSP}%"
    assert formats.percent(0.9, "en") == "90%"
    assert formats.percent(0.9055, "nb", 1) == f"90,6{NBSP}%"
    assert formats.percent(None, "nb") == "–"


def test_a_figure_has_its_thousands_apart_and_no_decimal_it_does_not_need() -> None:
    assert formats.number(1234567.5, "nb") == f"1{NBSP}234{NBSP}567,5"
    assert formats.number(1234567.5, "en") == "1,234,567.5"
    assert formats.number(345.0, "nb") == "345"
    assert formats.number(Decimal("0.125"), "nb") == "0,13"
    assert formats.number(6.2, "en", 2) == "6.20"
    assert formats.number(6.5, "en", 0) == "7"
    assert formats.number(None, "en") == "–"


def test_a_unit_stays_with_its_figure() -> None:
    assert formats.measure(52, "nb", "s") == f"52{NBSP}s"
    assert formats.measure(79, "nb", "%") == f"79{NBSP}%"
    assert formats.measure(79, "en", "%") == "79%"
    assert formats.measure(5, "nb") == "5"
    assert formats.measure(None, "nb", "s") == "–"


@pytest.mark.parametrize(
    ("unit", "bokmal", "english"),
    [
        ("1000 kr", "309 tusen kr", "309 thousand kr"),
        (f"1{NBSP}000 kr", "309 tusen kr", "309 thousand kr"),
        ("NOK 1000", "309 tusen NOK", "309 thousand NOK"),
        ("£1,000", "309 tusen £", "309 thousand £"),
        ("1000", "309 tusen", "309 thousand"),
        ("100 kr", "309 × 100 kr", "309 × 100 kr"),
        ("1000 per 100 m2", "309 × 1000 per 100 m2", "309 × 1000 per 100 m2"),
        ("per 1000", "309 per 1000", "309 per 1000"),
        ("kg CO2", "309 kg CO2", "309 kg CO2"),
    ],
)
def test_a_unit_with_a_figure_in_it_does_not_read_as_more_of_the_figure(unit: str, bokmal: str, english: str) -> None:
    told = [formats.measure(309, locale, unit).replace(NBSP, " ") for locale in ("nb", "en")]
    assert told == [bokmal, english]


def test_a_moment_reads_in_local_time_in_both_languages() -> None:
    assert formats.instant(CLOSING, "nb") == f"fredag 27.{NBSP}november kl.{NBSP}16.00"
    assert formats.instant(CLOSING, "en") == f"Friday 27{NBSP}November at 16:00"
    assert formats.instant(CLOSING, "nb", "short") == f"27.{NBSP}nov. kl.{NBSP}16.00"
    assert formats.instant(CLOSING, "en", "short") == f"27{NBSP}Nov, 16:00"
    assert formats.instant(CLOSING, "nb", "full") == f"fredag 27.{NBSP}november 2026 kl.{NBSP}16.00"
    assert formats.clock(CLOSING, "nb") == f"kl.{NBSP}16.00"
    assert formats.clock(CLOSING, "en") == "16:00"


def test_the_day_of_a_moment_is_the_day_of_the_people_there() -> None:
    late = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)
    assert formats.local_day(late) == date(2026, 11, 28)
    assert formats.instant(late, "en", zone=ZoneInfo("America/New_York")) == f"Friday 27{NBSP}November at 18:30"


def test_summer_and_winter_time_are_told_apart() -> None:
    before, after = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert formats.clock(before, "en") == formats.clock(after, "en") == "02:30"
    assert formats.clock(datetime(2026, 7, 1, 12, tzinfo=UTC), "en") == "14:00"


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        formats.instant(datetime(2026, 11, 27, 15, 0), "nb")  # noqa: DTZ001 - the point of the test


def test_days_come_long_with_weekday_or_short() -> None:
    day = date(2026, 9, 1)
    assert [formats.day(day, "nb", style) for style in ("long", "weekday", "short")] == [
        f"1.{NBSP}september 2026",
        f"tirsdag 1.{NBSP}september",
        f"1.{NBSP}sep.",
    ]
    assert formats.day(day, "en") == f"1{NBSP}September 2026"


@pytest.mark.parametrize(
    ("first", "last", "bokmal", "english"),
    [
        (date(2026, 9, 1), date(2026, 9, 1), "1. september 2026", "1 September 2026"),
        (date(2026, 9, 1), date(2026, 9, 12), "1.–12. september 2026", "1–12 September 2026"),
        (date(2026, 8, 3), date(2026, 9, 12), "3. august – 12. september 2026", "3 August – 12 September 2026"),
        (
            date(2025, 12, 30),
            date(2026, 1, 2),
            "30. desember 2025 – 2. januar 2026",
            "30 December 2025 – 2 January 2026",
        ),
    ],
)
def test_a_range_names_month_and_year_once(first: date, last: date, bokmal: str, english: str) -> None:
    said = [formats.day_range(first, last, locale).replace(NBSP, " ") for locale in ("nb", "en")]
    assert said == [bokmal, english]


@pytest.mark.parametrize(
    ("first", "last", "bokmal", "english"),
    [
        (date(2026, 7, 1), date(2026, 9, 30), f"3.{NBSP}kvartal 2026", "Q3 2026"),
        (date(2026, 1, 1), date(2026, 12, 31), "2026", "2026"),
        (date(2024, 2, 1), date(2024, 2, 29), "februar 2024", "February 2024"),
        (date(2026, 2, 1), date(2026, 4, 30), f"1.{NBSP}februar – 30.{NBSP}april 2026", f"1{NBSP}February – 30{NBSP}April 2026"),
        (date(2026, 9, 2), date(2026, 9, 30), f"2.–30.{NBSP}september 2026", f"2–30{NBSP}September 2026"),
    ],
)  # fmt: skip
def test_a_period_is_called_what_people_call_it(first: date, last: date, bokmal: str, english: str) -> None:
    assert [formats.period(first, last, locale) for locale in ("nb", "en")] == [bokmal, english]


def test_names_are_joined_as_in_a_sentence() -> None:
    assert formats.listing(["Sofie", "Thea", "Omar"], "nb") == "Sofie, Thea og Omar"
    assert formats.listing(["Sofie", "Thea", "Omar"], "en") == "Sofie, Thea and Omar"
    assert formats.listing(["Sofie"], "nb") == "Sofie"
    assert formats.listing([], "nb") == ""


def test_small_counts_are_words_and_large_ones_figures() -> None:
    assert [formats.counted(value, "nb") for value in (1, 3, 12, 13)] == ["én", "tre", "tolv", "13"]
    assert [formats.counted(value, "en") for value in (0, 2, 1300)] == ["zero", "two", "1,300"]


@pytest.mark.parametrize(
    ("wishes", "chosen"),
    [
        (["nb"], "nb"),
        (["no"], "nb"),
        (["nn-NO,en;q=0.8"], "nb"),
        (["nb_NO"], "nb"),
        (["en-US,nb;q=0.9"], "en"),
        (["de, nb;q=0.3, en-US;q=0.7"], "en"),
        (["en;q=0, no"], "nb"),
        (["de", "en"], "en"),
        ([None, "", "en-GB"], "en"),
        (["en;q=high;;,,=", "sv"], "nb"),
        ([], "nb"),
    ],
)
def test_the_first_language_we_speak_is_taken(wishes: list[str | None], chosen: Locale) -> None:
    assert formats.choose_locale(*wishes) == chosen
