"""Two-step sign-in as a browser does it: set up with an app, asked at the door, required by a rule, reset by others."""

import base64
import re
from dataclasses import dataclass, field
from datetime import timedelta

from httpx2 import Response

from app.accounts.proofs import time_step
from app.infra.keys import fingerprint, key_of
from app.infra.otp import code_at
from tests.client import Client
from tests.http.test_sign_in import link_for
from tests.served import ONE_DATABASE, OWN_PAGE, Served
from tests.web.markup import tree

STEP = timedelta(seconds=30)


@dataclass
class Person:
    """Somebody with a browser and an app on the phone."""

    served: Served
    name: str
    secret: bytes = b""
    codes: list[str] = field(default_factory=list)
    browser: Client = field(init=False)

    def __post_init__(self) -> None:
        self.browser = self.served.signed_in(self.name)
        self.browser.cookies.set("lang", "en")

    def post(self, path: str, **fields: str) -> Response:
        with self.served.engine.read() as session:
            token = key_of(session).csrf_token(fingerprint(self.browser.cookies["session"]))
        return self.browser.post(path, data={"csrf_token": token, **fields})

    def code(self) -> str:
        """The next code of the app: each is waited for."""
        self.served.clock.pass_by(STEP)
        return code_at(self.secret, time_step(self.served.clock.now))

    def set_up(self) -> Response:
        answer = self.post("/account/factor/begin")
        assert (answer.status_code, answer.headers["location"]) == (303, "/account/factor/confirm")
        page = tree(self.browser.get("/account/factor/confirm").text)
        typed = page.one("code", class_="secret").words.replace(" ", "")
        self.secret = base64.b32decode(typed)
        answer = self.post("/account/factor/confirm", code=self.code())
        self.codes = re.findall(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}", answer.text)
        return answer

    def come_in(self) -> Client:
        """A new browser that has used a link and owes the code."""
        browser = self.served.anonymous(**OWN_PAGE)
        answer = browser.post(f"/sign-in/{link_for(self.served, self.name)}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/code")
        return browser


@ONE_DATABASE
def test_an_app_is_set_up_from_a_picture_or_a_key_and_the_codes_are_shown_once(served: Served) -> None:
    person = Person(served, "manager")
    assert "Set it up" in person.browser.get("/account/factor").text
    assert person.browser.get("/account/factor/confirm").status_code == 303
    assert person.post("/account/factor/begin").status_code == 303
    page = tree(person.browser.get("/account/factor/confirm").text)
    links = [str(link.attributes["href"]) for link in page.one("main").all("a")]
    address = next(link for link in links if link.startswith("otpauth://totp/"))
    assert "secret=" in address
    assert "manager%40fjellbris.example" in address
    assert page.one("svg", role="img").all("path") != []
    wrong = person.post("/account/factor/confirm", code="12345")
    assert (wrong.status_code, "does not fit" in wrong.text) == (422, True)
    answer = person.set_up()
    assert (answer.status_code, len(set(person.codes))) == (200, 10)
    assert person.browser.get("/account/factor/confirm").status_code == 303
    assert person.codes[0] not in person.browser.get("/account/factor").text


@ONE_DATABASE
def test_a_code_is_asked_at_the_door_and_for_new_codes_and_removal(served: Served) -> None:
    person = Person(served, "manager")
    person.set_up()
    late = person.come_in()
    assert late.get("/account/sessions").status_code == 303
    assert "session" not in late.cookies
    wrong = late.post("/sign-in/code", data={"code": "000000"})
    assert (wrong.status_code, "does not fit" in wrong.text) == (422, True)
    answer = late.post("/sign-in/code", data={"code": person.code()})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert late.get("/account/sessions").status_code == 200
    assert "half" not in late.cookies
    assert late.post("/sign-in/code", data={"code": person.code()}).headers["location"] == "/sign-in?done=over"

    renewed = person.post("/account/factor/codes", code=person.code())
    assert (renewed.status_code, person.codes[0] in renewed.text) == (200, False)
    assert person.post("/account/factor/codes", code="1").status_code == 422
    assert person.post("/account/factor/remove", code="1").status_code == 422
    gone = person.post("/account/factor/remove", code=person.code())
    assert gone.headers["location"] == "/account/factor?done=removed"
    assert "Set it up" in person.browser.get("/account/factor").text


@ONE_DATABASE
def test_after_five_wrong_codes_the_door_and_the_account_pages_say_how_long_to_wait(served: Served) -> None:
    person = Person(served, "manager")
    person.set_up()
    late = person.come_in()
    statuses = [late.post("/sign-in/code", data={"code": "000000"}).status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]
    waits = [
        late.post("/sign-in/code", data={"code": "000000"}),
        person.post("/account/factor/codes", code="000000"),
        person.post("/account/factor/remove", code="000000"),
    ]
    assert [(one.status_code, one.headers["retry-after"]) for one in waits] == [(429, "1")] * 3
    served.clock.pass_by(timedelta(minutes=1))
    assert late.post("/sign-in/code", data={"code": person.codes[3].lower()}).headers["location"] == "/"


@ONE_DATABASE
def test_whom_the_rule_concerns_is_led_to_set_it_up_before_anything_else(served: Served) -> None:
    admin, viewer = Person(served, "admin"), served.signed_in("viewer")
    assert admin.post("/admin/sign-in", second_factor="everybody").status_code == 422
    stored = admin.post("/admin/sign-in", second_factor="deciders")
    assert stored.headers["location"] == "/admin/sign-in?done=stored"
    for path in ("/", "/admin/sign-in", "/results", "/account/password"):
        answer = admin.browser.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/account/factor"), path
    refused = admin.browser.get("/api/v1/accounts")
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_wanted")
    assert admin.post("/admin/sign-in", second_factor="nobody").headers["location"] == "/account/factor"
    assert "asks for it" in admin.browser.get("/account/factor").text
    assert viewer.get("/account/sessions").status_code == 200
    assert served.with_key("kpis:read").get("/api/v1/kpis").status_code == 200
    assert admin.set_up().status_code == 200
    assert 'value="deciders" checked' in admin.browser.get("/admin/sign-in").text
    leaving = Person(served, "manager")
    assert leaving.browser.get("/").headers["location"] == "/account/factor"
    assert leaving.post("/sign-out").headers["location"] == "/sign-in?done=out"


@ONE_DATABASE
def test_a_lost_phone_is_reset_by_an_administrator_of_everything_the_person_has(served: Served) -> None:
    person, admin = Person(served, "manager"), Person(served, "admin")
    person.set_up()
    path = f"/admin/accounts/{served.accounts['manager']}"
    assert f'href="{path}/reset"' in admin.browser.get(path).text
    assert admin.browser.get(f"{path}/reset").status_code == 200
    assert admin.post(f"{path}/reset", reason=" ").status_code == 422
    own = f"/admin/accounts/{served.accounts['admin']}/reset"
    assert "your own account" in admin.browser.get(own).text
    assert admin.post(own, reason="Ny telefon").status_code == 403
    foreign = Person(served, "foreign")
    for one in (foreign.browser.get(f"{path}/reset"), foreign.post(f"{path}/reset", reason="Ny telefon")):
        assert one.status_code == 404
    assert admin.browser.get("/admin/accounts/nobody/reset").status_code == 404
    assert admin.post(f"{path}/reset", reason="Ny telefon").headers["location"] == "/admin/accounts?done=reset"
    assert person.browser.get("/").headers["location"].startswith("/sign-in")
    again = served.anonymous(**OWN_PAGE)
    assert again.post(f"/sign-in/{link_for(served, 'manager')}").headers["location"] == "/"


@ONE_DATABASE
def test_the_api_resets_and_rules_alike(served: Served) -> None:
    Person(served, "viewer").set_up()
    client, foreign = served.with_key(), served.signed_in("foreign")
    path = f"/api/v1/accounts/{served.accounts['viewer']}/sign-in/reset"
    assert client.post(path, json={"reason": ""}).status_code == 422
    assert foreign.post(path, json={"reason": "Ny telefon"}).status_code == 404
    assert client.post(path, json={"reason": "Ny telefon"}).json()["id"] == served.accounts["viewer"]
    missing = path.replace(served.accounts["viewer"], served.company.id)
    assert client.post(missing, json={"reason": "Ny telefon"}).status_code == 404
    assert client.get("/api/v1/sign-in-rules").json() == {"second_factor": "nobody"}
    assert client.post("/api/v1/sign-in-rules", json={"second_factor": "readers"}).json() == {
        "second_factor": "readers"
    }
    assert client.post("/api/v1/sign-in-rules", json={"second_factor": "all"}).status_code == 422
    assert client.get("/api/v1/sign-in-rules").json() == {"second_factor": "readers"}
