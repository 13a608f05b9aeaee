"""A question that only some are asked, on a phone: it comes and goes with a script, and says when it counts without."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.kpis.tables import ItemRow
from app.kpis.values import RaterGroup
from app.responses.tables import AnswerRow
from tests.browser.live import Live, live
from tests.chromium import PHONE
from tests.fjellbris import fjellbris
from tests.played_round import customers_of, play
from tests.releases.test_conditional import with_a_follow_up
from tests.shelf import Shelf, nothing
from tests.smtp import MailServer

pytestmark = pytest.mark.slow
NewPage = Callable[..., Page]
Barriers = Callable[[Page], list[str]]
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SOFIE = "Sofie Berg"
WHEN = "Bare hvis du svarte 1 eller 2 på «Møtet»."


@pytest.fixture
def service(shelves: Callable[[str], Shelf], mail_server: MailServer) -> Iterator[Live]:
    shelf = shelves("sqlite")
    with live(shelf.take(nothing), mail_server, NOW) as running:
        yield running
    shelf.put_back()


def links(service: Live) -> tuple[str, ...]:
    """Three customers are asked about Sofie: the welcome, the tone, and why after a 1 or a 2 for the welcome."""
    with service.engine.write() as session:
        company = fjellbris(session, NOW)
        with_a_follow_up(session, company, NOW)
        played = play(session, company, NOW, groups=(RaterGroup.MANAGER, RaterGroup.CUSTOMER), customers={SOFIE: 3})
        return tuple(f"{service.address}/r/{played.link_of(one)}" for one in customers_of(company, SOFIE, 3))


def choose(page: Page, question: int, level: int) -> None:
    page.locator("fieldset.scale").nth(question).locator(f"input[value='{level}']").check()


def send(page: Page) -> None:
    page.locator("form.rate-form > button.button-primary").click()
    page.wait_for_url("**/thanks")


def stored(service: Live) -> list[tuple[str, float | None]]:
    with service.engine.read() as session:
        found = select(ItemRow.code, AnswerRow.level).join(ItemRow, ItemRow.id == AnswerRow.item_id)
        return sorted((code, level) for code, level in session.execute(found))


def test_it_is_shown_and_said_when_it_is_asked_and_nothing_of_it_is_kept_otherwise(
    service: Live, new_page: NewPage, barriers: Barriers
) -> None:
    scripted, plain, _ = links(service)
    phone = new_page(viewport=PHONE, has_touch=True, is_mobile=True)
    phone.goto(scripted)
    why, voice = phone.locator("[data-if]"), phone.locator("p.hidden[role=status]")
    expect(why).to_be_hidden()
    choose(phone, 0, 2)
    expect(why).to_be_visible()
    assert voice.inner_text() == "Ett spørsmål til: Møtet"
    assert (WHEN in why.inner_text(), barriers(phone)) == (True, [])
    # The keyboard comes by in reading order.
    phone.locator("fieldset.scale").nth(1).locator("input").first.focus()
    phone.keyboard.press("Tab")
    assert phone.evaluate("document.activeElement.closest('[data-if]') !== null")
    choose(phone, 2, 1)
    choose(phone, 1, 3)
    choose(phone, 0, 5)
    expect(why).to_be_hidden()
    assert voice.inner_text() == ""
    send(phone)
    assert stored(service) == [("tone", 3.0), ("welcome", 5.0)]

    bare = new_page(viewport=PHONE, has_touch=True, is_mobile=True, java_script_enabled=False)
    bare.goto(plain)
    assert WHEN in bare.inner_text("main")
    for question, level in enumerate((1, 2, 3)):
        choose(bare, question, level)
    send(bare)
    assert stored(service) == [("tone", 2.0), ("tone", 3.0), ("welcome", 1.0), ("welcome", 5.0), ("why", 3.0)]
