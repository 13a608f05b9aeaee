"""A mail server that does as it is told, stage by stage: refuse, be busy, talk nonsense, hang up, come late, keep silent."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PIPELINING = "250-here\r\n250 PIPELINING"
HANG_UP = "hang up"
SILENCE = "silence"
LATE = "late"
"""Followed by seconds and a reply: "late 0.1 250 ok"."""

STARTTLS = "250-here\r\n250 STARTTLS"
UNTRUSTED = Path(__file__).with_name("untrusted.pem")
"""A certificate of 127.0.0.1 with its key, signed by nobody else: trusted only by who is told to trust it."""
SHOWN = {"CERTIFICATE": UNTRUSTED.name}
USUAL = {"GREETING": "220 ready", "EHLO": "250 here", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on"}


@dataclass
class ScriptedServer:
    """`script` gives a reply for GREETING, EHLO, MAIL, RCPT, DATA, CONTENT, BODY or RSET; `accepted` are the bodies it took.

    Replies with a bar between them are given one after the other, the last one from then on. CONTENT is said before the
    final dot. A body that is answered with HANG_UP was taken when `keeps` is set: the sender cannot know. With a
    CERTIFICATE it goes on under TLS after STARTTLS, or begins with it where the script has no STARTTLS. Nobody sends
    anything before EHLO, nor under TLS before another one (RFC 3207, 4.2).
    """

    port: int = 0
    script: dict[str, str] = field(default_factory=dict)
    accepted: list[bytes] = field(default_factory=list)
    connections: int = 0
    keeps: bool = True
    host: str = "127.0.0.1"
    _stop: threading.Event = field(default_factory=threading.Event)

    @classmethod
    @contextmanager
    def running(cls, **script: str) -> Iterator["ScriptedServer"]:
        listener = socket.create_server(("127.0.0.1", 0))
        server = cls(port=listener.getsockname()[1], script=script)
        thread = threading.Thread(target=server._listen, args=(listener,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server._stop.set()
            # A listener that is closed while it waits would wait on for ever.
            socket.create_connection(("127.0.0.1", server.port)).close()
            thread.join(5)
            listener.close()

    def _listen(self, listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            if self._stop.is_set():
                connection.close()
                return
            self.connections += 1
            with connection:
                # Answers to several commands are not to wait for each other.
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                try:
                    begins_safely = "CERTIFICATE" in self.script and "STARTTLS" not in self.script
                    self._greet(_under_tls(connection) if begins_safely else connection)
                except OSError:
                    continue

    def _greet(self, connection: socket.socket) -> None:
        if self._say(connection, "GREETING"):
            self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        is_greeted = False
        with connection.makefile("rb") as lines:
            for line in lines:
                verb = (line.split() or [b""])[0].decode("latin-1").upper()
                is_greeted = is_greeted or verb == "EHLO"
                if verb == "MAIL" and not is_greeted:
                    connection.sendall(b"503 5.5.1 Who is there?\r\n")
                    continue
                if verb == "QUIT":
                    connection.sendall(b"221 bye\r\n")
                    return
                goes_on = verb == "DATA" and self._reply("DATA").startswith("354")
                if not self._say(connection, verb):
                    return
                if verb == "STARTTLS" and "CERTIFICATE" in self.script:
                    with _under_tls(connection) as safe:
                        self._converse(safe)
                    return
                if goes_on and not self._take(connection, lines):
                    return

    def _take(self, connection: socket.socket, lines: Iterator[bytes]) -> bool:
        body = []
        for line in lines:
            if "CONTENT" in self.script:
                return self._say(connection, "CONTENT")
            if line == b".\r\n":
                break
            body.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        else:
            return False
        reply = self._reply("BODY")
        if reply.startswith(("250", LATE)) or (self.keeps and reply in {HANG_UP, SILENCE}):
            self.accepted.append(b"".join(body))
        return self._say(connection, "BODY")

    def _reply(self, verb: str) -> str:
        return self.script.get(verb, USUAL.get(verb, "250 ok")).partition("|")[0]

    def _say(self, connection: socket.socket, verb: str) -> bool:
        reply = self._reply(verb)
        if "|" in self.script.get(verb, ""):
            self.script[verb] = self.script[verb].partition("|")[2]
        if reply == HANG_UP:
            return False
        if reply == SILENCE:
            self._stop.wait(5)
            return False
        if reply.startswith(LATE):
            _, seconds, reply = reply.split(" ", 2)
            self._stop.wait(float(seconds))
        connection.sendall(reply.encode() + b"\r\n")
        return not reply.startswith("421")


def _under_tls(connection: socket.socket) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(UNTRUSTED)
    return context.wrap_socket(connection, server_side=True)
