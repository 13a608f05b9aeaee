"""From a template of ours and values to a PDF that screen readers can read; the only place that knows typst.

Values reach a template as JSON, never as its source, so that nothing somebody wrote is taken for code. A template
sees its own folder and no other file, and asks nobody on the network for anything.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import fontpkg_open_sans

from app.infra.glyphs import characters_of, printable
from app.infra.later import later
from app.infra.templates import ROOT

typst = later("typst")

FOLDER = ROOT / "templates" / "print"
_FONTS = fontpkg_open_sans.ROOT / "files"
_UPRIGHT = "OpenSans[wdth,wght].ttf"
_KEPT = 10
# Not there: packages of other people would be looked for here before anybody is asked for them.
_PACKAGES = FOLDER / "packages"


def write_pdf(template: str, values: Mapping[str, Any], *, made_at: datetime) -> bytes:
    """A tagged PDF (PDF/UA-1); a picture without words or a document without a title is refused.

    A character that the font lacks is printed as a replacement sign.
    """
    made: bytes = typst.compile(
        FOLDER / template,
        root=FOLDER,
        font_paths=_fonts(),
        sys_inputs={"values": json.dumps(_shown(values), ensure_ascii=False)},
        pdf_standards=["ua-1"],
        package_path=_PACKAGES,
        package_cache_path=_PACKAGES,
        timestamp=made_at.astimezone(UTC),
    )
    _forget()
    return made


def _forget() -> None:
    """Let go of what typst has computed: it keeps a long document, 15 MB with its words, until ten more were made."""
    for _ in range(_KEPT):
        typst.compile(b"", font_paths=_fonts())


@cache
def _fonts() -> Any:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(_FONTS)])


@cache
def _characters() -> frozenset[int]:
    return characters_of((_FONTS / _UPRIGHT).read_bytes())


def _shown(value: Any) -> Any:
    """The same values with every text as it can be printed."""
    if isinstance(value, str):
        return printable(value, _characters())
    if isinstance(value, Mapping):
        return {name: _shown(part) for name, part in value.items()}
    return [_shown(part) for part in value] if isinstance(value, list | tuple) else value
