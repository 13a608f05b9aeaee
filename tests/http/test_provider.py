"""Signing in at the organisation's provider: the way there and back, and everything that must not let anybody in."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from httpx2 import Response
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import func, select

from app.accounts.commands import reset_sign_in, set_active
from app.accounts.rules import SERVICE
from app.accounts.tables import AccountRow, IdentityRow, SessionRow
from tests.client import Client
from tests.http.test_factor import Person
from tests.http.test_sign_in import link_for
from tests.provider import CLIENT, SECRET, Provider, running_provider
from tests.served import ONE_DATABASE, OWN_PAGE, PASSWORD, Served, settings_of

pytestmark = pytest.mark.slow


@dataclass
class Door:
    """The application that trusts a provider, and the provider."""

    served: Served
    provider: Provider

    def leave(self, back: str = "") -> tuple[Client, str]:
        """A browser on its way, and where it is sent."""
        browser = self.served.anonymous(**OWN_PAGE)
        answer = browser.get(f"/sign-in/provider{'?next=' + quote(back, safe='') if back else ''}")
        assert answer.status_code == 303, answer.text
        return browser, answer.headers["location"]

    def come_in(self, back: str = "", *, code: str = "") -> tuple[Client, Response]:
        """There and back again."""
        browser, address = self.leave(back)
        return browser, browser.get(self.provider.agree(address, code or f"code-{len(self.provider.sent)}"))

    def sessions(self) -> int:
        with self.served.engine.read() as session:
            return session.scalar(select(func.count()).select_from(SessionRow)) or 0

    def trust(self, **changes: Any) -> None:
        app = self.served.app
        settings = settings_of(self.served.engine, **changes)
        app.state.service = replace(app.state.service, settings=settings)


@pytest.fixture
def door(served: Served, tmp_path: Path) -> Iterator[Door]:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    before = served.app.state.service.settings
    with running_provider(served.clock.now) as provider:
        made = Door(served, provider)
        made.trust(**trusting(provider, oidc_client_secret_file=tmp_path / "secret", oidc_label="Fjellbris-ID"))
        yield made
    served.app.state.service = replace(served.app.state.service, settings=before)


def trusting(provider: Provider, **changes: Any) -> dict[str, Any]:
    return {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, **changes}


@ONE_DATABASE
def test_somebody_with_an_account_comes_in_where_he_wanted_to_go(door: Door) -> None:
    first = door.served.anonymous().get("/sign-in?next=/results%3Fsort%3Dname").text
    assert 'href="/sign-in/provider?next=%2Fresults%3Fsort%3Dname"' in first
    assert "Sign in with Fjellbris-ID" in first
    browser, address = door.leave("/account/sessions?x=1")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert (asked["response_type"], asked["code_challenge_method"], asked["client_id"]) == ("code", "S256", CLIENT)
    assert (asked["scope"], asked["redirect_uri"]) == ("openid email", "http://127.0.0.1:8000/sign-in/provider/back")
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    answer = browser.get(door.provider.agree(address))
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/sessions?x=1")
    assert browser.get("/account/sessions").status_code == 200
    assert "handshake" not in browser.cookies
    # RFC 6749, 2.3.1: name and secret are encoded as in a form before they are joined.
    assert base64.b64decode(door.provider.authorization.removeprefix("Basic ")).decode() == (
        f"{CLIENT}:a%20secret%3A%20with%20%25%20and%20blanks"
    )
    assert door.provider.sent[0]["redirect_uri"] == asked["redirect_uri"]


@ONE_DATABASE
@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "x"]
)
def test_nobody_is_sent_to_another_place_afterwards(door: Door, back: str) -> None:
    _, answer = door.come_in(back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_the_subject_is_bound_at_first_use_and_leads_to_the_account_whatever_address_it_has_later(door: Door) -> None:
    door.come_in()
    door.provider.email = "viewer@fjellbris.example"
    browser, _ = door.come_in()
    with door.served.engine.read() as session:
        assert session.scalars(select(IdentityRow.account_id)).all() == [door.served.accounts["manager"]]
    assert "Manager" in browser.get("/account/sessions").text
    door.provider.claims = {"sub": "s-2", "email": "manager@fjellbris.example"}
    _, taken = door.come_in()
    assert (taken.status_code, "belongs to another sign-in" in taken.text) == (403, True)
    with door.served.engine.write() as session:
        manager = door.served.accounts["manager"]
        reset_sign_in(session, SERVICE, manager, (), reason="Ny identitet", now=door.served.clock.now)
    assert door.come_in()[1].status_code == 303


def test_nobody_gets_an_account_by_it_but_an_employee_who_would_by_a_link(door: Door) -> None:
    door.provider.email = "hvem@fjellbris.example"
    _, refused = door.come_in()
    assert (refused.status_code, "hvem@fjellbris.example has no account here" in refused.text) == (403, True)
    door.provider.claims = {"email": None}
    assert door.come_in()[1].status_code == 403
    with door.served.engine.write() as session:
        assert session.scalar(select(func.count()).where(AccountRow.mailbox == "hvem@fjellbris.example")) == 0
        set_active(session, SERVICE, door.served.accounts["manager"], is_active=False, now=door.served.clock.now)
    door.provider.claims = {"email": "manager@fjellbris.example"}
    assert door.come_in()[1].status_code == 403
    door.provider.claims = {"sub": "s-3", "email": "sofie@fjellbris.example"}
    assert door.come_in()[1].status_code == 303
    assert door.sessions() == 1


ATTACKS: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"},
    "another audience": {"aud": "another-client"},
    "several audiences without saying for whom": {"aud": [CLIENT, "another-client"]},
    "meant for another one": {"azp": "another-client"},
    "the nonce of another sign-in": {"nonce": "x" * 43},
    "no nonce": {"nonce": None},
    "expired": {"exp": -61},
    "no end": {"exp": None},
    "an end that is no number": {"exp": True},
    "made in the future": {"iat": 61},
    "made long ago": {"iat": -661},
    "not valid yet": {"nbf": 61},
    "nobody": {"sub": ""},
    "somebody endless": {"sub": "x" * 256},
    "an address that is not verified": {"email_verified": False},
    "an address that is verified by a word": {"email_verified": "true"},
    "an address of which nothing is said": {"email_verified": None},
}


@ONE_DATABASE
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_token_that_is_not_for_us_now_lets_nobody_in(door: Door, attack: str) -> None:
    now = int(door.served.clock.now.timestamp())
    changed = ATTACKS[attack]
    door.provider.claims = {
        name: now + value if name in {"exp", "iat", "nbf"} and type(value) is int else value
        for name, value in changed.items()
    }
    browser, answer = door.come_in()
    assert answer.status_code == 403
    assert "evil" not in answer.text
    assert (door.sessions(), "session" in browser.cookies) == (0, False)


@ONE_DATABASE
@pytest.mark.parametrize("late", [{"exp": -59}, {"iat": 59}, {"iat": -599}, {"nbf": 59}, {"aud": [CLIENT]}])
def test_clocks_may_differ_by_a_minute(door: Door, late: dict[str, Any]) -> None:
    now = int(door.served.clock.now.timestamp())
    door.provider.claims = {name: now + value if type(value) is int else value for name, value in late.items()}
    assert door.come_in()[1].status_code == 303


@ONE_DATABASE
@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512"])
def test_a_token_without_a_signature_of_the_provider_lets_nobody_in(door: Door, algorithm: str) -> None:
    door.provider.algorithm = algorithm
    assert door.come_in()[1].status_code == 403
    assert door.sessions() == 0


@ONE_DATABASE
def test_a_signature_by_another_key_lets_nobody_in_and_a_changed_key_does(door: Door) -> None:
    door.come_in()
    known = door.provider.key.as_dict(private=False)
    door.provider.key = RSAKey.generate_key(2048, {"kid": "one"})
    door.provider.published = [known]
    assert door.come_in()[1].status_code == 403
    # The provider has changed its key: the new name makes us look again, but not more often than every ten seconds.
    door.provider.key = RSAKey.generate_key(2048, {"kid": "two"})
    door.provider.published = None
    assert door.come_in()[1].status_code == 403
    before = door.provider.key_requests
    door.served.clock.pass_by(timedelta(seconds=10))
    assert door.come_in()[1].status_code == 303
    assert door.provider.key_requests == before + 1


@ONE_DATABASE
def test_other_kinds_of_keys_are_passed_over(door: Door) -> None:
    own = door.provider.key.as_dict(private=False)
    curve = ECKey.generate_key("P-256", {"kid": "one"}).as_dict(private=False)
    door.provider.published = [
        *({"kty": "oct", "kid": "one", "k": "AAAA"}, {"kty": "new"}, {"kty": "RSA", "kid": "one"}, "none", curve),
        *({**own, "use": "enc"}, own),
    ]
    assert door.come_in()[1].status_code == 303
    door.provider.published = [own, own]
    door.served.clock.pass_by(timedelta(hours=1))
    door.provider.now = door.served.clock.now
    assert door.come_in()[1].status_code == 403


@ONE_DATABASE
@pytest.mark.parametrize("state", ["", "x" * 43, "ø"])
def test_whoever_comes_back_with_another_state_did_not_leave_from_here(door: Door, state: str) -> None:
    browser, address = door.leave()
    door.provider.agree(address)
    answer = browser.get("/sign-in/provider/back", params={"code": "code-1", "state": state})
    assert (answer.status_code, "did not begin in this browser" in answer.text) == (403, True)
    assert door.provider.sent == []


@ONE_DATABASE
def test_a_way_back_serves_the_browser_that_left_once_and_for_ten_minutes(door: Door) -> None:
    browser, address = door.leave()
    back = door.provider.agree(address)
    assert door.served.anonymous(**OWN_PAGE).get(back).status_code == 403
    other, _ = door.leave()
    assert other.get(back).status_code == 403
    assert browser.get(back).status_code == 303
    assert browser.get(back).status_code == 403
    assert len(door.provider.sent) == 1
    late, address = door.leave()
    back = door.provider.agree(address)
    door.served.clock.pass_by(timedelta(minutes=10))
    assert late.get(back).status_code == 403
    forged = door.served.anonymous(**OWN_PAGE)
    forged.cookies.set("handshake", f"{'x' * 43}~1764144000.{'x' * 16}~Lw==")
    assert forged.get("/sign-in/provider/back?code=a&state=b").status_code == 403


@ONE_DATABASE
def test_a_code_that_was_used_already_lets_nobody_in(door: Door) -> None:
    assert door.come_in(code="stolen")[1].status_code == 303
    before = door.sessions()
    assert door.come_in(code="stolen")[1].status_code == 403
    assert door.sessions() == before


@ONE_DATABASE
def test_an_answer_of_another_provider_is_a_mix_up(door: Door) -> None:
    browser, address = door.leave()
    back = door.provider.agree(address)
    assert browser.get(f"{back}&iss=https://evil.example").status_code == 403
    assert door.provider.sent == []
    assert browser.get(f"{back}&iss={quote(door.provider.issuer)}").status_code == 303
    door.provider.metadata = {"authorization_response_iss_parameter_supported": True}
    door.served.clock.pass_by(timedelta(hours=1))
    door.provider.now = door.served.clock.now
    assert door.come_in()[1].status_code == 403


@ONE_DATABASE
def test_no_code_and_no_token_are_a_refusal(door: Door) -> None:
    browser, address = door.leave()
    state = door.provider.agree(address).rpartition("=")[2]
    refused = browser.get(f"/sign-in/provider/back?error=access_denied&state={state}")
    assert (refused.status_code, "did not confirm who you are" in refused.text) == (403, True)


@ONE_DATABASE
@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "ftp://127.0.0.1/a"},
    ],
)
def test_a_provider_that_describes_somebody_else_is_not_believed(door: Door, metadata: dict[str, Any]) -> None:
    door.provider.metadata = metadata
    answer = door.served.anonymous().get("/sign-in/provider")
    assert (answer.status_code, "does not answer just now" in answer.text) == (503, True)


@ONE_DATABASE
def test_a_provider_that_fails_is_said_to_and_nothing_is_stored(door: Door) -> None:
    door.provider.status = 502
    assert door.come_in()[1].status_code == 503
    door.trust(**trusting(door.provider, oidc_issuer="http://127.0.0.1:9"))
    assert door.served.anonymous().get("/sign-in/provider").status_code == 503
    door.trust()
    assert door.served.anonymous().get("/sign-in/provider").status_code == 404


@ONE_DATABASE
def test_a_client_sends_its_secret_as_the_provider_wants_it(door: Door, tmp_path: Path) -> None:
    door.provider.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    door.come_in()
    assert (door.provider.sent[0]["client_secret"], door.provider.authorization) == (SECRET, "")
    door.trust(**trusting(door.provider))
    assert door.come_in()[1].status_code == 303
    assert (door.provider.sent[1]["client_id"], "client_secret" in door.provider.sent[1]) == (CLIENT, False)


def test_a_second_factor_of_ours_is_asked_unless_the_provider_is_said_to_ask_itself(door: Door) -> None:
    person = Person(door.served, "manager")
    person.set_up()
    door.provider.now = door.served.clock.now
    browser, answer = door.come_in("/results")
    assert answer.headers["location"] == "/sign-in/code"
    assert browser.post("/sign-in/code", data={"code": person.code()}).headers["location"] == "/results"
    door.trust(**trusting(door.provider, oidc_is_strong=True))
    door.provider.now = door.served.clock.now
    assert door.come_in("/results")[1].headers["location"] == "/results"


@ONE_DATABASE
def test_where_the_provider_is_the_only_way_passwords_and_asking_for_links_are_closed(door: Door) -> None:
    door.trust(**trusting(door.provider, oidc_only=True))
    browser = door.served.anonymous(**OWN_PAGE)
    page = browser.get("/sign-in").text
    assert ("Sign in with your organisation" in page, "<form" in page) == (True, False)
    typed = {"email": "admin@fjellbris.example", "password": PASSWORD}
    assert browser.post("/sign-in", data=typed).status_code == 403
    assert browser.post("/sign-in/link", data=typed).status_code == 403
    assert browser.post("/sign-in/passkey/begin").status_code == 403
    # A link that the command line prints is the way back in when the provider is gone.
    assert browser.post(f"/sign-in/{link_for(door.served, 'admin')}").status_code == 303
    assert door.come_in()[1].status_code == 303


@ONE_DATABASE
def test_signing_out_ends_our_session_and_says_whose_goes_on(door: Door) -> None:
    person = Person(door.served, "viewer")
    assert person.post("/sign-out").headers["location"] == "/sign-in?done=out_here"
    assert "may still be signed in" in door.served.anonymous().get("/sign-in?done=out_here").text
