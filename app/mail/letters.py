"""Turns an outbox message into the bytes that travel; twice the same message gives twice the same bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

from css_inline import CSSInliner

from app.infra.addresses import deliverable
from app.infra.formats import Locale, choose_locale
from app.infra.templates import Templates, render
from app.mail.rules import is_fit_for_a_header, subject_line
from app.mail.values import Mail, OutboxMessage

OPT_OUT = "opt_out_link"
"""The name of the link that stops further letters; it goes into List-Unsubscribe as well (RFC 8058)."""

# Folded at 78, a long List-Unsubscribe address would become encoded words, which no mail client follows.
_WHOLE_HEADERS = policy.SMTP.clone(max_line_length=998)
_INLINER = CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)


@dataclass(frozen=True, slots=True)
class Writer:
    """What every letter of an installation needs: its texts, and the address it is sent from."""

    templates: Templates
    address: str


def compose(message: OutboxMessage, links: Mapping[str, str], *, writer: Writer) -> bytes:
    """The finished mail: headers, plain text and HTML in the recipient's language.

    `links` are the addresses with their secrets, which stand in no table.
    """
    locale = choose_locale(message.locale)
    values = {**_typed(message.parameters), **links, "recipient_name": message.recipient_name}
    mail = _headed(message, links, writer)
    mail["Subject"] = subject_line(_text(writer, message, "subject.txt", locale, values))
    mail.set_content(_text(writer, message, "body.txt", locale, values).strip() + "\n", cte="quoted-printable")
    page = _INLINER.inline(_text(writer, message, "body.html", locale, values))
    mail.add_alternative(page, subtype="html", cte="quoted-printable")
    mail.set_boundary(message.boundary)
    # Last: a Content- header that is there before the parts moves into the first of them.
    mail["Content-Language"] = locale
    return mail.as_bytes(policy=_WHOLE_HEADERS)


def plain_letter(mail: Mail, links: Mapping[str, str], *, templates: Templates) -> tuple[str, str]:
    """Subject and plain text of a letter, to be shown before it is sent."""
    locale = choose_locale(mail.locale)
    values = {**_typed(mail.parameters), **links, "recipient_name": mail.name}
    subject, body = (
        render(templates, f"email/{mail.letter}/{part}", locale, **values) for part in ("subject.txt", "body.txt")
    )
    return subject_line(subject), body.strip()


def _headed(message: OutboxMessage, links: Mapping[str, str], writer: Writer) -> EmailMessage:
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = _address(_sender_name(message.parameters), writer.address)
    mail["To"] = _address(message.recipient_name, message.recipient)
    mail["Date"] = message.dated_at.astimezone(UTC)
    mail["Message-ID"] = f"<{message.message_id}@{deliverable(writer.address).partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    if OPT_OUT in links:
        mail["List-Unsubscribe"] = f"<{links[OPT_OUT]}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return mail


def _sender_name(parameters: Mapping[str, Any]) -> str:
    asker, organisation = parameters.get("asked_by", ""), parameters.get("organisation", "")
    return f"{asker} via {organisation}" if asker and organisation and asker != organisation else organisation or asker


def _address(name: str, email: str) -> Address:
    # A name that could pass for an address or hide one is left away: the address alone always tells the truth.
    local, _, domain = deliverable(email).rpartition("@")
    return Address(name if is_fit_for_a_header(name) else "", local, domain)


def _text(writer: Writer, message: OutboxMessage, part: str, locale: Locale, values: Mapping[str, Any]) -> str:
    return render(writer.templates, f"email/{message.letter}/{part}", locale, **values)


def _typed(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as the templates want them: JSON knows neither moments nor days, so `_at` and `_on` are read back."""
    return {name: _read_back(name, value) for name, value in parameters.items()}


def _read_back(name: str, value: Any) -> Any:
    if value and name.endswith("_at"):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if value and name.endswith("_on") else value
