"""Comparisons as people and other systems read them: bands before order, the same figures everywhere."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.accounts.values import Role
from app.infra.formats import score
from app.releases.tables import ScoreRow
from tests.journeys.service import Running, ok
from tests.shelf import NOW, Shelf, demo
from tests.web.markup import Element, tree


@pytest.fixture
def service(shelves: Callable[[str], Shelf], tmp_path: Path) -> Iterator[Running]:
    shelf = shelves("sqlite")
    yield Running.on(shelf.take(demo), NOW, tmp_path)
    shelf.put_back()


def release_of(service: Running) -> str:
    """The release of the whole company's quarter, which has the most figures."""
    with service.engine.read() as session:
        of = ScoreRow.release_id
        return session.execute(select(of).group_by(of).order_by(func.count().desc()).limit(1)).scalar_one()


def page(service: Running, who: str, path: str, lang: str = "nb", role: Role | None = None, **query: str) -> Element:
    answer = service.signed_in(who, role=role).get(path, params={"lang": lang, **query})
    assert answer.status_code == 200, answer.text
    return tree(answer.text)


def named_rows(found: Element) -> dict[str, str]:
    return {
        row.one("th").words: row.one("td", class_="chart-figure").words for row in found.all("tr", class_="chart-named")
    }


def test_page_and_api_tell_the_same_bands_and_the_same_competitors(service: Running) -> None:
    release, company = release_of(service), service.subject("fjellbris")
    system, path = service.system(), f"/results/{release}/subjects/{company}/comparison"
    told = ok(system.get(f"/api/v1/releases/{release}/rankings/{company}"))
    stands = [stand for band in told["bands"] for stand in band]
    assert (told["kind"], told["reason"], len(stands)) == ("person", None, told["count"])
    found = page(service, "ragnhild.torp", path)
    assert found.one("h1").words == "Fjellbris Varme & Service AS, sammenlignet"
    assert named_rows(found) == {one["place"]["name"]: score(one["score"], "nb") for one in stands}
    names = [one["place"]["name"] for one in stands]
    assert names == sorted(names), "one band: no order but that of names"
    left_out = {one["place"]["name"]: one["reason"] for one in told["absent"]}
    assert (left_out["Amir Haddad"], left_out["Ingrid Solheim"]) == ("other_card", "no_score")
    assert "Et annet målkort: Ali Rahimi" in found.words

    english = page(service, "ragnhild.torp", path, "en", level="team")
    teams = ok(system.get(f"/api/v1/releases/{release}/rankings/{company}?level=team"))
    assert named_rows(english) == {
        one["place"]["name"]: score(one["score"], "en") for band in teams["bands"] for one in band
    }

    others = ok(system.get(f"/api/v1/releases/{release}/competitors"))["contests"]
    contests = [one for one in others if all(rival["source"]["kind"] == "round" for rival in one["rivals"])]
    assert len(contests) == 3
    for contest in contests:
        assert contest["rater_groups"] == ["mystery_shopper"]
        summary = ok(system.get(f"/api/v1/releases/{release}/summaries/{company}"))
        (group,) = (
            group
            for kpi in summary["soft"]
            for group in kpi["groups"]
            if kpi["kpi_id"] == contest["kpi_id"] and group["rater_groups"] == ["mystery_shopper"]
        )
        assert (contest["score"], contest["raters"]) == (group["figure"]["score"], group["raters"])
        for rival in contest["rivals"]:
            assert score(rival["score"], "nb") in found.words
    lunvik = next(one for one in contests[0]["rivals"] if one["place"]["name"] == "Lunvik Klima")
    assert (lunvik["against"], lunvik["score"]) == ("not_apart", 70.0)
    assert "Kan ikke skilles fra oss. 25 besøk" in found.words
    each_line_says_whose_it_is(service, release, lunvik["source"])


def each_line_says_whose_it_is(service: Running, release: str, source: Any) -> None:
    """The table of a competitor by itself, too."""
    table = service.system().get(f"/api/v1/releases/{release}/summaries/{service.subject('lunvik')}.csv").text
    ends = ";".join(source[name] for name in ("name", "period_start", "period_end", "released_on"))
    assert all(line.endswith(ends) for line in table.splitlines()[1:])


def test_a_kpi_is_compared_among_those_who_have_it_and_an_unknown_one_is_not_there(service: Running) -> None:
    release, company = release_of(service), service.subject("fjellbris")
    system, browser = service.system(), service.signed_in("ragnhild.torp")
    base = f"/results/{release}/subjects/{company}/comparison"
    whole = ok(system.get(f"/api/v1/releases/{release}/rankings/{company}"))
    kpi_id = whole["basis"][0]["kpi_id"]
    one = ok(system.get(f"/api/v1/releases/{release}/rankings/{company}", params={"kpi_id": kpi_id}))
    assert (one["kpi_id"], [basis["kpi_id"] for basis in one["basis"]]) == (kpi_id, [kpi_id])
    assert one["count"] > whole["count"]
    found = tree(browser.get(base, params={"kpi_id": kpi_id, "lang": "en"}).text)
    assert named_rows(found) == {
        stand["place"]["name"]: score(stand["score"], "en") for band in one["bands"] for stand in band
    }
    for params in ({"kpi_id": "no such"}, {"level": "competitor"}):
        assert browser.get(base, params=params).status_code == 404


def test_whoever_shares_a_scorecard_is_compared_on_it(service: Running) -> None:
    release, company = release_of(service), service.subject("fjellbris")
    system, path = service.system(), f"/results/{release}/subjects/{company}/comparison"
    ranking = f"/api/v1/releases/{release}/rankings/{company}"
    whole = ok(system.get(ranking))
    assert [one["card"] for one in whole["peers"]] == list(range(len(whole["peers"])))
    assert len(whole["peers"]) > 1
    assert all(one["lines"] for one in whole["peers"])
    named: set[str] = set()
    for peers in whole["peers"]:
        told = ok(system.get(ranking, params={"card": peers["card"]}))
        stands = {one["place"]["name"]: score(one["score"], "en") for band in told["bands"] for one in band}
        found = page(service, "ragnhild.torp", path, "en", level="person", card=str(peers["card"]))
        assert named_rows(found) == stands
        assert (len(stands), peers["lines"][0]["name"]["en"] in found.words) == (peers["count"], True)
        assert named.isdisjoint(stands)
        named |= stands.keys()
    assert system.get(ranking, params={"card": 9}).status_code == 404
    assert service.signed_in("ragnhild.torp").get(path, params={"card": "x"}).status_code == 200


def test_a_small_team_is_not_ranked_and_a_person_reads_no_comparison(service: Running) -> None:
    release, team = release_of(service), service.subject("team-nord")
    path = f"/results/{release}/subjects/{team}/comparison"
    found = page(service, "amir.haddad", path, "en")
    assert named_rows(found) == {}
    assert (
        "Nobody is ranked here. Fewer than five can be compared, and among so few a rank says nothing." in found.words
    )
    assert found.all("section", id="rivals-1") == []
    for who, unit in (("sofie.berg", "team-nord"), ("amir.haddad", "fjellbris"), ("sofie.berg", "sofie.berg")):
        address = f"/results/{release}/subjects/{service.subject(unit)}/comparison"
        status = service.signed_in(who).get(address).status_code
        assert status == (200 if unit == who else 404)


def test_the_arithmetic_holds_the_composite_against_what_the_api_does(service: Running) -> None:
    release, sofie = release_of(service), service.subject("sofie.berg")
    path, api = f"/results/{release}/subjects/{sofie}/arithmetic", f"/api/v1/releases/{release}/explanations/{sofie}"
    for reference in ("norm", "target"):
        told = ok(service.system().get(f"{api}/against/{reference}"))
        found = page(service, "amir.haddad", path, "en", against=reference).all("table")[1]
        rows = [[cell.words for cell in row.all("td")] for row in found.all("tr")[1:]]
        assert [row[:2] for row in rows[:-1]] == [
            [score(part["score"], "en"), score(part["reference"], "en")] for part in told["parts"]
        ]
        tenths = [round(float(row[-1].replace("−", "-")) * 10) for row in rows]
        assert sum(tenths[:-1]) == tenths[-1] == round(told["points"] * 10)
    assert service.system().get(f"{api}/against/last_round").status_code == 404
    assert service.system().get(f"{api}/against/nothing").status_code == 404


def test_a_card_says_what_its_weights_decide_to_who_may_read_results(service: Running) -> None:
    system = service.system()
    cards: list[Any] = ok(system.get("/api/v1/scorecards"))["items"]
    told = {card["id"]: ok(system.get(f"/api/v1/scorecards/{card['id']}/influence")) for card in cards}
    scored = {card_id: one for card_id, one in told.items() if one["reason"] is None}
    assert {one["subjects"] >= 10 for one in scored.values()} <= {True}
    assert all(sum(kpi["share"] for kpi in one["kpis"]) == pytest.approx(1) for one in scored.values())
    few = next(card_id for card_id, one in told.items() if one["reason"] == "too_few_subjects")
    words = page(service, "ragnhild.torp", f"/scorecards/{few}", "en").words
    assert "What the weights really decide is told once ten have scores on the whole card." in words
    assert "really decide" not in page(service, "admin", f"/scorecards/{few}", "en", Role.ADMIN).words
