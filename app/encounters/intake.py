"""Plain mappings and rows of a table to checked programmes and encounters; nothing here looks at a database."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import NoReturn

from app.encounters.rules import LONGEST_PAUSE
from app.encounters.values import EncounterBatch, EncounterDraft, Programme, ProgrammeDraft, Rhythm
from app.fields import KEY_LENGTH, NAME_LENGTH, NO_INSTANT, REQUIRED, TOO_LONG, UNKNOWN, Fields
from app.organisation.intake import parse_external_id, parse_locale, parse_name
from app.plain import is_clean, parse_instant, span, visible
from app.reports import Column, Row, RowError
from app.rounds.intake import parse_moderators
from app.words import DEFAULT_LOCALE, LOCALES, Words

COLUMNS = (
    Column("external_id"),
    Column("subject"),
    Column("occurred_at"),
    Column("email"),
    Column("name", is_required=False),
    Column("locale", is_required=False),
    Column("programme", is_required=False),
)
MOST_KPIS = 4
K_RANGE, QUOTA_RANGE, PAUSE_RANGE, ANSWER_RANGE = (3, 20), (1, 500), (1, LONGEST_PAUSE.days), (2, 30)
USUAL = {"k": 5, "quota": 10, "pause_days": 90, "answer_days": 7}

NO_TEXT_HERE = "Write this as text."
BAD_CHARACTERS = "This text holds characters that cannot be shown."


def parse_programme(
    given: Mapping[str, object],
    *,
    company_id: str,
    present: Programme | None = None,
    moderators: str | None = None,
    posted: bool = False,
) -> ProgrammeDraft:
    """A programme: scope_id, external_id, name, purpose, asked_by, rhythm, kpi_ids, k, quota, pause_days, answer_days,
    starts_on, offers_contact, moderated_by. What is not sent stays as in `present`, or is as usual; `moderators` are
    the usual ones of the company.
    """
    fields = Fields(given, posted=posted)
    draft = ProgrammeDraft(
        scope_id=fields.text("scope_id") or (present.scope_id if present else company_id),
        external_id=_read(fields, "external_id", parse_external_id, present.external_id if present else None),
        name=_worded(fields, "name", 60, present.name if present else None),
        purpose=_worded(fields, "purpose", 500, present.purpose if present else None),
        asked_by=_read(fields, "asked_by", parse_name, present.asked_by if present else None, required=True) or "",
        rhythm=fields.choice("rhythm", Rhythm) or (present.rhythm if present else Rhythm.WEEK),
        kpi_ids=_kpi_ids(fields, present),
        k=_whole(fields, "k", K_RANGE, present),
        quota=_whole(fields, "quota", QUOTA_RANGE, present),
        pause_days=_whole(fields, "pause_days", PAUSE_RANGE, present),
        answer_days=_whole(fields, "answer_days", ANSWER_RANGE, present),
        starts_on=_starts_on(fields, present),
        offers_contact=_offers_contact(fields, present, posted=posted),
        moderated_by=parse_moderators(fields, present.moderated_by if present else moderators),
    )
    fields.finish()
    return draft


def parse_encounters(rows: Iterable[Mapping[str, object]]) -> EncounterBatch:
    """Encounters from JSON; rows count from 1."""
    return _batch(enumerate(rows, start=1))


def parse_table(rows: Iterable[Row]) -> EncounterBatch:
    """Encounters from a table of text."""
    return _batch((row.number, {name: cell for name, cell in row.cells.items() if cell.strip()}) for row in rows)


class _BadCell(ValueError):
    """One cell of a row that cannot be taken."""

    def __init__(self, column: str, message: str, allowed: str = "") -> None:
        self.column, self.message, self.allowed = column, message, allowed
        super().__init__(message)


def _batch(rows: Iterable[tuple[int, Mapping[str, object]]]) -> EncounterBatch:
    drafts, refused = [], []
    for number, given in rows:
        try:
            drafts.append(_draft(number, given))
        except _BadCell as cell:
            refused.append(RowError(number, cell.column, cell.message, cell.allowed))
    return EncounterBatch(tuple(drafts), tuple(refused))


def _draft(number: int, given: Mapping[str, object]) -> EncounterDraft:
    known = [column.name for column in COLUMNS]
    unknown = given.keys() - set(known)
    if unknown:
        raise _BadCell(min(unknown), UNKNOWN, ", ".join(known))
    return EncounterDraft(
        row=number,
        external_id=_text(given, "external_id") or _missing("external_id"),
        subject=_text(given, "subject") or _missing("subject"),
        occurred_at=_moment(given, "occurred_at"),
        email=_text(given, "email") or _missing("email"),
        name=_checked(given, "name", parse_name),
        locale=_checked(given, "locale", parse_locale) or DEFAULT_LOCALE,
        programme=_text(given, "programme"),
    )


def _missing(column: str) -> NoReturn:
    raise _BadCell(column, REQUIRED)


def _text(given: Mapping[str, object], column: str) -> str | None:
    raw = given.get(column)
    if raw is None:
        return None
    if not isinstance(raw, str):
        raise _BadCell(column, NO_TEXT_HERE)
    longest = NAME_LENGTH if column == "name" else KEY_LENGTH
    text = visible(raw)
    if len(text) > longest:
        raise _BadCell(column, TOO_LONG, span(1, longest))
    if not is_clean(text):
        raise _BadCell(column, BAD_CHARACTERS)
    return text or None


def _checked(given: Mapping[str, object], column: str, parse: Callable[[str], str | None]) -> str | None:
    text = _text(given, column)
    try:
        return parse(text) if text else None
    except ValueError as error:
        raise _BadCell(column, str(error)) from None


def _moment(given: Mapping[str, object], column: str) -> datetime:
    text = _text(given, column) or _missing(column)
    found = parse_instant(text)
    if found is None:
        raise _BadCell(column, NO_INSTANT, "2026-12-31T16:00:00+01:00")
    return found.astimezone(UTC)


def _kpi_ids(fields: Fields, present: Programme | None) -> tuple[str, ...]:
    if not fields.has("kpi_ids") and present is not None:
        return present.kpi_ids
    found = tuple(dict.fromkeys(fields.texts("kpi_ids", MOST_KPIS)))
    if not found:
        fields.refuse("kpi_ids", REQUIRED)
    return found


def _whole(fields: Fields, name: str, allowed: tuple[int, int], present: Programme | None) -> int:
    found = fields.whole(name, *allowed)
    if found is not None:
        return found
    usual: int = getattr(present, name) if present is not None else USUAL[name]
    return usual


def _offers_contact(fields: Fields, present: Programme | None, *, posted: bool) -> bool:
    # A box that is not ticked is not posted at all.
    usual = not posted and (present is None or present.offers_contact)
    return fields.flag("offers_contact", default=usual)


def _starts_on(fields: Fields, present: Programme | None) -> date:
    if present is not None and not fields.has("starts_on"):
        return present.starts_on
    return fields.day("starts_on", required=True) or date.min


def _worded(fields: Fields, name: str, longest: int, present: Words | None) -> Words:
    if not fields.has(name) and present is not None:
        return present
    words = fields.words(name, longest=longest)
    for locale in LOCALES:
        if not words.get(locale):
            fields.refuse(f"{name}.{locale}", REQUIRED)
    return words


def _read(
    fields: Fields, name: str, parse: Callable[[str], str | None], present: str | None, *, required: bool = False
) -> str | None:
    if not fields.has(name) and present is not None:
        return present
    text = fields.text(name, required=required)
    try:
        return parse(text) if text else None
    except ValueError as error:
        fields.refuse(name, str(error))
        return None
