from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from app.accounts.queries import get_account
from app.accounts.rules import SERVICE
from app.accounts.values import Viewer
from app.decisions.queries import list_cases
from app.decisions.values import Choice
from app.demo.addresses import COMPANY
from app.demo.entrances import ways_in
from app.demo.load import NotEmpty, load_demo
from app.encounters.queries import load_due_programmes, load_running
from app.infra.database import Database, ReadSession
from app.infra.entropy import SeededEntropy
from app.infra.paging import PageRequest
from app.invitations.queries import list_invitations
from app.invitations.values import DeliveryState
from app.kpis.queries import find_kpis
from app.organisation.named import find_subjects
from app.organisation.queries import list_companies, load_people_of, load_tree
from app.organisation.values import SubjectKind, Tree
from app.plans.effect import find_effect
from app.plans.queries import list_plans
from app.releases.gate import load_waiting
from app.releases.queries import find_release_of, load_scores
from app.releases.values import Score
from app.rounds.queries import find_round_by_key, load_frozen_subjects, track_round
from app.rounds.values import Round, RoundSource, RoundState
from app.scoring.effects import Verdict
from app.scoring.trend import Untrended
from app.summaries.queries import get_summary
from tests.dump import tables_of
from tests.shelf import NOW, SEED, Shelf, company, demo, nothing
from tests.thorough import THOROUGH

pytestmark = pytest.mark.slow

OSLO = ZoneInfo("Europe/Oslo")
TODAY = date(2026, 11, 23)

Scores = dict[tuple[str | None, tuple[str, ...]], Score]


@pytest.fixture
def reading(shelf: Shelf) -> Iterator[ReadSession]:
    with shelf.show(demo).read() as session:
        yield session


def company_id_of(session: ReadSession) -> str:
    return list_companies(session, SERVICE)[0].id


def round_of(session: ReadSession, key: str) -> Round:
    found = find_round_by_key(session, company_id_of(session), key)
    assert found is not None
    return found


def scores_of(session: ReadSession, subject: str, *, key: str = "2026-q3") -> Scores:
    """The figures of a subject in the released quarter, by external id of the KPI and rater groups, without items."""
    company_id = company_id_of(session)
    release = find_release_of(session, round_of(session, key).id)
    assert release is not None
    subject_id = find_subjects(session, company_id, [subject])[subject]
    scores = load_scores(session, release.id, subject_id)
    names = {str(kpi_id): name for name, kpi_id in find_kpis(session, company_id, NAMES).items()}
    return {
        (names[one.kpi_id] if one.kpi_id else None, tuple(one.rater_groups)): one
        for one in scores
        if one.item_id is None
    }


NAMES = [
    "first-impression",
    "needs-discovery",
    "objection-handling",
    "case-ownership",
    "teamwork",
    "coaching",
    "phone-answer-time",
    "first-contact-resolution",
    "new-customer-meetings",
    "new-customer-sales",
    "quote-to-order",
    "handling-time",
]


# ------------------------------------------------------------ the organisation


def names_under(tree: Tree, unit: str) -> list[str]:
    unit_id = next(one.id for one in tree.subjects.values() if one.name == unit)
    return [tree.subjects[one].name for one in tree.children(unit_id)]


def leader_of(tree: Tree, unit: str) -> str:
    unit_id = next(one.id for one in tree.subjects.values() if one.name == unit)
    (leader,) = tree.leaders(unit_id)
    return tree.subjects[leader].name


def test_the_organisation_is_the_one_of_the_scenario(reading: ReadSession) -> None:
    tree = load_tree(reading, company_id_of(reading), on=TODAY)
    kinds = [one.kind for one in tree.subjects.values()]
    counted = {kind: kinds.count(kind) for kind in SubjectKind}
    assert counted == {"company": 1, "department": 3, "team": 6, "person": 31, "competitor": 3}
    assert names_under(tree, "Fjellbris Varme & Service AS") == [
        "Butikk og montasje",
        "Hauklid Energi",
        "Kundesenter",
        "Lunvik Klima",
        "Ragnhild Torp",
        "Salg",
        "Torsnes Varmepumper",
    ]
    assert names_under(tree, "Kundesenter") == ["Ingrid Solheim", "Team Nord", "Team Sør"]
    assert names_under(tree, "Team Nord") == ["Amir Haddad", "Lars Moen", "Omar Said", "Sofie Berg", "Thea Vik"]
    assert names_under(tree, "Team Sør") == ["Elias Dahl", "Henrik Lie", "Kari Lunde", "Mina Olsen", "Oda Strand"]
    assert names_under(tree, "Salg") == ["Magnus Ruud", "Team Bedrift", "Team Privat"]
    assert names_under(tree, "Team Privat") == ["Ali Rahimi", "Jonas Eide", "Marte Fossum", "Nora Bakke", "Sara Hagen"]
    assert names_under(tree, "Team Bedrift") == ["Emil Sæther", "Ida Myhre", "Petter Aas", "Tobias Lund"]
    assert names_under(tree, "Butikk og montasje") == ["Butikk Bergen", "Liv Tangen", "Montasje Vest"]
    assert [len(names_under(tree, unit)) for unit in ("Butikk Bergen", "Montasje Vest")] == [4, 4]
    leaders = {unit.name: leader_of(tree, unit.name) for unit in tree.subjects.values() if tree.leaders(unit.id)}
    assert leaders == {
        "Fjellbris Varme & Service AS": "Ragnhild Torp",
        "Kundesenter": "Ingrid Solheim",
        "Team Nord": "Amir Haddad",
        "Team Sør": "Kari Lunde",
        "Salg": "Magnus Ruud",
        "Team Privat": "Marte Fossum",
        "Team Bedrift": "Petter Aas",
        "Butikk og montasje": "Liv Tangen",
        "Butikk Bergen": "Hanne Nes",
        "Montasje Vest": "Odd Brekke",
    }


def test_addresses_are_plain_letters_and_some_read_english(reading: ReadSession) -> None:
    company_id = company_id_of(reading)
    tree = load_tree(reading, company_id, on=TODAY)
    people = {person.name or "": person for person in load_people_of(reading, tree.subjects).values()}
    assert len(people) == 31
    assert people["Emil Sæther"].email == "emil.saether@fjellbris.example"
    assert people["Runa Bø"].email == "runa.bo@fjellbris.example"
    assert people["Siv Åsen"].email == "siv.asen@fjellbris.example"
    assert sorted(name for name, one in people.items() if one.locale == "en") == [
        "Ali Rahimi",
        "Amina Yusuf",
        "Marek Nowak",
        "Omar Said",
    ]


# ------------------------------------------------------------ the released quarter


def test_sofie_has_the_figures_of_the_scenario(reading: ReadSession) -> None:
    scores = scores_of(reading, "sofie.berg")
    first = (40 * 81.25 + 30 * 72.5 + 15 * 75) / 85
    ownership = (40 * 72.5 + 30 * 62.5) / 70
    answer_time, resolution = 75 * (180 - 52) / (180 - 45), 75 + 25 * (79 - 75) / (88 - 75)
    card = (20 * first + 20 * ownership + 15 * answer_time + 20 * resolution + 15 * 100) / 90
    expected = {
        "first-impression": (first, 0.85),
        "case-ownership": (ownership, 0.7),
        "phone-answer-time": (answer_time, 1),
        "first-contact-resolution": (resolution, 1),
        "handling-time": (100, 1),
        None: (card, 0.9),
    }
    for kpi, (score, coverage) in expected.items():
        assert (scores[kpi, ()].score, scores[kpi, ()].coverage) == pytest.approx((score, coverage), abs=1e-9)
    assert [round(scores[kpi, ()].score or 0, 1) for kpi in expected] == [77.1, 68.2, 71.1, 82.7, 100.0, 79.2]
    assert (scores["teamwork", ()].status, scores["teamwork", ()].reason) == ("insufficient", "too_little_weight")
    assert scores["teamwork", ()].coverage == pytest.approx(0.4)
    assert {scores[kpi, ("colleague",)].status for kpi in ("first-impression", "case-ownership", "teamwork")} == {
        "suppressed"
    }


def test_jonas_has_the_figures_of_the_scenario(reading: ReadSession) -> None:
    scores = scores_of(reading, "jonas.eide")
    sales, orders = 75 + 25 * 45 / 120, 75 * 6 / 13
    card = (25 * 69.25 + 25 * 55.5 + 15 * 56.25 + 20 * sales + 15 * orders) / 100
    expected = {
        "needs-discovery": 69.25,
        "objection-handling": 55.5,
        "new-customer-meetings": 56.25,
        "new-customer-sales": sales,
        "quote-to-order": orders,
        None: card,
    }
    assert {kpi: scores[kpi, ()].score for kpi in expected} == pytest.approx(expected, abs=1e-9)
    assert round(card, 1) == 61.7


def test_every_unit_has_a_card_that_is_scored(reading: ReadSession) -> None:
    for unit in ("team-nord", "team-sor", "customer-centre", "sales", "showroom", COMPANY):
        composite = scores_of(reading, unit)[None, ()]
        assert (composite.status, composite.score is None) == ("ok", False), unit


def test_competitors_have_group_scores_only(reading: ReadSession) -> None:
    for competitor in ("lunvik", "torsnes", "hauklid"):
        scores = scores_of(reading, competitor)
        assert {groups for _, groups in scores} == {("mystery_shopper",)}
        assert {one.raters for one in scores.values()} == {25}


def test_leaders_are_rated_by_their_direct_reports(reading: ReadSession) -> None:
    coaching = scores_of(reading, "amir.haddad")["coaching", ("direct_report",)]
    assert (coaching.status, coaching.raters) == ("ok", 4)
    assert scores_of(reading, "ingrid.solheim")["coaching", ("direct_report",)].status == "suppressed"


def test_the_quarter_was_brought_in_and_released(reading: ReadSession) -> None:
    past = round_of(reading, "2026-q3")
    assert (past.state, past.source) == (RoundState.RELEASED, RoundSource.IMPORT)
    assert (past.period_start, past.period_end) == (date(2026, 7, 1), date(2026, 9, 30))
    assert past.name == {"nb": "3. kvartal 2026", "en": "Third quarter 2026"}


# ------------------------------------------------------------ the open round


def test_the_open_round_opened_before_now_and_closes_in_a_week_at_four(reading: ReadSession) -> None:
    open_ = round_of(reading, "2026-q4-team-nord")
    assert open_.state is RoundState.OPEN
    assert open_.opens_at < NOW
    assert open_.closes_at.astimezone(OSLO).isoformat() == "2026-11-30T16:00:00+01:00"


def test_everybody_in_amirs_team_is_rated(reading: ReadSession) -> None:
    open_ = round_of(reading, "2026-q4-team-nord")
    rated = load_frozen_subjects(reading, open_.id)
    assert sum(one.is_rated for one in rated) == 5


def test_everybody_asked_has_a_letter_waiting(reading: ReadSession) -> None:
    open_ = round_of(reading, "2026-q4-team-nord")
    page = list_invitations(reading, SERVICE, open_.id, PageRequest(limit=200), now=NOW)
    assert {one.delivery for one in page.items} == {DeliveryState.QUEUED}
    assert len({one.email for one in page.items}) == len(page.items)
    assert {"amir.haddad@fjellbris.example", "kunde01@kunder.example", "besok1@besok.example"} <= {
        one.email for one in page.items
    }
    assert {one.name for one in page.items if (one.email or "").endswith(("@kunder.example", "@besok.example"))} == {
        None
    }
    assert {one.locale for one in page.items} == {"nb", "en"}


def test_the_tracker_has_something_to_show(reading: ReadSession) -> None:
    open_ = round_of(reading, "2026-q4-team-nord")
    tracking = track_round(reading, SERVICE, open_.id, now=NOW)
    assert tracking.counted_on == TODAY
    assert {one.policy.rater_group: one.percent is not None for one in tracking.groups} == {
        "manager": True,
        "self": True,
        "customer": True,
        "mystery_shopper": True,
        "colleague": True,
        "direct_report": False,
    }


# ------------------------------------------------------------ what was followed up


def test_a_plan_has_worked_and_stands_in_the_ledger_beside_its_decision(reading: ReadSession) -> None:
    company_id, part = company_id_of(reading), PageRequest()
    [plan] = list_plans(reading, SERVICE, company_id, part, on=TODAY).items
    measured = find_effect(reading, SERVICE, plan, on=TODAY)
    assert measured is not None
    before, after = 75 * (180 - 95) / (180 - 45), 75 * (180 - 61) / (180 - 45)
    assert (measured.before, measured.after) == pytest.approx((before, after), abs=0.7)
    assert (measured.verdict, measured.others) == (Verdict.WORKED, 7)
    [case] = list_cases(reading, SERVICE, company_id, part, on=TODAY).items
    assert (plan.case_id, case.decision and case.decision.choice) == (case.id, Choice.ACT)


def test_one_talk_has_a_day_and_its_person_waits_for_it(reading: ReadSession) -> None:
    thea = find_subjects(reading, company_id_of(reading), ["thea.vik"])["thea.vik"]
    herself = Viewer("account:thea", own_subjects=frozenset({thea}))
    [waiting] = load_waiting(reading, herself, on=TODAY)
    assert (waiting.since, waiting.opens_on) == (date(2026, 11, 21), date(2026, 11, 28))
    release = find_release_of(reading, waiting.round_id)
    assert release is not None
    # It is compared with a week in which her calls were measured and nobody was asked about teamwork.
    [teamwork] = [one for one in get_summary(reading, SERVICE, release.id, thea, on=TODAY).soft if one.change]
    assert teamwork.figure is not None
    assert teamwork.change is not None
    assert (teamwork.figure.score, teamwork.change.reason) == (75.0, Untrended.NO_SCORE_BEFORE)


# ------------------------------------------------------------ loading


def test_a_programme_waits_for_the_next_month_so_that_one_round_is_open(reading: ReadSession) -> None:
    (programme,) = load_running(reading, company_id_of(reading))
    assert (programme.name["en"], programme.starts_on) == ("The customer's voice", date(2026, 12, 1))
    assert load_due_programmes(reading, now=NOW) == ()


def test_admin_amir_and_an_analyst_can_sign_in(reading: ReadSession) -> None:
    found = {way.who: get_account(reading, SERVICE, way.account_id).email for way in ways_in(reading)}
    assert found == {
        "Administrator, who sets up rounds and reads no results": "admin@fjellbris.example",
        "Amir Haddad, who leads Team Nord, reads its results and decides": "amir.haddad@fjellbris.example",
        "Analyst, who reads all results and decides nothing": "analyst@fjellbris.example",
    }


def test_nobody_is_let_in_where_the_demo_is_not_loaded(engine: Database) -> None:
    with engine.read() as session:
        assert ways_in(session) == ()


def test_the_demo_goes_into_an_empty_database_only(shelf: Shelf) -> None:
    database = shelf.take(company)
    with pytest.raises(NotEmpty), database.write() as session:
        load_demo(session, now=NOW)


DAYS = [
    # In Oslo a quarter and a year have begun; the quarter that is released lies in the year before.
    (datetime(2025, 12, 31, 23, 30, tzinfo=UTC), "2025-q4", "2026-q1-team-nord"),
    (datetime(2026, 2, 10, 12, tzinfo=UTC), "2025-q4", "2026-q1-team-nord"),
    (datetime(2026, 10, 1, 0, 30, tzinfo=UTC), "2026-q3", "2026-q4-team-nord"),
    (datetime(2028, 8, 31, 23, 30, tzinfo=UTC), "2026-q3", "2028-q3-team-nord"),
]


@pytest.mark.parametrize(("now", "released", "open_"), DAYS if THOROUGH else (DAYS[0], DAYS[-1]))
def test_the_demo_can_be_loaded_on_any_day(
    shelves: Callable[[str], Shelf], now: datetime, released: str, open_: str
) -> None:
    shelf = shelves("sqlite")
    database = shelf.take(nothing)
    with database.write() as session:
        load_demo(session, now=now)
        card = scores_of(session, "sofie.berg", key=released)[None, ()]
        assert round(card.score or 0, 1) == 79.2
        assert round_of(session, open_).state is RoundState.OPEN
    shelf.put_back()


def test_the_same_seed_gives_the_same_demo_on_either_database(shelves: Callable[[str], Shelf]) -> None:
    """What stands on the shelf of PostgreSQL are the rows of the other one; here the commands write it once more."""
    shelf = shelves("postgresql")
    one, other = shelf.take(demo, name="one"), shelf.take(nothing, name="other", entropy=SeededEntropy(SEED))
    with other.write() as session:
        load_demo(session, now=NOW)
    found, again = tables_of(one), tables_of(other)
    shelf.put_back()
    assert {name for name in found if found[name] != again[name]} == set()
