"""How far a database has come, in a file beside it, which stays when the database is put back to an earlier state."""

import os
from pathlib import Path
from threading import get_ident

from app.deferred import dataclass

MARK = "outbox.mark"
"""The name of the file."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Which database is meant, and how far it had come."""

    origin: str
    number: int


def read_mark(path: Path) -> Mark | None:
    """The mark in the file; None without a file, or when something else stands in it."""
    try:
        origin, number = path.read_text("ascii").split()
        return Mark(origin, int(number))
    except (OSError, ValueError):
        return None


def write_mark(path: Path, mark: Mark) -> None:
    """Put a mark into the file, the whole of it or nothing; one that is further stays."""
    present = read_mark(path)
    if present is not None and present.origin == mark.origin and present.number >= mark.number:
        return
    # Several workers may write at once: each begins a file of its own.
    unfinished = path.with_suffix(f".{os.getpid()}-{get_ident()}.part")
    unfinished.write_text(f"{mark.origin} {mark.number}\n", "ascii")
    unfinished.replace(path)
