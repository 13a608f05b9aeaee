"""Coming in and going out through the pages, as a browser does it."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from re import findall

import pytest

from app.accounts.commands import set_password
from app.accounts.rules import SERVICE
from app.accounts.sign_in import start_link
from app.infra.keys import key_of
from app.web.sessions import browser_name
from tests.client import Client
from tests.served import ADDRESS, OWN_PAGE, PASSWORD, Served


def hidden_field(browser: Client) -> str:
    found = findall(r'name="csrf_token" value="([^"]+)"', browser.get("/account/sessions").text)
    return unescape(found[0])


def link_for(served: Served, name: str) -> str:
    with served.engine.write() as session:
        return key_of(session).sign_in_token(start_link(session, served.accounts[name], now=served.clock.now))


def with_password(served: Served) -> None:
    with served.engine.write() as session:
        set_password(session, SERVICE, served.accounts["admin"], PASSWORD, now=served.clock.now)


def test_a_link_from_a_letter_signs_in_once_and_only_by_its_button(served: Served) -> None:
    token, browser = link_for(served, "admin"), served.anonymous(**OWN_PAGE)
    for _ in range(20):
        assert browser.get(f"/sign-in/{token}").status_code == 200
        assert browser.head(f"/sign-in/{token}").text == ""
    assert "session" not in browser.cookies
    answer = browser.post(f"/sign-in/{token}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert browser.get("/account/sessions").status_code == 200
    assert served.anonymous(**OWN_PAGE).post(f"/sign-in/{token}").status_code == 410


def test_an_unknown_link_is_unknown_and_after_thirty_nothing_more_is_looked_at(served: Served) -> None:
    browser = served.anonymous(**OWN_PAGE)
    answers = [browser.post(f"/sign-in/{'x' * 31}{number % 10}") for number in range(32)]
    assert [answer.status_code for answer in answers] == [404] * 30 + [429] * 2
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 600
    assert len({answer.text for answer in answers[:30]}) == 1


def test_a_password_signs_in_and_leads_back(served: Served) -> None:
    with_password(served)
    browser = served.anonymous(**OWN_PAGE)
    away = browser.get("/account/sessions?x=1")
    assert (away.status_code, away.headers["location"]) == (303, "/sign-in?next=%2Faccount%2Fsessions%3Fx%3D1")
    typed = {"email": "Admin@Fjellbris.example", "password": PASSWORD, "next": "/account/sessions?x=1"}
    answer = browser.post("/sign-in", data=typed)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/sessions?x=1")
    cookie = answer.headers["set-cookie"].lower()
    assert {"httponly", "samesite=lax", "path=/"} <= set(cookie.split("; ")[1:])
    assert "domain" not in cookie


def test_wrong_password_and_unknown_address_read_alike_and_keep_what_was_typed(served: Served) -> None:
    with_password(served)
    browser = served.anonymous(**OWN_PAGE)
    wrong = browser.post("/sign-in", data={"email": "admin@fjellbris.example", "password": "ikke dette passordet"})
    unknown = browser.post("/sign-in", data={"email": "hvem@fjellbris.example", "password": "ikke dette passordet"})
    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert wrong.text.replace("admin@", "hvem@") == unknown.text
    assert "admin@fjellbris.example" in wrong.text
    assert "ikke dette passordet" not in wrong.text


def test_the_sixth_wrong_password_has_to_wait(served: Served) -> None:
    with_password(served)
    browser = served.anonymous(**OWN_PAGE)
    typed = {"email": "admin@fjellbris.example", "password": "ikke dette passordet"}
    statuses = [browser.post("/sign-in", data=typed).status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]
    delayed = browser.post("/sign-in", data={**typed, "password": PASSWORD})
    assert delayed.status_code == 429
    assert int(delayed.headers["retry-after"]) >= 1


def test_asking_for_a_link_says_the_same_to_everybody(served: Served) -> None:
    browser = served.anonymous(**OWN_PAGE)
    known = browser.post("/sign-in/link", data={"email": "admin@fjellbris.example"})
    unknown = browser.post("/sign-in/link", data={"email": "hvem@fjellbris.example"})
    nothing = browser.post("/sign-in/link", data={"email": "", "x": "y"})
    assert {(one.status_code, one.headers["location"]) for one in (known, unknown, nothing)} == {(303, "/sign-in/sent")}


def test_signing_out_ends_the_session_on_our_side(served: Served) -> None:
    browser = served.signed_in("admin")
    secret = browser.cookies["session"]
    answer = browser.post("/sign-out", data={"csrf_token": hidden_field(browser)})
    assert (answer.status_code, answer.headers["clear-site-data"]) == (303, '"cache", "storage"')
    late = served.anonymous()
    late.cookies.set("session", secret)
    assert late.get("/account/sessions").status_code == 303


def test_a_session_ends_after_half_an_hour_without_use_and_after_twelve_hours(served: Served) -> None:
    browser = served.signed_in("admin")
    for _ in range(24):
        served.clock.pass_by(timedelta(minutes=29))
        assert browser.get("/account/sessions").status_code == 200
    served.clock.pass_by(timedelta(minutes=29))
    assert browser.get("/account/sessions").status_code == 303
    other = served.signed_in("admin")
    served.clock.pass_by(timedelta(minutes=31))
    assert other.get("/account/sessions").status_code == 303


def test_a_new_session_never_takes_over_the_cookie_that_was_there(served: Served) -> None:
    browser = served.anonymous(**OWN_PAGE)
    browser.cookies.set("session", "x" * 43)
    token = link_for(served, "admin")
    browser.post(f"/sign-in/{token}")
    assert all(cookie.value != "x" * 43 for cookie in browser.cookies.jar if cookie.domain == "127.0.0.1")


def test_one_browser_can_end_another_but_not_somebody_elses(served: Served, sign_in: Callable[[str], Client]) -> None:
    browser, other, stranger = sign_in("admin"), sign_in("admin"), sign_in("manager")
    ends = findall(r'action="(/account/sessions/[^"]+/end)"', browser.get("/account/sessions").text)
    assert len(ends) == 1
    assert stranger.post(ends[0], data={"csrf_token": hidden_field(stranger)}).status_code == 404
    assert browser.post(ends[0], data={"csrf_token": hidden_field(browser)}).status_code == 303
    assert other.get("/account/sessions").status_code == 303


def test_a_new_password_signs_out_everywhere(served: Served, sign_in: Callable[[str], Client]) -> None:
    browser, other = sign_in("admin"), sign_in("admin")
    form = {"csrf_token": hidden_field(browser), "password": PASSWORD, "again": PASSWORD}
    short = browser.post("/account/password", data={**form, "password": "kort", "again": "kort"})
    unlike = browser.post("/account/password", data={**form, "again": "noe annet"})
    assert (short.status_code, unlike.status_code) == (422, 422)
    assert browser.post("/account/password", data=form).headers["location"] == "/sign-in?done=password"
    assert [one.get("/account/sessions").status_code for one in (browser, other)] == [303, 303]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://example.org"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8001"},
        {"origin": "https://127.0.0.1:8000"},
        {"origin": ADDRESS, "sec-fetch-site": "cross-site"},
        {"origin": ADDRESS, "sec-fetch-site": "same-site"},
    ],
)
def test_a_post_from_elsewhere_is_refused(served: Served, headers: dict[str, str]) -> None:
    browser = served.signed_in("admin")
    field = hidden_field(browser)
    elsewhere = served.anonymous(**headers)
    elsewhere.cookies.set("session", browser.cookies["session"])
    assert elsewhere.post("/sign-out", data={"csrf_token": field}).status_code == 403
    assert elsewhere.post("/sign-in", data={"email": "a", "password": "b"}).status_code == 403
    assert elsewhere.post("/api/v1/goals", json={"name": {"nb": "Mål"}}).status_code == 403
    assert browser.get("/account/sessions").status_code == 200


def test_a_form_needs_the_hidden_field_of_its_own_session(served: Served) -> None:
    browser, other = served.signed_in("admin"), served.signed_in("admin")
    for field in ({}, {"csrf_token": ""}, {"csrf_token": "x" * 32}, {"csrf_token": hidden_field(other)}):
        assert browser.post("/sign-out", data=field).status_code == 403
    assert browser.post("/sign-out", data={"csrf_token": hidden_field(browser)}).status_code == 303


@pytest.mark.parametrize(
    ("client", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0", "Firefox, Windows"),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
            "Chrome, Linux",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36 Edg/156.0", "Edge, Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Safari/604.1",
            "Safari, iPhone",
        ),
        ("curl/7.88.1", "curl/7.88.1"),
        ("", ""),
    ],
)
def test_a_browser_is_named_as_people_call_it(client: str, name: str) -> None:
    assert browser_name(client) == name
