"""Ways out for finished mail: an SMTP relay, or a folder of .eml files. Knows bytes and addresses, no letters."""

import contextlib
import os
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import field
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from app.deferred import dataclass

COMMAND_SECONDS = 30.0
FINAL_REPLY_SECONDS = 600.0
"""RFC 5321, 4.5.3.2.6: a server may take ten minutes after the final dot, and has often taken the mail by then."""

Security = Literal["starttls", "tls", "none"]
_NO_ADDRESS = re.compile(r"[\s<>\0]|[^\0-\x7f]")
_TAKES = frozenset({250, 251})


@dataclass(frozen=True, slots=True)
class Reply:
    """What the other side said; `code` is None where it gave no verdict that one could read."""

    code: int | None
    text: str


class Carrier(Protocol):
    """One way out, open for a batch."""

    def offer(self, sender: str, recipient: str) -> Reply:
        """Name sender and recipient; nothing of the mail has left. 250 means: `hand_over` or `abandon` comes next."""
        ...

    def abandon(self) -> None:
        """Do not send what was offered after all."""
        ...

    def hand_over(self, raw: bytes, name: str) -> Reply:
        """Send the mail that was offered; `name` is its own, the same for a second copy."""
        ...


@runtime_checkable
class Foreseeing(Carrier, Protocol):
    """A way out that is faster when it knows what comes next."""

    def foresee(self, sender: str, recipient: str) -> None:
        """Who is to be named after the mail that is handed over next; `offer` for them follows, or for somebody else."""
        ...


class Transport(Protocol):
    """Where mail goes."""

    def opened(self) -> AbstractContextManager[Carrier]:
        """A carrier for one batch; closed at the end of the block."""
        ...


@dataclass(frozen=True, slots=True)
class SmtpTransport:
    """A relay. The connection is made when first needed, reused over a batch, and made anew when it breaks."""

    host: str
    port: int
    security: Security = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    final_reply_seconds: float = FINAL_REPLY_SECONDS

    @contextmanager
    def opened(self) -> Iterator[Carrier]:
        """A carrier on at most one connection at a time."""
        carrier = _SmtpCarrier(self)
        try:
            yield carrier
        finally:
            carrier.close()

    def connect(self) -> smtplib.SMTP:
        """A connection, greeted, protected and signed in as set."""
        if self.security == "tls":
            context = ssl.create_default_context()
            client: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=COMMAND_SECONDS, context=context)
        else:
            client = smtplib.SMTP(self.host, self.port, timeout=COMMAND_SECONDS)
        try:
            client.ehlo_or_helo_if_needed()
            if self.security == "starttls":
                client.starttls(context=ssl.create_default_context())
                # Whatever was said before is forgotten (RFC 3207, 4.2), who we are and what the relay can do included.
                client.ehlo_or_helo_if_needed()
            if self.user is not None:
                client.login(self.user, self.password or "")
        except BaseException:
            client.close()
            raise
        return client


class _SmtpCarrier:
    """Speaks to the relay for one batch.

    Where the relay allows it (RFC 2920), commands go together: sender, recipient and DATA of a mail, and with the end of
    a mail those of the next, so that each mail takes one way there and back. No body leaves before its own DATA is
    answered; what was asked for a mail that does not come after all ends with the connection. Many relays take so many
    mails over one connection and then close it: the next one is offered once more, over a new connection.
    """

    def __init__(self, transport: SmtpTransport) -> None:
        self._transport = transport
        self._client: smtplib.SMTP | None = None
        self._foreseen = b""
        self._asked = b""
        self._was_closed = False

    def foresee(self, sender: str, recipient: str) -> None:
        with contextlib.suppress(smtplib.SMTPException):
            self._foreseen = _envelope(sender, recipient)

    def offer(self, sender: str, recipient: str) -> Reply:
        is_new, self._was_closed = self._client is None, False
        reply = self._tried(sender, recipient)
        return reply if is_new or not self._was_closed else self._tried(sender, recipient)

    def _tried(self, sender: str, recipient: str) -> Reply:
        try:
            return self._offered(sender, recipient)
        except (OSError, smtplib.SMTPException) as error:
            self.abandon()
            # Not where it kept silent: who waited for that once has waited long enough.
            is_silent = isinstance(error.__context__, TimeoutError)
            self._was_closed = isinstance(error, (ConnectionError, smtplib.SMTPServerDisconnected)) and not is_silent
            return Reply(None, _said(error))

    def hand_over(self, raw: bytes, name: str) -> Reply:  # noqa: ARG002 - a relay has no use for the name
        client = self._client
        if client is None or client.sock is None:
            return Reply(None, "connection closed")
        try:
            client.sock.settimeout(min(self._transport.final_reply_seconds, FINAL_REPLY_SECONDS))
            if client.has_extn("pipelining"):
                self._asked = self._foreseen
            client.send(_stuffed(raw, self._asked))
            code, text = client.getreply()
            client.sock.settimeout(COMMAND_SECONDS)
        except (OSError, smtplib.SMTPException) as error:
            self.abandon()
            return Reply(None, _said(error))
        if not 200 <= code < 600 or code == 421:
            self.abandon()
        return _reply(code, text)

    def abandon(self) -> None:
        # Without QUIT: in the middle of a mail only a closed connection says that it must not be delivered.
        client, self._client = self._client, None
        self._asked = b""
        if client is not None:
            client.close()

    def close(self) -> None:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            if self._client is not None and not self._asked:
                self._client.quit()
        self.abandon()

    def _offered(self, sender: str, recipient: str) -> Reply:
        asked, self._foreseen = self._asked, b""
        if asked and asked != _envelope(sender, recipient):
            self.abandon()
        client = self._connected()
        if client.has_extn("pipelining"):
            return self._offered_at_once(client, sender, recipient)
        code, text = client.mail(sender)
        if code == 250:
            code, text = client.rcpt(recipient)
            if code not in _TAKES:
                self._reset(client, code)
                return _reply(code, text)
            code, text = client.docmd("DATA")
            if code == 354:
                return Reply(250, _plain(code, text))
        # What is wrong is ours (sender, sign-in, relay), so it must not count against the recipient.
        self._reset(client, code)
        return Reply(None, _plain(code, text))

    def _offered_at_once(self, client: smtplib.SMTP, sender: str, recipient: str) -> Reply:
        """The three commands in one go, where the relay allows it (RFC 2920): one way there and back instead of three."""
        if not self._asked:
            client.send(_envelope(sender, recipient))
        self._asked = b""
        mail, rcpt = client.getreply(), client.getreply()
        # What was said about the recipient stands, even if the connection breaks now.
        refused = mail[0] == 250 and rcpt[0] not in _TAKES
        try:
            code, text = client.getreply()
        except (OSError, smtplib.SMTPException):
            if not refused:
                raise
            self._was_closed = rcpt[0] == 421
            self.abandon()
            return _reply(*rcpt)
        if code == 354 and mail[0] == 250 and not refused:
            return Reply(250, _plain(code, text))
        if code == 354:
            # It waits for a mail that nobody may get: only a closed connection says that there is none.
            self.abandon()
        else:
            self._reset(client, code)
        if refused:
            return _reply(*rcpt)
        return Reply(None, _plain(*(mail if mail[0] != 250 else (code, text))))

    def _connected(self) -> smtplib.SMTP:
        if self._client is None or self._client.sock is None:
            self._client = self._transport.connect()
        return self._client

    def _reset(self, client: smtplib.SMTP, code: int) -> None:
        # What was said about the recipient stands, even if the connection breaks now.
        with contextlib.suppress(OSError, smtplib.SMTPException):
            if code != 421 and client.rset()[0] == 250:
                return
        self._was_closed = code == 421
        self.abandon()


@dataclass(frozen=True, slots=True)
class FolderTransport:
    """A folder of .eml files that only their owner can read: the letters hold links."""

    directory: Path

    @contextmanager
    def opened(self) -> Iterator[Carrier]:
        """A carrier that writes into the folder, which is made when absent."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        yield _FolderCarrier(self.directory)


class _FolderCarrier:
    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def offer(self, sender: str, recipient: str) -> Reply:  # noqa: ARG002 - a folder refuses nobody
        return Reply(250, "250 OK")

    def abandon(self) -> None:
        """Nothing was begun."""

    def hand_over(self, raw: bytes, name: str) -> Reply:
        unfinished = self._directory / f".{name}.part"
        opened = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(opened, "wb") as file:
            file.write(raw)
        unfinished.replace(self._directory / f"{name}.eml")
        return Reply(250, "250 Kept")


def _envelope(sender: str, recipient: str) -> bytes:
    return f"MAIL FROM:<{_bare(sender)}>\r\nRCPT TO:<{_bare(recipient)}>\r\nDATA\r\n".encode("ascii")


def _bare(address: str) -> str:
    """An address that is nothing but one; addresses are checked where they come in, this is the last look."""
    if _NO_ADDRESS.search(address):
        raise smtplib.SMTPException("not an address")
    return address


def _reply(code: int, text: bytes) -> Reply:
    return Reply(code if 200 <= code < 600 else None, _plain(code, text))


def _stuffed(raw: bytes, then: bytes) -> bytes:
    """A mail as it travels: a second dot where a line begins with one, and the dot that ends it (RFC 5321, 4.5.2)."""
    first = b"." if raw.startswith(b".") else b""
    return b"".join((first, raw.replace(b"\n.", b"\n..").removesuffix(b"\r\n"), b"\r\n.\r\n", then))


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _plain(error.smtp_code, error.smtp_error)
    return f"{type(error).__name__}: {error}"


def _plain(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(words.replace(chr(0), ' ').split())}"
