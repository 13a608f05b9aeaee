"""Mail that comes back, and what a provider posts, to reports about one letter each; pure, and suspicious of both."""

import re
from collections.abc import Mapping, Sequence
from email import message_from_bytes, message_from_string
from email.message import Message
from email.utils import getaddresses

from app.errors import FieldError, Invalid
from app.fields import REQUIRED, Fields
from app.mail.values import Report, ReportKind

MOST_REPLY = 500

_KINDS = {"failed": ReportKind.BOUNCE, "delayed": ReportKind.DELAY}
# A relay that passes a letter on to a list or another system has done what it was asked to.
_ARRIVED = frozenset({"delivered", "relayed", "expanded"})
_ENVELOPE = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")
_ORIGINAL = ("message/rfc822", "message/rfc822-headers", "text/rfc822-headers")
_MESSAGE_ID = re.compile(r"<?([0-9A-Za-z.-]{1,64})(?:@[^>\s]*)?>?")
_CODE = re.compile(r"[2-5][0-9]{2}\b")
_STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")


def parse_returned(raw: bytes, *, recipient: str = "") -> Report | None:
    """What a mail to the return address says about a letter of ours; None for what is no report, such as an absence note.

    Understood are delivery reports (RFC 3464) and complaints (RFC 5965). `recipient` is the address that the mail came
    in on, where the mail server says so.
    """
    mail = message_from_bytes(raw)
    parts = list(mail.walk())
    addresses = [recipient, *_addresses(mail, _ENVELOPE)]
    complaint = next((part for part in parts if part.get_content_type() == "message/feedback-report"), None)
    original = next((one for one in map(_original, parts) if one is not None), None)
    message_id = None
    if original is not None:
        message_id = message_id_of(str(original.get("Message-ID", "")))
        addresses += _addresses(original, ("Return-Path", "X-Original-Return-Path"))
    if complaint is not None:
        fields = next(iter(_blocks(complaint)), Message())
        told = _text(fields, "Feedback-Type")
        found = tuple(filter(None, (*addresses, *_addresses(fields, ("Original-Mail-From",)))))
        return Report(ReportKind.COMPLAINT, told, found, message_id) if told.casefold() != "not-spam" else None
    status = next((part for part in parts if part.get_content_type() == "message/delivery-status"), None)
    told_of = _recipient_fields(status) if status is not None else None
    if told_of is None:
        return None
    kind = _kind_of(_text(told_of, "Action"))
    return Report(kind, _reply_of(told_of), tuple(filter(None, addresses)), message_id) if kind else None


def parse_event(given: Mapping[str, object]) -> Report:
    """What a provider posts: kind, message_id or recipient, and reply if it knows what the other side said."""
    fields = Fields(given)
    kind = fields.choice("kind", ReportKind, required=True) or ReportKind.DELAY
    message_id, recipient = fields.text("message_id"), fields.text("recipient", longest=254)
    reply = fields.text("reply", longest=MOST_REPLY, lines=True) or ""
    if not message_id and not recipient:
        fields.refuse("message_id", REQUIRED)
    fields.finish()
    known_by = message_id_of(message_id) if message_id else None
    if message_id and known_by is None:
        raise Invalid([FieldError("message_id", REQUIRED)])
    return Report(kind, " ".join(reply.split()), message_id=known_by, recipient=recipient)


def message_id_of(text: str) -> str | None:
    """The first half of a Message-ID, which is ours; with or without its brackets.

    >>> message_id_of("<5f6c@kpi.example.org>"), message_id_of("5f6c"), message_id_of("<>")
    ('5f6c', '5f6c', None)
    """
    found = _MESSAGE_ID.fullmatch(" ".join(text.split()))
    return found[1] if found else None


def _kind_of(action: str) -> ReportKind | None:
    plain = action.casefold()
    return ReportKind.DELIVERED if plain in _ARRIVED else _KINDS.get(plain)


def _reply_of(fields: Message) -> str:
    """What the other side said, as a relay says it at once: reply code, enhanced code, words."""
    words = _text(fields, "Diagnostic-Code").partition(";")[2].strip()
    found = _STATUS.search(_text(fields, "Status")) or _STATUS.search(words)
    status = found[0] if found else ""
    code = _CODE.match(words)
    said = code[0] if code else ""
    if status and not said.startswith(status[0]):
        # The report's own verdict counts: a relay that gave up after days quotes the last "try later".
        said = f"{status[0]}50"
    rest = words.removeprefix(code[0] if code else "").strip().removeprefix(status).strip()
    return " ".join(filter(None, (said, status, rest)))[:MOST_REPLY]


def _recipient_fields(status: Message) -> Message | None:
    """The fields about the recipient of a delivery report: the one that failed, of several."""
    blocks = [block for block in _blocks(status) if block.get("Action")]
    failed = (block for block in blocks if _kind_of(_text(block, "Action")) is ReportKind.BOUNCE)
    return next(failed, blocks[0] if blocks else None)


def _blocks(part: Message) -> list[Message]:
    """Groups of fields in a part that holds nothing else."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return [block for block in payload if isinstance(block, Message)]
    return [message_from_string(str(payload).lstrip())]


def _original(part: Message) -> Message | None:
    """The letter that a report brings back, whole or its head alone."""
    return next(iter(_blocks(part)), None) if part.get_content_type() in _ORIGINAL else None


def _addresses(mail: Message, names: Sequence[str]) -> list[str]:
    written = [str(value) for name in names for value in mail.get_all(name, [])]
    return [address for _, address in getaddresses(written) if address]


def _text(fields: Message, name: str) -> str:
    return " ".join(str(fields.get(name, "")).split())
