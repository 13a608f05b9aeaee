"""What stands around every answer: headers, hosts, HEAD, logs without secrets, faults without a trace."""

import json
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
import structlog

from app.errors import Unavailable
from app.http.access import declared_routes
from app.main import create_app
from tests.client import Client
from tests.served import ADDRESS, ONE_DATABASE, OWN_PAGE, Served, settings_of

Lines = list[MutableMapping[str, Any]]
# Nothing here depends on which database stands behind it.
pytestmark = [ONE_DATABASE, pytest.mark.slow]
STRICT = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self';"
        " frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}


def plain_path(path: str) -> str:
    return "/".join("x" if part.startswith("{") else part for part in path.split("/"))


def test_every_route_answers_with_the_strict_headers(served: Served) -> None:
    browser = served.signed_in("admin")
    for route in declared_routes(served.app):
        for method in route.methods:
            answer = browser.request(method, plain_path(route.path))
            expected = STRICT if route.path != "/api/docs" else {**STRICT, "content-security-policy": None}
            for name, value in expected.items():
                if value is not None:
                    assert answer.headers[name] == value, f"{method} {route.path} {name}"
            assert answer.status_code < 500, f"{method} {route.path} {answer.status_code}"
            assert len(answer.headers["x-request-id"]) == 12


def test_the_documentation_page_loosens_styles_only(anybody: Client) -> None:
    policy = anybody.get("/api/docs").headers["content-security-policy"]
    assert policy == f"{STRICT['content-security-policy']}; style-src 'self' 'unsafe-inline'"
    assert "<script>" not in anybody.get("/api/docs").text
    for asset in ("swagger-ui.css", "swagger-ui-bundle.js"):
        assert anybody.get(f"/api/docs/assets/{asset}").status_code == 200


def test_files_with_their_hash_in_the_address_may_be_kept_for_ever(served: Served, anybody: Client) -> None:
    address = served.app.state.service.templates.static("app.css")
    assert anybody.get(address).headers["cache-control"] == "public, max-age=31536000, immutable"
    assert anybody.get("/static/app.css").headers["cache-control"] == "public, max-age=300"
    for elsewhere in ("/static/../main.py", "/static/%2e%2e/main.py", "/static/..%2fmain.py", "/static//etc/passwd"):
        assert anybody.get(elsewhere).status_code == 404


def test_head_is_get_without_a_body_everywhere(served: Served) -> None:
    browser = served.signed_in("admin")
    for route in declared_routes(served.app):
        if "GET" in route.methods:
            head, get = (browser.request(method, plain_path(route.path)) for method in ("HEAD", "GET"))
            assert (head.status_code, head.content) == (get.status_code, b""), route.path


@pytest.mark.parametrize("host", ["example.org", "127.0.0.1.example.org", "", "127.0.0.1@example.org", "[::", "a b"])
def test_another_host_is_refused(anybody: Client, host: str) -> None:
    assert anybody.get("/healthz", headers={"host": host}).status_code == 400


def test_links_never_follow_the_host_of_a_request(served: Served) -> None:
    answer = served.anonymous().get("/account/sessions", headers={"host": "localhost:8000"})
    assert answer.headers["location"].startswith("/sign-in")


def test_a_cookie_over_https_is_bound_to_the_host(served: Served) -> None:
    settings = settings_of(served.engine, base_url="https://kpi.example.org", smtp_host="mail.example.org")
    app = create_app(settings, database=served.engine, clock=served.clock)
    browser = Client(app, "https://kpi.example.org", follow_redirects=False)
    answer = browser.get("/sign-in?lang=en")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert "secure" in answer.headers["set-cookie"].lower()


@pytest.fixture
def lines() -> Iterator[list[MutableMapping[str, Any]]]:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as captured:
        yield captured


def test_the_log_names_the_route_and_neither_link_nor_visitor(
    served: Served, lines: list[MutableMapping[str, Any]]
) -> None:
    token = "Zm9yYmlkZGVuLXNlY3JldC10b2tlbi0x"
    rater = served.anonymous(**{"user-agent": "Opera 3.0", "x-forwarded-for": "203.0.113.7"})
    for path in (
        f"/sign-in/{token}",
        f"/r/{token}",
        f"/api/v1/forms/{token}",
        f"/nowhere/{token}",
        f"/sign-in?next={token}",
    ):
        rater.get(path)
    served.anonymous(**OWN_PAGE).post(f"/sign-in/{token}")
    written = json.dumps(lines, default=str)
    assert len(lines) == 6
    assert "/api/v1/forms/{token}" in written
    for secret in (token, "Opera", "203.0.113.7", "testclient"):
        assert secret not in written


def test_a_fault_of_ours_shows_nothing_of_itself(served: Served, lines: list[MutableMapping[str, Any]]) -> None:
    app = create_app(settings_of(served.engine), database=served.engine)

    @app.get("/api/v1/broken")
    def broken() -> None:
        raise RuntimeError("the secret of the house")

    answer = Client(app, ADDRESS).get("/api/v1/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "failed")
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert {line["event"] for line in lines} == {"failed", "request"}


def test_a_database_that_is_away_is_busy_and_not_broken(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise Unavailable

    monkeypatch.setattr(served.engine, "read", away)
    for path in ("/api/v1/goals", "/account/sessions", "/readyz"):
        browser = served.anonymous()
        browser.cookies.set("session", "x" * 43)
        answer = browser.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2"), path


def test_a_language_is_chosen_by_link_then_kept_then_by_the_browser(anybody: Client) -> None:
    def language(path: str, wish: str) -> str:
        text = anybody.get(path, headers={"accept-language": wish}).text
        return text.partition('<html lang="')[2][:2]

    assert [language("/sign-in", wish) for wish in ("no", "nn-NO,nn;q=0.9", "nb", "en-US,en;q=0.5", "de", "")] == [
        "nb",
        "nb",
        "nb",
        "en",
        "nb",
        "nb",
    ]
    assert language("/sign-in?lang=en", "nb") == "en"
    assert language("/sign-in", "nb") == "en"
    assert language("/sign-in?lang=xx", "nb") == "en"


def test_the_same_page_stands_behind_every_name_of_the_machine(served: Served) -> None:
    for address in (ADDRESS, "http://localhost:8000"):
        assert Client(served.app, address).get("/sign-in").status_code == 200
