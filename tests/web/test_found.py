"""What a release found is read alike on page and API: changes, cards parted by weight, firmness, what weights decide."""

from csv import DictReader
from pathlib import Path
from typing import Any

import pytest

from app.accounts.values import Role
from app.infra.database import Database
from app.infra.formats import number, score
from tests.crowd import MANAGER, OWN, PEOPLE, TEAMWORK, WELCOME, Crowd, crowd, everybody
from tests.journeys.service import Running, ok
from tests.served import ONE_DATABASE
from tests.shelf import NOW
from tests.web.markup import Element, tree

LOW, HIGH, STEADY = [[1] * 6], [[5] * 6, [4] * 6, [3] * 6], [[3] * 6]

pytestmark = ONE_DATABASE


class Told:
    """Two rounds of the crowd, the second with another card, behind the doors."""

    def __init__(self, engine: Database, folder: Path) -> None:
        with engine.write() as session:
            made = crowd(session)
            made.released(3, everybody(LOW, STEADY) | {(name, MANAGER, WELCOME): [1] for name in PEOPLE})
            self.card = made.card({WELCOME: 75, TEAMWORK: 25}, starts_on="2026-04-01")
            said = everybody(HIGH, STEADY) | {
                (name, group, WELCOME): [5] for name in PEOPLE for group in (OWN, MANAGER)
            }
            self.release = made.released(5, said).id
        self.made: Crowd = made
        self.service = Running.on(engine, NOW, folder)
        self.browser = self.service.signed_in("reader", role=Role.VIEWER)

    def page(self, path: str, **query: str) -> Element:
        answer = self.browser.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return tree(answer.text)

    def api(self, path: str) -> Any:
        return ok(self.service.system().get(f"/api/v1{path}"))


@pytest.fixture
def told(engine: Database, tmp_path: Path) -> Told:
    return Told(engine, tmp_path)


def rows_of(table: Element) -> dict[str, list[str]]:
    return {row.one("th").words: [cell.words for cell in row.all("td")] for row in table.all("tr")[1:]}


def test_page_and_api_tell_the_same_of_what_was_found(told: Told) -> None:
    subject = told.made.subjects["p01"]
    document = told.api(f"/releases/{told.release}/summaries/{subject}")
    found = told.page(f"/results/{told.release}/subjects/{subject}", lang="en")
    whole, welcome = document["composite"]["change"], document["soft"][0]["change"]
    assert (whole["is_real"], welcome["is_real"], document["soft"][1]["change"]["is_real"]) == (True, True, False)
    assert welcome["index"] == pytest.approx(welcome["points"] / welcome["se"])
    (changed,) = (one for one in found.all("table") if "Difference" in one.words)
    rows = rows_of(changed)
    for name, change in (("Composite score", whole), ("welcome", welcome)):
        assert rows[name][:3] == [
            score(change["before"], "en"),
            score(change["after"], "en"),
            f"Up {number(change['points'], 'en', 1)}",
        ]
    assert "No change beyond chance: teamwork." in found.words
    words = {"solid": "Solid", "moderate": "Moderate", "preliminary": "Preliminary"}
    assert {words[one["firmness"]] in found.words for one in document["soft"]} == {True}
    gap = document["self_view"]["mean_gap"]
    assert f"Own ratings are {number(gap, 'en', 1)} points above those of the others on average." in found.words
    usual = document["self_view"]["usual_gap"]
    assert f"On average 12 people rate themselves {number(usual, 'en', 1)} points above the others." in found.words
    reader = ok(told.service.system("results:read").get(f"/api/v1/releases/{told.release}/summaries/{subject}"))
    assert {reader["composite"]["change"][name] for name in ("se", "df", "index")} == {None}
    assert reader["composite"]["change"]["points"] == whole["points"]
    both_tables_tell_the_same(told, subject, document)


def both_tables_tell_the_same(told: Told, subject: str, document: Any) -> None:
    """The file of the API has every change, that of the page those that the page prints; the words are the same."""
    one = told.service.system().get(f"/api/v1/releases/{told.release}/summaries/{subject}.csv")
    other = told.browser.get(f"/results/{told.release}/subjects/{subject}/figures.csv", params={"lang": "en"})
    raw, printed = (
        list(DictReader(file.content.decode("utf-8-sig").splitlines(), delimiter=";")) for file in (one, other)
    )
    figures = [document["composite"], *document["soft"]]
    kept = [place for place, row in enumerate(raw) if row["level"] in ("composite", "kpi")]
    for figure, place in zip(figures, kept, strict=True):
        change, line, row = figure["change"], raw[place], printed[place]
        assert (line["firmness"], row["Firmness"]) == (figure["firmness"], figure["firmness"].capitalize())
        assert [float(line[name]) for name in ("change", "change_lo", "change_hi")] == [
            change[name] for name in ("points", "lo", "hi")
        ]
        assert (line["change_is_real"], line["change_reason"]) == (str(change["is_real"]).lower(), "")
        shown = [row[name] for name in ("Changed by", "Change from", "Change to", "About the change")]
        assert shown == (
            [line["change"], line["change_lo"], line["change_hi"], ""]
            if change["is_real"]
            else ["", "", "", "No change beyond chance"]
        )
    assert {row["change"] for row in raw if row["level"] in ("group", "item")} == {""}


def test_a_changed_card_is_parted_by_score_and_by_weight_as_printed(told: Told) -> None:
    subject = told.made.subjects["p02"]
    document = told.api(f"/releases/{told.release}/explanations/{subject}/against/last_release")
    found = told.page(f"/results/{told.release}/subjects/{subject}/arithmetic", lang="en", against="last_release").all(
        "table"
    )[1]
    rows = rows_of(found)
    tenths = {name: [round(float(cell.replace("−", "-")) * 10) for cell in row[3:]] for name, row in rows.items()}
    assert all(by_score + by_weight == points for by_score, by_weight, points in tenths.values())
    assert [sum(row[place] for name, row in tenths.items() if name != "Composite score") for place in (0, 1, 2)] == (
        tenths["Composite score"]
    )
    assert rows["Composite score"][-1] == f"+{number(document['points'], 'en', 1)}"
    assert {part["by_weight"] is None for part in document["parts"]} == {False}
    assert rows["Composite score"][:2] == [score(document["score"], "en"), score(document["reference_score"], "en")]


def test_a_card_tells_what_its_weights_decided(told: Told) -> None:
    document = told.api(f"/scorecards/{told.card}/influence")
    assert (document["release_id"], document["subjects"], document["reason"]) == (told.release, 12, None)
    shares = {one["kpi_id"]: one for one in document["kpis"]}
    teamwork = shares[told.made.kpis[TEAMWORK]]
    assert (teamwork["share"], teamwork["warning"]) == (0, "too_little")
    rows = rows_of(told.page(f"/scorecards/{told.card}", lang="en").all("table")[0])
    assert [row[-1] for row in rows.values()] == ["100%", "0% Under half of its weight"]
