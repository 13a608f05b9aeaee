"""The feedback summary as people read it: the same figures in both languages, reasons for what is withheld, no more."""

import re
from datetime import timedelta
from typing import Any

import pytest

from app.accounts.rules import SERVICE
from app.infra.database import Database
from app.infra.formats import Locale, score
from app.rounds.commands import create_round, set_groups, set_rated_subjects, set_round_kpis
from app.rounds.launch import launch_round
from app.rounds.values import RoundDraft, RoundKpi
from tests.served import Served
from tests.summaries.built import GROUPS, S1, Quarter, served_quarter
from tests.web.markup import Element
from tests.web.released import page, results_of


@pytest.fixture
def read(engine: Database, now: Any) -> tuple[Served, Quarter]:
    return served_quarter(engine, now)


def figures(value: Any) -> list[float]:
    """Every score of a JSON document that a page prints, items apart."""
    if isinstance(value, list):
        return [one for part in value for one in figures(part)]
    if isinstance(value, dict):
        inner = [one for name, part in value.items() if name not in {"items", "scale"} for one in figures(part)]
        return [*inner, value["score"]] if isinstance(value.get("score"), float) else inner
    return []


def test_the_page_says_what_the_scenario_says_and_no_more(read: tuple[Served, Quarter]) -> None:
    served, made = read
    found = page(served, "amir.haddad", results_of(made, "sofie.berg"))
    assert found.one("h1").words == "Sofie Berg, 3. kvartal 2026"
    assert found.one("p", class_="composite-figure").words == "79,2"
    assert found.one("p", class_="composite-note").words == (
        "90 % av vekten er med. Samspill er holdt tilbake. Usikkerheten i Svartid telefon, Løst ved første kontakt og "
        "Behandlingstid per sak er ikke kjent og ikke med i intervallet."
    )
    rows = {
        (row.all("th")[0].words, row.all("td", class_="chart-figure")[0].words): row.all("td", class_="chart-words")[
            0
        ].words
        for row in found.all("tr")
        if row.all("td", class_="chart-words")
    }
    assert rows["Førsteinntrykk", "77,1"] == "Trolig 64–87. 85 % av vekten"
    assert rows["Kunder", "72,5"] == "10 av 12 kunne vurdere"
    assert rows["Leder", "62,5"] == "Amir Haddad, én stemme"
    assert rows["Kolleger", "–"] == "Holdt tilbake: færre enn 3 svar"
    assert rows["Sofie selv", "87,5"] == "Teller ikke. Blind flekk"
    assert rows["Samspill", "–"] == "Holdt tilbake: bare 40 % av vekten kan vises, 50 % kreves"
    assert rows["Svartid telefon", "71,1"] == "52 s Mål ikke nådd, 7 s igjen"
    assert rows["Behandlingstid per sak", "100"] == "6,2 min I beste område, 4–7 min"
    assert "Sofie vurderer Eierskap til saken høyere (87,5) enn de andre gjør (68,2)." in found.words
    assert "kollega" not in found.words
    assert [quote.words for quote in found.all("blockquote")][-1] == "Tar seg tid når kunden er urolig."

    own = page(served, "sofie.berg", results_of(made, "sofie.berg"), lang="en")
    assert "You rate Case ownership higher (87.5) than the others do (68.2)." in own.words
    assert [link.words for link in own.one("nav", class_="breadcrumb").all("a")] == ["Results"]


def test_page_and_api_tell_the_same_figures_in_both_languages(read: tuple[Served, Quarter]) -> None:
    served, made = read
    key = served.with_key()
    for name in ("sofie.berg", "team-nord", "customer-centre", "fjellbris", "lunvik"):
        document = key.get(f"/api/v1/releases/{made.release.id}/summaries/{made.subjects[name]}").json()
        told = figures([document["composite"], document["soft"], document["hard"]])
        assert told
        for lang in ("nb", "en"):
            locale: Locale = lang
            words = page(served, "analyst", results_of(made, name), lang=lang).words
            printed = set(re.findall(r"\b\d{1,3}(?:[.,]\d)?\b", words))
            assert {score(one, locale) for one in told} - printed == set(), (name, lang)


def test_a_unit_reads_where_competences_are_lacking_and_plans_the_next_step(read: tuple[Served, Quarter]) -> None:
    served, made = read
    path = f"{results_of(made, 'team-nord')}/competences"
    found = page(served, "amir.haddad", path, lang="en")
    rows = [
        (row.one("th").words, row.one("td", class_="chart-figure").words) for row in found.all("tr", class_="chart-kpi")
    ]
    assert rows == [
        ("Following up", "73.2"),
        ("Listening", "75.4"),
        ("Meeting customers", "77.1"),
        ("Sharing know-how", "–"),
        ("Working together", "–"),
    ]
    assert len(found.all("svg", class_="plot-withheld")) == 2
    api = f"/api/v1/releases/{made.release.id}/competences/{made.subjects['team-nord']}"
    key = served.with_key()
    items = key.get(api).json()["items"]
    told = [score(one["figure"]["score"], "en") for one in items]
    assert (told, [one["figure"]["status"] for one in items][-2:]) == ([two for _, two in rows], ["insufficient"] * 2)
    table = key.get(f"{api}.csv").content.decode("utf-8-sig").splitlines()
    assert len(table) == 1 + len(items) + sum(len(one["items"]) for one in items)
    shown = served.signed_in("amir.haddad").get(f"{path}.csv", params={"lang": "nb"}).content.decode("utf-8-sig")
    assert shown.splitlines()[1].startswith("Kompetanse;Å følge opp;;;73,214285")
    page(served, "viewer", path, status=404)
    page(served, "sofie.berg", path, status=404)

    who_lacks_what(served, made, found)

    summary = page(served, "amir.haddad", results_of(made, "sofie.berg"), lang="en")
    [plan] = [link.attributes["href"] for link in summary.all("a") if link.words == "Make a plan of it"]
    form = page(served, "amir.haddad", plan, lang="en")
    [chosen] = [one for one in form.one("select", id="item_id").all("option") if "selected" in one.attributes]
    assert (chosen.words, form.one("textarea", id="what").words) == (
        "Promises",
        "Go through the deadlines of tomorrow. Call the one customer who will wait longer than promised.",
    )
    assert "Make a plan of it" not in page(served, "sofie.berg", results_of(made, "sofie.berg"), lang="en").words


def who_lacks_what(served: Served, made: Quarter, found: Element) -> None:
    """The table of everybody below Team Nord, its files and the API say the same, to nobody else."""
    who = [[cell.words for cell in (row.one("th"), *row.all("td"))] for row in found.all("table")[2].all("tr")[1:]]
    held = ["–", "–", "Withheld: only 40% of the weight can be shown, 50% is needed"]
    assert who[:7] == [
        ["Following up Target missed by 2 of 3 people and units", "73.2", "55–85", "1.8"],
        ["Lars Moen", "67.1", "36–85", "7.9"],
        ["Sofie Berg", "68.2", "44–85", "6.8"],
        ["Thea Vik", "81.1", "51–96", "Target reached"],
        ["Listening Target missed by 0 of 1 people and units", "75.4", "53–88", "Target reached"],
        ["Sofie Berg", "76.2", "54–89", "Target reached"],
        ["Lars Moen", *held],
    ]
    assert who[-1] == ["Sofie Berg", *held]
    key = served.with_key()
    gaps = f"/api/v1/releases/{made.release.id}/gaps/{made.subjects['team-nord']}"
    told = key.get(gaps).json()["items"]
    assert [one["competence"]["name"]["en"] for one in told] == [
        "Following up",
        "Listening",
        "Meeting customers",
        "Sharing know-how",
        "Working together",
    ]
    first = told[0]
    assert (first["told"], first["lacking"], score(first["whole"]["gap"], "en")) == (3, 2, "1.8")
    whole = key.get(gaps.replace("/gaps/", "/competences/")).json()["items"][0]
    assert first["whole"]["figure"] == whole["figure"]
    amir = served.signed_in("amir.haddad")
    lines = amir.get(f"{results_of(made, 'team-nord')}/gaps.csv", params={"lang": "nb"}).content.decode("utf-8-sig")
    assert lines.splitlines()[1].startswith("Å følge opp;Team Nord;Team;73,214285")
    assert key.get(f"{gaps}.csv", headers={"accept-language": "nb"}).content.decode("utf-8-sig") == lines
    assert len(lines.splitlines()) == 1 + sum(1 + len(one["below"]) for one in told)
    book = f"{results_of(made, 'team-nord')}/gaps.xlsx"
    assert amir.get(book).content[:2] == key.get(f"{gaps}.xlsx").content[:2] == b"PK"
    assert [served.signed_in(one).get(book).status_code for one in ("viewer", "sofie.berg")] == [404, 404]
    assert key.get(gaps.replace(made.subjects["team-nord"], made.subjects["sofie.berg"])).status_code == 404
    what_is_left_out_is_said(served, made)


def what_is_left_out_is_said(served: Served, made: Quarter) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.summaries.gaps.MOST_BELOW", 2)
        cut = page(served, "amir.haddad", f"{results_of(made, 'team-nord')}/competences", lang="en")
        said = cut.one("div", class_="banner").words
        assert said.startswith("Too many to show at once. More than 400 people and units stand below.")
        amir, path = served.signed_in("amir.haddad"), f"{results_of(made, 'team-nord')}/gaps.csv"
        files = amir.get(path, params={"lang": "en"}).text
        assert files.splitlines()[1].endswith('each has its own people on its page."')


def test_the_arithmetic_adds_up_as_printed(read: tuple[Served, Quarter]) -> None:
    served, made = read
    table = page(served, "sofie.berg", f"{results_of(made, 'sofie.berg')}/arithmetic").all("table")[0]
    rows = []
    for row in table.all("tr")[1:]:
        head, cells = row.one("th"), [cell.words for cell in row.all("td")]
        level = next((int(name[-1]) for name in head.classes if name.startswith("indent-")), 0)
        rows.append((level, head.words, *cells))
    kpis = [row for row in rows if row[0] == 0]
    assert [(row[1], row[2]) for row in kpis] == [
        ("Førsteinntrykk", "77,1"),
        ("Eierskap til saken", "68,2"),
        ("Samspill", "–"),
        ("Svartid telefon", "71,1"),
        ("Løst ved første kontakt", "82,7"),
        ("Behandlingstid per sak", "100"),
        ("Samlet poengsum", "79,2"),
    ]
    assert tenths(row[4] for row in kpis[:-1]) == tenths([kpis[-1][4]]) == 792
    for inner, outer in ((1, 0), (2, 1)):
        for row, below in nested(rows, inner, outer):
            parts = [one[4] for one in below if one[4]]
            assert not parts or tenths(parts) == tenths([row[2]]), row
    assert next(row for row in rows if row[1] == "Målt: 52 s")[5] == "75 × (180 − 52) / (180 − 45)"
    assert next(row for row in rows if row[1] == "Kolleger")[2:] == ("–", "", "", "Holdt tilbake: færre enn 3 svar")


def tenths(texts: Any) -> int:
    return sum(round(float(text.replace(",", ".")) * 10) for text in texts if text)


def nested(rows: list[Any], inner: int, outer: int) -> list[tuple[Any, list[Any]]]:
    """Each row of the outer level with the rows of the inner one up to the next."""
    found: list[tuple[Any, list[Any]]] = []
    for row in rows:
        if row[0] == outer:
            found.append((row, []))
        elif row[0] == inner:
            found[-1][1].append(row)
    return found


def test_lists_lead_to_what_may_be_read_and_nowhere_else(read: tuple[Served, Quarter]) -> None:
    served, made = read
    places = {"analyst": "fjellbris", "amir.haddad": "team-nord", "viewer": "team-sor", "sofie.berg": "sofie.berg"}
    for who, place in places.items():
        links = {link.attributes["href"] for link in page(served, who, "/results").one("main").all("a")}
        behind = {f"/results/{made.release.id}/analysis/scores"} if who == "analyst" else set()
        sorted_otherwise = {"/results?sort=sealed_at", "/results?sort=period"}
        assert links == {results_of(made, place), "/overview"} | sorted_otherwise | behind, who
        answer = served.signed_in(who).get(f"/results/{made.release.id}")
        assert (answer.status_code, answer.headers["location"]) == (303, results_of(made, place)), who
    assert "Rollen din leser ingen resultater" in page(served, "admin", "/results").words
    members = page(served, "amir.haddad", results_of(made, "team-nord")).one("main").all("table", class_="chart")[0]
    names = [link.words for link in members.all("a")]
    assert names == sorted(names) == ["Amir Haddad", "Lars Moen", "Omar Said", "Sofie Berg", "Thea Vik"]


def test_whoever_may_not_read_a_page_finds_nothing_there(read: tuple[Served, Quarter]) -> None:
    served, made = read
    sofie = results_of(made, "sofie.berg")
    for who in ("admin", "viewer"):
        for path in (
            sofie,
            f"{sofie}/arithmetic",
            f"/results/rounds/{made.round_id}/subjects/{made.subjects['sofie.berg']}",
        ):
            page(served, who, path, status=404)
    for path in (results_of(made, "team-nord"), results_of(made, "lars.moen"), "/results/x/subjects/y"):
        page(served, "sofie.berg", path, status=404)
    page(served, "admin", f"/results/{made.release.id}", status=404)
    assert served.anonymous().get(sofie).status_code == 303


def test_before_the_release_there_is_a_date_and_no_figure(read: tuple[Served, Quarter], now: Any) -> None:
    served, made = read
    round_id = _open_round(served, made, now)
    path = f"/results/rounds/{round_id}/subjects/{made.subjects['sofie.berg']}"
    assert path in {link.attributes["href"] for link in page(served, "sofie.berg", "/results").all("a", href=path)}
    found = page(served, "sofie.berg", path)
    assert found.one("h1").words == "Sofie Berg, 4. kvartal 2026"
    banner = found.one("div", class_="banner").words
    assert banner.startswith("Runden er åpen til mandag 7. desember kl. 10.00.")
    assert (found.one("main").all("svg", class_="plot"), found.one("main").all("table")) == ([], [])
    released = f"/results/rounds/{made.round_id}/subjects/{made.subjects['sofie.berg']}"
    assert served.signed_in("sofie.berg").get(released).headers["location"] == results_of(made, "sofie.berg")
    page(served, "admin", path, status=404)


def _open_round(served: Served, made: Quarter, now: Any) -> str:
    wish = RoundDraft(
        scope_id=made.subjects["team-nord"],
        external_id=None,
        name={"nb": "4. kvartal 2026", "en": "Q4 2026"},
        purpose={"nb": "Slik møter vi kundene.", "en": "How we meet our customers."},
        asked_by="Amir Haddad",
        period_start=now.date().replace(month=10, day=1),
        period_end=now.date().replace(month=12, day=31),
        opens_at=now,
        closes_at=now + timedelta(days=14),
    )
    with served.engine.write() as session:
        draft = create_round(session, SERVICE, made.company_id, wish, now=now)
        set_groups(session, SERVICE, draft.id, [group for group in GROUPS if group.k == 1], now=now)
        set_round_kpis(session, SERVICE, draft.id, [RoundKpi(made.kpis[S1], {})], now=now)
        set_rated_subjects(session, SERVICE, draft.id, [made.subjects["sofie.berg"]], now=now)
        return _launched(session, draft.id, now)


def _launched(session: Any, round_id: str, now: Any) -> str:
    from app.rounds.commands import propose_assignments

    propose_assignments(session, SERVICE, round_id, now=now)
    launch_round(session, SERVICE, round_id, confirmed=True, now=now)
    return round_id
