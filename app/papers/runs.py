"""Words of page templates without their markup, for paper: paragraphs of runs, each plain or strong; drawings fall away."""

import re
from html.parser import HTMLParser

Run = tuple[str, bool]
Paragraph = list[Run]

_BREAKS = {"p", "br", "li", "div"}
# Not the no-break space, which holds figures and units together.
_SPACE = re.compile(r"[ \t\r\n]+")


def paragraphs_of(markup: str) -> list[Paragraph]:
    """The paragraphs of a piece of a page, as runs of text and whether each is strong.

    >>> paragraphs_of("<p>Strongest on <strong>care &amp; calm</strong>.</p><p><svg><title>x</title></svg> Good</p>")
    [[('Strongest on ', False), ('care & calm', True), ('.', False)], [('Good', False)]]
    """
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return [told for told in map(_trimmed, reader.paragraphs) if told]


def text_of(markup: str) -> str:
    """The same as one line of plain text.

    >>> text_of("<strong>52 s</strong><br>Target reached")
    '52 s Target reached'
    """
    return " ".join("".join(text for text, _ in paragraph) for paragraph in paragraphs_of(markup))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs: list[Paragraph] = [[]]
        self._drawings = 0
        self._strong = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the library's
        self._drawings += tag == "svg"
        self._strong += tag == "strong"
        if tag in _BREAKS:
            self.paragraphs.append([])

    def handle_endtag(self, tag: str) -> None:
        self._drawings -= tag == "svg"
        self._strong -= tag == "strong"
        if tag in _BREAKS:
            self.paragraphs.append([])

    def handle_data(self, data: str) -> None:
        if not self._drawings:
            self.paragraphs[-1].append((data, bool(self._strong)))


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
