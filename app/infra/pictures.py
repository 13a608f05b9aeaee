"""Pictures from outside: recognised by their first bytes, decoded and encoded anew in a process of its own with limits.

What comes out is a plain JPEG of at most 2,000 pixels a side; whatever else the file held (places, names of cameras,
thumbnails, a second file behind the first) is gone.
"""

import struct
import subprocess
import sys
from pathlib import Path

from app.deferred import dataclass
from app.errors import AppError, FieldError, Invalid, TooLarge

LARGEST_FILE = 10 * 1024 * 1024
SECONDS = 40

EMPTY = "This file is empty."
NO_PICTURE = "This is no JPEG, PNG or WebP picture that can be read."
TOO_MANY_PIXELS = "This picture has more than 25 million pixels. Choose a smaller one."
MOVING = "This picture moves. Choose a still one."

_SIGNS = ((b"\xff\xd8\xff", 0), (b"\x89PNG\r\n\x1a\n", 0), (b"WEBP", 8))
_REASONS = {3: NO_PICTURE, 4: TOO_MANY_PIXELS, 5: MOVING}
_HEAD = struct.Struct(">II")
_DARKROOM = Path(__file__).with_name("darkroom.py")


class PictureTooLarge(TooLarge):
    """A file of more than 10 MB."""

    code = "picture_too_large"
    message = "This file is larger than the 10 MB allowed for a picture."


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of ours: JPEG bytes without anything beside the picture."""

    raw: bytes
    width: int
    height: int


def encoded_anew(raw: bytes) -> Picture:
    """The picture in a file; PictureTooLarge, or Invalid (field `file`) for what is none."""
    if len(raw) > LARGEST_FILE:
        raise PictureTooLarge
    if not raw or not any(raw[start:].startswith(sign) for sign, start in _SIGNS):
        raise _refused(NO_PICTURE if raw else EMPTY)
    try:
        done = subprocess.run(  # noqa: S603 - our own program, no shell, the picture goes to its standard input
            [sys.executable, "-I", str(_DARKROOM)], input=raw, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise _refused(NO_PICTURE) from None
    if done.returncode != 0 or len(done.stdout) <= _HEAD.size:
        raise _refused(_REASONS.get(done.returncode, NO_PICTURE))
    width, height = _HEAD.unpack_from(done.stdout)
    return Picture(done.stdout[_HEAD.size :], width, height)


def _refused(message: str) -> AppError:
    return Invalid([FieldError("file", message, "JPEG, PNG, WebP")])
