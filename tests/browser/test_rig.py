"""The browser of the tests works as they assume: it paints, it complains, and axe sees barriers."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

SOUND = "<!doctype html><html lang=en><title>Sound</title><main><h1>Sound</h1><p>Text</p></main></html>"
UNSOUND = "<!doctype html><html lang=en><title>Unsound</title><main><h1>Unsound</h1><img src='data:,'></main></html>"

pytestmark = pytest.mark.slow


def test_a_page_is_painted_in_open_sans(desk: Page) -> None:
    desk.set_content(SOUND)
    desk.add_style_tag(content="body { font: 40px 'Open Sans' } p { display: inline }")
    measured = desk.evaluate("document.querySelector('p').getBoundingClientRect().width")
    desk.add_style_tag(content="body { font-family: 'No such family', monospace }")
    fallback = desk.evaluate("document.querySelector('p').getBoundingClientRect().width")
    assert 60 < measured < 100
    assert measured != fallback


def test_axe_passes_a_sound_page_and_names_the_barrier_of_an_unsound_one(
    desk: Page, barriers: Callable[[Page], list[str]]
) -> None:
    desk.set_content(SOUND)
    assert barriers(desk) == []
    desk.set_content(UNSOUND)
    assert [line.split(":")[0] for line in barriers(desk)] == ["image-alt"]


def test_a_phone_is_360_wide(phone: Page) -> None:
    phone.set_content('<meta name=viewport content="width=device-width">' + SOUND)
    assert phone.evaluate("window.innerWidth") == 360
