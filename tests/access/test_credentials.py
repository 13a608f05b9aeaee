"""What is shown at the doors and is worth nothing: made up, of another kind, or not any more."""

from tests.served import ONE_DATABASE, Served, served

__all__ = ["served"]

MADE_UP = "x" * 43


@ONE_DATABASE
def test_what_is_made_up_opens_nothing(served: Served) -> None:
    shown = {
        "a made-up key": {"authorization": f"Bearer sk_00000000_{MADE_UP}"},
        "no key": {"authorization": "Bearer "},
        "another scheme": {"authorization": "Basic YTpi"},
        "a made-up cookie": {"cookie": f"session={MADE_UP}", "origin": "http://127.0.0.1:8000"},
    }
    for who, headers in shown.items():
        answer = served.anonymous(**headers).get("/api/v1/rounds")
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), who


@ONE_DATABASE
def test_a_page_takes_no_key_and_minds_no_header_of_a_proxy(served: Served) -> None:
    assert served.with_key().get("/rounds").headers["location"].startswith("/sign-in")
    browser = served.signed_in("manager")
    browser.headers["authorization"] = "Basic YTpi"
    assert browser.get("/rounds").status_code == 200
    assert browser.get("/api/v1/rounds").status_code == 401


def test_a_revoked_key_is_no_key(served: Served) -> None:
    secret = served.key()
    client = served.anonymous(authorization=f"Bearer {secret}")
    keys = client.get("/api/v1/api-keys").json()["items"]
    mine = next(one for one in keys if one["prefix"] == secret.split("_")[1])
    assert "secret" not in mine
    assert client.post(f"/api/v1/api-keys/{mine['id']}/revoke").json()["revoked_at"] is not None
    assert client.get("/api/v1/api-keys").status_code == 401
