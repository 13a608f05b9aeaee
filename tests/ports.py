"""Ports for servers that cannot be asked to pick one themselves."""

import itertools
import os
import socket

_GIVEN_OUT_BY_NOBODY = range(15_000, 32_000)
"""Below what systems give to connections and to servers that ask for any port, which other processes do all the time."""
# Each process begins elsewhere.
_IN_TURN = itertools.islice(itertools.cycle(_GIVEN_OUT_BY_NOBODY), os.getpid() * 101 % len(_GIVEN_OUT_BY_NOBODY), None)


def free_port() -> int:
    """A port of this machine that nobody listens on, and that is not given to anybody who asks for any."""
    return next(port for port in _IN_TURN if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
