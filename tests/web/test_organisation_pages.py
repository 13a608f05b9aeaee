"""Units, people, who leads, and files of them: what the forms store, and what they keep when they refuse."""

from tests.web.desk import Browser, Desk, query_of, wrong_fields
from tests.web.markup import Element, tree


def unit_path(desk: Desk, name: str, end: str = "") -> str:
    return f"/organisation/{desk.company.subjects[name]}{end}"


def rows(page: Element, caption: str) -> list[str]:
    return [head.words for head in page.one("table", aria_label=caption).all("th", scope="row")]


def test_the_page_of_a_unit_lists_what_hangs_in_it_and_who_leads(desk: Desk) -> None:
    page = desk.browser("owner").page(unit_path(desk, "Team Nord"))
    assert rows(page, "People") == ["Amir Haddad Leads the unit", "Lars Moen", "Omar Said", "Sofie Berg", "Thea Vik"]
    assert page.one("h1").words == "Team Nord"


def test_who_leads_one_team_begins_there(desk: Desk) -> None:
    page = desk.browser("owner").page("/organisation")
    assert rows(page, "Units") == ["Team Nord"]


def test_the_way_back_names_only_what_one_may_see(desk: Desk) -> None:
    names = {
        who: [
            step.words for step in desk.browser(who).page(unit_path(desk, "Team Nord")).all("nav", class_="breadcrumb")
        ]
        for who in ("admin", "owner")
    }
    assert names == {"admin": ["Fjellbris Kundesenter Team Nord"], "owner": []}


def test_a_new_unit_hangs_where_it_was_added(desk: Desk) -> None:
    admin = desk.browser("admin")
    answer = admin.post(
        unit_path(desk, "Kundesenter", "/new"), {"kind": "team", "name": "Team Øst", "external_id": "o"}
    )
    assert (answer.status_code, query_of(answer.headers["location"])) == (303, {"done": "created"})
    assert rows(admin.page(unit_path(desk, "Kundesenter")), "Units") == ["Team Nord", "Team Sør", "Team Øst"]


def test_a_refused_unit_stores_nothing_and_keeps_what_was_typed(desk: Desk) -> None:
    admin = desk.browser("admin")
    typed = {"kind": "team", "name": "<b>@</b>", "external_id": "ost", "starts_on": "2026-02-30"}
    answer = admin.post(unit_path(desk, "Kundesenter", "/new"), typed)
    page = tree(answer.text)
    assert answer.status_code == 422
    assert {where for where, _ in wrong_fields(page)} == {"#starts_on"}
    assert page.one("input", id="name").attributes["value"] == "<b>@</b>"
    assert page.one("input", id="external_id").attributes["value"] == "ost"
    assert rows(admin.page(unit_path(desk, "Kundesenter")), "Units") == ["Team Nord", "Team Sør"]


def test_a_name_that_is_taken_is_a_conflict_and_says_so(desk: Desk) -> None:
    answer = desk.browser("admin").post(unit_path(desk, "Kundesenter", "/new"), {"kind": "team", "name": "team NORD"})
    assert answer.status_code == 409
    alert = tree(answer.text).one("div", role="alert")
    assert alert.words == "There is already something called Team Nord here. Choose another name."


def test_a_field_nobody_asked_for_is_refused(desk: Desk) -> None:
    answer = desk.browser("admin").post(
        unit_path(desk, "Kundesenter", "/new"), {"kind": "team", "name": "Team Øst", "company_id": "x"}
    )
    assert answer.status_code == 422


def test_who_only_leads_a_team_may_not_post_what_changes_it(desk: Desk) -> None:
    owner = desk.browser("owner")
    sent = {
        "/change": {"name": "Mitt team"},
        "/move": {"parent_id": desk.company.subjects["Salg"], "starts_on": "2026-11-23"},
        "/close": {"on": "2026-11-23"},
        "/new": {"kind": "team", "name": "Mitt"},
    }
    found = {end: owner.post(unit_path(desk, "Team Nord", end), fields).status_code for end, fields in sent.items()}
    assert found == dict.fromkeys(sent, 403)


def test_a_change_that_came_second_is_refused_with_what_was_typed(desk: Desk) -> None:
    admin, path = desk.browser("admin"), unit_path(desk, "Team Nord", "/change")
    assert admin.post(path, {"name": "Team Nordvest", "version": "1"}).status_code == 303
    answer = admin.post(path, {"name": "Team Nordøst", "version": "1"})
    assert answer.status_code == 412
    assert tree(answer.text).one("input", id="name").attributes["value"] == "Team Nordøst"


def test_somebody_moves_and_leaves(desk: Desk) -> None:
    admin, subject = desk.browser("admin"), desk.company.subjects["Lars Moen"]
    south = desk.company.subjects["Team Sør"]
    moved = admin.post(f"/organisation/{subject}/move", {"parent_id": south, "starts_on": "2026-11-23"})
    assert moved.status_code == 303
    assert "Lars Moen" in rows(admin.page(unit_path(desk, "Team Sør")), "People")
    left = admin.post(f"/organisation/{subject}/close", {"on": "2026-11-23"})
    assert left.headers["location"] == f"/organisation/{south}?done=closed"
    assert "Lars Moen" not in rows(admin.page(unit_path(desk, "Team Sør")), "People")


def test_a_unit_with_people_in_it_stays_open(desk: Desk) -> None:
    answer = desk.browser("admin").post(unit_path(desk, "Team Nord", "/close"), {"on": "2026-11-23"})
    assert answer.status_code == 409
    assert tree(answer.text).one("h1").words == "Close Team Nord?"


def test_a_leader_is_named_by_address_and_the_role_ends_after_a_question(desk: Desk) -> None:
    admin, path = desk.browser("admin"), unit_path(desk, "Team Nord")
    wrong = admin.post(f"{path}/leaders/new", {"leader": "ola@x.example", "starts_on": "2026-11-23"})
    assert (wrong.status_code, wrong_fields(tree(wrong.text))[0][0]) == (422, "#leader")
    sent = {"leader": "thea.vik@fjellbris.example", "starts_on": "2026-11-23"}
    assert admin.post(f"{path}/leaders/new", sent).status_code == 303
    links = [link.attributes["href"] for link in admin.page(path).all("a") if "/leaders/" in link.attributes["href"]]
    ends = [link for link in links if link.endswith("/end")]
    assert len(ends) == 2
    question = admin.page(ends[1])
    assert question.one("form", class_="confirmation").one("h1").words == "Does Thea Vik no longer lead Team Nord?"
    assert admin.post(ends[1]).status_code == 303
    left = [link for link in admin.page(path).all("a") if link.attributes["href"].endswith("/end")]
    assert [link.attributes["href"] for link in left] == ends[:1]


def test_a_new_person_without_a_unit_only_rates(desk: Desk) -> None:
    admin = desk.browser("admin")
    answer = admin.post("/people/new", {"name": "Kim", "email": "kim@kunder.example", "locale": "en", "unit_id": ""})
    assert admin.page(answer.headers["location"]).one("p", class_="lead").words == "Rates, and is not rated."


def test_a_refused_person_keeps_what_was_typed(desk: Desk) -> None:
    typed = {"name": "Kim", "email": "kim@@", "locale": "en", "unit_id": desk.company.subjects["Team Nord"]}
    answer = desk.browser("admin").post("/people/new", typed)
    page = tree(answer.text)
    assert (answer.status_code, [where for where, _ in wrong_fields(page)]) == (422, ["#email"])
    assert page.one("input", id="email").attributes["value"] == "kim@@"
    chosen = [option.attributes["value"] for option in page.one("select", id="unit_id").all("option", selected="")]
    assert chosen == [typed["unit_id"]]


def test_a_search_keeps_to_names_that_begin_so(desk: Desk) -> None:
    admin = desk.browser("admin")
    assert rows(admin.page("/people?q=so"), "People") == ["Sofie Berg"]
    assert admin.page("/people?q=zz").one("div", class_="empty").one("h2").words == "Nobody found"


# ------------------------------------------------------------ files

PEOPLE = (
    "name;email;unit\r\nSofie Berg Lie;sofie.berg@fjellbris.example;nord\r\nOla Vik;ola.vik@fjellbris.example;nord\r\n"
)


def give_ids(admin: Browser, desk: Desk) -> None:
    sent = {"name": "Team Nord", "external_id": "nord", "version": "1"}
    assert admin.post(unit_path(desk, "Team Nord", "/change"), sent).status_code == 303


def test_a_file_is_looked_at_before_it_is_stored(desk: Desk) -> None:
    admin = desk.browser("admin")
    give_ids(admin, desk)
    answer = admin.upload("/organisation/import", PEOPLE.encode(), {"kind": "people"})
    page = tree(answer.text)
    assert answer.status_code == 200
    lines = [[cell.words for cell in row.all("td")] for row in page.one("tbody").all("tr")]
    assert lines == [["Sofie Berg Lie", "Changed", "Name: Sofie Berg → Sofie Berg Lie"], ["Ola Vik", "New row", ""]]
    assert admin.page("/people?q=ola").all("table") == []
    content = page.one("input", name="content").attributes["value"]
    stored = admin.post("/organisation/import/store", {"kind": "people", "content": content})
    assert stored.headers["location"] == "/people?done=imported"
    assert rows(admin.page("/people?q=ola"), "People") == ["Ola Vik"]


def test_a_wrong_row_is_named_and_nothing_is_stored(desk: Desk) -> None:
    admin = desk.browser("admin")
    give_ids(admin, desk)
    raw = PEOPLE + "Ida;ida@;nord\r\nEva;eva@x.example;ukjent\r\n"
    answer = admin.upload("/organisation/import", raw.encode(), {"kind": "people"})
    page = tree(answer.text)
    assert answer.status_code == 422
    told = [(row.one("th").words, row.all("td")[0].words) for row in page.one("tbody").all("tr")]
    assert told == [("4", "email"), ("5", "unit")]
    assert admin.upload("/organisation/import/store", raw.encode(), {"kind": "people"}).status_code == 422
    assert admin.page("/people?q=ola").all("table") == []


def test_another_file_than_the_one_that_was_checked_is_not_stored(desk: Desk) -> None:
    admin = desk.browser("admin")
    give_ids(admin, desk)
    answer = admin.upload("/organisation/import/store", PEOPLE.encode(), {"kind": "people", "digest": "0" * 64})
    assert answer.status_code == 409
    assert admin.page("/people?q=ola").all("table") == []


def test_a_form_without_a_file_asks_for_one(desk: Desk) -> None:
    answer = desk.browser("admin").post("/organisation/import", {"kind": "units"})
    assert (answer.status_code, wrong_fields(tree(answer.text))[0][0]) == (422, "#file")


def test_the_files_to_begin_with_can_be_taken_back_in(desk: Desk) -> None:
    admin = desk.browser("admin")
    for kind in ("units", "people"):
        sample = admin.get(f"/organisation/import/{kind}.csv")
        assert sample.headers["content-disposition"] == f'attachment; filename="{kind}.csv"'
        checked = admin.upload("/organisation/import", sample.content, {"kind": kind})
        assert checked.status_code == 200, kind
        content = tree(checked.text).one("input", name="content").attributes["value"]
        stored = admin.post("/organisation/import/store", {"kind": kind, "content": content})
        assert stored.status_code == 303, kind
    again = sample_of(admin, "units").replace(b"north;team", b"north;department")
    page = tree(admin.upload("/organisation/import", again, {"kind": "units"}).text)
    assert "Kind: Team → Department" in page.one("tbody").words
    assert b"Kundeservice" in sample_of(admin, "units", "?lang=nb")


def sample_of(admin: Browser, kind: str, query: str = "") -> bytes:
    return admin.get(f"/organisation/import/{kind}.csv{query}").content
