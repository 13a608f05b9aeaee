"""Readings on their pages: entered in a grid, imported from a file, corrected, listed for those who may read them."""

import pytest

from app.accounts.rules import SERVICE
from app.infra.paging import PageRequest
from app.kpis.commands import create_kpi
from app.kpis.intake import parse_kpi
from app.metrics.queries import list_readings
from app.metrics.values import Reading
from tests.kpis.plain import words
from tests.web.desk import Browser, Desk, Fields, form_of, wrong_fields
from tests.web.markup import Element, tree

OCTOBER = "start=2026-10-01&end=2026-10-31"
FILE = (
    b"kpi;subject;start;end;value\r\n"
    b"wait;Team Nord;2026-10-01;2026-10-31;41,5\r\n"
    b"wait;Sofie Berg;2026-10-01;2026-10-31;38\r\n"
)


@pytest.fixture
def kpis(desk: Desk) -> dict[str, str]:
    """A waiting time, and a share that consists of two numbers."""
    made: dict[str, str] = {}
    for key, names, aggregation in (
        ("wait", words("Ventetid", "Waiting time"), "mean"),
        ("solved", words("Løst", "Solved"), "ratio"),
    ):
        given = {
            "kind": "hard",
            "name": names,
            "purpose": names,
            "criterion": names,
            "unit": words("s", "s"),
            "direction": "lower",
            "aggregation": aggregation,
            "external_id": key,
        }
        with desk.engine.write() as session:
            made[key] = create_kpi(session, SERVICE, parse_kpi(given), company_id=desk.company.id, now=desk.clock.now)
    return made


def stored(desk: Desk) -> list[Reading]:
    with desk.engine.read() as session:
        page = list_readings(session, SERVICE, desk.company.id, PageRequest(), on=desk.clock.now.date())
    return list(page.items)


def amounts(desk: Desk) -> dict[str, float | None]:
    return {desk.company.name_of(one.subject_id): one.amount.value for one in stored(desk)}


def grid(desk: Desk, kpi_id: str, unit: str = "Team Nord") -> str:
    return f"/readings/enter?kpi={kpi_id}&unit={desk.company.subjects[unit]}&{OCTOBER}"


def cell(desk: Desk, name: str, column: str = "value") -> str:
    return f"rows.{desk.company.subjects[name]}.{column}"


def sent(desk: Desk, browser: Browser, kpi_id: str, changes: Fields) -> Fields:
    form = form_of(browser.page(grid(desk, kpi_id)), "/readings/enter")
    return {**form, **changes}


def rows_of(page: Element) -> list[list[str]]:
    return [[part.words for part in (row.one("th"), *row.all("td"))] for row in page.one("tbody").all("tr")]


def counts_of(page: Element) -> dict[str, str]:
    """What a file that was looked at would do."""
    told = page.one("div", role="status")
    return {term.words: count.words for term, count in zip(told.all("dt"), told.all("dd"), strict=True)}


def test_numbers_are_entered_for_a_unit_and_everybody_right_below_it(
    desk: Desk, owner: Browser, kpis: dict[str, str]
) -> None:
    page = owner.page(grid(desk, kpis["wait"]))
    assert [row[0] for row in rows_of(page)] == [
        "Team Nord The unit itself",
        "Amir Haddad",
        "Lars Moen",
        "Omar Said",
        "Sofie Berg",
        "Thea Vik",
    ]
    fields = {"decimal": "comma", cell(desk, "Team Nord"): "41,5", cell(desk, "Thea Vik"): "38"}
    answer = owner.post("/readings/enter", sent(desk, owner, kpis["wait"], fields))
    assert answer.headers["location"] == f"/readings?kpi={kpis['wait']}&done=stored"
    assert amounts(desk) == {"Team Nord": 41.5, "Thea Vik": 38.0}


def test_the_grid_shows_what_is_stored_and_a_new_number_is_a_correction(
    desk: Desk, owner: Browser, kpis: dict[str, str]
) -> None:
    field = cell(desk, "Team Nord")
    owner.post("/readings/enter", sent(desk, owner, kpis["wait"], {field: "41.5"}))
    assert owner.page(grid(desk, kpis["wait"])).one("input", name=field).attributes["value"] == "41.5"
    owner.post("/readings/enter", sent(desk, owner, kpis["wait"], {field: "40", "reason": "Counted again"}))
    (one,) = stored(desk)
    page = owner.page(f"/readings/{one.id}")
    assert page.one("h1").words == "Waiting time: 40 s"
    assert rows_of(page)[0][1:] == ["41.5 s", "40 s", "Counted again"]


def test_a_share_is_entered_as_two_numbers(desk: Desk, owner: Browser, kpis: dict[str, str]) -> None:
    fields = {cell(desk, "Team Nord", "numerator"): "312", cell(desk, "Team Nord", "denominator"): "400"}
    owner.post("/readings/enter", sent(desk, owner, kpis["solved"], fields))
    assert [(one.amount.numerator, one.amount.denominator) for one in stored(desk)] == [(312.0, 400.0)]
    assert rows_of(owner.page("/readings"))[0][:4] == ["Solved", "Team Nord", "October 2026", "312 / 400"]


def test_a_number_that_is_none_is_said_at_its_field_and_stores_nothing(
    desk: Desk, owner: Browser, kpis: dict[str, str]
) -> None:
    field, other = cell(desk, "Sofie Berg"), cell(desk, "Team Nord")
    written = {"point": ["4,5", "1e400", "NaN", "٣", "1_0"], "comma": ["4.5", "1.234,5"]}
    for decimal, typed in [(decimal, typed) for decimal, texts in written.items() for typed in texts]:
        fields = {"decimal": decimal, other: "40", field: typed}
        answer = owner.post("/readings/enter", sent(desk, owner, kpis["wait"], fields))
        assert answer.status_code == 422, typed
        page = tree(answer.text)
        ((place, sentence),) = wrong_fields(page)
        assert (place, sentence.startswith("Sofie Berg, Value: ")) == (f"#{field}", True), typed
        assert [page.one("input", name=name).attributes["value"] for name in (other, field)] == ["40", typed]
    assert stored(desk) == []


def test_an_empty_grid_asks_for_a_value(desk: Desk, owner: Browser, kpis: dict[str, str]) -> None:
    answer = owner.post("/readings/enter", sent(desk, owner, kpis["wait"], {}))
    assert answer.status_code == 422
    assert wrong_fields(tree(answer.text))[0][1].endswith("Enter at least one value.")


def test_a_choice_that_cannot_be_is_refused_before_any_number_is_typed(
    desk: Desk, owner: Browser, kpis: dict[str, str]
) -> None:
    unit = desk.company.subjects["Team Nord"]
    page = owner.page(f"/readings/enter?kpi=7&unit={unit}&start=2026-02-30&end=2026-01-01", status=422)
    assert [place for place, _ in wrong_fields(page)] == ["#kpi", "#start"]
    page = owner.page(f"/readings/enter?kpi={kpis['wait']}&unit={unit}&start=2026-02-01&end=2026-01-01", status=422)
    assert wrong_fields(page) == [("#end", "Last day: The last day is the first day, or later.")]


def test_nobody_enters_readings_of_another_unit(desk: Desk, owner: Browser, kpis: dict[str, str]) -> None:
    form = form_of(owner.page(grid(desk, kpis["wait"])), "/readings/enter")
    elsewhere = {**form, "unit": desk.company.subjects["Team Sør"], cell(desk, "Team Nord"): "40"}
    assert owner.post("/readings/enter", elsewhere).status_code == 422
    statuses = {who: desk.browser(who).get("/readings/enter").status_code for who in ("reader", "teammate")}
    assert statuses == {"reader": 403, "teammate": 404}
    assert stored(desk) == []


def test_a_file_is_looked_at_first_and_the_same_file_again_changes_nothing(
    desk: Desk, owner: Browser, kpis: dict[str, str]
) -> None:
    looked_at = owner.upload("/readings/import", FILE, {"act": "check", "decimal": "comma"})
    assert counts_of(tree(looked_at.text)) == {"New": "2", "Changed": "0", "As before": "0"}
    assert stored(desk) == []
    for _ in range(2):
        assert owner.upload("/readings/import", FILE, {"act": "store", "decimal": "comma"}).status_code == 303
    assert amounts(desk) == {"Team Nord": 41.5, "Sofie Berg": 38.0}
    again = owner.upload("/readings/import", FILE, {"act": "check", "decimal": "comma"})
    assert counts_of(tree(again.text)) == {"New": "0", "Changed": "0", "As before": "2"}


def test_a_file_with_commas_that_declares_points_is_refused_by_cell(
    desk: Desk, owner: Browser, kpis: dict[str, str]
) -> None:
    answer = owner.upload("/readings/import", FILE, {"act": "store", "decimal": "point"})
    assert answer.status_code == 422
    page = tree(answer.text)
    wrong = page.all("tbody")[0].one("tr")
    assert [wrong.one("th").words, wrong.all("td")[0].words] == ["2", "value"]
    assert "Write a number with a decimal point" in wrong.words
    assert page.one("select", name="decimal").one("option", selected="").attributes["value"] == "point"
    assert stored(desk) == []


def test_a_correction_that_is_no_number_stays_in_its_field(desk: Desk, owner: Browser, kpis: dict[str, str]) -> None:
    owner.upload("/readings/import", FILE, {"act": "store", "decimal": "comma"})
    path = f"/readings/{stored(desk)[0].id}"
    answer = owner.post(path, {**form_of(owner.page(path), path), "value": "fast"})
    assert answer.status_code == 422
    page = tree(answer.text)
    assert [place for place, _ in wrong_fields(page)] == ["#value"]
    assert page.one("input", name="value").attributes["value"] == "fast"
    assert (
        owner.post(path, {**form_of(owner.page(path), path), "value": "39.25"}).headers["location"]
        == f"{path}?done=corrected"
    )
    assert 39.25 in amounts(desk).values()


def test_who_sees_no_measured_value_is_told_so(desk: Desk, owner: Browser, kpis: dict[str, str]) -> None:
    owner.upload("/readings/import", FILE, {"act": "store", "decimal": "comma"})
    one = next(known.id for known in stored(desk) if known.amount.value == 41.5)
    admin = desk.browser("admin")
    assert admin.page("/readings").one("div", class_="empty").one("h2").words == "You can enter readings, not read them"
    assert admin.page(grid(desk, kpis["wait"])).one("input", name=cell(desk, "Team Nord")).attributes["value"] == ""
    statuses = {
        who: desk.browser(who).get(f"/readings/{one}").status_code
        for who in ("admin", "reader", "teammate", "stranger")
    }
    assert statuses == {"admin": 403, "reader": 200, "teammate": 404, "stranger": 404}


def test_the_list_asks_the_database_as_often_for_two_as_for_one(
    desk: Desk, owner: Browser, kpis: dict[str, str]
) -> None:
    counts: list[int] = []
    for raw in (FILE[: FILE.rindex(b"wait")], FILE):
        owner.upload("/readings/import", raw, {"act": "store", "decimal": "comma"})
        owner.get("/readings")
        with desk.statements() as asked:
            assert len(rows_of(owner.page("/readings"))) == len(counts) + 1
        counts.append(len(asked))
    assert counts[0] == counts[1]
