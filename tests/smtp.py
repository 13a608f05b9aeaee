"""A real SMTP server on a free port that keeps the raw bytes it receives, and can be told to refuse."""

import email
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.ports import free_port

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Delivery:
    """One message as it arrived: who it was from and to, and its bytes."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    def parsed(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=policy.default)


@dataclass
class MailServer:
    """What was received, and the answers to give instead of taking a message.

    `refusals` maps a recipient to an SMTP answer such as "550 5.1.1 No such mailbox" or "451 Try again later";
    `data_answers` are given, one per message, after its bytes were received and thrown away.
    """

    host: str = HOST
    port: int = 0
    deliveries: list[Delivery] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    data_answers: list[str] = field(default_factory=list)

    @classmethod
    @contextmanager
    def running(cls) -> Iterator["MailServer"]:
        server = cls(port=free_port())
        controller = Controller(_Handler(server), hostname=server.host, port=server.port)
        controller.start()
        try:
            yield server
        finally:
            controller.stop()

    def to(self, recipient: str) -> list[Delivery]:
        return [delivery for delivery in self.deliveries if recipient in delivery.recipients]


class _Handler:
    """The hooks that aiosmtpd calls; their names and signatures are its own."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks the hook up by this name
        self, _smtp: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if refusal := self._server.refusals.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _smtp: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        if self._server.data_answers:
            return self._server.data_answers.pop(0)
        raw = envelope.original_content or b""
        self._server.deliveries.append(Delivery(envelope.mail_from or "", tuple(envelope.rcpt_tos), raw))
        return "250 Taken"
