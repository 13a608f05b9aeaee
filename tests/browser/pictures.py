"""Takes the pictures of the manuals again (`make pictures`, ARGS="tracker kpi" for some): a fresh demo, a real browser.

The demo stands at the same moment every time, so that most pictures change only when their page does.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, FloatRect, Page, sync_playwright

from app.accounts.queries import find_account
from app.accounts.rules import SERVICE
from app.accounts.sign_in import start_link, use_sign_in_link
from app.demo.addresses import address
from app.demo.entrances import ADMIN, AMIR
from app.demo.load import load_demo
from app.infra.database import Database
from app.infra.keys import key_of
from app.infra.logs import configure_logs
from app.kpis.queries import find_kpis
from app.organisation.named import find_subjects
from app.organisation.queries import list_companies
from app.releases.queries import find_release_of
from app.rounds.queries import find_round_by_key
from tests.browser.install import find_browser
from tests.browser.live import Live, live
from tests.chromium import QUIET
from tests.databases import migrated
from tests.smtp import MailServer

HOME = Path(__file__).resolve().parents[2] / "docs/pictures"
NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
DESK, TALL, PHONE = {"width": 1000, "height": 800}, {"width": 1000, "height": 1300}, {"width": 360, "height": 740}
LARGEST = 60_000
"""Bytes of a file; fewer colours are taken until it fits."""
COLOURS = (64, 32, 16, 8)
MARGIN = 12
# Two new people and one who moves, so that the page has something of each kind to show.
PEOPLE = """external_id,name,email,locale,unit,leads
nina.vold,Nina Vold,nina.vold@fjellbris.example,nb,team-nord,
per.lie,Per Lie,per.lie@fjellbris.example,nb,team-sor,
lars.moen,Lars Moen,lars.moen@fjellbris.example,nb,team-sor,
"""


@dataclass(frozen=True)
class Stage:
    """The running demo and where things are in it."""

    service: Live
    browser: Browser
    places: Mapping[str, str]

    @contextmanager
    def looking(self, locale: str, who: str, size: Mapping[str, int]) -> Iterator[Page]:
        """A page in a language; somebody of the demo is signed in, nobody where `who` is empty."""
        context = self.browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            locale="nb-NO" if locale == "nb" else "en-GB",
            timezone_id="Europe/Oslo",
            color_scheme="light",
        )
        context.set_default_timeout(10_000)
        cookies = {"lang": locale} | ({"session": self._session_of(who)} if who else {})
        for name, value in cookies.items():
            context.add_cookies([{"name": name, "value": value, "url": self.service.address}])
        yield context.new_page()
        context.close()

    def _session_of(self, email: str) -> str:
        with self.service.engine.write() as session:
            account = find_account(session, email)
            if account is None:
                raise LookupError(email)
            token = key_of(session).sign_in_token(start_link(session, account.id, now=NOW))
            return use_sign_in_link(session, token, client="Chromium", now=NOW).secret


@dataclass(frozen=True)
class Picture:
    """One picture: who looks at which page, from the top of one element to the foot of another."""

    name: str
    way: Callable[[Stage, Page], object]
    who: str = ""
    first: str = "main > :first-child"
    last: str = "main"
    size: Mapping[str, int] = field(default_factory=lambda: DESK)


def at(path: str) -> Callable[[Stage, Page], object]:
    """The way to a page whose address names places in braces."""
    return lambda stage, page: page.goto(stage.service.address + path.format(**stage.places))


def to_preview(stage: Stage, page: Page) -> None:
    """Ask as in the open round once more: a draft, raters from the structure, and the page before the start."""
    at("/rounds/{round}")(stage, page)
    page.locator("form[action$='/clone'] button").click()
    page.wait_for_url("**/rounds/*?**")
    draft = page.url.partition("?")[0]
    page.goto(f"{draft}/assignments")
    page.locator("form[action$='/assignments/propose'] button").click()
    page.wait_for_load_state()
    page.goto(f"{draft}/start")


def to_import(stage: Stage, page: Page) -> None:
    """What a file of people would do, before anything is stored."""
    at("/organisation/import")(stage, page)
    page.check("input[name='kind'][value='people']")
    page.set_input_files(
        "input[type='file']", {"name": "people.csv", "mimeType": "text/csv", "buffer": PEOPLE.encode()}
    )
    page.locator("main form button").click()
    page.wait_for_load_state()


def to_letter(stage: Stage, page: Page) -> None:
    """The invitation with the house text to begin with, and how it would arrive."""
    at("/admin/letters/invitation?start=house")(stage, page)
    page.locator(
        "button[formaction$='/shown/" + (page.locator("html").get_attribute("lang") or "nb") + "/html']"
    ).click()
    page.frame_locator("iframe").locator("a").first.wait_for()


def to_form(stage: Stage, page: Page) -> None:
    """The form behind the link of a letter, as a customer meets it."""
    page.goto(stage.service.link_in_letter_to("kunde01@kunder.example"))


def to_first(path: str) -> Callable[[Stage, Page], object]:
    """The way to the first page that a list leads to."""

    def go(stage: Stage, page: Page) -> None:
        at(path)(stage, page)
        page.locator("main tbody th a").first.click()
        page.wait_for_load_state()

    return go


AMIRS, SOFIE = address(AMIR), "/results/{release}/subjects/{person}"
PICTURES = (
    Picture("my-week", at("/"), AMIRS, last="main .columns >> nth=-1"),
    Picture("overview", at("/overview/{unit}"), AMIRS, last="main section:has(#standing)"),
    Picture("summary", at(SOFIE), AMIRS, last="main .halves"),
    Picture("groups", at(SOFIE), AMIRS, first="main section:has(.chart-foot)", last="main section:has(.chart-foot)"),
    Picture(
        "gaps",
        at("/results/{release}/subjects/{unit}/competences"),
        AMIRS,
        first="main section:has(#below)",
        last="main section:has(#below) tbody tr >> nth=10",
    ),
    Picture(
        "beside", at("/overview/{unit}"), AMIRS, first="main section:has(#beside)", last="main section:has(#beside)"
    ),
    Picture("tracker", at("/rounds/{round}/tracker"), AMIRS),
    Picture("decision", to_first("/decisions"), AMIRS),
    Picture("kpi", at("/kpis/{kpi}"), AMIRS, last="main .with-rail .card:has(.anchors)"),
    Picture("form", to_form, size=PHONE, last="main fieldset"),
    Picture("import", to_import, ADMIN),
    Picture("letter", to_letter, ADMIN, last="iframe", size=TALL),
    Picture("dossier", to_first("/dossiers"), ADMIN),
    # Leaves a draft behind, which My week would show.
    Picture("preview", to_preview, AMIRS, last="main .with-rail .banner"),
)


def clip_of(page: Page, picture: Picture) -> FloatRect:
    """What of the page is kept, in pixels from its corner."""
    page.evaluate("scrollTo(0, 0)")
    first, last = page.locator(picture.first).first.bounding_box(), page.locator(picture.last).first.bounding_box()
    if first is None or last is None:
        raise LookupError(f"{picture.name}: {page.url} shows neither {picture.first} nor {picture.last}")
    top = max(first["y"] - MARGIN, 0)
    return {
        "x": 0,
        "y": top,
        "width": picture.size["width"],
        "height": last["y"] + last["height"] + MARGIN - top,
    }


def small(picture: bytes) -> bytes:
    """The same picture in as many colours as fit into the largest file."""
    image = Image.open(BytesIO(picture)).convert("RGB")
    written = b""
    for colours in COLOURS:
        file = BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        written = file.getvalue()
        if len(written) <= LARGEST:
            break
    return written


def take(stage: Stage, locale: str, picture: Picture) -> None:
    with stage.looking(locale, picture.who, picture.size) as page:
        picture.way(stage, page)
        whole = page.screenshot(full_page=True, clip=clip_of(page, picture))
    path = HOME / locale / f"{picture.name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(small(whole))


def places_of(engine: Database) -> dict[str, str]:
    """The ids that addresses need: a team, one of its people and a KPI, the last quarter, the open round."""
    with engine.read() as session:
        company_id = list_companies(session, SERVICE)[0].id
        quarter = find_round_by_key(session, company_id, "2026-q3")
        running = find_round_by_key(session, company_id, "2026-q4-team-nord")
        release = find_release_of(session, quarter.id) if quarter else None
        if running is None or release is None:
            raise LookupError("the demo has no such rounds")
        subjects = find_subjects(session, company_id, ["team-nord", "sofie.berg"])
        kpis = find_kpis(session, company_id, ["first-impression"])
    return {
        "unit": subjects["team-nord"],
        "person": subjects["sofie.berg"],
        "kpi": kpis["first-impression"],
        "release": release.id,
        "round": running.id,
    }


def main(wanted: Sequence[str]) -> None:
    configure_logs("console", "error")
    with tempfile.TemporaryDirectory() as folder, MailServer.running() as mail:
        engine = migrated(f"sqlite:///{folder}/pictures.sqlite")
        with engine.write() as session:
            load_demo(session, now=NOW)
        found = find_browser()
        with live(engine, mail, NOW) as service, sync_playwright() as playwright:
            service.work()
            browser = playwright.chromium.launch(
                executable_path=found.program,
                chromium_sandbox=False,
                args=QUIET,
                env={**os.environ, **found.environment},
            )
            stage = Stage(service, browser, places_of(engine))
            for picture in PICTURES:
                for locale in ("en", "nb"):
                    if not wanted or picture.name in wanted:
                        take(stage, locale, picture)
            browser.close()
        engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1:])
