"""QR codes of short texts: which squares are dark. Drawing them is the templates' business.

Source: ISO/IEC 18004:2015, byte mode, error correction level M (15 % may be lost), versions 1 to 10 (up to 213 bytes).
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise, product

Grid = list[list[bool | None]]

# Version: code words for correction in each block, then the code words of content in each block.
_BLOCKS: dict[int, tuple[int, tuple[int, ...]]] = {
    1: (10, (16,)),
    2: (16, (28,)),
    3: (26, (44,)),
    4: (18, (32, 32)),
    5: (24, (43, 43)),
    6: (16, (27, 27, 27, 27)),
    7: (18, (31, 31, 31, 31)),
    8: (22, (38, 38, 39, 39)),
    9: (22, (36, 36, 36, 37, 37)),
    10: (26, (43, 43, 43, 43, 44)),
}
_ALIGNED = {1: (), 2: (6, 18), 3: (6, 22), 4: (6, 26), 5: (6, 30), 6: (6, 34), 7: (6, 22, 38), 8: (6, 24, 42)}
_ALIGNED |= {9: (6, 26, 46), 10: (6, 28, 50)}
_MASKS = (
    lambda y, x: (y + x) % 2 == 0,
    lambda y, _: y % 2 == 0,
    lambda _, x: x % 3 == 0,
    lambda y, x: (y + x) % 3 == 0,
    lambda y, x: (y // 2 + x // 3) % 2 == 0,
    lambda y, x: y * x % 2 + y * x % 3 == 0,
    lambda y, x: (y * x % 2 + y * x % 3) % 2 == 0,
    lambda y, x: ((y + x) % 2 + y * x % 3) % 2 == 0,
)
_LIKE_A_FINDER = ((1, 0, 1, 1, 1, 0, 1, 0, 0, 0, 0), (0, 0, 0, 0, 1, 0, 1, 1, 1, 0, 1))


def qr_rows(text: str) -> list[str]:
    """The code as rows of 0 and 1, without the quiet zone of four squares that belongs around it.

    Raises ValueError for more than 213 bytes.

    >>> rows = qr_rows("https://example.org/q/abc")
    >>> len(rows), rows[0][:7], rows[1][:7]
    (25, '1111111', '1000001')
    """
    raw = text.encode()
    version = next(
        (one for one, (_, content) in _BLOCKS.items() if len(raw) + (2 if one < 10 else 3) <= sum(content)), None
    )
    if version is None:
        raise ValueError("too long for a code that a phone reads across a counter")
    bits = list(_bits(_words(raw, version)))
    blank = _blank(version)
    masked = [_filled(blank, bits, mask) for mask in range(8)]
    best = min(masked, key=_penalty)
    return ["".join("1" if dark else "0" for dark in row) for row in best]


def qr_path(rows: Sequence[str], quiet: int = 4) -> str:
    """The dark squares as one SVG path, each a unit wide, with the quiet zone around them.

    >>> qr_path(["10", "01"], quiet=0)
    'M0 0h1v1h-1zM1 1h1v1h-1z'
    """
    return "".join(
        f"M{x + quiet} {y + quiet}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark == "1"
    )


# ------------------------------------------------------------ code words


def _words(raw: bytes, version: int) -> list[int]:
    """Data and correction, block by block, taken in turns."""
    correction, sizes = _BLOCKS[version]
    width = 8 if version < 10 else 16
    bits = f"0100{len(raw):0{width}b}" + "".join(f"{byte:08b}" for byte in raw)
    room = 8 * sum(sizes)
    bits += "0" * min(4, room - len(bits))
    bits += "0" * (-len(bits) % 8)
    content = [int(bits[start : start + 8], 2) for start in range(0, len(bits), 8)]
    content += [(0xEC, 0x11)[place % 2] for place in range(sum(sizes) - len(content))]
    blocks, start = [], 0
    for size in sizes:
        blocks.append(content[start : start + size])
        start += size
    checks = [_remainder(block, correction) for block in blocks]
    return [
        words[place]
        for part in (blocks, checks)
        for place in range(max(map(len, part)))
        for words in part
        if place < len(words)
    ]


def _remainder(content: Sequence[int], count: int) -> list[int]:
    """Reed-Solomon: what is left of the content divided by the generator of so many roots, in GF(256)."""
    generator = [1]
    for power in range(count):
        root = _EXP[power]
        raised = [*generator, 0]
        generator = [one ^ _times(other, root) for one, other in zip(raised, [0, *generator], strict=True)]
    left = [*content, *[0] * count]
    for place in range(len(content)):
        factor = left[place]
        for offset, coefficient in enumerate(generator):
            left[place + offset] ^= _times(coefficient, factor)
    return left[len(content) :]


def _powers() -> list[int]:
    found, value = [], 1
    for _ in range(255):
        found.append(value)
        value = value << 1 ^ (0x11D if value & 0x80 else 0)
    return found


_EXP = _powers()
_LOG = {value: power for power, value in enumerate(_EXP)}


def _times(one: int, other: int) -> int:
    return _EXP[(_LOG[one] + _LOG[other]) % 255] if one and other else 0


def _bits(words: Sequence[int]) -> Iterator[bool]:
    return (bool(word >> place & 1) for word in words for place in range(7, -1, -1))


# ------------------------------------------------------------ squares


def _blank(version: int) -> Grid:
    """Everything but content and mask; None where content goes, light where the format will stand."""
    size = 17 + 4 * version
    grid: Grid = [[None] * size for _ in range(size)]
    for place in range(size):
        grid[6][place] = grid[place][6] = place % 2 == 0
    for y, x in ((3, 3), (3, size - 4), (size - 4, 3)):
        _put(grid, y, x, radius=4, dark=lambda far: far not in {2, 4})
    centres = _ALIGNED[version]
    for y, x in product(centres, centres):
        if (y, x) not in {(6, 6), (6, size - 7), (size - 7, 6)}:
            _put(grid, y, x, radius=2, dark=lambda far: far != 1)
    for y, x in _format_places(size):
        grid[y][x] = False
    grid[size - 8][8] = True
    if version >= 7:
        _put_version(grid, version)
    return grid


def _put(grid: Grid, y: int, x: int, *, radius: int, dark: Callable[[int], bool]) -> None:
    size = len(grid)
    for dy, dx in product(range(-radius, radius + 1), repeat=2):
        if 0 <= y + dy < size and 0 <= x + dx < size:
            grid[y + dy][x + dx] = dark(max(abs(dy), abs(dx)))


def _put_version(grid: Grid, version: int) -> None:
    size, bits = len(grid), version << 12 | _divided(version, 12, 0x1F25)
    for place in range(18):
        y, x = place // 3, size - 11 + place % 3
        grid[y][x] = grid[x][y] = bool(bits >> place & 1)


def _filled(blank: Grid, bits: Sequence[bool], mask: int) -> list[list[bool]]:
    """The grid with content under a mask, and the format that names the mask."""
    grid = [list(row) for row in blank]
    waiting = iter(bits)
    for y, x in _path(len(grid)):
        if blank[y][x] is None:
            grid[y][x] = next(waiting, False) ^ _MASKS[mask](y, x)
    size = len(grid)
    told = (mask << 10 | _divided(mask, 10, 0x537)) ^ 0x5412
    for place, (y, x) in enumerate(_format_places(size)):
        grid[y][x] = bool(told >> (14 - place % 15) & 1)
    return [[bool(one) for one in row] for row in grid]


def _format_places(size: int) -> list[tuple[int, int]]:
    """Where the format stands: its fifteen bits around the first finder, and once more beside the others."""
    around = [(8, place) for place in (0, 1, 2, 3, 4, 5, 7, 8)] + [(place, 8) for place in (7, 5, 4, 3, 2, 1, 0)]
    beside = [(size - 1 - place, 8) for place in range(7)] + [(8, size - 8 + place) for place in range(8)]
    return around + beside


def _path(size: int) -> Iterator[tuple[int, int]]:
    """Where bits go: up and down in columns of two from the right, past the upright timing line."""
    upward = True
    for right in [*range(size - 1, 6, -2), 5, 3, 1]:
        for step in range(size):
            y = size - 1 - step if upward else step
            yield y, right
            yield y, right - 1
        upward = not upward


def _divided(value: int, degree: int, generator: int) -> int:
    """The remainder of a BCH code."""
    left = value << degree
    while left.bit_length() > degree:
        left ^= generator << left.bit_length() - degree - 1
    return left


def _penalty(grid: Sequence[Sequence[bool]]) -> int:
    """How hard the code is to read: long runs, blocks, what looks like a finder, more dark than light."""
    lines = [*grid, *zip(*grid, strict=True)]
    runs = sum(_runs(line) for line in lines)
    blocks = sum(
        3
        for one, other in pairwise(grid)
        for place in range(len(one) - 1)
        if one[place] == one[place + 1] == other[place] == other[place + 1]
    )
    finders = sum(
        40
        for line in lines
        for place in range(len(line) - 10)
        if tuple(map(int, line[place : place + 11])) in _LIKE_A_FINDER
    )
    share = sum(map(sum, grid)) / len(grid) ** 2
    return runs + blocks + finders + 10 * int(abs(share - 0.5) * 20)


def _runs(line: Sequence[bool]) -> int:
    total, length = 0, 1
    for one, other in zip(line, [*line[1:], None], strict=True):
        if one == other:
            length += 1
            continue
        total += length - 2 if length >= 5 else 0
        length = 1
    return total
