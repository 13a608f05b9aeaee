"""The files of a summary: the figures of the page and no others, for those who may read the page."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from httpx2 import Response
from pypdf import PdfReader

from app.infra.formats import Locale
from app.papers.summary_files import PDF, WORKBOOK
from tests.papers.read import DECIMAL, column, sheets_of, tagged, text_of
from tests.served import Served
from tests.shelf import Shelf
from tests.summaries.built import Quarter, shown_quarter
from tests.web.markup import Element
from tests.web.released import links, page, results_of

BOTH = pytest.mark.parametrize("locale", ["nb", "en"])
SCORE: dict[Locale, str] = {"nb": "Poeng", "en": "Score"}


@pytest.fixture
def read(shelves: Callable[[str], Shelf], now: datetime) -> tuple[Served, Quarter]:
    return shown_quarter(shelves("sqlite"), now)


def file_of(read: tuple[Served, Quarter], name: str, ending: str, **asked: str) -> Response:
    served, made = read
    answer = served.signed_in("analyst").get(f"{results_of(made, name)}/{ending}", params=asked)
    assert answer.status_code == 200, answer.text
    return answer


def twin_of(read: tuple[Served, Quarter], name: str, ending: str, locale: str, **asked: str) -> Response:
    served, made = read
    path = f"/api/v1/releases/{made.release.id}/summaries/{made.subjects[name]}{ending}"
    answer = served.with_key().get(path, params=asked, headers={"accept-language": locale})
    assert answer.status_code == 200, answer.text
    return answer


def scores(document: dict[str, Any]) -> Iterator[tuple[str, float | None]]:
    """Every score of the JSON with the sheet that it belongs to, those of single questions too."""
    composite = document["composite"]
    parts = () if composite is None else (composite["figure"], composite["soft"], composite["hard"])
    yield from (("composite", part["score"]) for part in parts if part is not None)
    for kpi in document["soft"]:
        figures = [kpi["figure"]] if kpi["figure"] is not None else []
        for group in kpi["groups"]:
            figures += [group["figure"], *(item["figure"] for item in group["items"])]
        yield from (("soft", figure["score"]) for figure in figures)
    yield from (("hard", kpi["figure"]["score"]) for kpi in document["hard"])


def check_step(shown: Element, paper: str, sheet: list[list[Any]], step: dict[str, Any] | None, locale: Locale) -> None:
    """The one next step: word for word the same everywhere, or nowhere."""
    cards = list(shown.all("section", class_="card-tint"))
    if step is None:
        assert (cards, sheet[1:]) == ([], [])
        return
    [card] = cards
    said = [one.words for one in (*card.all("h3"), *card.all("p"))]
    assert [sentence for sentence in said if sentence not in paper] == []
    facts = dict(map(tuple, sheet[1:]))
    assert facts[{"nb": "Neste steg", "en": "Next step"}[locale]] == " ".join(said)
    score, exercise = facts[SCORE[locale]], step["exercise"]["text"][locale]
    assert (score, step["target"]) == (float(f"{step['figure']['score']:.16g}"), 75)
    assert exercise in card.words
    assert step["item"][locale] in said[0]


@BOTH
@pytest.mark.parametrize("name", ["sofie.berg", "team-nord", "lunvik"])
def test_page_paper_workbook_csv_and_api_tell_the_same_figures(
    read: tuple[Served, Quarter], name: str, locale: Locale
) -> None:
    served, made = read
    shown = page(served, "analyst", results_of(made, name), lang=locale).one("main")
    # People and units below have papers of their own.
    tables = [table for table in shown.all("table") if table.all("th")[0].words not in {"Navn", "Name"}]
    in_rows = [cell.words for table in tables for cell in table.all("td", class_="chart-figure")]
    assert len(in_rows) >= 2
    paper = file_of(read, name, "summary.pdf", lang=locale)
    assert paper.content == twin_of(read, name, ".pdf", locale).content
    text = text_of(paper.content)
    assert [score for score in in_rows if score not in text] == []
    # No figure of its own: what is printed stands on the page.
    printed = DECIMAL.findall(text.split({"nb": " Metode ", "en": " Method "}[locale])[0])
    assert set(printed) - {*DECIMAL.findall(shown.words)} == set()

    document = twin_of(read, name, "", locale).json()
    book = file_of(read, name, "summary.xlsx", lang=locale)
    assert book.content == twin_of(read, name, ".xlsx", locale).content
    sheets = list(sheets_of(book.content).values())
    check_step(shown, text, sheets[3], document["step"], locale)
    in_sheets = [
        (part, score)
        for part, rows in zip(("composite", "soft", "hard"), sheets, strict=False)
        for score in column(rows, SCORE[locale])
    ]
    expected = list(scores(document))
    assert [part for part, _ in in_sheets] == [part for part, _ in expected]
    # A workbook keeps sixteen digits.
    kept = [score and float(f"{score:.16g}") for _, score in expected]
    assert [score for _, score in in_sheets] == kept
    table = file_of(read, name, "figures.csv", lang=locale).content.decode("utf-8-sig").splitlines()
    in_file = [row[SCORE[locale]].replace(",", ".") for row in csv.DictReader(table, delimiter=";")]
    assert [float(score) if score else None for score in in_file] == [score for _, score in expected]


@BOTH
def test_a_paper_is_one_page_that_can_be_read_aloud(read: tuple[Served, Quarter], locale: Locale) -> None:
    paper = file_of(read, "sofie.berg", "summary.pdf", lang=locale).content
    made = PdfReader(io.BytesIO(paper))
    root: Any = made.trailer["/Root"]
    period = {"nb": "3.\xa0kvartal 2026", "en": "Q3 2026"}[locale]
    assert (len(made.pages), root["/Lang"], root["/MarkInfo"]["/Marked"]) == (1, locale, True)
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert made.metadata is not None
    assert made.metadata.title == f"Sofie Berg, {period}"
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()
    found = tagged(paper)
    assert (found.tags["H1"], found.tags["Table"], found.tags["THead"]) == (1, 2, 2)
    assert all(found.pictures)
    assert {
        "nb": {"Førsteinntrykk 77,1, trolig 64–87", "Kolleger: Holdt tilbake: færre enn 3 svar"},
        "en": {"First impression 77.1, probably 64–87", "Colleagues: Withheld: fewer than 3 answers"},
    }[locale] <= set(found.pictures)
    phone = {"nb": "Svartid telefon 52\xa0s, mål 45\xa0s: Mål ikke nådd, 7\xa0s igjen, 71,1 poeng"}
    assert phone.get(locale, found.pictures[-3]) == found.pictures[-3]
    text = text_of(paper)
    assert {"nb": "Side 1 av 1", "en": "Page 1 of 1"}[locale] in text
    assert {"nb": "Tilbakemelding, fortrolig", "en": "Feedback, confidential"}[locale] in text
    assert str(read[1].release.id) in text


def test_the_full_version_adds_comments_words_and_the_arithmetic(read: tuple[Served, Quarter]) -> None:
    served, made = read
    full = file_of(read, "sofie.berg", "summary.pdf", lang="nb", full="1").content
    assert full == twin_of(read, "sofie.berg", ".pdf", "nb", full="true").content
    whole = text_of(full)
    first, alone = text_of(full, page=0), text_of(file_of(read, "sofie.berg", "summary.pdf", lang="nb").content)
    assert first.split(" Side 1 av ")[0] == alone.split(" Side 1 av ")[0]
    shown = page(served, "analyst", results_of(made, "sofie.berg")).one("main")
    assert [quote.words for quote in shown.all("blockquote") if quote.words not in whole] == []
    assert "Tar seg tid når kunden er urolig." in whole
    assert "Tar seg tid når kunden er urolig." not in alone
    terms = page(served, "analyst", f"{results_of(made, 'sofie.berg')}/arithmetic").all("table")[0]
    assert [cell.words for cell in terms.all("td") if cell.words not in whole] == []
    assert "75 × (180 − 52) / (180 − 45)" in whole
    assert tagged(full).tags["TH"] > 20


def test_what_is_withheld_stands_with_its_reason_and_without_a_figure(read: tuple[Served, Quarter]) -> None:
    sheets = sheets_of(file_of(read, "sofie.berg", "summary.xlsx", lang="nb").content)
    assert list(sheets) == ["Samlet poengsum", "Myke KPI-er", "Harde KPI-er", "Neste steg", "Holdt tilbake", "Om filen"]
    withheld = {(row[0], row[1], row[3]): row[4] for row in sheets["Holdt tilbake"][1:]}
    assert withheld["Gruppe", "Førsteinntrykk", "Kolleger"] == "færre enn 3 svar"
    assert withheld["KPI", "Samspill", ""] == "bare 40\xa0% av vekten kan vises, 50\xa0% kreves"
    numbers = [cell for row in sheets["Holdt tilbake"][1:] for cell in row if not isinstance(cell, str)]
    assert numbers == []
    soft = sheets["Myke KPI-er"]
    notes = dict(zip(zip(column(soft, "KPI"), column(soft, "Vurdert av"), strict=True), soft[1:], strict=True))
    figures = [cell for cell in notes["Førsteinntrykk", "Kolleger"] if isinstance(cell, float)]
    assert (soft[0][2], sheets["Holdt tilbake"][0][2]) == ("Punkt", "Punkt")
    # Only what the group weighs.
    assert figures == [15.0]
    hard = dict(zip(*(column(sheets["Harde KPI-er"], name) for name in ("KPI", "Gulv")), strict=True))
    assert hard["Svartid telefon"] == 180
    assert ["Bruk", "Fortrolig"] in sheets["Om filen"]


def test_files_are_for_those_who_may_read_the_page(read: tuple[Served, Quarter]) -> None:
    served, made = read
    sofie = results_of(made, "sofie.berg")
    shown = page(served, "sofie.berg", sofie)
    assert {links(shown)["PDF"], links(shown)["Regneark"]} == {f"{sofie}/summary.pdf", f"{sofie}/summary.xlsx"}
    own = served.signed_in("sofie.berg")
    for ending, kind in (("pdf", PDF), ("xlsx", WORKBOOK)):
        answer = own.get(f"{sofie}/summary.{ending}")
        assert (answer.headers["content-type"], answer.headers["cache-control"]) == (kind, "no-store")
        assert answer.headers["content-disposition"] == f'attachment; filename="2026-09-30-1.{ending}"'
        for who in ("admin", "viewer"):
            assert served.signed_in(who).get(f"{sofie}/summary.{ending}").status_code == 404
        assert own.get(f"{results_of(made, 'lars.moen')}/summary.{ending}").status_code == 404
        assert served.anonymous().get(f"{sofie}/summary.{ending}").status_code == 303
        twin = f"/api/v1/releases/{made.release.id}/summaries/{made.subjects['sofie.berg']}.{ending}"
        assert served.with_key("rounds:read").get(twin).status_code == 403
        assert served.with_key(subject_id=made.subjects["team-sor"]).get(twin).status_code == 404
        assert served.anonymous().get(twin).status_code == 401
