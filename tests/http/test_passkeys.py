"""Passkeys through the pages and over HTTP: where they are offered, what is refused, and what the answer says then."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.http.limiter import Limiter
from tests.authenticator import Authenticator
from tests.http.test_factor import Person
from tests.served import ONE_DATABASE, OWN_PAGE, Served, settings_of
from tests.web.markup import tree

pytestmark = ONE_DATABASE
ORIGIN = "http://localhost:8000"
PAGE = "/account/passkeys"


@pytest.fixture
def named(served: Served) -> Iterator[Served]:
    """The application at an address with a name."""
    before = served.app.state.service
    trust(served, base_url=ORIGIN)
    yield served
    served.app.state.service = before


def trust(served: Served, **changes: object) -> None:
    service = served.app.state.service
    served.app.state.service = replace(service, settings=settings_of(served.engine, **changes))


def test_a_passkey_opens_the_page_that_was_asked_for_and_is_removed_over_http(named: Served) -> None:
    admin, device = Person(named, "admin"), Authenticator(ORIGIN, "localhost")
    assert tree(admin.browser.get(PAGE).text).one("form", action=PAGE).attributes["data-passkey"] == "make"
    asked = admin.post(f"{PAGE}/begin")
    assert (asked.status_code, asked.headers["content-type"]) == (200, "application/json")
    nameless = admin.post(PAGE, credential=device.make(asked.text), name=" ")
    assert (nameless.status_code, 'id="name-error"' in nameless.text) == (422, True)
    made = admin.post(PAGE, credential=device.make(asked.text), name="Nøkkel")
    assert (made.status_code, made.headers["location"]) == (303, f"{PAGE}?done=made")
    again = admin.post(PAGE, credential=device.make(asked.text), name="Nøkkel")
    assert (again.status_code, "This passkey does not open anything here." in again.text) == (422, True)

    browser = named.anonymous(**OWN_PAGE)
    question = browser.post("/sign-in/passkey/begin").text
    sent = {"credential": device.show(question), "next": "/rounds"}
    opened = browser.post("/sign-in/passkey", data=sent)
    assert (opened.status_code, opened.headers["location"]) == (303, "/rounds")
    refused = named.anonymous(**OWN_PAGE).post("/sign-in/passkey", data={**sent, "next": "https://evil.example"})
    page = tree(refused.text)
    assert (refused.status_code, page.one("p", class_="error", role="alert").words) == (
        422,
        "This passkey does not open anything here. Try again, or sign in in another way.",
    )
    assert page.one("form", action="/sign-in/passkey").one("input", name="next").attributes["value"] == "/"

    (listed,) = browser.get("/api/v1/account/passkeys").json()["items"]
    assert (listed["name"], listed["last_used_at"], listed["doubted_at"]) == ("Nøkkel", "2026-11-23T09:00:00Z", None)
    assert "Remove “Nøkkel”?" in tree(browser.get(f"{PAGE}/{listed['id']}/remove?lang=en").text).words
    path = f"/api/v1/account/passkeys/{listed['id']}"
    stranger = named.signed_in("manager")
    assert (stranger.get(f"{PAGE}/{listed['id']}/remove").status_code, stranger.delete(path).status_code) == (404, 404)
    assert browser.delete(path).status_code == 204
    assert browser.get("/api/v1/account/passkeys").json() == {"items": []}


def test_no_other_site_asks_for_one_and_questions_are_not_endless(named: Served) -> None:
    foreign = named.anonymous(origin="https://evil.example", **{"sec-fetch-site": "cross-site"})
    for path in ("/sign-in/passkey/begin", "/sign-in/passkey"):
        assert foreign.post(path, data={"credential": "{}"}).status_code == 403
    assert named.anonymous().post("/sign-in/passkey/begin").status_code == 403
    assert named.signed_in("admin").post(f"{PAGE}/begin").status_code == 403, "without the hidden field of the form"
    service = named.app.state.service
    named.app.state.service = replace(service, challenges=Limiter(1, 600))
    statuses = [named.anonymous(**OWN_PAGE).post("/sign-in/passkey/begin").status_code for _ in range(2)]
    assert statuses == [200, 429]


def test_where_no_browser_makes_passkeys_none_is_offered(named: Served) -> None:
    trust(named, base_url="")
    admin = Person(named, "admin")
    page = admin.browser.get(PAGE).text
    assert ("Here no passkeys can be made" in page, "data-passkey" in page) == (True, False)
    assert "data-passkey" not in named.anonymous().get("/sign-in").text
    assert admin.post(f"{PAGE}/begin").status_code == 404
    assert named.anonymous(**OWN_PAGE).post("/sign-in/passkey/begin").status_code == 404
