"""What is in a PDF and in a workbook, as a screen reader and a spreadsheet find it."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pypdf import PdfReader
from python_calamine import CalamineWorkbook

# Figures with a decimal: scores and distances, where whole numbers could be anything.
DECIMAL = re.compile(r"(?<![\d.,])\d{1,3}[.,]\d+(?![\d.,]*\d)")


@dataclass
class Tagged:
    """The structure of a PDF: how often each tag occurs, and what is said instead of each picture."""

    tags: dict[str, int] = field(default_factory=dict)
    pictures: list[str | None] = field(default_factory=list)


def text_of(pdf: bytes, *, page: int | None = None) -> str:
    """The text as it is copied out, lines joined; of one page or of all."""
    pages = _read(pdf)
    chosen = pages if page is None else [pages[page]]
    text = " ".join(text for text, _ in chosen)
    # The break that long words get at the end of a line is no letter of theirs.
    return re.sub(r"\s+", " ", text.replace("\N{ZERO WIDTH SPACE}", ""))


def widest(pdf: bytes) -> float:
    """How far to the right a piece of text begins on the first page."""
    return _read(pdf)[0][1]


@lru_cache(maxsize=4)
def _read(pdf: bytes) -> list[tuple[str, float]]:
    """The text of each page and how far to the right a piece of it begins; to read a page takes longer than to make it."""
    found = []
    for page in PdfReader(io.BytesIO(pdf)).pages:
        places = [0.0]

        def place(text: str, cm: list[float], tm: list[float], *_font: object, places: list[float] = places) -> None:
            places.append(tm[4] * cm[0] + cm[4] if text.strip() else 0.0)

        found.append((page.extract_text(visitor_text=place), max(places)))
    return found


def tagged(pdf: bytes) -> Tagged:
    found = Tagged()
    root: Any = PdfReader(io.BytesIO(pdf)).trailer["/Root"]
    for element in _elements(root["/StructTreeRoot"]):
        name = str(element["/S"])[1:]
        found.tags[name] = found.tags.get(name, 0) + 1
        if name == "Figure":
            found.pictures.append(element.get("/Alt"))
    return found


def _elements(node: Any) -> Iterator[Any]:
    here = node.get_object()
    if isinstance(here, list):
        for one in here:
            yield from _elements(one)
    elif isinstance(here, dict):
        if "/S" in here:
            yield here
        if "/K" in here:
            yield from _elements(here["/K"])


def sheets_of(workbook: bytes) -> dict[str, list[list[Any]]]:
    """The cells of every sheet by its name."""
    with CalamineWorkbook.from_filelike(io.BytesIO(workbook)) as book:
        return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def column(rows: list[list[Any]], heading: str) -> list[Any]:
    """A column below its heading; None where a cell is empty."""
    place = rows[0].index(heading)
    return [row[place] if row[place] != "" else None for row in rows[1:]]
