"""A what-if on pages: what can be changed, who would move and why, what is refused, and adopting it from a day on."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import pytest

from app.accounts.values import Role
from app.infra.database import Database
from app.infra.formats import Locale, score, signed
from tests.served import ONE_DATABASE, Served
from tests.shelf import Shelf
from tests.summaries.built import S1, S4, Quarter, served_quarter, shown_quarter
from tests.web.desk import query_of, wrong_fields
from tests.web.markup import Element, tree
from tests.web.released import appoint, filled, links, page, post, results_of, rows_of

PHONE = "phone-answer-time"


@pytest.fixture
def read(shelves: Callable[[str], Shelf], now: datetime) -> tuple[Served, Quarter]:
    return shown_quarter(shelves("sqlite"), now)


@pytest.fixture
def own(engine: Database, now: datetime) -> tuple[Served, Quarter]:
    """For tests that write."""
    return served_quarter(engine, now)


def what_if(made: Quarter) -> str:
    return f"/results/{made.release.id}/what-if"


def customers(made: Quarter, weight: str) -> dict[str, str]:
    return {f"weights.{made.kpis[S1]}.customer": weight}


def form(found: Element, made: Quarter) -> Element:
    return found.one("form", action=what_if(made), method="get")


def moved(found: Element) -> dict[tuple[str, str], list[str]]:
    """The words of the chart by who and what: moves by, before and after, why."""
    rows: dict[tuple[str, str], list[str]] = {}
    for body in found.one("table", class_="chart").all("tbody"):
        name = body.one("tr", class_="chart-band").words
        for row in body.all("tr", class_="chart-kpi"):
            why = " ".join(one.words for one in row.all("span", class_="note"))
            words = row.one("td", class_="chart-words").words.removesuffix(why).strip()
            rows[name, row.one("th").words] = [row.one("td", class_="chart-figure").words, words, why]
    return rows


# ------------------------------------------------------------ what can be changed


def test_everything_that_can_be_changed_is_listed_and_leads_to_its_form(read: tuple[Served, Quarter]) -> None:
    served, made = read
    found = page(served, "analyst", what_if(made))
    assert found.one("h1").words == "Hva om, 3. kvartal 2026"
    heads = [one.words for one in found.one("main").all("h3")]
    assert heads == ["Vekt per gruppe", "Mål", "Færrest svar", "Vekter på kort"]
    offered = {words: href for words, href in links(found.one("main")).items() if "?edit=" in href}
    assert {"Førsteinntrykk", "Svartid telefon, for alle", "Kundesenter, for personer"} <= offered.keys()
    for words, href in offered.items():
        opened = page(served, "analyst", href.partition("#")[0])
        assert opened.one("section", id="part").one("h2").words == words
        values = filled(form(opened, made))
        assert all(name.startswith(query_of(href.partition("#")[0])["edit"]) for name in values), words


def test_a_part_that_is_not_there_opens_no_form(read: tuple[Served, Quarter]) -> None:
    served, made = read
    for strange in ("weights.nothing", "x", "", f"posts.{made.kpis[S1]}.all"):
        assert page(served, "analyst", what_if(made), {"edit": strange}).one("main").all("form") == []
    unknown = {"weights.nothing.customer": "3", "x": "1", "weights": "2"}
    assert page(served, "analyst", what_if(made), unknown).one("main").all("section", id="moves") == []


def test_the_form_of_weights_holds_what_counted_and_sends_a_question(read: tuple[Served, Quarter]) -> None:
    served, made = read
    opened = page(served, "analyst", what_if(made), {"edit": f"weights.{made.kpis[S1]}"})
    start = f"weights.{made.kpis[S1]}"
    as_it_was = {"manager": "15", "colleague": "15", "customer": "40", "mystery_shopper": "30"}
    assert filled(form(opened, made)) == {f"{start}.{group}": weight for group, weight in as_it_was.items()}
    assert [one.words for one in form(opened, made).all("span", class_="suffix")] == [
        *("var 15 %", "var 15 %", "var 40 %", "var 30 %")
    ]
    unchanged = page(served, "analyst", what_if(made), filled(form(opened, made)))
    assert unchanged.one("main").all("table", class_="chart") == []
    assert unchanged.one("main").all("h3") != []
    # Manager 75, customers 81.25, visits 72.5; each against 75.9, the middle between before and after.
    found = page(served, "analyst", what_if(made), {**filled(form(opened, made)), **customers(made, "10")})
    assert "Kunder: 40 (40 %) blir 10 (14 %)" in found.words
    assert moved(found)["Sofie Berg", "Førsteinntrykk"] == [
        "−2,3",
        "77,1 blir 74,8.",
        "Kunder −1,5, Mystery shoppere −0,7, Leder −0,1",
    ]


# ------------------------------------------------------------ who moves


def test_page_and_api_tell_the_same_moves_in_both_languages(read: tuple[Served, Quarter]) -> None:
    served, made = read
    sent = {"rater_weights": [{"kpi_id": made.kpis[S1], "weights": {"customer": 10}}]}
    told = served.signed_in("analyst").post(f"/api/v1/releases/{made.release.id}/what-if", json=sent).json()["items"]
    locales: tuple[Locale, ...] = ("nb", "en")
    for locale in locales:
        found = page(served, "analyst", what_if(made), customers(made, "10"), lang=locale)
        rows = rows_of(found.one("main").one("details", class_="figures").one("table"))
        expected = {
            (
                one["name"],
                score(one["before"]["score"], locale),
                score(one["after"]["score"], locale),
                signed(one["change"], locale),
            )
            for one in told
        }
        assert {(row[0], row[2], row[4], row[6]) for row in rows} == expected
        assert len(rows) == len(told) == len(moved(found))


def test_the_reasons_of_a_move_add_up_as_printed(read: tuple[Served, Quarter]) -> None:
    served, made = read
    both = {**customers(made, "10"), f"posts.{made.kpis[PHONE]}.all.target": "60"}
    both |= {f"posts.{made.kpis[PHONE]}.all.{name}": value for name, value in (("floor", "180"), ("stretch", "20"))}
    rows = moved(page(served, "analyst", what_if(made), both))
    assert {"Førsteinntrykk", "Svartid telefon"} == {
        part.rsplit(" ", 1)[0] for part in rows["Sofie Berg", "Samlet poengsum"][2].split(", ")
    }
    for key, (change, _, why) in rows.items():
        if why:
            parts = [tenths(part.rsplit(" ", 1)[1]) for part in why.split(", ")]
            assert sum(parts) == tenths(change), key


def tenths(text: str) -> int:
    return round(float(text.replace(",", ".").replace("\N{MINUS SIGN}", "-")) * 10)


def test_changes_are_kept_while_another_is_made_and_can_be_taken_back(read: tuple[Served, Quarter]) -> None:
    served, made = read
    found = page(served, "analyst", what_if(made), customers(made, "10"))
    card = next(href for words, href in links(found).items() if words == "Kundesenter, for personer")
    opened = page(served, "analyst", card.partition("#")[0])
    assert "Kunder: 40 (40 %) blir 10 (14 %)" in opened.words
    sent = filled(form(opened, made))
    assert customers(made, "10").items() <= sent.items()
    place = f"card.person.{made.subjects['customer-centre']}.{made.kpis[S1]}"
    both = page(served, "analyst", what_if(made), {**sent, place: "80"})
    assert [one.words for one in both.one("ul", class_="checks").all("strong")] == [
        "Førsteinntrykk",
        "Kundesenter, for personer",
    ]
    back = [link.attributes["href"] for link in both.all("a") if link.words == "Ta tilbake"]
    left = page(served, "analyst", back[0])
    assert [one.words for one in left.one("ul", class_="checks").all("strong")] == ["Kundesenter, for personer"]
    again = [link.attributes["href"] for link in both.all("a") if link.words == "Endre"]
    assert filled(form(page(served, "analyst", again[0]), made))[f"weights.{made.kpis[S1]}.customer"] == "10"


def test_what_would_be_withheld_says_why_and_has_no_figure(read: tuple[Served, Quarter]) -> None:
    served, made = read
    found = page(served, "analyst", what_if(made), {"minimum.customer": "6", "minimum.colleague": "6"})
    change, words, _ = moved(found)["Lars Moen", "Eierskap til saken"]
    assert (change, words.split(" ")[0]) == ("–", "Var")
    assert "ville blitt holdt tilbake: " in words
    assert "En grense hører til en runde." in found.words
    assert "figurer" not in found.words
    assert links(found).get("Innfør fra en dag …") is None


def test_nobody_moves_when_nothing_of_it_counts(read: tuple[Served, Quarter]) -> None:
    served, made = read
    twice = {"manager": "30", "colleague": "30", "customer": "80", "mystery_shopper": "60"}
    found = page(served, "analyst", what_if(made), {f"weights.{made.kpis[S1]}.{k}": v for k, v in twice.items()})
    assert "Ingen flytter seg." in found.words
    assert found.one("main").all("table", class_="chart") == []


def test_movers_come_in_slices_that_keep_the_changes(read: tuple[Served, Quarter]) -> None:
    served, made = read
    whole = list(
        dict.fromkeys(name for name, _ in moved(page(served, "analyst", what_if(made), customers(made, "10"))))
    )
    seen: list[str] = []
    query: Mapping[str, str] | None = {**customers(made, "10"), "limit": "2"}
    while query is not None:
        found = page(served, "analyst", what_if(made), query)
        seen += dict.fromkeys(name for name, _ in moved(found))
        more = found.all("a", rel="next")
        query = {k: v for k, v in query_of(more[0].attributes["href"]).items() if k != "lang"} if more else None
    assert seen == whole
    assert len(whole) > 2


# ------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("weights.{S1}.customer", "abc", "Kunder"),
        ("weights.{S1}.customer", "-1", "Kunder"),
        ("minimum.customer", "2", "Tillatt: 5–20. Du skrev 2."),
        ("minimum.customer", "21", "Tillatt: 1–20. Du skrev 21."),
        ("card.person.{centre}.{S4}", "x", "Eierskap til saken"),
        ("posts.{PHONE}.all.floor", "10", "Svartid telefon"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field_with_what_was_written(
    read: tuple[Served, Quarter], field: str, value: str, words: str
) -> None:
    served, made = read
    places = {
        "S1": made.kpis[S1],
        "S4": made.kpis[S4],
        "PHONE": made.kpis[PHONE],
        "centre": made.subjects["customer-centre"],
    }
    name = field.format(**places)
    query = {name: value}
    if name.startswith("posts."):
        start = name.rpartition(".")[0]
        query |= {f"{start}.target": "45", f"{start}.stretch": "20"}
    found = page(served, "analyst", what_if(made), query, status=422)
    [(href, said)] = wrong_fields(found)
    assert filled(form(found, made))[href.removeprefix("#")] in {value, *query.values()}
    assert words in said or words in found.one("section", id="part").words
    assert found.one("main").all("table", class_="chart") == []


# ------------------------------------------------------------ who sees what


def test_everybody_sees_the_moves_of_what_they_may_read_and_nobody_elses(read: tuple[Served, Quarter]) -> None:
    served, made = read
    for who, names in (("sofie.berg", {"Sofie Berg"}), ("amir.haddad", {"Sofie Berg", "Team Nord"})):
        found = page(served, who, what_if(made), customers(made, "10"))
        assert {name for name, _ in moved(found)} == names
        assert "Elias Dahl" not in found.words
    assert "Ingen flytter seg." in page(served, "viewer", what_if(made), customers(made, "10")).words
    page(served, "admin", what_if(made), status=404)
    page(served, "analyst", f"/results/{made.round_id}/what-if", status=404)
    assert served.anonymous().get(what_if(made)).status_code == 303


@ONE_DATABASE
def test_a_what_if_is_reached_from_summaries_kpis_and_cards(own: tuple[Served, Quarter], now: datetime) -> None:
    served, made = own
    manager = appoint(served, made, Role.MANAGER, "fjellbris", now)
    assert links(page(served, manager, results_of(made, "sofie.berg")))["Hva om"] == what_if(made)
    assert "Hva om" not in links(page(served, "sofie.berg", results_of(made, "sofie.berg")))
    soft = links(page(served, manager, f"/kpis/{made.kpis[S1]}"))["Prøv andre vekter"]
    assert soft == f"{what_if(made)}?edit=weights.{made.kpis[S1]}"
    hard = links(page(served, manager, f"/kpis/{made.kpis[PHONE]}"))["Prøv et annet mål"]
    assert hard == f"{what_if(made)}?edit=posts.{made.kpis[PHONE]}.all"
    for href in (soft, hard):
        assert filled(form(page(served, manager, href), made)) != {}


# ------------------------------------------------------------ adopting


def adopt_path(made: Quarter) -> str:
    return f"{what_if(made)}/adopt"


def test_a_change_is_adopted_from_the_day_that_was_chosen(own: tuple[Served, Quarter], now: datetime) -> None:
    served, made = own
    manager = appoint(served, made, Role.MANAGER, "fjellbris", now)
    begins = (now + timedelta(days=9)).date().isoformat()
    tried = page(served, manager, what_if(made), customers(made, "10"))
    confirm = links(tried)["Innfør fra en dag …"]
    asks = page(served, manager, confirm)
    assert (asks.one("h1").words, asks.one("main").all("h2")[1].words) == (
        "Innføre endringen?",
        "Ny versjon av Førsteinntrykk",
    )
    assert ["Kunder", "10", "14 %"] in rows_of(asks.one("main").one("table"))
    assert ["Egen vurdering", "0", "Teller ikke"] in rows_of(asks.one("main").one("table"))
    before = page(served, "sofie.berg", results_of(made, "sofie.berg")).one("main").words

    answer = post(served, manager, adopt_path(made), query_of(confirm), adopt_path(made), starts_on=begins)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{what_if(made)}?done=adopted")
    assert "Endringen er innført." in page(served, manager, answer.headers["location"]).words
    versions = served.with_key().get(f"/api/v1/kpis/{made.kpis[S1]}/versions").json()["items"]
    assert (
        versions[0]["starts_on"],
        versions[0]["rater_weights"]["customer"],
        versions[1]["rater_weights"]["customer"],
    ) == (begins, 10, 40)
    assert page(served, "sofie.berg", results_of(made, "sofie.berg")).one("main").words == before


@ONE_DATABASE
def test_cards_and_targets_are_adopted_with_every_weight_that_will_count(
    own: tuple[Served, Quarter], now: datetime
) -> None:
    served, made = own
    manager = appoint(served, made, Role.MANAGER, "fjellbris", now)
    start = f"posts.{made.kpis[PHONE]}.all"
    tried = {f"card.person.{made.subjects['customer-centre']}.{made.kpis[S1]}": "80"}
    tried |= {f"{start}.floor": "180", f"{start}.target": "60", f"{start}.stretch": "20"}
    asks = page(served, manager, adopt_path(made), tried)
    assert "Nytt kort for Kundesenter" in [one.words for one in asks.one("main").all("h2")]
    assert "Mål: 45 s blir 60 s" in asks.words
    answer = post(
        served,
        manager,
        adopt_path(made),
        tried,
        adopt_path(made),
        starts_on=(now + timedelta(days=1)).date().isoformat(),
    )
    assert answer.status_code == 303
    targets = served.with_key().get(f"/api/v1/kpis/{made.kpis[PHONE]}/targets").json()["items"]
    assert 60 in [one["target"] for one in targets]


@pytest.mark.parametrize(("day", "status"), [("", 422), ("soon", 422), ("2026-01-01", 409)])
@ONE_DATABASE
def test_a_day_that_cannot_be_is_refused_and_everything_else_stays(
    own: tuple[Served, Quarter], now: datetime, day: str, status: int
) -> None:
    served, made = own
    manager = appoint(served, made, Role.MANAGER, "fjellbris", now)
    answer = post(served, manager, adopt_path(made), customers(made, "10"), adopt_path(made), starts_on=day)
    assert answer.status_code == status
    again = tree(answer.text)
    assert filled(again.one("form", action=adopt_path(made)))["starts_on"] == day
    assert customers(made, "10").items() <= filled(again.one("form", action=adopt_path(made))).items()
    versions = served.with_key().get(f"/api/v1/kpis/{made.kpis[S1]}/versions").json()["items"]
    assert len(versions) == 1


@ONE_DATABASE
def test_only_who_writes_kpis_is_offered_to_adopt(own: tuple[Served, Quarter], now: datetime) -> None:
    served, made = own
    leader = appoint(served, made, Role.MANAGER, "team-nord", now)
    # The leader may write cards of the own team, and not what counts for the company.
    for who, status in (("analyst", 403), ("amir.haddad", 403), ("sofie.berg", 404), (leader, 403)):
        found = page(served, who, what_if(made), customers(made, "10"))
        assert "Innfør fra en dag …" not in links(found)
        page(served, who, adopt_path(made), customers(made, "10"), status=status)
