"""A mail server that takes everything and keeps nothing but a count, in a process and on a core of its own."""

import asyncio
import multiprocessing
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.sharedctypes import Synchronized

from bench.load import CLIENT_CORE

_END = b"\r\n.\r\n"
_REPLIES = {
    b"EHLO": b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
    b"HELO": b"250 sink\r\n",
    b"MAIL": b"250 ok\r\n",
    b"RCPT": b"250 ok\r\n",
    b"RSET": b"250 ok\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}


class Sink:
    """Where it listens, and how many mails it took so far."""

    def __init__(self, port: int, taken: "Synchronized[int]") -> None:
        self.port = port
        self._taken = taken

    @property
    def taken(self) -> int:
        return self._taken.value


@contextmanager
def sink() -> Iterator[Sink]:
    """A running sink on a free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken: Synchronized[int] = multiprocessing.Value("i", 0)
        process = multiprocessing.Process(target=_serve, args=(listener, taken), daemon=True)
        process.start()
        try:
            yield Sink(listener.getsockname()[1], taken)
        finally:
            process.terminate()
            process.join()


def _serve(listener: socket.socket, taken: "Synchronized[int]") -> None:
    os.sched_setaffinity(0, CLIENT_CORE)

    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(lambda: _Session(taken), sock=listener)
        await server.serve_forever()

    asyncio.run(serve())


class _Session(asyncio.Protocol):
    """One connection: lines are answered, bodies are thrown away."""

    def __init__(self, taken: "Synchronized[int]") -> None:
        self._taken = taken
        self._rest = b""
        self._in_body = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, received: bytes) -> None:
        self._rest += received
        replies = []
        while reply := self._next():
            replies.append(reply)
        if replies and self._transport is not None:
            self._transport.write(b"".join(replies))

    def _next(self) -> bytes:
        """The answer to the next whole line or body; empty while there is none."""
        if self._in_body:
            end = self._rest.find(_END)
            if end < 0:
                return b""
            self._rest, self._in_body = self._rest[end + len(_END) :], False
            with self._taken.get_lock():
                self._taken.value += 1
            return b"250 taken\r\n"
        line, found, rest = self._rest.partition(b"\r\n")
        if not found:
            return b""
        self._rest, verb = rest, line[:4].upper()
        self._in_body = verb == b"DATA"
        return _REPLIES.get(verb, b"502 what\r\n")
