"""Names, external ids and languages as people write them, brought to checked values; and the rows of the imports."""

import unicodedata
from collections.abc import Callable, Sequence
from typing import TypeVar

from app.deferred import dataclass
from app.errors import FieldError, Invalid
from app.fields import NO_CHOICE, REQUIRED, TOO_LONG
from app.organisation.values import SubjectKind
from app.plain import is_clean, visible
from app.reports import Column, Row, RowError
from app.words import LOCALES

T = TypeVar("T")

MAX_NAME = 200
MAX_EXTERNAL_ID = 100
# A mail program would read these as markup of an address or as an encoded word.
_NOT_IN_NAMES = ("=?", "@", "<", ">")

NAME_SIGNS = "A name holds none of the signs @ < > =? and no hidden ones."
EXTERNAL_ID_SIGNS = "An external id has at most 100 visible characters."


class Reading:
    """Field after field of one input: what is refused is collected, so that all of it is told at once."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def take(self, field: str, parse: Callable[[str], T], text: str, *, allowed: str = "") -> T | None:
        """The parsed text, or None with the reason kept."""
        try:
            return parse(text)
        except ValueError as error:
            self.errors.append(FieldError(field, str(error), allowed))
            return None

    def finish(self) -> None:
        """Raise Invalid with every refusal, if there was one."""
        if self.errors:
            raise Invalid(self.errors)


def parse_name(text: str) -> str:
    """A name of 1-200 characters in NFC with single spaces; a ValueError with a plain sentence otherwise."""
    name = visible(text)
    if not name:
        raise ValueError(REQUIRED)
    if len(name) > MAX_NAME:
        raise ValueError(TOO_LONG)
    # Full-width twins of the signs count as well.
    plain = unicodedata.normalize("NFKC", name)
    if not is_clean(name) or any(sign in plain for sign in _NOT_IN_NAMES):
        raise ValueError(NAME_SIGNS)
    return " ".join(unicodedata.normalize("NFC", name).split())


def parse_external_id(text: str) -> str | None:
    """An id of another system, up to 100 visible characters; empty is none."""
    external_id = visible(text)
    if len(external_id) > MAX_EXTERNAL_ID or not is_clean(external_id):
        raise ValueError(EXTERNAL_ID_SIGNS)
    return external_id or None


def parse_locale(text: str) -> str | None:
    """One of our languages, `no` and `nn` read as bokmål; empty is none."""
    locale = text.strip().casefold().replace("_", "-").partition("-")[0]
    if locale in {"no", "nn"}:
        return "nb"
    if locale and locale not in LOCALES:
        raise ValueError(NO_CHOICE)
    return locale or None


# ------------------------------------------------------------ rows of the imports

ORGANISATION_COLUMNS = (Column("external_id"), Column("kind"), Column("name"), Column("parent_external_id"))
PEOPLE_COLUMNS = (
    Column("external_id", is_required=False),
    Column("name"),
    Column("email"),
    Column("locale", is_required=False),
    Column("unit"),
    Column("leads", is_required=False),
)
LEADS_DIVIDER = "|"

NO_EXTERNAL_ID = "Every subject needs an external id of its own."
TWICE = "This stands in the file twice."
NO_PERSONS_HERE = "People come with the people file."
KNOWN_BY_NOTHING = "Write an e-mail address or an external id."
NO_UNIT = "Name the unit by its external id."

_KINDS = (SubjectKind.COMPANY, SubjectKind.DEPARTMENT, SubjectKind.TEAM, SubjectKind.COMPETITOR)


@dataclass(frozen=True, slots=True)
class SubjectLine:
    """One row of the organisation file, checked by itself; no parent means the company."""

    row: int
    external_id: str
    kind: SubjectKind
    name: str
    parent_external_id: str | None


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One row of the people file, checked by itself; `leads` is None when the file has no such column."""

    row: int
    name: str
    email: str | None
    mailbox: str | None
    external_id: str | None
    locale: str | None
    unit: str
    leads: tuple[str, ...] | None


def parse_organisation(rows: Sequence[Row]) -> tuple[list[SubjectLine], list[RowError]]:
    """The rows of the organisation file, and every cell that cannot be taken."""
    lines: list[SubjectLine] = []
    refused: list[RowError] = []
    seen: set[str] = set()
    for row in rows:
        cells = _Cells(row, refused)
        external_id = cells.take("external_id", parse_external_id)
        kind = cells.take("kind", _parse_kind, allowed=", ".join(_KINDS))
        name = cells.take("name", parse_name)
        parent = cells.take("parent_external_id", parse_external_id)
        if not visible(cells.text("external_id")):
            cells.refuse("external_id", NO_EXTERNAL_ID)
        elif external_id in seen:
            cells.refuse("external_id", TWICE)
        elif external_id is not None and kind is not None and name is not None and cells.is_clean:
            lines.append(SubjectLine(row.number, external_id, kind, name, parent))
        seen.add(external_id or "")
    return lines, refused


def parse_people(
    rows: Sequence[Row], *, read_email: Callable[[str], str], mailbox_of: Callable[[str], str]
) -> tuple[list[PersonLine], list[RowError]]:
    """The rows of the people file, and every cell that cannot be taken; two rows of one person are refused."""
    lines: list[PersonLine] = []
    refused: list[RowError] = []
    seen: set[tuple[str, str]] = set()
    for row in rows:
        cells = _Cells(row, refused)
        line = _person_line(cells, read_email, mailbox_of)
        for column, known_as in (("external_id", line.external_id), ("email", line.mailbox)):
            if known_as is not None and (column, known_as) in seen:
                cells.refuse(column, TWICE)
            seen.add((column, known_as or ""))
        if cells.is_clean:
            lines.append(line)
    return lines, refused


def _person_line(cells: "_Cells", read_email: Callable[[str], str], mailbox_of: Callable[[str], str]) -> PersonLine:
    name = cells.take("name", parse_name)
    email = cells.take("email", read_email) if cells.text("email") else None
    external_id = cells.take("external_id", parse_external_id)
    locale = cells.take("locale", parse_locale, allowed=", ".join(LOCALES))
    unit = cells.take("unit", parse_external_id)
    leads = cells.take("leads", _parse_leads) if cells.has("leads") else None
    if cells.is_clean and not (email or external_id):
        cells.refuse("email", KNOWN_BY_NOTHING)
    if cells.is_clean and unit is None:
        cells.refuse("unit", NO_UNIT)
    return PersonLine(
        cells.number, name or "", email, mailbox_of(email) if email else None, external_id, locale, unit or "", leads
    )


def _parse_kind(text: str) -> SubjectKind:
    kind = text.strip().casefold()
    if kind == SubjectKind.PERSON:
        raise ValueError(NO_PERSONS_HERE)
    if kind not in _KINDS:
        raise ValueError(NO_CHOICE)
    return SubjectKind(kind)


def _parse_leads(text: str) -> tuple[str, ...]:
    named = (parse_external_id(part) for part in text.split(LEADS_DIVIDER))
    return tuple(dict.fromkeys(one for one in named if one is not None))


class _Cells:
    """The cells of one row; what is refused is noted with row and column."""

    def __init__(self, row: Row, refused: list[RowError]) -> None:
        self._row = row
        self._refused = refused
        self.number = row.number
        self.is_clean = True

    def has(self, column: str) -> bool:
        return column in self._row.cells

    def text(self, column: str) -> str:
        return self._row.cells.get(column, "")

    def take(self, column: str, parse: Callable[[str], T], *, allowed: str = "") -> T | None:
        try:
            return parse(self.text(column))
        except ValueError as error:
            self.refuse(column, str(error), allowed)
            return None

    def refuse(self, column: str, message: str, allowed: str = "") -> None:
        self.is_clean = False
        self._refused.append(RowError(self.number, column, message, allowed))
