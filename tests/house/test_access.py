"""Every route says who may come in, and nothing is public by oversight."""

from app.accounts.rules import FOR_PEOPLE
from app.http.access import DeclaredRoute, Who, declared_routes
from app.main import create_app
from app.settings import Settings

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}

# What is asked by POST since the question does not fit into an address, and writes nothing.
QUESTIONS = {"/api/v1/releases/{release_id}/what-if", "/api/v1/receipts", "/receipt"}

# Secrets that are typed in by hand come in the body, so that they stand in no address, no history and no log.
TYPED_IN = {"/api/v1/receipts", "/receipt"}

# What everybody may reach without a link and without signing in. Whoever adds to this list says why at the route.
PUBLIC = {
    "GET /api/docs",
    "GET /api/v1/openapi.json",
    "GET /healthz",
    "GET /link",
    "GET /link/sent",
    "GET /mailbox",
    "GET /mailbox/{name}",
    "GET /mailbox/{name}/html",
    "GET /readyz",
    "GET /receipt",
    "GET /sign-in",
    "GET /sign-in/code",
    "GET /sign-in/provider",
    "GET /sign-in/provider/back",
    "GET /sign-in/sent",
    "POST /api/v1/link-requests",
    "POST /api/v1/mail/events",
    "POST /link",
    "POST /sign-in",
    "POST /sign-in/code",
    "POST /sign-in/link",
    "POST /sign-in/passkey",
    "POST /sign-in/passkey/begin",
}


def routes() -> list[DeclaredRoute]:
    settings = Settings.model_validate({"secret_key": "k" * 40, "database_url": "sqlite:///var/unused.sqlite"})
    return list(declared_routes(create_app(settings)))


def test_every_route_declares_its_access() -> None:
    found = routes()
    assert len(found) > 60
    assert [route.path for route in found if route.access is None] == []


def test_the_public_list_is_complete() -> None:
    public = {
        f"{method} {route.path}"
        for route in routes()
        for method in route.methods
        if route.access is not None and route.access.who is Who.PUBLIC
    }
    assert public == PUBLIC


def test_what_is_open_says_why() -> None:
    reasons = [
        route.access.why for route in routes() if route.access is not None and route.access.who is not Who.SIGNED_IN
    ]
    assert all(len(reason) > 15 for reason in reasons)


def test_whoever_holds_a_link_gives_it_in_the_address_and_a_code_in_the_body() -> None:
    by_link = [route for route in routes() if route.access is not None and route.access.who is Who.LINK]
    assert [route.path for route in by_link if "{token}" not in route.path] == sorted(TYPED_IN, reverse=True)


def test_only_one_click_opt_out_is_taken_from_anywhere() -> None:
    lax = {route.path for route in routes() if route.access is not None and route.access.from_anywhere}
    assert lax <= {"/opt-out/{token}"}


def test_what_is_for_a_person_and_no_key_is_listed() -> None:
    api = [route for route in routes() if route.path.startswith("/api/")]
    personal = [route for route in api if route.access is not None and not route.access.by_key]
    assert {route.path for route in personal} == {
        "/api/v1/account/held",
        "/api/v1/account/passkeys",
        "/api/v1/account/passkeys/{passkey_id}",
        "/api/v1/comments",
        "/api/v1/comments/{comment_id}/decision",
        "/api/v1/focus/{subject_id}/proposal",
        "/api/v1/focus/{subject_id}/proposal/{kpi_id}",
        "/api/v1/open-codes/{code_id}/comments",
        "/api/v1/releases/{release_id}/subjects/{subject_id}/talk/acknowledgement",
        "/api/v1/releases/{release_id}/subjects/{subject_id}/talk/signature",
        "/api/v1/rounds/{round_id}/comments",
        "/api/v1/recovery-cases",
        "/api/v1/recovery-cases/{case_id}",
        "/api/v1/recovery-cases/{case_id}/close",
    }
    assert all(route.access and (route.access.why or route.access.action in FOR_PEOPLE) for route in personal)


def test_every_resource_asks_for_a_scope() -> None:
    unscoped = {
        f"{min(route.methods)} {route.path}"
        for route in routes()
        if route.path.startswith("/api/v1/")
        and route.access is not None
        and route.access.who is Who.SIGNED_IN
        and route.access.action is None
        and route.access.by_key
    }
    assert unscoped == set()


def test_reading_a_resource_asks_for_no_right_to_write() -> None:
    for route in routes():
        action = route.access.action if route.access is not None else None
        if action is not None and route.path.startswith("/api/v1/"):
            writes = bool(route.methods & UNSAFE) and route.path not in QUESTIONS
            assert writes or not action.endswith(":write"), route.path
            assert not writes or not action.endswith(":read"), route.path
