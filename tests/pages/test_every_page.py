"""Every page at 360 and 1280 px, light and dark, in Bokmål and English; a page that is new is looked at as well.

Who adds a page is told here that it has to show something: see `every` for where it is, `filled` for what is on it.
"""

import gzip
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page as Tab

from app.infra.formats import DEFAULT_ZONE
from app.worker import tasks_of
from tests.chromium import DESK, PHONE
from tests.dump import tables_of
from tests.house.sources import ROOT
from tests.house.test_locales import translated
from tests.journeys.service import Running
from tests.pages.every import GOES_ON, SEEN_IN_JOURNEYS, Page, every_route, read_every, read_lists
from tests.pages.filled import fill, fill_more
from tests.pages.looking import BEGINNING, Looking, View, serving
from tests.pages.validity import faults
from tests.shelf import NOW, Shelf, demo
from tests.web.markup import Element

pytestmark = pytest.mark.slow
Read = tuple[Running, list[Page]]

MOST = 100_000
# The one word of another language that belongs on a page: the link to it; and a paper that has a language of its own.
# So is somebody's account named in the demo.
_OTHER_LANGUAGE = {"Norsk", "English", "Analytiker"}
_PAPER = "/dossiers/{dossier_id}/paper/{language}"
_OWN_LANGUAGE = {_PAPER, "/mailbox", "/mailbox/{name}"}
_SAID = ("aria-label", "title", "alt", "placeholder")
_WORD = re.compile(r"[^\W\d_]{2}")
# What machines read, amounts, and names that are nobody's.
_PLAIN = re.compile(r"[a-z_:., {}-]+|http\S+|sk_\w+_…|\d+ min|under \d+|Firefox|Soft KPI|Kim Hansen|[0-9A-F ]{79}")
_BETWEEN = re.compile(r" [·/] |, ")


@pytest.fixture(scope="module")
def read(shelves: Callable[[str], Shelf], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    """Every page of the filled demo, read once."""
    shelf = shelves("sqlite")
    service = Running.on(shelf.take(demo, name="pages"), NOW, tmp_path_factory.mktemp("pages"))
    # Cases are looked for once an hour, and another test of this process may have done so just now.
    service.tasks = tasks_of(DEFAULT_ZONE)
    fill(service)
    yield service, read_every(service)
    shelf.put_back()


def words_of(page: Element) -> Iterator[str]:
    """What a page says, piece by piece, without what somebody is to type or copy."""
    for element in page.walk():
        if element.tag in {"code", "textarea", "script"}:
            continue
        said = [element.attributes.get(name, "") for name in _SAID]
        said += [one for one in element.content if isinstance(one, str)]
        yield from (" ".join(one.split()) for one in said if one and one.strip())


def sentences() -> tuple[set[str], set[str]]:
    """All texts of the product in English and in Bokmål, those apart that are the same in both."""
    english: set[str] = set()
    norwegian: set[str] = set()
    for message in translated().values():
        ids, strings = (one if isinstance(one, tuple | list) else [one] for one in (message.id, message.string))
        english |= {" ".join(one.split()) for one in ids if one}
        norwegian |= {" ".join(one.split()) for one in strings if one}
    return english - norwegian, norwegian - english


def test_every_page_shows_something_and_none_is_left_out(read: Read) -> None:
    service, pages = read
    known = every_route(service).keys()
    assert {page.route for page in pages} == known - GOES_ON - SEEN_IN_JOURNEYS.keys()
    assert GOES_ON | SEEN_IN_JOURNEYS.keys() <= known
    for route, journey in SEEN_IN_JOURNEYS.items():
        assert route.rpartition("/")[2] in (ROOT / journey).read_text(), f"{journey} has nothing of {route}"


def test_every_page_is_sound_and_names_itself_in_its_language(read: Read, desk: Tab) -> None:
    _, pages = read
    parsed = Looking(desk, "").parsed([page.html for page in pages])
    titles = set()
    for page, found in zip(pages, parsed, strict=True):
        document = page.tree
        assert faults(document) == [], f"{page.route} in {page.language}"
        written = [element.tag for element in document.walk()][1:]
        # Where a browser puts in, leaves out or moves an element, the text was not what it seemed.
        assert found.split(" ") == written, f"{page.route} in {page.language}"
        assert document.one("html").attributes["lang"] == page.language or page.route == _PAPER, page.route
        titles.add((page.language, document.one("head").one("title").words))
    assert len(titles) > len(pages) / 2


def test_every_page_is_under_100_kb_on_the_way(read: Read) -> None:
    service, pages = read
    browser = service.anybody()
    parts: dict[str, int] = {}
    for page in pages:
        asked = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.html))
        parts |= {one: len(gzip.compress(browser.get(one).content)) for one in asked - parts.keys()}
        whole = len(gzip.compress(page.html.encode())) + sum(parts[one] for one in asked)
        assert whole < MOST, f"{page.route} weighs {whole}"


def test_nothing_on_any_page_is_untranslated(read: Read) -> None:
    service, pages = read
    english, norwegian = sentences()
    stored = "\n".join(line for lines in tables_of(service.engine).values() for line in lines)
    said = {(page.route, page.language): set(words_of(page.tree)) for page in pages}
    wrong = []
    for route in {page.route for page in pages} - _OWN_LANGUAGE:
        nb, en = said[route, "nb"] - _OTHER_LANGUAGE, said[route, "en"] - _OTHER_LANGUAGE
        # What reads the same in both is a name, or a text that somebody typed.
        same = {piece for one in nb & en for piece in _BETWEEN.split(one) if _WORD.search(piece)}
        unknown = {one for one in same if one not in stored and not _PLAIN.fullmatch(one)} - same_in_both()
        wrong += [(route, one) for one in (nb & english) | (en & norwegian) | unknown]
    assert wrong == []


def same_in_both() -> set[str]:
    return {str(message.id) for message in translated().values() if message.id == message.string}


@pytest.mark.parametrize(
    ("language", "views"),
    [("nb", (View(PHONE, "light"), View(DESK, "dark"))), ("en", (View(DESK, "light"), View(PHONE, "dark")))],
)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    read: Read, new_page: Callable[..., Tab], language: str, views: tuple[View, View]
) -> None:
    """What is not of colours is looked at on a phone in one language and at a desk in the other."""
    service, pages = read
    by_path = {f"/page-{number}": page for number, page in enumerate(pages) if page.language == language}
    session = service.signed_in("everything").cookies["session"]
    with serving(service.app, {path: page.html for path, page in by_path.items()}) as base:
        looking = Looking(new_page(is_painted=False, reduced_motion="reduce"), base)
        # Letters in frames of their own are for who is signed in.
        looking.tab.context.add_cookies([{"name": "session", "value": session, "url": base}])
        looking.tab.goto(base + BEGINNING)
        wrong = [
            f"{page.route}: {fault}"
            for number, (path, page) in enumerate(by_path.items())
            # Each page begins with the view that the one before ended with: another one costs as much as a page.
            for fault in looking.at(path, *(reversed(views) if number % 2 else views))
        ]
    assert wrong == []


def test_no_list_asks_the_database_more_often_for_more_rows(read: Read) -> None:
    service, _ = read
    few = read_lists(service)
    fill_more(service)
    many = read_lists(service)
    assert len(few) > 50
    assert {route: (few[route], many[route]) for route in few if many[route] > few[route]} == {}
