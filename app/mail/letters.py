"""Turns an outbox message into the bytes that travel; twice the same message gives twice the same bytes."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import field
from datetime import UTC, date, datetime
from email.utils import format_datetime
from functools import lru_cache
from itertools import count
from typing import Any, TypeVar

from css_inline import CSSInliner

from app.deferred import dataclass
from app.infra.addresses import deliverable, domain_of
from app.infra.formats import Locale, choose_locale
from app.infra.mime import FlatMail, FlatText, address_header, has_places, header, place
from app.infra.templates import Templates, render
from app.mail.rules import is_fit_for_a_header, subject_line
from app.mail.values import Bundle, Letter, Mail, OutboxMessage
from app.words import named_places

OPT_OUT = "opt_out_link"
"""The name of the link that stops further letters; it goes into List-Unsubscribe as well (RFC 8058)."""

MOST_KEPT = 512
_INLINER = CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)

# What a company may have written itself (app/wording); where it did not, the house text stands.
_NO_WORDING = {"subject": "", "opening": "", "closing": "", "reminder": ""}

# What fills the places of such a text, as far as it is not the same in all letters to somebody.
_TOLD_BY = {
    "subjects": ("subjects", "more"),
    "minutes": ("minutes",),
    "closing_time": ("closes_at",),
    "asker": ("asked_by",),
}
# The texts of one mail that asks in several rounds.
_TOGETHER = {Letter.INVITATION: "invitations", Letter.REMINDER: "reminders"}

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
    """What letters share: everything but the texts that fill the places, which are `texts` in their order.

    `parameters` and the names of `links` are those of each request of the letter; `folder` holds its texts.
    """

    key: Hashable
    folder: str
    locale: Locale
    parameters: Sequence[Mapping[str, Any]]
    links: Sequence[Collection[str]]
    has_name: bool
    texts: Sequence[str]

    def values(self) -> dict[str, Any]:
        """What the templates are filled with, places where letters differ."""
        numbers = count()
        linked = [{name: place(next(numbers)) for name in names} for names in self.links]
        name = place(next(numbers)) if self.has_name else ""
        return _values(self.parameters, linked, name)


@dataclass(frozen=True, slots=True)
class _Form:
    """What was made of a shape: the mail without its headers, and those headers that letters of it share."""

    flat: FlatMail
    sender: str
    subject: str
    language: str


def compose(bundle: Bundle, links: Sequence[Mapping[str, str]], *, writer: Writer) -> bytes:
    """The finished mail: headers, plain text and HTML in the recipient's language.

    `links` are, for each part of the bundle, the addresses with their secrets, which stand in no table.
    """
    shape = _shape_of(bundle.parts, links)
    form = writer.kept(shape.key, lambda: _formed(shape, writer))
    subject = form.subject
    if not subject:
        # Which wording fits on the line depends on the names that stand in it.
        named = (shape.key, "subject", *shape.texts[sum(map(len, links)) :])
        subject = writer.kept(named, lambda: _subject_header(shape, _named(bundle, links), writer))
    lines = _headers(bundle.first, links[0].get(OPT_OUT), form, subject, writer)
    return form.flat.filled(lines, bundle.first.boundary, shape.texts)


def letter_in_parts(mail: Mail, links: Mapping[str, str], *, templates: Templates) -> LetterInParts:
    """Subject, plain text and HTML of a letter, to be shown before it is sent."""
    locale = choose_locale(mail.locale)
    values = _values([mail.parameters], [links], mail.name)
    subject, text, html = (
        render(templates, f"email/{mail.letter}/{part}", locale, **values)
        for part in ("subject.txt", "body.txt", "body.html")
    )
    return LetterInParts(subject_line(subject), text.strip(), _INLINER.inline(html))


def sender_name(parameters: Mapping[str, Any]) -> str:
    """Whom a letter comes from: who asks, and in which house."""
    asker, organisation = parameters.get("asked_by", ""), parameters.get("organisation", "")
    return f"{asker} via {organisation}" if asker and organisation and asker != organisation else organisation or asker


def _shape_of(parts: Sequence[OutboxMessage], links: Sequence[Mapping[str, str]]) -> _Shape:
    """Links, the recipient's name and the names of those to rate become places; all else is the shape."""
    message = parts[0]
    texts: list[str] = []
    for linked in links:
        texts += linked.values()
    texts.append(message.recipient_name.partition(" ")[0])
    parameters = [_with_places(texts, part.parameters) for part in parts]
    locale, has_name = choose_locale(message.locale), bool(message.recipient_name)
    folder = message.letter if len(parts) == 1 else _TOGETHER[message.letter]
    # Written out, two values are the same only if they look the same in a letter: 1 and True are not.
    key = (folder, locale, *map(tuple, links), has_name, repr(parameters))
    return _Shape(key, folder, locale, parameters, links, has_name, [" ".join(text.split()) for text in texts])


def _with_places(texts: list[str], parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters of a request with its names as places; the names themselves join the texts."""
    return {
        **parameters,
        "subjects": [_placed(texts, name) for name in parameters.get("subjects", ())],
        "promises": [
            {**one, "name": _placed(texts, one["name"])} if one["name"] else one
            for one in parameters.get("promises", ())
        ],
    }


def _named(bundle: Bundle, links: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """What a letter to one person is filled with, names and all."""
    return _values([part.parameters for part in bundle.parts], links, bundle.first.recipient_name)


def _values(parameters: Sequence[Mapping[str, Any]], links: Sequence[Mapping[str, str]], name: str) -> dict[str, Any]:
    """What the texts of a letter are filled with; of several requests each has its own, beside what all share."""
    requests = [{**_typed(one), **linked} for one, linked in zip(parameters, links, strict=True)]
    if len(requests) == 1:
        return {**requests[0], "recipient_name": name}
    shared, own = _apart(requests)
    of_one_asker = len({one["asked_by"] for one in requests}) == 1
    return {
        **requests[0],
        "asked_by": requests[0]["asked_by"] if of_one_asker else "",
        "minutes": sum(one["minutes"] for one in requests),
        "wording": shared,
        "requests": own,
        "recipient_name": name,
    }


def _apart(requests: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, str], list[dict[str, Any]]]:
    """What a company wrote, by paragraphs: those that read alike in all requests, and the requests with those of their own."""
    shared: dict[str, str] = {}
    wordings: list[dict[str, str]] = [{} for _ in requests]
    for part in _NO_WORDING:
        texts = [one["wording"][part].split("\n\n") for one in requests]
        alike = [said for said in texts[0] if all(said in text for text in texts) and _reads_alike(said, requests)]
        shared[part] = "\n\n".join(alike)
        for wording, text in zip(wordings, texts, strict=True):
            wording[part] = "\n\n".join(said for said in text if said not in alike)
    return shared, [{**one, "wording": wording} for one, wording in zip(requests, wordings, strict=True)]


def _reads_alike(text: str, requests: Sequence[Mapping[str, Any]]) -> bool:
    """Whether what its places are filled with is the same in all requests."""
    told_by = [told for name in named_places(text) for told in _TOLD_BY.get(name, ())]
    return all(one[told] == requests[0][told] for one in requests for told in told_by)


def _placed(texts: list[str], name: str) -> str:
    texts.append(name)
    return place(len(texts) - 1)


def _formed(shape: _Shape, writer: Writer) -> _Form:
    values = shape.values()
    text, html = (
        render(writer.templates, f"email/{shape.folder}/{part}", shape.locale, **values)
        for part in ("body.txt", "body.html")
    )
    return _Form(
        FlatMail(FlatText(text.strip() + "\n"), FlatText(_INLINER.inline(html))),
        _address("From", sender_name(values), deliverable(writer.address)),
        _subject_header(shape, values, writer),
        f"Content-Language: {shape.locale}",
    )


def _subject_header(shape: _Shape, values: Mapping[str, Any], writer: Writer) -> str:
    """The subject as a header; empty while places stand in it."""
    subject = render(writer.templates, f"email/{shape.folder}/subject.txt", shape.locale, **values)
    return "" if has_places(subject) else header("Subject", subject_line(subject))


def _headers(message: OutboxMessage, opt_out: str | None, form: _Form, subject: str, writer: Writer) -> list[str]:
    lines = [
        form.sender,
        _address("To", message.recipient_name, deliverable(message.recipient)),
        _dated(message.dated_at),
        header("Message-ID", f"<{message.message_id}@{domain_of(writer.address)}>"),
        "Auto-Submitted: auto-generated",
        subject,
        form.language,
    ]
    if opt_out is not None:
        # Unfolded and unencoded, however long: mail programs do not follow an address in encoded words.
        lines += [
            header("List-Unsubscribe", f"<{opt_out}>"),
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
