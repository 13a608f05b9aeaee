"""The demo scenario, items 1 to 4, digit for digit through HTTP; the arithmetic stands in the tests."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from app.infra.formats import Locale, score
from tests.dump import tables_of
from tests.journeys.scenario import (
    CLOSES,
    COLLEAGUES_OF_SOFIE,
    GRACE,
    H1,
    H2,
    H3,
    H4,
    H5,
    H6,
    ITEMS,
    S1,
    S2,
    S3,
    S4,
    S5,
    SOFIES_COLLEAGUES,
    Played,
    kpi_ids,
    launched,
    played_on,
    released,
)
from tests.journeys.service import Running, answers_to, ok
from tests.served import OWN_PAGE
from tests.shelf import Shelf
from tests.web.markup import tree

EXACT = 1e-9


Scores = dict[tuple[str | None, tuple[str, ...]], Any]


@pytest.fixture
def played(shelf: Shelf, tmp_path: Path) -> Played:
    """The round, launched, before anybody has answered."""
    return played_on(shelf.take(launched), tmp_path, launched)


@pytest.fixture
def service(shelf: Shelf, tmp_path: Path) -> Running:
    """The service after the release of the round that closed with two colleague answers."""
    return Running.on(shelf.show(released), CLOSES + GRACE, tmp_path)


def release_of(service: Running) -> str:
    (release,) = ok(service.system("results:read").get("/api/v1/releases"))["items"]
    return str(release["id"])


def scores_of(service: Running, subject: str) -> Scores:
    """The figures of a subject, by external id of the KPI and rater groups, without items."""
    path = f"/api/v1/releases/{release_of(service)}/scores/{service.subject(subject)}"
    names = {kpi_id: name for name, kpi_id in kpi_ids(service).items()}
    return {
        (names[one["kpi_id"]] if one["kpi_id"] else None, tuple(one["rater_groups"])): one
        for one in ok(service.system("results:read").get(path))["items"]
        if one["item_id"] is None
    }


def points(level: float) -> float:
    return (level - 1) / 4 * 100


def test_two_colleagues_are_too_few_and_the_figures_are_those_of_the_scenario(service: Running) -> None:
    scores = scores_of(service, "sofie.berg")
    first = (40 * points(4.25) + 30 * points(3.9) + 15 * points(4.0)) / 85
    ownership = (40 * points(3.9) + 30 * points(3.5)) / 70
    answer_time = 75 * (180 - 52) / (180 - 45)
    resolution = 75 + 25 * (79 - 75) / (88 - 75)
    card = (20 * first + 20 * ownership + 15 * answer_time + 20 * resolution + 15 * 100) / 90
    expected: Mapping[str | None, tuple[float, float]] = {
        S1: (first, 0.85),
        S4: (ownership, 0.7),
        H1: (answer_time, 1),
        H2: (resolution, 1),
        H6: (100, 1),
        None: (card, 0.9),
    }
    for kpi, (expected_score, coverage) in expected.items():
        shown = scores[kpi, ()]
        assert (shown["status"], shown["score"], shown["coverage"]) == (
            "ok",
            pytest.approx(expected_score, abs=EXACT),
            pytest.approx(coverage, abs=EXACT),
        ), kpi
    figures = [round(one, 1) for one in (first, ownership, answer_time, resolution, card)]
    assert figures == [77.1, 68.2, 71.1, 82.7, 79.2]


def test_what_too_few_colleagues_say_is_withheld_and_the_other_groups_stand_beside_it(service: Running) -> None:
    scores = scores_of(service, "sofie.berg")
    withheld = scores[S5, ()]
    assert (withheld["status"], withheld["reason"], withheld["score"]) == ("insufficient", "too_little_weight", None)
    assert withheld["coverage"] == pytest.approx(0.4, abs=EXACT)
    shown_groups = {
        (kpi, groups[0]): (one["score"], one["raters"]) for (kpi, groups), one in scores.items() if groups and kpi
    }
    assert shown_groups == {
        (S1, "customer"): (pytest.approx(points(4.25), abs=EXACT), 12),
        (S1, "mystery_shopper"): (pytest.approx(points(3.9), abs=EXACT), 5),
        (S1, "manager"): (points(4.0), 1),
        (S1, "colleague"): (None, None),
        (S1, "self"): (points(4.5), 1),
        (S4, "customer"): (pytest.approx(points(3.9), abs=EXACT), 10),
        (S4, "manager"): (points(3.5), 1),
        (S4, "colleague"): (None, None),
        (S4, "self"): (points(4.0), 1),
        (S5, "manager"): (points(4.0), 1),
        (S5, "colleague"): (None, None),
        (S5, "self"): (points(4.5), 1),
    }
    assert {scores[kpi, ("colleague",)]["reason"] for kpi in (S1, S4, S5)} == {"fewer_than_k"}


def test_jonas_sells_well_converts_weakly_and_handles_objections_weakly(service: Running) -> None:
    scores = scores_of(service, "jonas.eide")
    discovery = (40 * points(4.1) + 30 * points(3.6) + 30 * points(3.5)) / 100
    objections = (35 * points(3.2) + 35 * points(3.0) + 30 * points(3.5)) / 100
    meetings, sales, orders = 75 * (5 - 2) / (6 - 2), 75 + 25 * (345 - 300) / (420 - 300), 75 * (18 - 12) / (25 - 12)
    card = (25 * discovery + 25 * objections + 15 * meetings + 20 * sales + 15 * orders) / 100
    expected = {S2: discovery, S3: objections, H3: meetings, H4: sales, H5: orders, None: card}
    assert {kpi: scores[kpi, ()]["score"] for kpi in expected} == pytest.approx(expected, abs=EXACT)
    assert {kpi: scores[kpi, ()]["coverage"] for kpi in expected} == pytest.approx(
        dict.fromkeys(expected, 1), abs=EXACT
    )
    assert (discovery, objections, meetings) == pytest.approx((69.25, 55.5, 56.25), abs=EXACT)
    assert [round(one, 1) for one in (sales, orders, card)] == [84.4, 34.6, 61.7]


def test_a_third_colleague_before_the_close_makes_the_group_visible(played: Played) -> None:
    played.answer_all(colleagues=3)
    played.push_readings()
    played.close()
    played.release()
    scores = scores_of(played.service, "sofie.berg")
    shown = {kpi: scores[kpi, ()]["score"] for kpi in (S1, S4, S5)}
    assert shown == pytest.approx({S1: 78.0, S4: 67.75, S5: 80.0}, abs=EXACT)
    answer_time, resolution = 75 * (180 - 52) / (180 - 45), 75 + 25 * (79 - 75) / (88 - 75)
    card = (20 * 78.0 + 20 * 67.75 + 10 * 80.0 + 15 * answer_time + 20 * resolution + 15 * 100) / 100
    assert scores[None, ()]["score"] == pytest.approx(card, abs=EXACT)
    assert scores[None, ()]["coverage"] == pytest.approx(1, abs=EXACT)
    assert round(card, 1) == 79.4


def test_an_answer_after_the_close_meets_a_plain_page_and_changes_nothing(played: Played) -> None:
    played.answer_all(colleagues=2)
    late = f"{COLLEAGUES_OF_SOFIE[2]}@fjellbris.example"
    form = played.form(late)
    sent = answers_to(form, "Sofie Berg", SOFIES_COLLEAGUES[2], ITEMS)
    service, link = played.service, played.links[late]
    service.clock.now = CLOSES + GRACE
    before = tables_of(service.engine)

    answered = service.anybody(**OWN_PAGE).post(f"/r/{link}", data={"submission": form["submission_id"], **sent})
    assert (answered.status_code, answered.headers["content-type"]) == (410, "text/html; charset=utf-8")
    assert "<h1" in answered.text
    again = service.anybody().put(
        f"/api/v1/forms/{link}", json={"submission_id": form["submission_id"], "answers": sent}
    )
    assert (again.status_code, again.headers["content-type"]) == (410, "application/problem+json")
    assert tables_of(service.engine) == before

    played.close()
    before = tables_of(service.engine)
    for closed in (service.anybody(**OWN_PAGE).post(f"/r/{link}", data=sent), service.anybody().get(f"/r/{link}")):
        assert closed.status_code == 410
    assert tables_of(service.engine) == before


def test_the_grace_lets_an_answer_in_that_comes_a_little_late(played: Played) -> None:
    late = f"{COLLEAGUES_OF_SOFIE[2]}@fjellbris.example"
    played.service.clock.now = CLOSES + GRACE * 0.9
    played.answer(late, "Sofie Berg", SOFIES_COLLEAGUES[2])
    assert played.form(late)["subjects"][0]["is_answered"]


# ------------------------------------------------------------ the same figures everywhere


def printed_in_order(summary: Mapping[str, Any], locale: Locale) -> list[str]:
    """Every score of a summary as a page prints it: composite, its parts, rated KPIs with their groups, measured KPIs."""
    composite = summary["composite"]
    figures = [composite["figure"], composite["soft"], composite["hard"]]
    for kpi in summary["soft"]:
        figures += [kpi["figure"], *(group["figure"] for group in kpi["groups"])]
    figures += [kpi["figure"] for kpi in summary["hard"]]
    return [score(figure["score"], locale) for figure in figures if figure is not None]


def every_score(summary: Mapping[str, Any]) -> list[float | None]:
    """Every score of a summary, those of single questions too."""
    composite = summary["composite"]
    figures = [composite["figure"], composite["soft"], composite["hard"]]
    for kpi in summary["soft"]:
        figures.append(kpi["figure"])
        for group in kpi["groups"]:
            figures += [group["figure"], *(item["figure"] for item in group["items"])]
    figures += [kpi["figure"] for kpi in summary["hard"]]
    return [figure["score"] for figure in figures if figure is not None]


def columns_of(service: Running, subject: str, locale: Locale) -> list[list[float | None]]:
    """The column of scores in the table of the API and in the one that the page offers."""
    release, place = release_of(service), service.subject(subject)
    table = service.system("results:read").get(f"/api/v1/releases/{release}/summaries/{place}.csv")
    person = service.signed_in(subject)
    file = person.get(f"/results/{release}/subjects/{place}/figures.csv", params={"lang": locale})
    assert {answer.headers["content-type"] for answer in (table, file)} == {"text/csv; charset=utf-8"}
    scores = []
    for answer, column in ((table, "score"), (file, {"nb": "Poeng", "en": "Score"}[locale])):
        rows = csv.DictReader(answer.content.decode("utf-8-sig").splitlines(), delimiter=";")
        scores.append([float(row[column].replace(",", ".")) if row[column] else None for row in rows])
    return scores


@pytest.mark.parametrize("subject", ["sofie.berg", "jonas.eide"])
@pytest.mark.parametrize("locale", ["nb", "en"])
def test_page_and_api_show_the_same_figures(service: Running, subject: str, locale: Locale) -> None:
    place = service.subject(subject)
    summary = ok(service.system("results:read").get(f"/api/v1/releases/{release_of(service)}/summaries/{place}"))
    page = service.signed_in(subject).get(f"/results/{release_of(service)}/subjects/{place}", params={"lang": locale})
    assert page.status_code == 200
    shown = [cell.words for cell in tree(page.text).all("td", class_="chart-figure")]
    assert shown == printed_in_order(summary, locale)
    composite = {"sofie.berg": 79.1775, "jonas.eide": 61.6923}[subject]
    assert shown[0] == score(composite, locale)
    assert columns_of(service, subject, locale) == [every_score(summary)] * 2


def test_scores_summary_and_explanation_agree_to_the_last_digit(service: Running) -> None:
    system, names = service.system("results:read"), {kpi_id: name for name, kpi_id in kpi_ids(service).items()}
    for subject in ("sofie.berg", "jonas.eide"):
        scores, place = scores_of(service, subject), service.subject(subject)
        path = f"/api/v1/releases/{release_of(service)}"
        summary = ok(system.get(f"{path}/summaries/{place}"))
        explained = ok(system.get(f"{path}/explanations/{place}"))["document"]
        combined = {kpi: one["score"] for (kpi, groups), one in scores.items() if not groups}
        assert {None: summary["composite"]["figure"]["score"]} | {
            names[kpi["kpi_id"]]: kpi["figure"]["score"] for kpi in (*summary["soft"], *summary["hard"])
        } == combined
        assert {None: explained["composite"]["score"]} | {
            names[kpi["kpi_id"]]: kpi["score"] for kpi in explained["kpis"]
        } == combined


def test_every_figure_opens_down_to_its_arithmetic(service: Running) -> None:
    names = {kpi_id: name for name, kpi_id in kpi_ids(service).items()}
    path = f"/api/v1/releases/{release_of(service)}/explanations/{service.subject('sofie.berg')}"
    explained = ok(service.system("results:read").get(path))["document"]
    composite = explained["composite"]
    parts = {names[part["kpi_id"]]: (part["weight"], part["score"]) for part in composite["parts"]}
    assert {kpi: weight for kpi, (weight, _) in parts.items()} == {S1: 20, S4: 20, H1: 15, H2: 20, H6: 15}
    assert composite["score"] == pytest.approx(sum(w * x for w, x in parts.values()) / 90, abs=EXACT)
    assert sum(part["points"] for part in composite["parts"]) == pytest.approx(composite["score"], abs=EXACT)
    assert [(names[one["kpi_id"]], one["reason"]) for one in composite["excluded"]] == [(S5, "too_little_weight")]
    assert (round(composite["soft"], 1), round(composite["hard"], 1)) == (72.6, 84.4)

    first = next(kpi for kpi in explained["kpis"] if names[kpi["kpi_id"]] == S1)
    groups = {group["rater_groups"][0]: group for group in first["groups"]}
    assert {name: (group["n"], group["mean"], group["weight"]) for name, group in groups.items()} == {
        "customer": (12, points(4.25), 40),
        "mystery_shopper": (5, points(3.9), 30),
        "manager": (1, points(4.0), 15),
        "self": (1, points(4.5), 0),
    }
    assert {name: group["share"] for name, group in groups.items()} == pytest.approx(
        {"customer": 40 / 85, "mystery_shopper": 30 / 85, "manager": 15 / 85, "self": 0}, abs=EXACT
    )
    assert sum(group["points"] for group in groups.values()) == pytest.approx(first["score"], abs=EXACT)
    assert [(one["rater_groups"], one["reason"], one["minimum"]) for one in first["withheld"]] == [
        (["colleague"], "fewer_than_k", 3)
    ]
    page = service.signed_in("sofie.berg").get(
        f"/results/{release_of(service)}/subjects/{service.subject('sofie.berg')}/arithmetic"
    )
    assert page.status_code == 200
    assert "75 × (180 − 52) / (180 − 45)" in page.text
