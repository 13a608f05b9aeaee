"""Conflicts of interest and the time asked of raters on the pages: marked, shown, lifted; and the cap of a month set."""

from tests.fjellbris import address
from tests.web.desk import Desk, wrong_fields
from tests.web.markup import tree


def test_two_people_are_marked_kept_apart_and_lifted(desk: Desk) -> None:
    owner, round_id = desk.browser("owner"), desk.draft()
    fields = {"one_id": address("Sofie Berg"), "other_id": "nobody", "reason": "", "since": "2026-11-23"}
    wrong = wrong_fields(tree(owner.post("/conflicts/new", fields).text))
    assert [place for place, _ in wrong] == ["#reason"]
    fields |= {"reason": "De er gift."}
    assert [place for place, _ in wrong_fields(tree(owner.post("/conflicts/new", fields).text))] == ["#other_id"]
    fields |= {"other_id": address("Lars Moen")}
    assert owner.post("/conflicts/new", fields).headers["location"] == "/conflicts?done=marked"
    assert owner.post("/conflicts/new", fields).status_code == 409
    page = owner.page("/conflicts")
    assert page.one("tbody").one("tr").one("th").words == "Lars Moen and Sofie Berg"
    lines = [row.words for row in owner.page(f"/rounds/{round_id}/assignments").one("tbody").all("tr")]
    assert not [line for line in lines if line.startswith("Lars Moen") and "Sofie Berg" in line and "Colleague" in line]
    assert "Lars" not in desk.browser("stranger").page("/conflicts").words
    assert desk.browser("reader").get("/conflicts/new").status_code in {200, 403}
    (lift,) = [link.attributes["href"] for link in page.all("a") if link.words == "Lift the mark"]
    assert "rate each other again?" in owner.page(lift).words
    assert owner.get(lift.replace("/lift", "x/lift")).status_code == 404
    assert owner.post(lift).headers["location"] == "/conflicts?done=lifted"
    assert "Nobody is marked" in owner.page("/conflicts").words


def test_the_time_asked_of_raters_is_shown_and_the_cap_is_set_for_the_company(desk: Desk) -> None:
    owner, admin, round_id = desk.browser("owner"), desk.browser("admin"), desk.draft()
    path = f"/rounds/{round_id}/loads"
    page = owner.page(path)
    first = page.one("tbody").all("tr")[0]
    assert (first.one("th").words.split(" amir")[0], [cell.words for cell in first.all("td")]) == (
        "Amir Haddad",
        ["4", "3", "3 of 60"],
    )
    assert not page.all("form", action=path)
    assert owner.post(path, {"minutes": "20"}).status_code == 404
    assert wrong_fields(tree(admin.post(path, {"minutes": "9"}).text)) == [
        ("#minutes", "Minutes: Choose a number of minutes from 10 to 600. Allowed: 10-600. You entered 9.")
    ]
    assert admin.post(path, {"minutes": "20"}).headers["location"] == f"{path}?done=cap"
    assert "3 of 20" in owner.page(path).words
