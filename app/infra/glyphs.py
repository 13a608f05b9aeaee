"""Which characters a TrueType font can show, read from its character map; what it cannot is replaced before printing."""

import struct
import unicodedata
from collections.abc import Container, Iterator

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# Subtables of the map that speak Unicode: those of the Unicode platform, and two of Windows.
_UNICODE = {(0, 3), (0, 4), (0, 6), (3, 1), (3, 10)}
# Controls of machines, of direction and of joining: nothing to draw, and no say in which order a paper is read.
_CONTROLS = {"Cc", "Cf"}
_SPACES = {"Zs", "Zl", "Zp"}


def characters_of(font: bytes) -> frozenset[int]:
    """The code points that a font has a glyph for, from the segments of its map (formats 4 and 12).

    Source: OpenType specification 1.9, table `cmap`.
    """
    start = _table(font, b"cmap")
    (count,) = struct.unpack_from(">H", font, start + 2)
    found: set[int] = set()
    for place in range(count):
        platform, encoding, offset = struct.unpack_from(">HHL", font, start + 4 + 8 * place)
        if (platform, encoding) in _UNICODE:
            for first, last in _segments(font, start + offset):
                found.update(range(first, last + 1))
    return frozenset(found)


def printable(text: str, known: Container[int]) -> str:
    """A text in which every character can be shown: composed, controls left out, a sign in place of what is missing."""
    return "".join(_shown(one, known) for one in unicodedata.normalize("NFC", text))


def _shown(one: str, known: Container[int]) -> str:
    category = unicodedata.category(one)
    if one == "\n" or (ord(one) in known and category not in _CONTROLS):
        return one
    if category in _SPACES:
        return " "
    # A mark above or below a letter that the font lacks is left away, the letter is not.
    return "" if category in _CONTROLS or category == "Mn" else REPLACEMENT


def _table(font: bytes, name: bytes) -> int:
    (count,) = struct.unpack_from(">H", font, 4)
    for place in range(count):
        tag, _, offset, _ = struct.unpack_from(">4sLLL", font, 12 + 16 * place)
        if tag == name:
            return int(offset)
    raise ValueError("the font has no character map")


def _segments(font: bytes, start: int) -> Iterator[tuple[int, int]]:
    (kind,) = struct.unpack_from(">H", font, start)
    if kind == 4:
        (doubled,) = struct.unpack_from(">H", font, start + 6)
        ends = struct.unpack_from(f">{doubled // 2}H", font, start + 14)
        firsts = struct.unpack_from(f">{doubled // 2}H", font, start + 16 + doubled)
        # The last segment only closes the list.
        yield from ((first, end) for first, end in zip(firsts, ends, strict=True) if first != 0xFFFF)
    elif kind == 12:
        (groups,) = struct.unpack_from(">L", font, start + 12)
        for place in range(groups):
            yield struct.unpack_from(">LL", font, start + 16 + 12 * place)
