"""QR codes of short texts as one SVG path; segno says which squares are dark, drawing them is the templates' business."""

from itertools import groupby

import segno

QUIET = 4
"""Light squares that belong around a code."""


def qr_path(text: str) -> tuple[str, int]:
    """The dark squares as one path in runs of a row, each square a unit wide, and how wide the whole is with its margin.

    Level M (15 % may be lost), more where it costs no larger code.

    >>> path, width = qr_path("https://example.org/q/abc")
    >>> path[:16], width
    ('M4 4h7v1h-7zM12 ', 33)
    """
    code = segno.make_qr(text, error="m")
    runs = []
    for y, row in enumerate(code.matrix, start=QUIET):
        x = QUIET
        for dark, squares in groupby(row):
            wide = len(list(squares))
            runs.append(f"M{x} {y}h{wide}v1h-{wide}z" if dark else "")
            x += wide
    return "".join(runs), len(code.matrix) + 2 * QUIET
