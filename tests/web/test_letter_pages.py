"""The pages of a company's letters: worded side by side, shown as they would arrive, refused with everything typed."""

import pytest

from app.web.mail_frame import FRAME_POLICY
from tests.web.desk import Browser, Desk, form_of, wrong_fields
from tests.web.markup import tree

PATH = "/admin/letters/invitation"
TEXTS = {
    "nb.subject": "{asker} spør om {subjects}",
    "en.subject": "{asker} asks about {subjects}",
    "nb.opening": "Hei igjen!\r\n\r\n{asker} spør om {subjects}, {minutes}.",
    "en.opening": "{asker} asks about {subjects}, {minutes}.",
    "nb.closing": "",
    "en.closing": "",
    "version": "0",
}


@pytest.fixture
def admin(desk: Desk) -> Browser:
    return desk.browser("admin")


def words(browser: Browser) -> list[str]:
    return [row.words for row in browser.page("/admin/letters").one("tbody").all("tr")]


def test_a_letter_is_worded_and_goes_back_to_the_house_text_after_a_question(desk: Desk, admin: Browser) -> None:
    assert words(admin) == ["Invitation House text – Change", "Reminder House text – Change"]
    assert admin.post(PATH, TEXTS).headers["location"] == "/admin/letters?done=stored"
    assert words(admin)[0] == "Invitation Your own Monday 23 November 2026 at 10:00 Change · House text"
    sent = form_of(admin.page(PATH), PATH)
    assert (sent["nb.opening"], sent["version"]) == (["Hei igjen!\n\n{asker} spør om {subjects}, {minutes}."], ["1"])
    assert (
        admin.page(f"{PATH}/reset").one("form", class_="confirmation").one("h1").words == "Go back to the house text?"
    )
    assert admin.post(f"{PATH}/reset").headers["location"] == "/admin/letters?done=reset"
    assert words(admin)[0] == "Invitation House text Monday 23 November 2026 at 10:00 Change"
    journal = [row.one("th").words for row in admin.page("/admin/journal").one("tbody").all("tr")]
    assert journal[:2] == ["Went back to the house text of a letter", "Worded a letter"]


def test_a_refused_letter_keeps_what_was_typed_and_names_each_text(desk: Desk, admin: Browser) -> None:
    answer = admin.post(PATH, {**TEXTS, "nb.subject": "Svar oss", "en.opening": ""})
    page = tree(answer.text)
    assert answer.status_code == 422
    assert wrong_fields(page) == [
        ("#nb.subject", "Subject line, Norwegian: The text has to name {asker} / {organisation}."),
        ("#en.opening", "First paragraph, English: Write this in both languages, or in neither."),
    ]
    assert form_of(page, PATH)["nb.subject"] == ["Svar oss"]
    assert words(admin)[0] == "Invitation House text – Change"


def test_who_was_slower_is_told(desk: Desk, admin: Browser) -> None:
    admin.post(PATH, TEXTS)
    assert admin.post(PATH, {**TEXTS, "nb.closing": "", "nb.subject": "{asker} igjen"}).status_code == 412


def test_one_can_begin_with_the_house_text_and_store_it(desk: Desk, admin: Browser) -> None:
    for letter in ("invitation", "reminder"):
        path = f"/admin/letters/{letter}"
        sent = form_of(admin.page(f"{path}?start=house"), path)
        assert admin.post(path, sent).headers["location"] == "/admin/letters?done=stored"
    assert [line.split(" ")[1] for line in words(admin)] == ["Your", "Your"]


@pytest.mark.parametrize(
    ("locale", "subject", "opening"),
    [
        (
            "nb",
            "Subject line: Amir Haddad spør om tre kolleger",
            "Amir Haddad spør om Sofie Berg, Thea Vik og Omar Said",
        ),
        (
            "en",
            "Subject line: Amir Haddad asks about three colleagues",
            "asks about Sofie Berg, Thea Vik and Omar Said",
        ),
    ],
)
def test_what_was_typed_is_shown_as_it_would_arrive(
    desk: Desk, admin: Browser, locale: str, subject: str, opening: str
) -> None:
    text = admin.post(f"{PATH}/shown/{locale}/text", TEXTS)
    assert (text.headers["content-type"], text.headers["content-security-policy"]) == (
        "text/plain; charset=utf-8",
        FRAME_POLICY,
    )
    assert subject in text.text.splitlines()
    assert opening in text.text
    page = admin.post(f"{PATH}/shown/{locale}/html", TEXTS)
    assert page.headers["content-security-policy"] == FRAME_POLICY
    assert opening in page.text
    assert words(admin)[0] == "Invitation House text – Change", "nothing is stored"


def test_the_frame_begins_with_the_stored_letter_and_says_what_is_wrong_with_a_typed_one(
    desk: Desk, admin: Browser
) -> None:
    assert admin.page(PATH).one("iframe").attributes["src"] == f"{PATH}/shown"
    assert "Amir Haddad spør deg om <b" in admin.get(f"{PATH}/shown").text
    wrong = admin.post(f"{PATH}/shown/nb/html", {**TEXTS, "nb.subject": "Svar oss"})
    assert wrong.text == "Subject line, Norwegian: The text has to name {asker} / {organisation}."
    for path in (f"{PATH}/shown/sv/html", f"{PATH}/shown/nb/pdf", "/admin/letters/sign_in/shown/nb/html"):
        assert admin.post(path, TEXTS).status_code == 404


def test_letters_are_worded_by_those_who_may_write_rounds_of_the_whole_company(desk: Desk) -> None:
    for who in ("reader", "owner", "stranger"):
        browser = desk.browser(who)
        for path in ("/admin/letters", PATH, f"{PATH}/shown", f"{PATH}/reset"):
            assert browser.get(path).status_code in {403, 404} or who == "stranger", f"{who} {path}"
        for path in (PATH, f"{PATH}/shown/nb/html", f"{PATH}/reset"):
            assert browser.post(path, TEXTS).status_code in {403, 404} or who == "stranger", f"{who} {path}"
    assert words(desk.browser("admin"))[0] == "Invitation House text – Change"
