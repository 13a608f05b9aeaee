"""What a font can show, and what is printed of a text that holds more than that."""

import fontpkg_open_sans
import pytest

from app.infra.glyphs import characters_of, printable

FONT = (fontpkg_open_sans.ROOT / "files" / "OpenSans[wdth,wght].ttf").read_bytes()


def test_the_map_of_a_font_names_its_characters_and_no_others() -> None:
    known = characters_of(FONT)
    assert {ord(one) for one in "aÅßłΩЖ–−…\N{NO-BREAK SPACE}\N{REPLACEMENT CHARACTER}"} <= known
    assert known & {ord(one) for one in "漢😀→▯"} == set()


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Blåbær\npå “tur”", "Blåbær\npå “tur”"),
        ("cafe\N{COMBINING ACUTE ACCENT}", "café"),
        ("fint 😀, 漢字", "fint \N{REPLACEMENT CHARACTER}, \N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"),
        ("a\N{RIGHT-TO-LEFT OVERRIDE}b\N{ZERO WIDTH JOINER}c\x07\td\r", "abcd"),
        ("én\N{NARROW NO-BREAK SPACE}to\N{LINE SEPARATOR}tre", "én to tre"),
        ("q\N{COMBINING ENCLOSING CIRCLE}w\N{COMBINING CARON BELOW}", "q\N{REPLACEMENT CHARACTER}w"),
    ],
)
def test_what_cannot_be_shown_is_replaced_and_controls_fall_away(written: str, printed: str) -> None:
    assert printable(written, characters_of(FONT)) == printed


def test_a_file_without_a_map_is_no_font() -> None:
    with pytest.raises(ValueError, match="no character map"):
        characters_of(b"\0\1\0\0" + bytes(8))
