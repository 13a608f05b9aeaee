from datetime import date, datetime

import pytest

from app.accounts.rules import SERVICE
from app.demo.hard_kpis import HARD
from app.demo.kpis import LEADERS, Whereabouts, create_kpis
from app.demo.soft_kpis import SOFT
from app.infra.database import WriteSession
from app.kpis.hints import wording_hints
from app.kpis.queries import load_kpis, load_scorecards, load_targets
from app.kpis.rules import card_for, target_for
from app.kpis.values import Kpi, KpiKind, KpiState, Level, Target
from app.organisation.commands import create_person, create_subject
from app.organisation.named import find_subjects
from app.organisation.values import NewPerson, NewSubject, SubjectKind
from app.scoring.goalposts import Goalposts, RangeGoalposts
from tests.company import FIRST_DAY, SmallCompany, small_company

TODAY = date(2026, 11, 23)
QUARTER = date(2026, 7, 1)


@pytest.fixture
def company(session: WriteSession, now: datetime) -> SmallCompany:
    return small_company(session, now)


def _leader(name: str, unit_id: str) -> NewPerson:
    return NewPerson(name, f"{name}@fjellbris.example", name, "nb", unit_id, FIRST_DAY)


@pytest.fixture
def kpis(session: WriteSession, company: SmallCompany, now: datetime) -> dict[str, Kpi]:
    units = {"customer-centre": company.department}
    for name in ("sales", "showroom"):
        new = NewSubject(SubjectKind.DEPARTMENT, name, company.id, external_id=name)
        units[name] = create_subject(session, SERVICE, new, now=now).id
    people = [
        create_person(session, SERVICE, company.id, _leader(name, company.department), now=now) for name in LEADERS
    ]
    where = Whereabouts(
        company.id,
        units | {name: person.subject_id or "" for name, person in zip(LEADERS, people, strict=True)},
        {name: person.id for name, person in zip(LEADERS, people, strict=True)},
    )
    ids = create_kpis(session, SERVICE, where, starts_on=QUARTER, now=now)
    found = load_kpis(session, list(ids.values()), on=TODAY)
    return {name: found[kpi_id] for name, kpi_id in ids.items()}


def test_all_twelve_kpis_are_in_use(kpis: dict[str, Kpi]) -> None:
    assert [name for name, kpi in kpis.items() if kpi.kind is KpiKind.SOFT] == list(SOFT)
    assert [name for name, kpi in kpis.items() if kpi.kind is KpiKind.HARD] == list(HARD)
    assert {kpi.state for kpi in kpis.values()} == {KpiState.ACTIVE}
    assert [kpi.external_id for kpi in kpis.values()] == list(kpis)


def test_raters_weigh_as_the_demo_says(kpis: dict[str, Kpi]) -> None:
    soft = {name: kpis[name].current for name in SOFT}
    assert {name: {group: w for group, w in version.rater_weights.items() if w} for name, version in soft.items()} == {
        "first-impression": {"customer": 40, "mystery_shopper": 30, "manager": 15, "colleague": 15},
        "needs-discovery": {"customer": 40, "mystery_shopper": 30, "manager": 30},
        "objection-handling": {"mystery_shopper": 35, "manager": 35, "colleague": 30},
        "case-ownership": {"customer": 40, "manager": 30, "colleague": 30},
        "teamwork": {"colleague": 60, "manager": 40},
        "coaching": {"direct_report": 70, "manager": 30},
    }
    anchored = [list(item.anchors) for version in soft.values() for item in version.items]
    assert anchored == [["1", "3", "5"]] * 12


def test_the_wording_of_the_demo_gives_no_occasion_for_hints(kpis: dict[str, Kpi]) -> None:
    assert [hint for kpi in kpis.values() for hint in wording_hints(kpi.current)] == []


def test_questions_name_whoever_is_rated_and_nobody_else(kpis: dict[str, Kpi]) -> None:
    questions = [text for kpi in kpis.values() for item in kpi.current.items for text in item.question.values()]
    assert len(questions) == 24
    assert {question.count("{name}") for question in questions} == {1}
    assert {question[-1] for question in questions} == {"?"}


def test_measured_values_give_the_points_of_the_scenario(
    session: WriteSession, company: SmallCompany, kpis: dict[str, Kpi]
) -> None:
    measured = {
        "phone-answer-time": (52, 71.1),
        "first-contact-resolution": (79, 82.7),
        "new-customer-meetings": (5, 56.25),
        "new-customer-sales": (345, 84.4),
        "quote-to-order": (18, 34.6),
        "handling-time": (6.2, 100),
    }
    targets = load_targets(session, [kpi.id for kpi in kpis.values()], on=TODAY)
    points = {
        name: goalposts(target_for(targets, kpis[name].id, [company.id, company.sofie])).points(value)
        for name, (value, _) in measured.items()
    }
    assert points == pytest.approx({name: scored for name, (_, scored) in measured.items()}, abs=0.05)


def goalposts(target: Target | None) -> Goalposts | RangeGoalposts:
    assert target is not None
    if target.floor is not None and target.target is not None:
        return Goalposts(target.floor, target.target, target.stretch)
    ends = (target.low, target.best_low, target.best_high, target.high)
    return RangeGoalposts(*(end for end in ends if end is not None))


def test_everybody_has_a_card_and_leaders_have_their_own(
    session: WriteSession, company: SmallCompany, kpis: dict[str, Kpi]
) -> None:
    cards = load_scorecards(session, company.id, on=QUARTER)
    ids = {kpi.id: name for name, kpi in kpis.items()}

    def weights(path: list[str], level: Level) -> dict[str, float]:
        found = card_for(cards, path, level)
        return {ids[line.kpi_id]: line.weight for line in found.lines} if found else {}

    service = weights([company.id, company.department, "a", "b"], Level.PERSON)
    assert list(service.values()) == [20, 20, 10, 15, 20, 15]
    sales = find_subjects(session, company.id, ["sales"])["sales"]
    assert list(weights([company.id, sales, "b"], Level.PERSON).values()) == [25, 25, 15, 20, 15]
    leader = find_subjects(session, company.id, ["amir.haddad"])["amir.haddad"]
    assert weights([company.id, company.department, leader], Level.PERSON) == {"coaching": 70, "teamwork": 30}
    assert sum(weights([company.id], Level.COMPANY).values()) == 100
