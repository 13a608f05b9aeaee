"""Who rates whom on the pages: proposed, listed, added by hand and approved by a second person, taken off."""

from app.kpis.values import RaterGroup
from app.rounds.plan import MOST_COLLEAGUES
from app.rounds.queries import load_assignments
from app.rounds.values import AssignmentSource
from tests.web.desk import Browser, Desk, form_of, wrong_fields
from tests.web.markup import Element, tree

LIST = (
    b"rater_group;subject;email;name\r\n"
    b"customer;Sofie Berg;anne@kunder.example;Anne\r\n"
    b"customer;Sofie Berg;bo@kunder.example;Bo\r\n"
)


def lines_of(page: Element) -> list[tuple[str, ...]]:
    """Rater, who is rated, group and source of every row."""
    rows = page.one("tbody").all("tr") if page.all("tbody") else []
    return [(row.one("th").words, *(cell.words for cell in row.all("td")[:3])) for row in rows]


def customers(desk: Desk, round_id: str) -> list[str]:
    with desk.engine.read() as session:
        found = load_assignments(session, round_id)
    return [one.id for one in found if one.rater_group is RaterGroup.CUSTOMER]


def test_the_list_says_who_rates_whom_and_why(desk: Desk, owner: Browser) -> None:
    round_id = desk.draft(rated=["Sofie Berg"], groups=[RaterGroup.MANAGER, RaterGroup.SELF])
    assert sorted(lines_of(owner.page(f"/rounds/{round_id}/assignments"))) == [
        ("Amir Haddad amir.haddad@fjellbris.example", "Sofie Berg", "Manager", "From the organisation"),
        ("Sofie Berg sofie.berg@fjellbris.example", "Sofie Berg", "Self", "From the organisation"),
    ]


def test_the_list_can_be_kept_to_one_who_is_rated(desk: Desk, owner: Browser) -> None:
    round_id = desk.draft()
    page = owner.page(f"/rounds/{round_id}/assignments?subject={desk.company.subjects['Thea Vik']}")
    assert {line[1] for line in lines_of(page)} == {"Thea Vik"}
    assert lines_of(owner.page(f"/rounds/{round_id}/assignments?subject=nonsense")) == []


def test_the_list_is_for_those_who_may_read_the_round(desk: Desk) -> None:
    path = f"/rounds/{desk.draft()}/assignments"
    answers = {who: desk.browser(who).get(path).status_code for who in ("owner", "reader", "teammate", "stranger")}
    assert answers == {"owner": 200, "reader": 200, "teammate": 404, "stranger": 404}


def test_a_rater_who_was_taken_off_comes_back_with_a_new_proposal(desk: Desk, owner: Browser) -> None:
    round_id = desk.draft(rated=["Sofie Berg"], groups=[RaterGroup.MANAGER])
    path = f"/rounds/{round_id}/assignments"
    button = next(form for form in owner.page(path).all("form") if form.attributes["action"].endswith("/remove"))
    assert owner.post(button.attributes["action"]).status_code == 303
    assert lines_of(owner.page(path)) == []
    assert owner.post(f"{path}/propose").headers["location"] == f"{path}?done=proposed"
    assert len(lines_of(owner.page(path))) == 1


def test_the_pages_say_how_many_colleagues_are_proposed(desk: Desk, owner: Browser) -> None:
    assert MOST_COLLEAGUES == 8
    round_id = desk.draft()
    assert "Of more than eight colleagues it names eight" in owner.page(f"/rounds/{round_id}/assignments").words
    assert "Where they are many, eight about each person." in owner.page(f"/rounds/{round_id}/who").words


def test_a_list_is_looked_at_first_and_then_stored(desk: Desk, owner: Browser) -> None:
    round_id = desk.draft(rated=["Sofie Berg"])
    path = f"/rounds/{round_id}/assignments/list"
    looked_at = tree(owner.upload(path, LIST, {"act": "check"}).text).one("div", role="status")
    assert looked_at.words.startswith("The file can be stored. Nothing has been stored yet.")
    assert customers(desk, round_id) == []
    carried = form_of(looked_at, path)
    for _ in range(2):
        assert owner.post(path, carried).headers["location"] == f"/rounds/{round_id}/assignments?done=listed"
        assert len(customers(desk, round_id)) == 2


def test_a_long_list_is_chosen_once_more(desk: Desk, owner: Browser) -> None:
    path = f"/rounds/{desk.draft(rated=['Sofie Berg'])}/assignments/list"
    rows = "".join(f"customer;Sofie Berg;kunde{place}@kunder.example;{'x' * 150}\r\n" for place in range(600))
    looked_at = tree(owner.upload(path, LIST + rows.encode(), {"act": "check"}).text).one("div", role="status")
    assert looked_at.words.startswith(
        "The file can be stored. Nothing has been stored yet. Choose it again and store it."
    )
    assert looked_at.all("form") == []


def test_a_file_that_is_no_list_says_what_is_wrong_with_it(desk: Desk, owner: Browser) -> None:
    path = f"/rounds/{desk.draft()}/assignments/list"
    files = {
        b"": "File: Fill this in.",
        b"rater_group;subject\r\n": "File: The file has a header and no rows.",
        b"rater;subject\r\nx;y\r\n": "File: The header names a column that does not belong here.",
        "rater_group;subject;name\r\ncustomer;Sofie Berg;Åse\r\n".encode("latin-1"): "File: The file is not plain text",
    }
    for raw, sentence in files.items():
        answer = owner.upload(path, raw, {"act": "store"}, filename="list.csv" if raw else "")
        assert answer.status_code == 422, sentence
        assert wrong_fields(tree(answer.text))[0][1].startswith(sentence), sentence


def test_a_list_with_wrong_cells_names_each_and_stores_nothing(desk: Desk, owner: Browser) -> None:
    round_id = desk.draft(rated=["Sofie Berg"])
    raw = LIST + b"customer;Nobody;c@kunder.example;C\r\nguest;Sofie Berg;@;D\r\n"
    answer = owner.upload(f"/rounds/{round_id}/assignments/list", raw, {"act": "store"})
    assert answer.status_code == 422
    wrong = tree(answer.text).all("tbody")[0].all("tr")
    assert [(row.one("th").words, row.all("td")[0].words) for row in wrong] == [("5", "rater_group")]
    assert customers(desk, round_id) == []


def test_who_reads_results_and_adds_a_rater_by_hand_waits_for_a_second_person(desk: Desk, owner: Browser) -> None:
    round_id = desk.draft(rated=["Sofie Berg"])
    path = f"/rounds/{round_id}/assignments"
    fields = {"subject": desk.company.subjects["Sofie Berg"], "rater_group": "customer", "email": "eva@kunder.example"}
    assert owner.post(f"{path}/add", {**form_of(owner.page(f"{path}/add"), f"{path}/add"), **fields}).status_code == 303
    button = next(form for form in owner.page(path).all("form") if form.attributes["action"].endswith("/approve"))
    own = owner.post(button.attributes["action"])
    assert own.status_code == 409
    assert "Somebody else than the one who added this rater has to approve." in tree(own.text).words
    assert desk.browser("reader").post(button.attributes["action"]).status_code == 403
    assert desk.browser("second").post(button.attributes["action"]).status_code == 303
    page = owner.page(path)
    assert [form for form in page.all("form") if form.attributes["action"].endswith("/approve")] == []
    with desk.engine.read() as session:
        by_hand = [one for one in load_assignments(session, round_id) if one.source is AssignmentSource.HAND]
    assert [one.rater_group for one in by_hand] == [RaterGroup.CUSTOMER]


def test_a_rater_who_cannot_be_added_is_said_at_the_field_and_kept(desk: Desk, owner: Browser) -> None:
    path = f"/rounds/{desk.draft()}/assignments/add"
    fields = {"subject": desk.company.subjects["Sofie Berg"], "rater_group": "customer", "email": "a..b@kunder.example"}
    answer = owner.post(path, {**form_of(owner.page(path), path), **fields})
    assert answer.status_code == 422
    page = tree(answer.text)
    assert [place for place, _ in wrong_fields(page)] == ["#email"]
    assert page.one("input", name="email").attributes["value"] == "a..b@kunder.example"
    chosen = [option.words for option in page.one("select", name="subject").all("option", selected="")]
    assert chosen == ["Sofie Berg"]


def test_nobody_is_added_as_a_colleague_of_himself(desk: Desk, owner: Browser) -> None:
    path = f"/rounds/{desk.draft()}/assignments/add"
    fields = {
        "subject": desk.company.subjects["Sofie Berg"],
        "rater_group": "colleague",
        "email": "sofie.berg@fjellbris.example",
    }
    answer = owner.post(path, {**form_of(owner.page(path), path), **fields})
    assert wrong_fields(tree(answer.text)) == [("#rater_group", "Rater group: Nobody rates themselves in this group.")]
