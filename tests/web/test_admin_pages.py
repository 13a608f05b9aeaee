"""Accounts, keys and the journal: what is given and taken there, and what is shown once."""

from tests.web.desk import Browser, Desk, wrong_fields
from tests.web.markup import tree


def new_account(desk: Desk, place: str = "Team Nord", **changes: str) -> dict[str, str]:
    fields = {"name": "Ola Vik", "email": "ola.vik@fjellbris.example", "locale": "nb", "role": "analyst"}
    return {**fields, "subject_id": desk.company.subjects[place], **changes}


def roles(browser: Browser, path: str) -> list[str]:
    return [row.words for row in browser.page(path).one("table", aria_label="Roles").one("tbody").all("tr")]


def test_somebody_new_gets_an_account_with_a_role(desk: Desk) -> None:
    admin = desk.browser("admin")
    path = admin.post("/admin/accounts/new", new_account(desk)).headers["location"].partition("?")[0]
    assert roles(admin, path) == ["Analyst Team Nord Take away"]


def test_a_refused_account_stores_nothing_and_keeps_what_was_typed(desk: Desk) -> None:
    admin = desk.browser("admin")
    answer = admin.post("/admin/accounts/new", new_account(desk, email="ola", name=" "))
    page = tree(answer.text)
    assert (answer.status_code, {where for where, _ in wrong_fields(page)}) == (422, {"#email", "#name"})
    assert page.one("input", id="email").attributes["value"] == "ola"
    assert page.one("input", name="role", value="analyst").attributes["checked"] == ""
    assert "Ola Vik" not in admin.get("/admin/accounts").text


def test_a_role_is_taken_away_after_a_question(desk: Desk) -> None:
    admin, owner = desk.browser("admin"), desk.accounts["owner"]
    path = f"/admin/accounts/{owner}/grants/manager/{desk.company.subjects['Team Nord']}/revoke"
    assert admin.page(path).one("form", class_="confirmation").one("h1").words == (
        "Take Manager on Team Nord away from owner?"
    )
    assert admin.post(path).headers["location"] == "/admin/accounts?done=revoked"
    assert admin.get(f"/admin/accounts/{owner}").status_code == 404


def test_nobody_gives_himself_a_role(desk: Desk) -> None:
    admin, own = desk.browser("admin"), desk.accounts["admin"]
    page = admin.page(f"/admin/accounts/{own}")
    assert page.one("main").all("a", class_="button-primary") == []
    sent = {"role": "manager", "subject_id": desk.company.id}
    refused = admin.post(f"/admin/accounts/{own}/grants/new", sent)
    assert (refused.status_code, tree(refused.text).all("nav", class_="bar-nav") != []) == (403, True)
    assert roles(admin, f"/admin/accounts/{own}") == ["Administrator Fjellbris Take away"]


def test_an_administrator_of_one_company_learns_of_no_account_of_another(desk: Desk) -> None:
    admin = desk.browser("admin")
    assert "stranger" not in admin.get("/admin/accounts").text
    foreign = admin.get(f"/admin/accounts/{desk.accounts['stranger']}")
    for missing in (f"/admin/accounts/{desk.company.id}", "/nowhere"):
        assert (admin.get(missing).status_code, admin.get(missing).text) == (404, foreign.text)
    ways_on = [one.attributes["href"] for one in tree(foreign.text).one("main").all("a")]
    assert (tree(foreign.text).all("nav", class_="bar-nav") != [], ways_on) == (True, ["/"])
    assert "Til Min uke" in admin.get("/nowhere?lang=nb").text
    admin.client.cookies.delete("session")
    nobody = admin.page("/nowhere?lang=en", status=404)
    assert (nobody.all("nav"), nobody.one("main").one("a").words) == ([], "To the first page")


def test_a_key_is_shown_once_and_opens_the_api(desk: Desk) -> None:
    admin = desk.browser("admin")
    fields = {"name": "Lønn", "subject_id": desk.company.id, "expires_at": "2027-11-23", "scopes": ["kpis:read"]}
    answer = admin.post("/admin/keys/new", fields)
    secret = tree(answer.text).one("code").words
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    listed = admin.get("/admin/keys").text
    assert (secret in listed, secret[:11] in listed) == (False, True)
    headers = {"authorization": f"Bearer {secret}"}
    assert admin.client.get("/api/v1/kpis", headers=headers).status_code == 200
    assert admin.client.get("/api/v1/people", headers=headers).status_code == 403


def test_the_last_day_of_a_key_is_the_one_that_was_chosen(desk: Desk) -> None:
    admin = desk.browser("admin")
    fields = {"name": "Lønn", "subject_id": desk.company.id, "expires_at": "2027-11-23", "scopes": ["kpis:read"]}
    admin.post("/admin/keys/new", fields)
    cells = [cell.words for cell in admin.page("/admin/keys").one("tbody").all("td")]
    assert cells[2] == "23 November 2027"


def test_a_refused_key_is_not_made(desk: Desk) -> None:
    admin = desk.browser("admin")
    fields = {"name": "Lønn", "subject_id": desk.company.id, "expires_at": "2029-11-23", "scopes": ["rounds:read"]}
    answer = admin.post("/admin/keys/new", fields)
    page = tree(answer.text)
    assert (answer.status_code, [where for where, _ in wrong_fields(page)]) == (422, ["#expires_at"])
    assert page.one("input", value="rounds:read").attributes["checked"] == ""
    bare = admin.post("/admin/keys/new", {"name": "Lønn", "subject_id": desk.company.id, "expires_at": "2027-01-01"})
    assert [where for where, _ in wrong_fields(tree(bare.text))] == ["#scopes-1"]
    assert admin.page("/admin/keys").one("div", class_="empty").one("h2").words == "No key yet"


def test_a_key_passes_on_no_more_than_one_may_do(desk: Desk) -> None:
    admin = desk.browser("admin")
    offered = [box.attributes["value"] for box in admin.page("/admin/keys/new").all("input", name="scopes")]
    assert "results:read" not in offered
    fields = {"name": "Lønn", "subject_id": desk.company.id, "expires_at": "2027-01-01", "scopes": ["results:read"]}
    assert admin.post("/admin/keys/new", fields).status_code == 403


def test_a_key_ends_after_a_question(desk: Desk) -> None:
    admin = desk.browser("admin")
    fields = {"name": "Lønn", "subject_id": desk.company.id, "expires_at": "2027-11-23", "scopes": ["kpis:read"]}
    secret = tree(admin.post("/admin/keys/new", fields).text).one("code").words
    path = admin.page("/admin/keys").one("tbody").one("a").attributes["href"]
    assert admin.page(path).one("form", class_="confirmation").one("h1").words == "End the key Lønn?"
    assert admin.post(path).headers["location"] == "/admin/keys?done=revoked"
    assert admin.client.get("/api/v1/kpis", headers={"authorization": f"Bearer {secret}"}).status_code == 401


def test_the_journal_says_what_happened_in_words_and_by_whom(desk: Desk) -> None:
    admin = desk.browser("admin")
    admin.post("/goals/new", {"name.nb": "Vekst"})
    row = admin.page("/admin/journal").one("tbody").all("tr")[0]
    assert row.one("th").words == "Wrote a goal"
    assert [cell.words for cell in row.all("td")][1:] == ["admin", "Monday 23 November 2026 at 10:00"]


def test_every_entry_of_the_journal_has_words(desk: Desk) -> None:
    heads = [row.words for row in desk.browser("admin").page("/admin/journal").one("tbody").all("th")]
    assert [words for words in heads if "." in words] == []
