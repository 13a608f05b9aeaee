"""What happened to the letters of a batch since they were marked, in a file that outlives a killed process; no letter itself.

The database is told once for a batch, since each telling waits for the disk. What happens meanwhile is written here at
once and not waited for: it survives the death of the process, not that of the machine. So it counts only while the
machine has not been started anew; otherwise, or without a file, nobody knows anything.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from app.deferred import dataclass

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Noted:
    """How far a letter had come: its body had begun to leave, and, if known, how that ended and what was said."""

    outcome: str = ""
    reply: str = ""


class Logbook:
    """Written by one process, line by line; without a path it notes nothing."""

    def __init__(self, path: Path | None) -> None:
        self._file = None
        if path is not None:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
            self.clear()

    def began(self, letter: str) -> None:
        """The body of a letter is about to leave."""
        self._note([letter])

    def ended(self, letter: str, outcome: str, reply: str) -> None:
        """What became of it."""
        self._note([letter, outcome, reply])

    def clear(self) -> None:
        """Everything noted is in the database now."""
        if self._file is not None:
            os.ftruncate(self._file, 0)
            self._note([boot_id()])

    def close(self) -> None:
        """Nothing more is noted; what is there stays."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _note(self, line: list[str]) -> None:
        if self._file is not None:
            os.write(self._file, json.dumps(line).encode() + b"\n")


def read_logbook(path: Path | None) -> Mapping[str, Noted] | None:
    """What an earlier life of a process noted, by letter; None when that says nothing about what is missing in it."""
    try:
        lines = [json.loads(line) for line in path.read_bytes().splitlines()] if path is not None else []
    except (OSError, ValueError):
        return None
    if not lines or not boot_id() or lines[0] != [boot_id()]:
        return None
    noted: dict[str, Noted] = {}
    for letter, *ended in lines[1:]:
        noted[letter] = Noted(*ended)
    return noted


def boot_id() -> str:
    """What names the time since the machine was started; empty where nothing does."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""
