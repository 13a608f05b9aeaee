"""One figure on a page of its own: what it is made of, where it counts, and whether the same digits come out again."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import update

from app.infra.database import Database
from app.infra.formats import Locale, score
from app.releases.tables import AtomRow, ReleaseRow, ScoreRow
from tests.served import ONE_DATABASE, Served
from tests.shelf import Shelf
from tests.summaries.built import S1, S4, S5, Quarter, served_quarter, shown_quarter
from tests.web.desk import query_of
from tests.web.markup import Element
from tests.web.released import links, page, results_of, rows_of

PHONE = "phone-answer-time"


@pytest.fixture
def read(shelves: Callable[[str], Shelf], now: datetime) -> tuple[Served, Quarter]:
    return shown_quarter(shelves("sqlite"), now)


@pytest.fixture
def own(engine: Database, now: datetime) -> tuple[Served, Quarter]:
    """For tests that write."""
    return served_quarter(engine, now)


def opened(read: tuple[Served, Quarter], name: str = "sofie.berg", who: str = "analyst", **asked: str) -> Element:
    served, made = read
    lang = asked.pop("lang", "nb")
    named = {**asked, "kpi": made.kpis[asked["kpi"]]} if "kpi" in asked else asked
    return page(served, who, f"{results_of(made, name)}/figure", named, lang=lang).one("main")


def table(found: Element, caption: str) -> list[list[str]]:
    return rows_of(found.one("table", aria_label=caption))


def facts(found: Element) -> dict[str, str]:
    parts = found.one("dl")
    return dict(zip((one.words for one in parts.all("dt")), (one.words for one in parts.all("dd")), strict=True))


def tenths(texts: Any) -> int:
    return sum(round(float(text.replace(",", ".")) * 10) for text in texts if text)


def test_a_composite_is_made_of_its_card_to_the_printed_digit(read: tuple[Served, Quarter]) -> None:
    found = opened(read)
    assert (found.one("h1").words, found.one("p", class_="composite-figure").words) == ("Samlet poengsum", "79,2")
    made_of = table(found, "Består av")
    assert [row[0] for row in made_of][:2] == ["Førsteinntrykk", "Eierskap til saken"]
    assert tenths(row[3] for row in made_of) == 792
    assert made_of[-1] == ["Samspill", "–", "", "", "Holdt tilbake: bare 40 % av vekten kan vises, 50 % kreves"]
    assert found.all("table", aria_label="Del av") == []
    assert facts(found)["Vekt som er med"] == "90 %"


def test_a_kpi_is_made_of_its_groups_and_part_of_the_composite(read: tuple[Served, Quarter]) -> None:
    found = opened(read, kpi=S4)
    made_of = table(found, "Består av")
    assert [row[0] for row in made_of] == ["Leder", "Kunder", "Sofie selv", "Kolleger"]
    assert made_of[-1] == ["Kolleger", "–", "", "", "Holdt tilbake: færre enn 3 svar"]
    assert tenths(row[3] for row in made_of) == tenths([found.one("p", class_="composite-figure").words]) == 682
    [part_of] = table(found, "Del av")
    there = {row[0]: row for row in table(opened(read), "Består av")}
    assert (part_of[0], part_of[1], part_of[3]) == ("Samlet poengsum", "79,2", there["Eierskap til saken"][3])


def test_every_figure_of_the_arithmetic_opens_and_says_the_same_digits(read: tuple[Served, Quarter]) -> None:
    """From the arithmetic one click further: every score that stands there stands on its own page."""
    served, made = read
    for name in ("sofie.berg", "team-nord"):
        arithmetic = page(served, "analyst", f"{results_of(made, name)}/arithmetic")
        seen = 0
        for row in arithmetic.one("main").all("table")[0].all("tr")[1:]:
            href = next((link.attributes["href"] for link in row.all("a")), None)
            if href is None:
                continue
            found = page(served, "analyst", href).one("main")
            printed = row.all("td")[0].words
            figures = [one.words for one in found.all("p", class_="composite-figure")]
            assert figures == ([] if printed == "–" else [printed]), (name, row.words)
            seen += 1
        assert seen > 20


def test_one_may_walk_from_the_composite_to_an_item_and_back(read: tuple[Served, Quarter]) -> None:
    served, _ = read
    down = ("Førsteinntrykk", "Kunder", "Møtet")
    up = ("Førsteinntrykk, Kunder", "Førsteinntrykk", "Samlet poengsum")
    found = opened(read)
    for caption, step in (*(("Består av", name) for name in down), *(("Del av", name) for name in up)):
        href = links(found.one("table", aria_label=caption))[step]
        found = page(served, "sofie.berg", href).one("main")
    assert found.one("h1").words == "Samlet poengsum"
    item = opened(read, kpi=S1, group="customer", item=_item(read))
    assert "Det er snittet av svarene på dette punktet" in item.words


def _item(read: tuple[Served, Quarter]) -> str:
    found = opened(read, kpi=S1, group="customer")
    return query_of(links(found.one("table", aria_label="Består av"))["Møtet"])["item"]


def test_a_measured_kpi_shows_how_its_value_becomes_a_score(read: tuple[Served, Quarter]) -> None:
    found = opened(read, kpi=PHONE)
    shown = facts(found)
    assert (shown["Målt"], shown["Verdt"]) == ("52 s", "75 × (180 − 52) / (180 − 45)")
    assert found.one("p", class_="composite-figure").words == "71,1"
    assert "Det følger av den målte verdien" in found.words


def test_what_is_withheld_says_why_and_shows_no_figure(read: tuple[Served, Quarter]) -> None:
    colleagues = opened(read, kpi=S5, group="colleague")
    assert "Holdt tilbake: færre enn 3 svar" in colleagues.words
    whole = opened(read, kpi=S5)
    assert "Holdt tilbake: bare 40 % av vekten kan vises, 50 % kreves" in whole.words
    for found in (colleagues, whole):
        assert found.all("p", class_="composite-figure") == []
        assert found.all("table", aria_label="Del av") == []


def test_page_and_api_tell_the_same_parts_in_both_languages(read: tuple[Served, Quarter]) -> None:
    served, made = read
    path = f"/api/v1/releases/{made.release.id}/explanations/{made.subjects['sofie.berg']}"
    told = served.signed_in("sofie.berg").get(path, params={"kpi_id": made.kpis[S1]}).json()["terms"]
    locales: tuple[Locale, ...] = ("nb", "en")
    for locale, caption in zip(locales, ("Består av", "Made of"), strict=True):
        rows = table(opened(read, who="sofie.berg", kpi=S1, lang=locale), caption)
        assert [row[1] for row in rows] == [score(one["score"], locale) for one in told]


def test_the_standard_error_is_for_who_analyses(read: tuple[Served, Quarter]) -> None:
    analysed, read_by_herself = (facts(opened(read, who=who, kpi=S4)) for who in ("analyst", "sofie.berg"))
    assert analysed.keys() - read_by_herself.keys() == {"Standardfeil", "Frihetsgrader"}
    # The customers of Lars are five, fewer than twice their minimum: nobody is told their spread.
    assert "Standardfeil" not in facts(opened(read, "lars.moen", kpi=S4, group="customer"))


def test_what_is_no_figure_or_not_the_readers_is_not_there(read: tuple[Served, Quarter]) -> None:
    served, made = read
    figure = f"{results_of(made, 'sofie.berg')}/figure"
    for missing in (
        {"kpi": "x"},
        {"kpi": made.kpis[S1], "group": "direct_report"},
        {"kpi": made.kpis[S1], "group": "x"},
    ):
        page(served, "analyst", figure, missing, status=404)
    page(served, "analyst", figure, {"group": "customer"}, status=422)
    for who in ("viewer", "admin"):
        page(served, who, figure, status=404)
    page(served, "sofie.berg", f"{results_of(made, 'lars.moen')}/figure", status=404)


# ------------------------------------------------------------ computed again


def test_the_same_digits_come_out_again_in_full(read: tuple[Served, Quarter]) -> None:
    served, _ = read
    asks = links(opened(read, kpi=S1))["Regn ut på nytt"]
    found = page(served, "sofie.berg", asks).one("main")
    banner = found.one("div", class_="banner").words
    assert banner.startswith("De samme sifrene kommer ut på nytt. Med metode 1")
    assert "77,05882352941177" in banner
    assert "Regn ut på nytt" not in links(found)
    english = opened(read, kpi=S1, again="1", lang="en").one("div", class_="banner").words
    assert "77.05882352941177" in english
    assert "De samme sifrene" in opened(read, kpi=S5, group="colleague", again="1").one("div", class_="banner").words


def test_a_team_shows_the_answers_that_are_read_together(read: tuple[Served, Quarter]) -> None:
    found = opened(read, "team-nord", kpi=S4, group="customer", again="1")
    parts = table(found, "Svar som leses sammen")
    assert [(row[0], row[1]) for row in parts] == [("Lars Moen", "5"), ("Sofie Berg", "10"), ("Thea Vik", "5")]
    leader = opened(read, "team-nord", who="amir.haddad", kpi=S4, group="customer", again="1")
    own = table(leader, "Svar som leses sammen")
    assert sum(int(row[1]) for row in own) == 20


@ONE_DATABASE
def test_other_digits_and_unreadable_totals_are_said_plainly(own: tuple[Served, Quarter]) -> None:
    served, made = own
    about = (
        ScoreRow.subject_id == made.subjects["sofie.berg"],
        ScoreRow.kpi_id == made.kpis[S1],
        ScoreRow.rater_groups == "",
    )
    with served.engine.write() as session:
        session.execute(update(ScoreRow).where(*about).values(score=77.0))
    altered = opened(own, kpi=S1, again="1").one("div", class_="banner").words
    assert altered.startswith("Andre sifre kommer ut. Lagret er 77,0, nå blir det 77,05882352941177.")
    with served.engine.write() as session:
        session.execute(update(AtomRow).where(AtomRow.release_id == made.release.id).values(totals={"x": 1}))
    assert (
        opened(own, kpi=S1, again="1").one("div", class_="banner").words.startswith("Det kan ikke regnes ut på nytt.")
    )


@ONE_DATABASE
def test_a_release_of_an_unknown_method_is_not_computed_again(own: tuple[Served, Quarter]) -> None:
    served, _ = own
    with served.engine.write() as session:
        session.execute(update(ReleaseRow).values(method_version="99"))
    found = opened(own, kpi=S1, again="1")
    assert found.one("div", class_="banner").words.startswith("Ikke regnet ut på nytt. Det er laget med metode 99")
    assert found.one("p", class_="composite-figure").words == "77,1"
