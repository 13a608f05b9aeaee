"""Pure decisions about wordings: which parts a letter has, which places a text must and may name, what goes into a mail."""

import re
from collections.abc import Mapping

from app.errors import FieldError, NotFound
from app.mail.values import Letter
from app.wording.values import WORDED, Part, PartRule, Placeholder, Texts
from app.words import LOCALES, filled, named_places

LONGEST_SUBJECT = 50

_ASKS = (Placeholder.ASKER, Placeholder.ORGANISATION)
PARTS: Mapping[Letter, Mapping[Part, PartRule]] = {
    # A letter that asks says who, about whom, how long and until when, whoever words it.
    Letter.INVITATION: {
        Part.SUBJECT: PartRule(120, has_lines=False, needs=(_ASKS,)),
        Part.OPENING: PartRule(
            800, has_lines=True, needs=((Placeholder.ASKER,), (Placeholder.SUBJECTS,), (Placeholder.MINUTES,))
        ),
        Part.CLOSING: PartRule(400, has_lines=True, needs=((Placeholder.CLOSING_TIME,),)),
    },
    Letter.REMINDER: {
        Part.SUBJECT: PartRule(120, has_lines=False, needs=(_ASKS,)),
        Part.OPENING: PartRule(200, has_lines=False),
    },
}

HOUSE: Mapping[Letter, Mapping[Part, str]] = {
    Letter.INVITATION: {
        Part.SUBJECT: "{asker} asks: {subjects}, {minutes}",
        Part.OPENING: "{asker} asks you about {subjects}. It takes about {minutes}.",
        Part.CLOSING: "The round closes {closing_time}.",
    },
    Letter.REMINDER: {
        Part.SUBJECT: "Reminder: {asker} waits for your answer",
        Part.OPENING: "A reminder: you have not answered everything yet.",
    },
}
"""What a company can begin with: the words of the house as a company would write them."""

# Names as long as most are; the organisation's own name takes the place of its sample.
SAMPLES: Mapping[str, Mapping[str, str]] = {
    "nb": {
        "rater": "Lars",
        "subjects": "tre kolleger",
        "closing_time": "fredag 27. november kl. 16.00",
        "minutes": "tre minutter",
        "asker": "Amir Haddad",
    },
    "en": {
        "rater": "Lars",
        "subjects": "three colleagues",
        "closing_time": "Friday 27 November at 16:00",
        "minutes": "three minutes",
        "asker": "Amir Haddad",
    },
}

ONE_LANGUAGE = "Write this in both languages, or in neither."
UNKNOWN_PLACE = "There is no place called {name}."
MISSING_PLACE = "The text has to name {names}."
SUBJECT_TOO_LONG = "With its places filled in, this line has {count} characters; mail programs show 50."
ENCODED_WORD = "A subject line cannot hold the signs =?, since mail programs read them as code."

_BETWEEN_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")


def paragraphs(text: str) -> str:
    r"""A text with one blank line between its paragraphs, and no break inside them.

    >>> paragraphs("Hei.\r\nDette er\r\n\r\n \r\nnytt.")
    'Hei. Dette er\n\nnytt.'
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return "\n\n".join(" ".join(part.split()) for part in _BETWEEN_PARAGRAPHS.split(plain))


def text_problems(
    field: str, part: Part, rule: PartRule, text: str, *, locale: str, organisation: str
) -> list[FieldError]:
    """What is wrong with one text: places that are unknown or missing, a line too long, signs that read as code.

    Parameters
    ----------
    field : name under which a problem is told
    part, rule : what the text is, and what holds of it
    text : as it was written, not empty
    locale : its language
    organisation : name of the company, as it will stand in the letter

    Returns
    -------
    One problem for each thing that is wrong, none for a good text.

    >>> [
    ...     one.values["names"]
    ...     for one in text_problems(
    ...         "nb.closing",
    ...         Part.CLOSING,
    ...         PARTS[Letter.INVITATION][Part.CLOSING],
    ...         "Ha det!",
    ...         locale="nb",
    ...         organisation="F",
    ...     )
    ... ]
    ['{closing_time}']
    """
    named = named_places(text)
    allowed = ", ".join(f"{{{place}}}" for place in Placeholder)
    problems = [
        FieldError(field, UNKNOWN_PLACE, allowed, {"name": f"{{{name}}}"})
        for name in dict.fromkeys(named)
        if name not in set(Placeholder)
    ]
    for wanted in rule.needs:
        if not set(wanted) & set(named):
            names = " / ".join(f"{{{place}}}" for place in wanted)
            problems.append(FieldError(field, MISSING_PLACE, "", {"names": names}))
    if part is Part.SUBJECT:
        problems += _line_problems(field, text, {**SAMPLES[locale], "organisation": organisation})
    return problems


def pair_problems(letter: Letter, texts: Texts) -> list[FieldError]:
    """Parts that are written in one language alone: whoever reads the other would get another letter."""
    return [
        FieldError(f"{locale}.{part}", ONE_LANGUAGE)
        for part in PARTS[letter]
        for locale in LOCALES
        if part not in texts.get(locale, {}) and any(part in texts.get(other, {}) for other in LOCALES)
    ]


def worded(texts: Mapping[Letter, Texts], letter: Letter, locale: str) -> dict[str, str]:
    """What a company wrote, by the places that the templates know; a reminder equals the invitation but for its start.

    >>> invitation = {"nb": {"subject": "Hei", "closing": "Innen {closing_time}"}}
    >>> worded({Letter.INVITATION: invitation}, Letter.REMINDER, "nb")
    {'closing': 'Innen {closing_time}'}
    """
    asking, own = (texts.get(one, {}).get(locale, {}) for one in (Letter.INVITATION, letter))
    placed = {
        "subject": own.get(Part.SUBJECT, ""),
        "opening": asking.get(Part.OPENING, ""),
        "closing": asking.get(Part.CLOSING, ""),
        "reminder": own.get(Part.OPENING, "") if letter is Letter.REMINDER else "",
    }
    return {name: text for name, text in placed.items() if text}


def worded_letter(name: str) -> Letter:
    """The letter of this name; NotFound for what a company cannot word.

    >>> worded_letter("reminder").value
    'reminder'
    """
    if name not in WORDED:
        raise NotFound
    return Letter(name)


def _line_problems(field: str, text: str, samples: Mapping[str, str]) -> list[FieldError]:
    count = len(filled(text, samples))
    problems = [FieldError(field, ENCODED_WORD)] if "=?" in text else []
    if count > LONGEST_SUBJECT:
        problems.append(FieldError(field, SUBJECT_TOO_LONG, "", {"count": count}))
    return problems
