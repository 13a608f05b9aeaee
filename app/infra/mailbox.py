"""The folder of .eml files as somebody reads it: which letters there are, newest first, and one of them in parts."""

import heapq
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from app.deferred import dataclass

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}")
_LARGEST = 2 * 1024 * 1024
_HEADERS = 64 * 1024


@dataclass(frozen=True, slots=True)
class LetterHead:
    """A letter in the list: its name in the folder, and what its head says."""

    name: str
    subject: str
    recipient: str
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class KeptLetter:
    """A letter with every header and both texts; a text that it does not have is empty."""

    head: LetterHead
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str


def list_letters(directory: Path, *, limit: int, before: str = "") -> tuple[list[LetterHead], str]:
    """The letters after `before`, newest first, and the mark of the next slice; empty when there are no more."""
    files = ((path.stat().st_mtime_ns, path.stem, path) for path in _files(directory))
    mark = _parse_mark(before)
    found = heapq.nlargest(limit + 1, (one for one in files if mark is None or one[:2] < mark))
    heads = [_head(path, _read(path, _HEADERS)) for _, _, path in found[:limit]]
    return heads, f"{found[limit - 1][0]}.{found[limit - 1][1]}" if len(found) > limit else ""


def read_letter(directory: Path, name: str) -> KeptLetter | None:
    """One letter; None for a name that is none or not there."""
    path = directory / f"{name}.eml"
    if not _NAME.fullmatch(name) or not path.is_file() or path.stat().st_size > _LARGEST:
        return None
    mail = _read(path, _LARGEST)
    return KeptLetter(
        _head(path, mail),
        tuple((header, str(value)) for header, value in mail.items()),
        _part(mail, "plain"),
        _part(mail, "html"),
    )


def _files(directory: Path) -> Iterator[Path]:
    if directory.is_dir():
        yield from (path for path in directory.glob("*.eml") if _NAME.fullmatch(path.stem) and path.is_file())


def _read(path: Path, most: int) -> EmailMessage:
    with path.open("rb") as file:
        return message_from_bytes(file.read(most), _class=EmailMessage, policy=policy.default)


def _head(path: Path, mail: EmailMessage) -> LetterHead:
    kept_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return LetterHead(path.stem, str(mail["Subject"] or ""), str(mail["To"] or ""), kept_at)


def _part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    return str(body.get_content()) if body is not None else ""


def _parse_mark(text: str) -> tuple[int, str] | None:
    stamp, _, name = text.partition(".")
    return (int(stamp), name) if stamp.isdecimal() and stamp.isascii() and len(stamp) < 25 else None
