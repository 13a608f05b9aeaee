"""Turns an outbox message into the bytes that travel; twice the same message gives twice the same bytes."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import field
from datetime import UTC, date, datetime
from email.utils import format_datetime
from json import JSONEncoder
from typing import Any, TypeVar

from css_inline import CSSInliner

from app.deferred import dataclass
from app.infra.addresses import deliverable
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

_written = JSONEncoder(ensure_ascii=False).encode

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
    values: Mapping[str, Any]
    texts: Sequence[str]


def compose(message: OutboxMessage, links: Mapping[str, str], *, writer: Writer) -> bytes:
    """The finished mail: headers, plain text and HTML in the recipient's language.

    `links` are the addresses with their secrets, which stand in no table.
    """
    shape = _shape_of(message, links)
    flat = writer.kept(shape.key, lambda: _flattened(shape, writer.templates))
    subject = writer.kept((shape.key, "subject"), lambda: _subject_header(shape, shape.values, writer))
    if not subject:
        # Which wording fits on the line depends on the names that stand in it.
        whole = {**_typed(message.parameters), **links, "recipient_name": message.recipient_name}
        named = (shape.key, "subject", *shape.texts[len(links) :])
        subject = writer.kept(named, lambda: _subject_header(shape, whole, writer))
    return flat.filled(_headers(message, links, subject, shape.locale, writer), message.boundary, shape.texts)


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
    parameters = dict(message.parameters)
    texts = [*links.values(), message.recipient_name.partition(" ")[0]]
    subjects, promises = parameters.get("subjects", ()), parameters.get("promises", ())
    parameters["subjects"] = [_placed(texts, name) for name in subjects]
    parameters["promises"] = [{**one, "name": one["name"] and _placed(texts, one["name"])} for one in promises]
    locale = choose_locale(message.locale)
    key = (message.letter, locale, *links, bool(message.recipient_name), _written(parameters))
    values = {
        **parameters,
        **{name: place(number) for number, name in enumerate(links)},
        "recipient_name": place(len(links)) if message.recipient_name else "",
    }
    return _Shape(key, message.letter, locale, values, [" ".join(text.split()) for text in texts])


def _placed(texts: list[str], name: str) -> str:
    texts.append(name)
    return place(len(texts) - 1)


def _flattened(shape: _Shape, templates: Templates) -> FlatMail:
    values = _typed(shape.values)
    text, html = (
        render(templates, f"email/{shape.letter}/{part}", shape.locale, **values) for part in ("body.txt", "body.html")
    )
    return FlatMail(FlatText(text.strip() + "\n"), FlatText(_INLINER.inline(html)))


def _subject_header(shape: _Shape, values: Mapping[str, Any], writer: Writer) -> str:
    """The subject as a header; empty while places stand in it."""
    subject = render(writer.templates, f"email/{shape.letter}/subject.txt", shape.locale, **_typed(values))
    return "" if has_places(subject) else header("Subject", subject_line(subject))


def _headers(
    message: OutboxMessage, links: Mapping[str, str], subject: str, locale: Locale, writer: Writer
) -> list[str]:
    home = deliverable(writer.address)
    lines = [
        _address("From", sender_name(message.parameters), home),
        _address("To", message.recipient_name, deliverable(message.recipient)),
        f"Date: {format_datetime(message.dated_at.astimezone(UTC))}",
        header("Message-ID", f"<{message.message_id}@{home.rpartition('@')[2]}>"),
        "Auto-Submitted: auto-generated",
        subject,
        f"Content-Language: {locale}",
    ]
    if OPT_OUT in links:
        # Unfolded and unencoded, however long: mail programs do not follow an address in encoded words.
        lines += [
            header("List-Unsubscribe", f"<{links[OPT_OUT]}>"),
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        ]
    return lines


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
