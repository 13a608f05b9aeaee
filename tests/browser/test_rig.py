"""The browser of the tests works as they assume: it paints, it complains, and axe sees barriers."""

import threading
from collections.abc import Callable

import anyio.to_thread
import pytest
from fastapi import FastAPI
from playwright.sync_api import Page

from tests.chromium import DESK, PHONE
from tests.client import run
from tests.pages.looking import BEGINNING, Looking, View, serving

SOUND = "<!doctype html><html lang=en><title>Sound</title><main><h1>Sound</h1><p>Text</p></main></html>"
PALE = (
    "<!doctype html><html lang=en><title>Pale</title><meta name=color-scheme content='light dark'>"
    "<style>p {{ color: {pale}; background: #fff }} @media ({when}) {{ p {{ color: #000 }} }}</style>"
    "<main><h1>Pale</h1><p>Text</p></main></html>"
)
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


def test_letters_that_are_too_pale_are_named_where_their_look_is_new(
    desk: Page, new_page: Callable[..., Page], barriers: Callable[[Page], list[str]]
) -> None:
    desk.set_content(PALE.format(pale="#aaa", when="print"))
    assert [line.split(":")[0] for line in barriers(desk)] == ["color-contrast"]
    paths = {
        "/light": PALE.format(pale="#bbb", when="prefers-color-scheme: dark"),
        "/dark": PALE.format(pale="#ccc", when="prefers-color-scheme: light"),
    }
    with serving(FastAPI(), paths) as base:
        looking = Looking(new_page(is_painted=False), base)
        looking.tab.goto(base + BEGINNING)
        # In the first view together with all the rest, in the second by itself.
        found = {path: looking.at(path, View(PHONE, "light"), View(DESK, "dark")) for path in paths}
    named = {path: [line.split(":")[:2] for line in lines] for path, lines in found.items()}
    assert named == {f"/{scheme}": [[scheme, " color-contrast"]] for scheme in ("light", "dark")}


def test_a_browser_beside_it_does_not_send_a_request_to_another_thread(desk: Page) -> None:
    async def asked() -> str:
        return await anyio.to_thread.run_sync(lambda: threading.current_thread().name)

    assert run(asked) == threading.main_thread().name
    # The browser goes on where it was.
    desk.set_content(SOUND)
    assert desk.title() == "Sound"


def test_a_phone_is_360_wide(phone: Page) -> None:
    phone.set_content('<meta name=viewport content="width=device-width">' + SOUND)
    assert phone.evaluate("window.innerWidth") == 360
