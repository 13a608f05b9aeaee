"""The form of each group as it is looked at: what the group would see, and nothing that could be sent."""

from tests.web.desk import Browser, Desk
from tests.web.markup import Element


def of_a_preview(page: Element) -> tuple[list[Element], list[Element], bool]:
    """Its forms, its buttons, and whether it says what it is."""
    return page.all("form"), page.all("button"), "This is a preview." in page.words


def test_a_kpi_shows_each_group_its_form_and_stores_nothing(desk: Desk) -> None:
    home = f"/kpis/{desk.company.kpis['first impression']}"
    admin = desk.browser("admin")
    (link,) = (link for link in admin.page(home).all("a") if link.words == "See the form of each group")
    assert link.attributes["href"] == f"{home}/form"
    with desk.statements() as asked:
        page = admin.page(f"{home}/form?group=customer")
    assert {statement.split()[0] for statement in asked} <= {"SELECT", "WITH", "BEGIN"}
    assert of_a_preview(page) == ([], [], True)
    assert "2 questions about each: about 35 of at most 60 seconds." in page.words
    assert "an average once at least 3 have answered" in page.words
    assert len(page.all("fieldset")) == 2
    tabs = {tab.words: tab.attributes.get("aria-current") for tab in page.one("nav", class_="tabs").all("a")}
    assert tabs == {"Manager": None, "Colleagues": None, "Customers": "page", "Mystery shoppers": None, "Self": None}
    assert admin.post(f"{home}/form").status_code == 405
    assert "Dette er en forhåndsvisning." in admin.page(f"{home}/form?group=customer&lang=nb").words
    answers = [admin.get(f"{home}/form?group={group}").status_code for group in ("direct_report", "everybody")]
    assert (answers, desk.browser("stranger").get(f"{home}/form").status_code) == ([404, 404], 404)


def test_a_draft_shows_its_own_promise_named_as_if_it_started_now(desk: Desk, owner: Browser) -> None:
    round_id = desk.draft()
    for step in ("", "/letter", "/start"):
        assert f"/rounds/{round_id}/form" in [
            link.attributes["href"] for link in owner.page(f"/rounds/{round_id}{step}").all("a")
        ]
    page = owner.page(f"/rounds/{round_id}/form?group=colleague")
    assert of_a_preview(page) == ([], [], True)
    assert [one.words for one in page.all("h2", class_="subject-name")] == ["Lars Moen", "Omar Said", "Sofie Berg"]
    assert page.words.count("Promise ") == 1
    assert desk.browser("stranger").get(f"/rounds/{round_id}/form").status_code == 404
