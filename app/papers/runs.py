"""Words of page templates without their markup, for paper: paragraphs of runs, each plain or strong; drawings fall away."""

import re
from html import unescape

Run = tuple[str, bool]
Paragraph = list[Run]

_BREAKS = {"p", "br", "li", "div"}
# Templates escape what is greater in attributes as anywhere, so that a tag ends where it seems to.
_TAG = re.compile(r"<(/?)(\w+)[^>]*>")
# Not the no-break space, which holds figures and units together.
_SPACE = re.compile(r"[ \t\r\n]+")


def paragraphs_of(markup: str) -> list[Paragraph]:
    """The paragraphs of a piece of a page, as runs of text and whether each is strong.

    >>> paragraphs_of("<p>Strongest on <strong>care &amp; calm</strong>.</p><p><svg><title>x</title></svg> Good</p>")
    [[('Strongest on ', False), ('care & calm', True), ('.', False)], [('Good', False)]]
    """
    found: list[Paragraph] = [[]]
    depth = {"svg": 0, "strong": 0}
    # By turns: text, whether the tag after it closes, the name of the tag.
    pieces = iter([*_TAG.split(markup), "", ""])
    for text, closes, tag in zip(pieces, pieces, pieces, strict=True):
        if not depth["svg"]:
            found[-1].append((unescape(text), bool(depth["strong"])))
        if tag in depth:
            depth[tag] += -1 if closes else 1
        elif tag in _BREAKS:
            found.append([])
    return [told for told in map(_trimmed, found) if told]


def text_of(markup: str) -> str:
    """The same as one line of plain text.

    >>> text_of("<strong>52 s</strong><br>Target reached")
    '52 s Target reached'
    """
    return " ".join("".join(text for text, _ in paragraph) for paragraph in paragraphs_of(markup))


def _trimmed(paragraph: Paragraph) -> Paragraph:
    """Spaces as a browser shows them: one where there are several, none at the ends."""
    told: Paragraph = []
    for text, is_strong in paragraph:
        short = _SPACE.sub(" ", text)
        if not told or told[-1][0].endswith(" "):
            short = short.removeprefix(" ")
        if short:
            told.append((short, is_strong))
    if told and told[-1][0].endswith(" "):
        text, is_strong = told.pop()
        if text != " ":
            told.append((text.removesuffix(" "), is_strong))
    return told
