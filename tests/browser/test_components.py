"""The components in a real browser: no barrier, no sideways scroll, all of it by keyboard and without script."""

import mimetypes
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from jinja2 import ChoiceLoader, Environment, FileSystemLoader
from playwright.sync_api import Page, Route

from app.http.shell import CONTENT_POLICY
from app.infra.templates import ROOT, build_environment

HERE = Path(__file__).parent
ADDRESS = "http://guide.test"
PAGES = ("desk", "rate", "confirm")
WITHHELD = "bare 40 % av vekten kan vises, 50 % kreves"

# Counts what would leave the page and keeps it here.
COUNT_SUBMITS = """() => {
  window.sent = 0;
  window.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) window.sent += 1;
    event.preventDefault();
  });
}"""

pytestmark = pytest.mark.slow


def group(key: str, name: str, score: float | None, **rest: Any) -> dict[str, Any]:
    return {"group": key, "name": name, "score": score, "lo": None, "hi": None, "n": None, **rest}


SOFT = [
    {
        "name": "Førsteinntrykk",
        "score": 77.1,
        "lo": 64.2,
        "hi": 86.1,
        "coverage": 0.85,
        "groups": [
            group("customer", "Kunder", 81.3, lo=67.0, hi=91.0, n=12),
            group("mystery_shopper", "Mystery shoppere", 72.5, lo=51.0, hi=87.0, n=5),
            group("manager", "Leder", 75.0, n=1, voice="Amir Haddad"),
            group("colleague", "Kolleger", None, reason="færre enn 3 svar"),
            group("direct_report", "Medarbeidere", 0.0, lo=0.0, hi=12.0, n=6),
            group("mixed", "Flere grupper samlet", 100.0, lo=91.0, hi=100.0, n=9),
            group("self", "Sofie selv", 87.5, n=1, view="blind_spot"),
        ],
    },
    {"name": "Samspill", "score": None, "lo": None, "hi": None, "groups": [], "reason": WITHHELD},
]
HARD = [
    {
        "name": "Salg til nye kunder per måned",
        "score": 71.1,
        "value": 271.2,
        "unit": "tusen kroner",
        "reached": False,
        "left": 28.8,
        "floor": 150,
        "target": 300,
        "stretch": 420,
        "lo": 60,
        "hi": 80,
    },
    {
        "name": "Behandlingstid per sak",
        "score": 100,
        "value": 6.2,
        "unit": "min",
        "reached": True,
        "left": None,
        "floor_low": 2,
        "best_low": 4,
        "best_high": 7,
        "floor_high": 12,
    },
]


def shell() -> SimpleNamespace:
    labels = ("Overview", "Organisation", "KPIs", "Rounds", "Results")
    items = [SimpleNamespace(label=label, href=f"/{label}", current=label == "Results") for label in labels]
    return SimpleNamespace(
        organisation="Fjellbris Varme & Service",
        navigation=items,
        more=[SimpleNamespace(label="Mailbox", href="/mailbox", current=False)],
        language=SimpleNamespace(label="English", href="?lang=en", lang="en"),
        user="Amir Haddad",
        sign_out="/sign-out",
        csrf_token="token",
        flash=SimpleNamespace(kind="good", title="Lagret.", text=""),
    )


@pytest.fixture(scope="module")
def environment() -> Environment:
    made = build_environment().environments["nb"]
    made.loader = ChoiceLoader([made.loader, FileSystemLoader(HERE / "guide")]) if made.loader else None
    return made


@pytest.fixture
def guide(environment: Environment, new_page: Callable[..., Page]) -> Callable[..., Page]:
    """Opens a page of the guide: `guide("desk", viewport=…)`."""

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith("/static/"):
            kind = mimetypes.guess_type(path)[0] or "font/woff2"
            file = ROOT / "app" / "web" / path.removeprefix("/")
            route.fulfill(body=file.read_bytes(), content_type=kind)
        else:
            body = environment.get_template(f"{path.strip('/')}.html").render(shell=shell(), soft=SOFT, hard=HARD)
            headers = {"Content-Security-Policy": CONTENT_POLICY}
            route.fulfill(body=body, content_type="text/html; charset=utf-8", headers=headers)

    def open_guide(name: str, **options: Any) -> Page:
        page = new_page(**options)
        page.route(f"{ADDRESS}/**", answer)
        page.goto(f"{ADDRESS}/{name}")
        return page

    return open_guide


@pytest.mark.parametrize("name", PAGES)
def test_no_page_has_a_barrier(guide: Callable[..., Page], barriers: Callable[[Page], list[str]], name: str) -> None:
    page = guide(name, bypass_csp=True)
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme="light")
        assert barriers(page) == [], f"light, {width} px"
        page.emulate_media(color_scheme="dark")
        assert barriers(page) == [], f"dark, {width} px"


@pytest.mark.parametrize("name", PAGES)
def test_nothing_scrolls_sideways_on_small_screens_or_with_large_text(guide: Callable[..., Page], name: str) -> None:
    page = guide(name)
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    for width, text in ((320, "16px"), (640, "32px"), (960, "16px"), (1280, "32px")):
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("size => { document.documentElement.style.fontSize = size }", text)
        assert page.evaluate("document.documentElement.scrollWidth") == width, f"{width} px, text {text}"


def test_every_target_is_tall_enough_for_a_finger(guide: Callable[..., Page]) -> None:
    page = guide("rate", viewport={"width": 360, "height": 740})
    heights = page.eval_on_selector_all(".scale-row", "rows => rows.map(row => row.getBoundingClientRect().height)")
    assert min(heights) >= 48
    buttons = page.eval_on_selector_all(".button, .input", "all => all.map(one => one.getBoundingClientRect().height)")
    assert min(buttons) >= 44


def test_a_rater_answers_by_keyboard_alone_and_sees_where_he_is(guide: Callable[..., Page]) -> None:
    page = guide("rate")
    page.focus("#a-1")
    page.keyboard.press("ArrowDown")
    assert page.is_checked("#a-2")
    row = page.locator(".scale-row:has(#a-2)")
    assert row.evaluate("row => getComputedStyle(row).outlineWidth") == "3px"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert page.is_checked("#a-unseen")


def test_without_script_menus_parts_and_forms_still_work(guide: Callable[..., Page]) -> None:
    page = guide("desk", java_script_enabled=False, viewport={"width": 360, "height": 740})
    page.click("details.menu > summary")
    assert page.locator(".menu-panel a").first.is_visible()
    page.click("details.menu > summary")
    page.click("text=Hvem ser hva")
    assert page.locator("#inside").is_visible()
    page.click("a.opens-dialog")
    assert page.url == f"{ADDRESS}/confirm"


def test_an_irreversible_act_is_confirmed_in_a_dialog_that_gives_focus_back(guide: Callable[..., Page]) -> None:
    page = guide("desk")
    page.click("a.opens-dialog")
    dialog = page.locator("dialog[open]")
    dialog.wait_for()
    assert dialog.locator("h2").inner_text() == "Steng runden nå?"
    dialog.get_by_text("La den stå åpen").click()
    # A dialog tells that it closed a moment later.
    page.locator("dialog").wait_for(state="detached")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Steng nå"


def test_a_form_is_sent_once_however_often_it_is_pressed(guide: Callable[..., Page]) -> None:
    page = guide("desk")
    page.evaluate(COUNT_SUBMITS)
    page.get_by_role("button", name="Lagre").dblclick()
    page.get_by_role("button", name="Lagre").click()
    assert page.evaluate("window.sent") == 1


def test_what_went_wrong_has_the_focus(guide: Callable[..., Page]) -> None:
    page = guide("desk")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"


def test_a_link_into_a_closed_part_opens_it(guide: Callable[..., Page]) -> None:
    page = guide("rate")
    assert page.locator("#d-1").is_hidden()
    page.click("a[href='#s2']")
    assert page.locator("#d-1").is_visible()


def test_the_menu_closes_on_escape_and_gives_focus_back(guide: Callable[..., Page]) -> None:
    page = guide("desk")
    page.click("details.menu > summary")
    page.keyboard.press("Escape")
    assert page.locator(".menu-panel").is_hidden()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_print_leaves_out_what_paper_cannot_do(guide: Callable[..., Page]) -> None:
    page = guide("desk", color_scheme="dark")
    page.emulate_media(media="print")
    assert [page.locator(part).first.is_visible() for part in (".bar", ".button", ".banner", ".chart")] == [
        False,
        False,
        False,
        True,
    ]
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_chart_keeps_its_discs_round_at_every_width(guide: Callable[..., Page]) -> None:
    for width in (320, 1280):
        page = guide("desk", viewport={"width": width, "height": 800})
        sizes = page.eval_on_selector_all(
            ".mark-score",
            "marks => marks.map(m => [m.getBoundingClientRect().width, m.getBoundingClientRect().height])",
        )
        assert [wide - high for wide, high in sizes] == pytest.approx([0] * len(sizes), abs=0.1)
