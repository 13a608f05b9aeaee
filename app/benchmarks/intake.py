"""A benchmark file, and what is chosen beside it, from JSON or a form to checked values; pure."""

from collections.abc import Iterable, Mapping
from datetime import date

from app.benchmarks.rules import DECIMALS, LEAST_RATERS, LEAST_UNITS, FileTooLarge
from app.benchmarks.values import FORMAT, LEVELS, VERSION, BenchmarkFile, Line
from app.errors import FieldError, Invalid
from app.fields import NAME_LENGTH, NO_CHOICE, REQUIRED, Fields
from app.kpis.values import RaterGroup
from app.organisation.values import SubjectKind
from app.plain import span

MOST_LINES = 300
MOST_BYTES = 100 * 1024
MOST_UNITS, MOST_RATERS = 100_000, 1_000_000_000
LONGEST_VERSION = 20
KEY_TEXT, SIGNATURE_TEXT = 43, 86
"""Signs of 32 and of 64 bytes in base64url without padding."""

WRONG_FORMAT = "This is no benchmark file."
WRONG_VERSION = "This version cannot be read here. Ask for a file of version {version}, or update the service."
TWO_DECIMALS = "Write at most two decimals."
OUT_OF_ORDER = "The score must lie between the ends of its interval."
TWICE = "Two lines are about the same."
BACKWARDS = "A period ends after it begins, and its figures are sealed after that."
NO_KEY = "This is no public key."

_RATERS = tuple(group.value for group in RaterGroup if group is not RaterGroup.SELF)


def require_small(raw: bytes) -> bytes:
    """The bytes of a file, unless they are more than any file needs."""
    if len(raw) > MOST_BYTES:
        raise FileTooLarge(limit=MOST_BYTES // 1024)
    return raw


def parse_file(given: object, *, under: str = "") -> BenchmarkFile:
    """A benchmark file, sent as the field `under`; its signature is not looked at here.

    Raises Invalid and names every field that is wrong.
    """
    if not isinstance(given, Mapping):
        raise Invalid([FieldError(under, WRONG_FORMAT)])
    fields = Fields({str(name): value for name, value in given.items()}, prefix=under)
    _check_kind(fields)
    file = BenchmarkFile(
        source=fields.text("source", required=True) or "",
        made_on=fields.day("made_on", required=True) or date.min,
        public_key=_signs(fields, "public_key", KEY_TEXT),
        lines=tuple(_line(one) for one in fields.groups("lines", MOST_LINES)),
        signature=_signs(fields, "signature", SIGNATURE_TEXT),
    )
    if not file.lines:
        fields.refuse("lines", REQUIRED)
    for place in _twice(file.lines):
        fields.refuse(f"lines.{place}", TWICE)
    fields.finish()
    return file


def parse_mapping(given: Iterable[tuple[str, str]], file_kpis: Iterable[str]) -> dict[str, str]:
    """By the source's id of a KPI our own KPI; what is compared with nothing is left out. Only KPIs of the file."""
    known = set(file_kpis)
    mapping = {theirs: own for theirs, own in given if own}
    unknown = sorted(mapping.keys() - known)
    if unknown:
        raise Invalid([FieldError("mapping", NO_CHOICE, ", ".join(sorted(known)))])
    return mapping


def parse_public_key(text: object) -> str:
    """A public key that was handed over by another way."""
    fields = Fields({"public_key": text})
    key = _signs(fields, "public_key", KEY_TEXT)
    fields.finish()
    return key


def parse_key_name(text: object) -> str:
    """What a key of somebody else is called here."""
    fields = Fields({"name": text})
    name = fields.text("name", required=True)
    fields.finish()
    return name or ""


def _check_kind(fields: Fields) -> None:
    """Refuse another format or version at once: what else is wrong with such a file says nothing."""
    found = fields.text("format", required=True)
    version = fields.whole("version", 1, 10**9, required=True)
    if found != FORMAT:
        raise Invalid([FieldError(fields.name_of("format"), WRONG_FORMAT)])
    if version != VERSION:
        raise Invalid([FieldError(fields.name_of("version"), WRONG_VERSION, values={"version": VERSION})])


def _signs(fields: Fields, name: str, length: int) -> str:
    """A text of base64url of one length; whether it means anything is seen when it is used."""
    text = fields.text(name, required=True) or ""
    if text and (len(text) != length or not text.isascii() or not text.replace("-", "").replace("_", "").isalnum()):
        fields.refuse(name, NO_KEY if length == KEY_TEXT else "This is no signature.")
    return text


def _line(fields: Fields) -> Line:
    """A line; with harmless stand-ins for what was refused."""
    kpi = fields.words("kpi", longest=NAME_LENGTH)
    if not kpi:
        fields.refuse("kpi", REQUIRED)
    level = fields.choice("level", SubjectKind, required=True) or SubjectKind.COMPANY
    if level not in LEVELS:
        fields.refuse("level", NO_CHOICE, ", ".join(LEVELS))
    score, lo, hi = (_points(fields, name) for name in ("score", "lo", "hi"))
    if not lo <= score <= hi:
        fields.refuse("score", OUT_OF_ORDER)
    start, end, released = (
        fields.day(name, required=True) or date.min for name in ("period_start", "period_end", "released_on")
    )
    if not start <= end <= released:
        fields.refuse("period_end", BACKWARDS)
    least, most = (1, 1) if level is SubjectKind.COMPANY else (LEAST_UNITS, MOST_UNITS)
    line = Line(
        kpi_id=fields.text("kpi_id", required=True) or "",
        kpi=kpi,
        level=level,
        rater_groups=_rater_groups(fields),
        score=score,
        lo=lo,
        hi=hi,
        units=fields.whole("units", least, most, required=True) or least,
        raters=fields.whole("raters", LEAST_RATERS, MOST_RATERS, required=True) or LEAST_RATERS,
        period_start=start,
        period_end=end,
        released_on=released,
        method_version=fields.text("method_version", longest=LONGEST_VERSION, required=True) or "",
        source=fields.text("source", required=True) or "",
    )
    fields.close()
    return line


def _points(fields: Fields, name: str) -> float:
    found = fields.number(name, 0, 100, required=True)
    if found is not None and round(found, DECIMALS) != found:
        fields.refuse(name, TWO_DECIMALS, span(0, 100))
    return found or 0.0


def _rater_groups(fields: Fields) -> tuple[str, ...]:
    found = tuple(fields.texts("rater_groups", len(_RATERS)))
    if not found or len(set(found)) < len(found) or not set(found) <= set(_RATERS):
        fields.refuse("rater_groups", NO_CHOICE, ", ".join(_RATERS))
    return found


def _twice(lines: Iterable[Line]) -> list[int]:
    seen: set[tuple[object, ...]] = set()
    again = []
    for place, line in enumerate(lines):
        key = (line.source, line.kpi_id, line.level, frozenset(line.rater_groups), line.period_start, line.period_end)
        if key in seen:
            again.append(place)
        seen.add(key)
    return again
