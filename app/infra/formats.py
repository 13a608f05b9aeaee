"""The one formatter: figures, intervals, days, instants and lists as people read them in bokmål and English.

Values come in as computed and leave as text; rounding happens here and nowhere before. Sentences live in the
catalogues; only the fixed words of a date and of an interval live here. A missing figure reads as an en dash.
"""

import math
import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

Locale = Literal["nb", "en"]
DayStyle = Literal["long", "weekday", "short"]
InstantStyle = Literal["weekday", "full", "short"]

DEFAULT_LOCALE: Locale = "nb"
DEFAULT_ZONE = ZoneInfo("Europe/Oslo")
NBSP = "\N{NO-BREAK SPACE}"
DASH = "\N{EN DASH}"

# Plain `en` would give 3/29/26 and 3:30 AM.
_CLDR: dict[Locale, str] = {"nb": "nb_NO", "en": "en_GB"}
_DAY: dict[Locale, dict[DayStyle, str]] = {
    "nb": {"long": "d.'\xa0'MMMM y", "weekday": "EEEE d.'\xa0'MMMM", "short": "d.'\xa0'MMM"},
    "en": {"long": "d'\xa0'MMMM y", "weekday": "EEEE d'\xa0'MMMM", "short": "d'\xa0'MMM"},
}
_FULL_DAY: dict[Locale, str] = {"nb": "EEEE d.'\xa0'MMMM y", "en": "EEEE d'\xa0'MMMM y"}
_AT: dict[Locale, dict[InstantStyle, str]] = {
    "nb": {"weekday": f" kl.{NBSP}", "full": f" kl.{NBSP}", "short": f" kl.{NBSP}"},
    "en": {"weekday": " at ", "full": " at ", "short": ", "},
}
_CLOCK: dict[Locale, str] = {"nb": "HH.mm", "en": "HH:mm"}
_PROBABLY: dict[Locale, str] = {"nb": "Trolig {lo}–{hi}", "en": "Probably {lo}–{hi}"}
_PROBABLY_BETWEEN: dict[Locale, str] = {"nb": "Trolig mellom {lo} og {hi}", "en": "Probably between {lo} and {hi}"}
_COUNTS: dict[Locale, tuple[str, ...]] = {
    "nb": ("null", "én", "to", "tre", "fire", "fem", "seks", "sju", "åtte", "ni", "ti", "elleve", "tolv"),
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
}
_THOUSAND: dict[Locale, str] = {"nb": "tusen", "en": "thousand"}
# A currency may stand before the figure; "per 1000" is another thing.
_THOUSANDS = re.compile(r"(?:([A-Z]{3}|[€$£])\s?)?1[\s.,]?000(?:\s(\D*))?")
_LANGUAGES: dict[str, Locale] = {"nb": "nb", "no": "nb", "nn": "nb", "en": "en"}


def choose_locale(*wishes: str | None) -> Locale:
    """The first wish that is a language we speak: a tag such as `nb-NO` or a whole Accept-Language header."""
    for wish in filter(None, wishes):
        # What was chosen or stored is one language, and needs no reading.
        for tag in (wish,) if wish in _LANGUAGES else _tags_by_preference(wish):
            language = _LANGUAGES.get(tag.replace("_", "-").split("-")[0].lower())
            if language is not None:
                return language
    return DEFAULT_LOCALE


def score(value: float | None, locale: Locale) -> str:
    """A score 0-100 with one decimal, half up; 0 and 100 without."""
    if value is None:
        return DASH
    rounded = _rounded(value, 1)
    return _figure(rounded, "0" if rounded in {0, 100} else "0.0", locale)


def signed(value: float | Decimal, locale: Locale) -> str:
    """A difference of scores with its sign and one decimal: `+1,3`, `−0,4`; no sign where it rounds to nothing."""
    rounded = _rounded(value, 1)
    sign = "+" if rounded > 0 else "\N{MINUS SIGN}" if rounded < 0 else ""
    return sign + _figure(abs(rounded), "0.0", locale)


def outward(lo: float, hi: float) -> tuple[int, int]:
    """Whole points around an interval, cut to 0-100: as much as may be told of a small group."""
    return max(0, math.floor(round(lo, 9))), min(100, math.ceil(round(hi, 9)))


def points_range(lo: float | None, hi: float | None) -> str:
    """The ends of an interval alone, `64–87`, for a table."""
    if lo is None or hi is None:
        return DASH
    low, high = outward(lo, hi)
    return f"{low}{DASH}{high}"


def interval(lo: float | None, hi: float | None, locale: Locale, *, spoken: bool = False) -> str:
    """Where a score probably lies, in whole points; empty without an interval."""
    if lo is None or hi is None:
        return ""
    low, high = outward(lo, hi)
    return (_PROBABLY_BETWEEN if spoken else _PROBABLY)[locale].format(lo=low, hi=high)


def percent(share: float | None, locale: Locale, decimals: int = 0) -> str:
    """A share 0-1 in per cent: `90 %` with a no-break space, `90%`."""
    if share is None:
        return DASH
    return _share(_rounded(share, decimals + 2), locale)


def number(value: float | Decimal | None, locale: Locale, decimals: int | None = None) -> str:
    """A figure with thousands apart; up to two decimals as needed, or exactly `decimals`."""
    if value is None:
        return DASH
    pattern = "#,##0.##" if decimals is None else "#,##0" + ("." + "0" * decimals if decimals else "")
    return _figure(_rounded(value, 2 if decimals is None else decimals), pattern, locale)


def measure(value: float | Decimal | None, locale: Locale, unit: str = "", decimals: int | None = None) -> str:
    """A figure with its unit, held together: `52 s`, `79 %` or `79%`, `309 tusen kr`."""
    figure = number(value, locale, decimals)
    if value is None or not unit:
        return figure
    return figure + ("" if unit == "%" and locale == "en" else NBSP) + beside(unit, locale)


def beside(unit: str, locale: Locale) -> str:
    """A unit as it reads behind a figure: one that begins with a figure must not look like more of it.

    `1000 kr` and `NOK 1000` become `tusen kr` and `thousand NOK`, `100 kr` becomes `× 100 kr`.
    """
    thousands = _THOUSANDS.fullmatch(unit)
    if thousands is not None:
        return NBSP.join(filter(None, (_THOUSAND[locale], thousands[1] or thousands[2])))
    return f"\N{MULTIPLICATION SIGN}{NBSP}{unit}" if unit[:1].isdigit() else unit


def day(value: date, locale: Locale, style: DayStyle = "long") -> str:
    """A day: `27. november 2026`, `fredag 27. november`, `27. nov.`."""
    return _date(value, _DAY[locale][style], locale)


def instant(value: datetime, locale: Locale, style: InstantStyle = "weekday", *, zone: ZoneInfo = DEFAULT_ZONE) -> str:
    """A moment in local time: `fredag 27. november kl. 16.00`, `Friday 27 November at 16:00`."""
    local = _local(value, zone)
    pattern = _FULL_DAY[locale] if style == "full" else _DAY[locale][style]
    return _date(local.date(), pattern, locale) + _AT[locale][style] + _clock(local, locale)


def clock(value: datetime, locale: Locale, *, zone: ZoneInfo = DEFAULT_ZONE) -> str:
    """The time of day alone: `kl. 16.00`, `16:00`."""
    return (f"kl.{NBSP}" if locale == "nb" else "") + _clock(_local(value, zone), locale)


def local_day(value: datetime, *, zone: ZoneInfo = DEFAULT_ZONE) -> date:
    """The day on which a moment falls for the people here."""
    return _local(value, zone).date()


def day_range(first: date, last: date, locale: Locale) -> str:
    """From a day to a day, both included, naming month and year once where they are shared."""
    if first == last:
        return day(first, locale)
    dot = "." if locale == "nb" else ""
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}{dot}{DASH}{day(last, locale)}"
    same_year = "d.'\xa0'MMMM" if locale == "nb" else "d'\xa0'MMMM"
    start = _date(first, same_year, locale) if first.year == last.year else day(first, locale)
    return f"{start} {DASH} {day(last, locale)}"


def period(first: date, last: date, locale: Locale) -> str:
    """What people call a span of days: a year, `3. kvartal 2026`, a month, else the days themselves."""
    if first.day != 1 or (last + timedelta(days=1)).day != 1 or first.year != last.year:
        return day_range(first, last, locale)
    if first.month == last.month:
        return _date(first, "MMMM y", locale)
    if (first.month, last.month) == (1, 12):
        return str(first.year)
    if last.month - first.month == 2 and last.month % 3 == 0:
        quarter = last.month // 3
        return f"{quarter}.{NBSP}kvartal {first.year}" if locale == "nb" else f"Q{quarter} {first.year}"
    return day_range(first, last, locale)


def listing(names: Sequence[str], locale: Locale) -> str:
    """Names in a sentence: `Sofie, Thea og Omar`."""
    return format_list(list(names), locale=_CLDR[locale]) if names else ""


def counted(value: int, locale: Locale) -> str:
    """A count as a sentence writes it: words up to twelve, figures above."""
    words = _COUNTS[locale]
    return words[value] if 0 <= value < len(words) else number(value, locale)


@lru_cache(maxsize=8192)
def _figure(rounded: Decimal, pattern: str, locale: Locale) -> str:
    """A page of results writes a hundred figures, most of them again and again."""
    return format_decimal(rounded, format=pattern, locale=_CLDR[locale])


@lru_cache(maxsize=2048)
def _share(rounded: Decimal, locale: Locale) -> str:
    # The locale's own pattern keeps the no-break space; a pattern of ours would lose it.
    return format_percent(rounded, locale=_CLDR[locale], decimal_quantization=False)


@lru_cache(maxsize=2048)
def _date(value: date, pattern: str, locale: Locale) -> str:
    """A list names the same few days over and over."""
    return format_date(value, format=pattern, locale=_CLDR[locale])


def _rounded(value: float | Decimal, decimals: int) -> Decimal:
    # Nine decimals first: 69.25 that arithmetic left as 69.24999999999999 is still 69.3, on every database.
    exact = value if isinstance(value, Decimal) else Decimal(repr(round(float(value), 9)))
    return exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def _local(value: datetime, zone: ZoneInfo) -> datetime:
    if value.tzinfo is None:
        raise ValueError("an instant needs its time zone; only aware moments can be shown")
    return value.astimezone(zone)


def _clock(local: datetime, locale: Locale) -> str:
    return format_time(local.time(), format=_CLOCK[locale], locale=_CLDR[locale])


def _tags_by_preference(header: str) -> list[str]:
    weighed = [_tag_and_weight(part) for part in header[:200].split(",") if part.strip()]
    return [tag for tag, weight in sorted(weighed, key=lambda pair: -pair[1]) if weight > 0]


def _tag_and_weight(part: str) -> tuple[str, float]:
    tag, _, parameters = part.partition(";")
    name, _, value = parameters.strip().partition("=")
    try:
        return tag.strip(), float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return tag.strip(), 0.0
