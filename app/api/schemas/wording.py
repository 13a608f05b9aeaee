"""The letters of a company as they are sent and answered."""

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import Field

from app.api.schemas.base import INSTANT, In, Out, example, one_of
from app.wording.values import Placeholder, WordedLetter

_NB = {"subject": "{asker} spør deg om {subjects}", "closing": "Svar innen {closing_time}."}
_EN = {"subject": "{asker} asks about {subjects}", "closing": "Please answer by {closing_time}."}
_PLACES = ", ".join(f"{{{place}}}" for place in Placeholder)

LetterName = Annotated[str, Path(description="Which letter"), one_of(WordedLetter)]


class LetterTextsIn(In):
    """The texts of a letter in one language; what is absent or blank reads as the house text."""

    model_config = example(**_NB)

    subject: str | None = Field(default=None, description=f"Places: {_PLACES}; who asks has to stand in it")
    opening: str | None = Field(default=None, description="The first paragraph; of a reminder, its new first sentence")
    closing: str | None = Field(default=None, description="Until when; not of a reminder, which equals the invitation")


class LetterIn(In):
    """A letter in both languages; a part that one language has, the other needs as well."""

    model_config = example(nb=_NB, en=_EN)

    nb: LetterTextsIn | None = None
    en: LetterTextsIn | None = None


class LetterTextsOut(Out):
    """The texts that a company wrote in one language; null reads as the house text."""

    model_config = example(**_NB, opening=None)

    subject: str | None = None
    opening: str | None = None
    closing: str | None = None


class LetterOut(Out):
    """A letter as it is worded now; version 0 was never worded."""

    model_config = example(
        letter="invitation",
        texts={"nb": {**_NB, "opening": None}, "en": {**_EN, "opening": None}},
        set_at=INSTANT,
        version=1,
    )

    letter: Annotated[str, one_of(WordedLetter)]
    texts: dict[str, LetterTextsOut]
    set_at: datetime | None
    version: int


class LetterShownOut(Out):
    """A letter as a rater would get it."""

    model_config = example(
        subject="Amir Haddad spør deg om tre kolleger", text="Hei, Lars …", html="<p>Hei, Lars …</p>"
    )

    subject: str
    text: str
    html: str


class LetterPreviewOut(Out):
    """A letter as a rater would get it, in both languages."""

    model_config = example(
        nb={"subject": "Amir Haddad spør deg om tre kolleger", "text": "Hei, Lars …", "html": "<p>Hei, Lars …</p>"},
        en={"subject": "Amir Haddad asks about three colleagues", "text": "Hello, Lars …", "html": "<p>Hello …</p>"},
    )

    nb: LetterShownOut
    en: LetterShownOut
