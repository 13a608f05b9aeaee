"""What text, numbers, days and moments must look like to be taken; what is done with them is decided elsewhere."""

import math
import re
import unicodedata
from datetime import date, datetime

LARGEST = 1e12
DECIMALS = 6

_NUMBER = re.compile(r"[+-]?[0-9]{1,13}(?:[.,][0-9]{1,6})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
LONGEST_HOST = 253
LARGEST_PORT = 65535
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# The signs of RFC 3986; other letters stand in an address as per cent, other hosts as punycode.
_HTTPS = re.compile(
    rf"https://(?P<host>(?:{_LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9])(?::(?P<port>[0-9]{{1,5}}))?"
    r"(?:[/?#](?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?",
)
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co"})
# Joiners hold families of emoji and Indic letters together; all other invisible signs can disguise a name.
_JOINERS = frozenset("\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")


def visible(text: str) -> str:
    """The text without blanks around it; empty when it shows nothing (only spaces, Hangul fillers and the like)."""
    stripped = text.strip()
    shows = any(not character.isspace() and character not in "\u115f\u1160\u3164\uffa0\u2800" for character in stripped)
    return stripped if shows else ""


def is_clean(text: str, *, lines: bool = False) -> bool:
    """Whether a text holds no control, surrogate or invisible character; `lines` allows line breaks and tabs."""
    allowed = _JOINERS | set("\n\r\t") if lines else _JOINERS
    # What is printable holds nothing hidden, and is almost all there is.
    return text.isprintable() or all(
        character in allowed or unicodedata.category(character) not in _HIDDEN for character in text
    )


def plain_number(raw: object) -> float | None:
    """A finite number of at most six decimals, no truth value; -0 is 0. None for anything else."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    if isinstance(raw, int):
        return float(raw) if abs(raw) <= LARGEST else None
    # Rounding is exact to the nearest double, so only a number with more decimals changes.
    return raw + 0.0 if math.isfinite(raw) and round(raw, DECIMALS) == raw else None


def parse_number(text: str, *, comma: bool = True) -> float | None:
    """A number as people write it: ASCII digits, a point, or a comma where allowed, no thousands apart."""
    stripped = text.strip()
    if not _NUMBER.fullmatch(stripped) or ("," in stripped and not comma):
        return None
    return float(stripped.replace(",", ".")) + 0.0


def parse_day(text: str) -> date | None:
    """A day in the form 2026-12-31, or None."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def parse_instant(text: str) -> datetime | None:
    """A moment in RFC 3339 with its offset, or None."""
    try:
        found = datetime.fromisoformat(text.upper()) if _INSTANT.fullmatch(text) else None
    except ValueError:
        return None
    # At the very ends of the calendar there is no way into another time zone.
    return found if found is not None and date.min < found.date() < date.max else None


def is_https(text: str) -> bool:
    """Whether a text is a whole https address, as it can be put into a link: a host with a dot, nobody's name in it.

    >>> is_https("https://learn.example.org/listening?part=2"), is_https("https://localhost/x")
    (True, False)
    >>> is_https("http://example.org"), is_https("https://me:secret@example.org"), is_https("https://example.org:99999")
    (False, False, False)
    """
    found = _HTTPS.fullmatch(text)
    if found is None or len(found["host"]) > LONGEST_HOST:
        return False
    port = found["port"]
    return port is None or 1 <= int(port) <= LARGEST_PORT


def span(low: float, high: float) -> str:
    """A range as people read it in either language: `1–200`, `-40 – 40`."""
    return f"{low:.15g}–{high:.15g}" if low >= 0 else f"{low:.15g} – {high:.15g}"
