"""Turns an outbox message into the bytes that travel; twice the same message gives twice the same bytes."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import field
from datetime import UTC, date, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any, TypeVar

from css_inline import CSSInliner

from app.deferred import dataclass
from app.infra.addresses import deliverable, domain_of
from app.infra.formats import Locale, choose_locale
from app.infra.mime import FlatMail, FlatText, address_header, has_places, header, place
from app.infra.templates import Templates, render
from app.mail.rules import is_fit_for_a_header, subject_line
from app.mail.values import Mail, OutboxMessage

OPT_OUT = "opt_out_link"
"""The name of the link that stops further letters; it goes into List-Unsubscribe as well (RFC 8058)."""

MOST_KEPT = 512
_INLINER = CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)

# What a company may have written itself (app/wording); where it did not, the house text stands.
_NO_WORDING = {"subject": "", "opening": "", "closing": "", "reminder": ""}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Writer:
    """What every letter of an installation needs: its texts, and the address it is sent from.

    Letters of one round differ in names and links alone, so what they share is rendered once and kept.
    """

    templates: Templates
    address: str
    _kept: "OrderedDict[Hashable, Any]" = field(default_factory=OrderedDict, repr=False, compare=False)

    def kept(self, key: Hashable, make: Callable[[], T]) -> T:
        """What was made for a key before, or is made now; the oldest goes when there is too much."""
        found: T | None = self._kept.get(key)
        if found is None:
            found = self._kept[key] = make()
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return found


@dataclass(frozen=True, slots=True)
class LetterInParts:
    """A letter as somebody would get it, for showing it before it is sent."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class _Shape:
    """What letters share: everything but the texts that fill the places, which are `texts` in their order."""

    key: Hashable
    letter: str
    locale: Locale
    parameters: Mapping[str, Any]
    links: Collection[str]
    has_name: bool
    texts: Sequence[str]

    def values(self) -> dict[str, Any]:
        """What the templates are filled with, places where letters differ."""
        places = {name: place(number) for number, name in enumerate(self.links)}
        return _typed(self.parameters) | places | {"recipient_name": place(len(self.links)) if self.has_name else ""}


@dataclass(frozen=True, slots=True)
class _Form:
    """What was made of a shape: the mail without its headers, and those headers that letters of it share."""

    flat: FlatMail
    sender: str
    subject: str
    language: str


def compose(message: OutboxMessage, links: Mapping[str, str], *, writer: Writer) -> bytes:
    """The finished mail: headers, plain text and HTML in the recipient's language.

    `links` are the addresses with their secrets, which stand in no table.
    """
    shape = _shape_of(message, links)
    form = writer.kept(shape.key, lambda: _formed(shape, writer))
    subject = form.subject
    if not subject:
        # Which wording fits on the line depends on the names that stand in it.
        whole = {**_typed(message.parameters), **links, "recipient_name": message.recipient_name}
        named = (shape.key, "subject", *shape.texts[len(links) :])
        subject = writer.kept(named, lambda: _subject_header(shape, whole, writer))
    return form.flat.filled(_headers(message, links, form, subject, writer), message.boundary, shape.texts)


def letter_in_parts(mail: Mail, links: Mapping[str, str], *, templates: Templates) -> LetterInParts:
    """Subject, plain text and HTML of a letter, to be shown before it is sent."""
    locale = choose_locale(mail.locale)
    values = {**_typed(mail.parameters), **links, "recipient_name": mail.name}
    subject, text, html = (
        render(templates, f"email/{mail.letter}/{part}", locale, **values)
        for part in ("subject.txt", "body.txt", "body.html")
    )
    return LetterInParts(subject_line(subject), text.strip(), _INLINER.inline(html))


def sender_name(parameters: Mapping[str, Any]) -> str:
    """Whom a letter comes from: who asks, and in which house."""
    asker, organisation = parameters.get("asked_by", ""), parameters.get("organisation", "")
    return f"{asker} via {organisation}" if asker and organisation and asker != organisation else organisation or asker


def _shape_of(message: OutboxMessage, links: Mapping[str, str]) -> _Shape:
    """Links, the recipient's name and the names of those to rate become places; all else is the shape."""
    texts = [*links.values(), message.recipient_name.partition(" ")[0]]
    parameters = {
        **message.parameters,
        "subjects": [_placed(texts, name) for name in message.parameters.get("subjects", ())],
        "promises": [
            {**one, "name": _placed(texts, one["name"])} if one["name"] else one
            for one in message.parameters.get("promises", ())
        ],
    }
    locale, has_name = choose_locale(message.locale), bool(message.recipient_name)
    # Written out, two values are the same only if they look the same in a letter: 1 and True are not.
    key = (message.letter, locale, *links, has_name, repr(parameters))
    return _Shape(key, message.letter, locale, parameters, links, has_name, [" ".join(text.split()) for text in texts])


def _placed(texts: list[str], name: str) -> str:
    texts.append(name)
    return place(len(texts) - 1)


def _formed(shape: _Shape, writer: Writer) -> _Form:
    values = shape.values()
    text, html = (
        render(writer.templates, f"email/{shape.letter}/{part}", shape.locale, **values)
        for part in ("body.txt", "body.html")
    )
    return _Form(
        FlatMail(FlatText(text.strip() + "\n"), FlatText(_INLINER.inline(html))),
        _address("From", sender_name(shape.parameters), deliverable(writer.address)),
        _subject_header(shape, values, writer),
        f"Content-Language: {shape.locale}",
    )


def _subject_header(shape: _Shape, values: Mapping[str, Any], writer: Writer) -> str:
    """The subject as a header; empty while places stand in it."""
    subject = render(writer.templates, f"email/{shape.letter}/subject.txt", shape.locale, **values)
    return "" if has_places(subject) else header("Subject", subject_line(subject))


def _headers(message: OutboxMessage, links: Mapping[str, str], form: _Form, subject: str, writer: Writer) -> list[str]:
    lines = [
        form.sender,
        _address("To", message.recipient_name, deliverable(message.recipient)),
        _dated(message.dated_at),
        header("Message-ID", f"<{message.message_id}@{domain_of(writer.address)}>"),
        "Auto-Submitted: auto-generated",
        subject,
        form.language,
    ]
    if OPT_OUT in links:
        # Unfolded and unencoded, however long: mail programs do not follow an address in encoded words.
        lines += [
            header("List-Unsubscribe", f"<{links[OPT_OUT]}>"),
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        ]
    return lines


# The letters of a round were put in at one moment.
@lru_cache(maxsize=64)
def _dated(at: datetime) -> str:
    return f"Date: {format_datetime(at.astimezone(UTC))}"


def _address(name: str, person: str, email: str) -> str:
    # A name that could pass for an address or hide one is left away: the address alone always tells the truth.
    return address_header(name, person if is_fit_for_a_header(person) else "", email)


def _typed(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as the templates want them: JSON knows neither moments nor days, so `_at` and `_on` are read back."""
    typed = {name: _read_back(name, value) for name, value in parameters.items()}
    return {**typed, "wording": {**_NO_WORDING, **parameters.get("wording", {})}}


def _read_back(name: str, value: Any) -> Any:
    if not isinstance(value, str) or not value:
        return value
    if name.endswith("_at"):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if name.endswith("_on") else value
