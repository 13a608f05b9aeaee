"""The one stylesheet: small, without tricks, and its colours can be told apart in both themes."""

import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "app" / "web" / "static"
CSS = (STATIC / "app.css").read_text()
TOKEN = re.compile(r"--([\w-]+): (#[0-9a-f]{3,6});")
TEXT_ON_EVERYTHING = ("ink", "ink-2", "ink-3", "accent", "good", "watch", "bad")
GROUNDS = ("paper", "surface", "sunken")
# What is drawn: marks stand on cards, the edges of controls also on the page.
MARKS = ("accent", "plot-interval", "plot-group", "plot-hatch", "field", "ink")


def tokens(theme: str) -> dict[str, str]:
    light, dark = CSS.split("@media screen and (prefers-color-scheme: dark)", 1)
    given = dict(TOKEN.findall(light))
    return given if theme == "light" else {**given, **dict(TOKEN.findall(dark.split("@media", 1)[0]))}


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    channels = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_measured_as_the_standard_says() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#fff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("text", TEXT_ON_EVERYTHING)
@pytest.mark.parametrize("ground", GROUNDS)
def test_text_reads_on_every_ground(theme: str, text: str, ground: str) -> None:
    colours = tokens(theme)
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("good", "good-tint"),
        ("watch", "watch-tint"),
        ("bad", "bad-tint"),
        ("accent", "accent-tint"),
        ("ink-2", "accent-tint"),
        ("ink", "good-tint"),
        ("ink", "watch-tint"),
        ("ink", "bad-tint"),
        ("on-accent", "accent"),
        ("on-accent", "accent-strong"),
        ("on-bad", "bad"),
    ],
)
def test_text_reads_on_its_tint(theme: str, text: str, ground: str) -> None:
    colours = tokens(theme)
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("mark", MARKS)
def test_marks_and_edges_stand_out_from_their_card(theme: str, mark: str) -> None:
    colours = tokens(theme)
    assert contrast(colours[mark], colours["surface"]) >= 3


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_target_mark_stands_out_from_the_bar_behind_it(theme: str) -> None:
    colours = tokens(theme)
    assert contrast(colours["ink"], colours["plot-track"]) >= 3
    assert contrast(colours["ink"], colours["plot-track-2"]) >= 3


def test_both_themes_name_the_same_colours() -> None:
    light, dark = CSS.split("@media screen and (prefers-color-scheme: dark)", 1)
    assert dict(TOKEN.findall(light)).keys() == dict(TOKEN.findall(dark.split("@media", 1)[0])).keys()


def test_colours_stand_in_the_tokens_only() -> None:
    # Shadows, the veil behind a dialog, a mail as its reader sees it, paper.
    rules = CSS[CSS.index("/* ---- ground ---- */") :]
    assert re.findall(r"#[0-9a-f]{3,8}\b", rules) == ["#0002", "#0003", "#16211f80", "#fff", "#fff"]


def test_the_stylesheet_stays_under_30_kb_and_forces_nothing() -> None:
    assert len(CSS.encode()) <= 30_000
    assert "!important" not in CSS


def test_the_stylesheet_loads_our_own_typeface_and_nothing_else() -> None:
    assert set(re.findall(r"url\(([^)]*)\)", CSS)) == {f'"fonts/{_typeface().name}"'}
    assert "@import" not in CSS


def test_the_typeface_is_small_licensed_and_named_after_its_content() -> None:
    font = _typeface()
    assert font.stem.rpartition("-")[2] == hashlib.sha256(font.read_bytes()).hexdigest()[:10]
    assert font.stat().st_size <= 40_000
    assert "SIL OPEN FONT LICENSE" in (font.parent / "LICENSE.txt").read_text()


def _typeface() -> Path:
    found = list((STATIC / "fonts").glob("*.woff2"))
    assert len(found) == 1
    return found[0]


def test_every_class_of_a_template_is_known_to_the_stylesheet() -> None:
    known = set(re.findall(r"\.([a-z][\w-]*)", CSS))
    used = {
        (word, path.name)
        for path in (ROOT / "templates").rglob("*.html")
        if "email" not in path.parts
        for names in re.findall(r'\bclass="([^"]*)"', re.sub(r"{{.*?}}|{%.*?%}", " {} ", path.read_text()))
        for word in names.split()
        if "{}" not in word
    }
    # The hooks of the script, and names that are completed by a value.
    hooks = {"keep", "opens-dialog"}
    assert sorted((word, where) for word, where in used if word not in known | hooks and not word.endswith("-")) == []
