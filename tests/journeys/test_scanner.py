"""Mail programs look at every link before anybody reads the letter: whatever they do, nothing changes."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.live import Live, live
from tests.dump import tables_of
from tests.journeys.scenario import DOMAIN, SOFIES_CUSTOMERS, START, Played, launched, played_on
from tests.journeys.service import text_of
from tests.served import ADDRESS, OWN_PAGE
from tests.shelf import Shelf
from tests.smtp import MailServer

CUSTOMER, AMIR = "kunde01@kunder.example", f"amir.haddad{DOMAIN}"
LATER = START + timedelta(hours=2)
TIMES = 20
_ADDRESS = re.compile(rf"{re.escape(ADDRESS)}(/[^\s\"'<>]+)")


@dataclass
class Letters:
    """A customer who asked for the link again and a leader who asked to sign in: all addresses in their letters."""

    played: Played
    paths: list[str]

    def path(self, beginning: str) -> str:
        return next(path for path in self.paths if path.startswith(beginning))


@pytest.fixture
def letters(shelf: Shelf, tmp_path: Path) -> Letters:
    played = played_on(shelf.take(launched), tmp_path, launched)
    service = played.service
    service.clock.now = LATER
    browser = service.anybody(**OWN_PAGE)
    assert browser.post("/link", data={"email": CUSTOMER}).status_code == 303
    assert browser.post("/sign-in/link", data={"email": AMIR}).status_code == 303
    service.work()
    found: list[str] = []
    for recipient in (CUSTOMER, AMIR):
        (letter,) = service.letters()[recipient]
        html = letter.get_body(("html",))
        assert html is not None
        unsubscribe = str(letter["list-unsubscribe"] or "")
        for text in (text_of(letter), str(html.get_content()).replace("&amp;", "&"), unsubscribe):
            found += _ADDRESS.findall(text)
    return Letters(played, sorted(set(found)))


def test_head_and_get_twenty_times_change_nothing_and_every_link_still_works(letters: Letters) -> None:
    service = letters.played.service
    assert {path.split("/")[1] for path in letters.paths} >= {"r", "opt-out", "sign-in"}
    before = tables_of(service.engine)
    scanner = service.anybody(**{"user-agent": "Mail scanner"})
    for path in letters.paths:
        answers = {
            (method, scanner.request(method, path).status_code) for _ in range(TIMES) for method in ("HEAD", "GET")
        }
        assert answers == {("HEAD", 200), ("GET", 200)}, path
    assert tables_of(service.engine) == before

    letters.played.answer_on_page(CUSTOMER, "Sofie Berg", SOFIES_CUSTOMERS[0])
    browser = service.anybody(**OWN_PAGE)
    assert browser.post(letters.path("/sign-in/")).status_code == 303
    assert browser.get("/").status_code == 200
    assert service.anybody().post(letters.path("/opt-out/")).status_code in {200, 303}


def test_the_api_of_a_form_can_be_read_as_often(letters: Letters) -> None:
    service, path = letters.played.service, f"/api/v1/forms/{letters.played.links[CUSTOMER]}"
    before = tables_of(service.engine)
    scanner = service.anybody()
    assert {scanner.request(method, path).status_code for _ in range(TIMES) for method in ("HEAD", "GET")} == {200}
    assert tables_of(service.engine) == before


# ------------------------------------------------------------ a scanner that is a browser


@pytest.fixture
def running(shelves: Callable[[str], Shelf], mail_server: MailServer, tmp_path: Path) -> Iterator[tuple[Live, Played]]:
    shelf = shelves("sqlite")
    database = shelf.take(launched)
    with live(database, mail_server, LATER) as service:
        yield service, played_on(database, tmp_path, launched)
    shelf.put_back()


@pytest.mark.slow
def test_browsers_that_load_a_form_and_wait_change_nothing(
    running: tuple[Live, Played], new_page: Callable[..., Page]
) -> None:
    service, played = running
    before = tables_of(service.engine)
    tabs = {f"/r/{played.links[CUSTOMER]}": new_page(), f"/r/{played.links[AMIR]}?lang=en": new_page()}
    for path, tab in tabs.items():
        tab.goto(service.address + path)
        assert tab.locator("form input[type=radio]").count() > 0
        tab.mouse.wheel(0, 4000)
    # Both wait for as long as the last.
    tab.wait_for_timeout(1500)
    assert tables_of(service.engine) == before
