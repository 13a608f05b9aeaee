"""A real browser, one for each process of a run, and axe to look for barriers. A missing browser fails, never skips."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from tests.browser.install import NoBrowserError, find_browser
from tests.workplace import on_every_core

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
# Nothing may leave this machine, and root, as in most containers, cannot have the sandbox.
QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-first-run",
]

# Contrast is asked about where a look is new.
AXE = f"{AXE_SCRIPT}; axe.configure({{rules: [{{id: 'color-contrast', selector: '[data-new-look]'}}]}});"
# Looks are what contrast follows from: colours with what lies behind them, and whether the letters are large as axe
# counts it. Marks who has one that is not known, and answers these looks.
NEW_LOOKS = """known => {
    const all = new Set(known), fresh = [], grounds = new Map(), dark = matchMedia('(prefers-color-scheme: dark)').matches;
    const ground = element => {
        if (!element) return dark;
        if (!grounds.has(element)) {
            const {opacity, backgroundImage, backgroundColor} = getComputedStyle(element);
            const own = [opacity, backgroundImage, backgroundColor].join();
            const ends = backgroundColor.startsWith('rgb('), isClear = own === '1,none,rgba(0, 0, 0, 0)';
            grounds.set(element, (isClear ? '' : own) + (ends ? '' : ground(element.parentElement)));
        }
        return grounds.get(element);
    };
    for (const element of document.body.querySelectorAll('*')) {
        const words = [...element.childNodes].some(one => one.nodeType === Node.TEXT_NODE && one.data.trim());
        if (!words && !element.matches('input, select')) continue;
        let isNew = false;
        if (element.checkVisibility()) {
            const {color, fontSize, fontWeight} = getComputedStyle(element);
            const isLarge = Math.ceil(parseFloat(fontSize) * 72) / 96 >= (fontWeight >= 700 ? 14 : 18);
            const look = [color, isLarge, ground(element)].join();
            isNew = !all.has(look);
            if (isNew) { all.add(look); fresh.push(look); }
        }
        element.toggleAttribute('data-new-look', isNew);
    }
    return fresh;
}"""
# Violations alone, since all that is as it should be is a multiple of them; stylesheets are not fetched once more.
ASKED = "resultTypes: ['violations'], elementRef: false, preload: false"
TOLD = """found => found.violations.flatMap(one => one.nodes.map(
    node => `${one.id}: ${node.html.slice(0, 160)} (${node.failureSummary.replace(/\\s+/g, ' ').slice(0, 240)})`))"""


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    # Loaded by those tests only that need it; every process of a run imports this module.
    from playwright.sync_api import sync_playwright

    try:
        found = find_browser()
    except NoBrowserError as error:
        pytest.fail(str(error), pytrace=False)
    with ExitStack() as stack:
        with on_every_core():
            playwright = stack.enter_context(sync_playwright())
            launched = playwright.chromium.launch(
                executable_path=found.program,
                chromium_sandbox=False,
                args=QUIET,
                env={**os.environ, **found.environment},
            )
        yield launched
        launched.close()


@pytest.fixture
def new_page(browser: "Browser") -> "Iterator[Callable[..., Page]]":
    """Opens a page in a context of its own: `new_page()`, `new_page(viewport=PHONE, java_script_enabled=False)`.

    What is only asked and never clicked on may go without being painted: `new_page(is_painted=False)`.
    A script error, a failed request or a broken content security policy on any of them fails the test; what a page had
    asked for when the reader went on to the next is not awaited by anybody.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(*, is_painted: bool = True, **options: Any) -> "Page":
        context = browser.new_context(**{"viewport": DESK, "locale": "nb-NO", "timezone_id": "Europe/Oslo", **options})
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page() if is_painted else _unpainted(context)
        page.on("pageerror", lambda error: complaints.append(f"script error: {error}"))
        page.on(
            "requestfailed",
            lambda request: (
                complaints.append(f"request failed: {request.url}") if request.failure != "net::ERR_ABORTED" else None
            ),
        )
        page.on(
            "console",
            lambda message: (
                complaints.append(f"console: {message.text}") if "Content Security Policy" in message.text else None
            ),
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _unpainted(context: "BrowserContext") -> "Page":
    """A page that is laid out when somebody asks about it; a third of the work with most pages is to paint them."""
    named = context.new_cdp_session(context.new_page()).send("Target.getTargetInfo")["targetInfo"]["browserContextId"]
    assert context.browser is not None
    # Frames are made on demand, and nobody demands one; a browser with windows paints nevertheless.
    options = {"url": "about:blank", "browserContextId": named, "enableBeginFrameControl": True}
    with context.expect_page() as opened:
        context.browser.new_browser_cdp_session().send("Target.createTarget", options)
    return opened.value


@pytest.fixture
def phone(new_page: "Callable[..., Page]") -> "Page":
    """A 360 px wide touch screen."""
    return new_page(viewport=PHONE, has_touch=True, is_mobile=True)


@pytest.fixture
def desk(new_page: "Callable[..., Page]") -> "Page":
    """A wide screen."""
    return new_page()


def scrolls_sideways(page: "Page") -> bool:
    """Whether a page is wider than its window, once it is there: after a click it may have begun and hold nothing yet."""
    page.wait_for_load_state()
    wide: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wide


@pytest.fixture(scope="session")
def barriers() -> "Callable[[Page], list[str]]":
    """What axe finds on a page, one line for each element: `assert barriers(page) == []`. Each look is asked about once."""
    known: set[str] = set()

    def find(page: "Page") -> list[str]:
        page.wait_for_load_state()
        if page.evaluate("() => typeof axe === 'undefined'"):
            page.evaluate(AXE)
        fresh, found = page.evaluate(
            f"known => Promise.all([({NEW_LOOKS})(known), axe.run(document, {{{ASKED}}}).then({TOLD})])", sorted(known)
        )
        known.update(fresh)
        told: list[str] = found
        return told

    return find
