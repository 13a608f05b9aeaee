"""The nouns of wordings: which letters a company may word, which texts they have, and what it wrote."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from app.deferred import dataclass
from app.mail.values import Letter


class WordedLetter(StrEnum):
    """Letters that a company may word. What every letter must say stands around its texts and cannot be changed."""

    INVITATION = Letter.INVITATION.value
    REMINDER = Letter.REMINDER.value


WORDED = tuple(Letter(letter) for letter in WordedLetter)

Texts = Mapping[str, Mapping[str, str]]
"""Texts by language and part: {"nb": {"subject": …}, "en": {…}}; what is absent reads as the house text."""


class Part(StrEnum):
    """The parts of a letter that a company may write."""

    SUBJECT = "subject"
    OPENING = "opening"
    CLOSING = "closing"


class Placeholder(StrEnum):
    """What is filled in for each recipient."""

    RATER = "rater"
    SUBJECTS = "subjects"
    CLOSING_TIME = "closing_time"
    MINUTES = "minutes"
    ORGANISATION = "organisation"
    ASKER = "asker"


@dataclass(frozen=True, slots=True)
class PartRule:
    """What holds of one part: its longest text, whether it has lines, and what it must name.

    Of each group in `needs` at least one place has to stand in the text.
    """

    longest: int
    has_lines: bool
    needs: tuple[tuple[Placeholder, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class WordingDraft:
    """A letter as somebody wants it worded; no texts at all mean the words of the house."""

    letter: Letter
    texts: Texts


@dataclass(frozen=True, slots=True)
class Wording:
    """A letter of a company as it is worded now; version 0 is the house text, never changed."""

    company_id: str
    letter: Letter
    texts: Texts
    set_at: datetime | None
    version: int
