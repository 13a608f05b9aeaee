"""Where randomness comes from: the system, or a seed when two instances must be alike byte for byte."""

import random
import secrets
from collections.abc import Iterator
from typing import Protocol

_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}


class Entropy(Protocol):
    """A source of random bytes."""

    def token_bytes(self, count: int) -> bytes:
        """`count` unpredictable bytes."""
        ...


class SystemEntropy:
    """The operating system's generator."""

    def token_bytes(self, count: int) -> bytes:
        """`count` bytes from the system."""
        return secrets.token_bytes(count)


class SeededEntropy:
    """Repeatable bytes for tests that compare two instances; never for a service."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose, tests only

    def token_bytes(self, count: int) -> bytes:
        """`count` bytes that follow from the seed."""
        return self._random.randbytes(count)


def random_uuid(entropy: Entropy) -> str:
    """A version 4 UUID as a 36-character string: no time and no order in it."""
    return next(random_uuids(entropy, 1))


def random_uuids(entropy: Entropy, count: int) -> Iterator[str]:
    """So many of them, from bytes that are drawn at once."""
    drawn = entropy.token_bytes(16 * count).hex()
    for place in range(0, 32 * count, 32):
        one = drawn[place : place + 32]
        yield f"{one[:8]}-{one[8:12]}-4{one[13:16]}-{_VARIANT[one[16]]}{one[17:20]}-{one[20:]}"


def random_whole(entropy: Entropy) -> int:
    """A random integer from 0 to 2^63 - 1."""
    return int.from_bytes(entropy.token_bytes(8), "big") >> 1
