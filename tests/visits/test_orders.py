"""Orders of visits: who may order and know, where a dossier is needed, and the rotation of shoppers and hours."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from app.accounts.rules import SERVICE
from app.dossiers.commands import change_dossier
from app.dossiers.intake import parse_dossier
from app.dossiers.queries import load_dossiers
from app.errors import Forbidden, Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.keys import key_of
from app.infra.paging import PageRequest
from app.journal.tables import JournalRow
from app.mail.commands import suppress
from app.mail.tables import OutboxRow
from app.mail.values import SuppressionReason
from app.organisation.commands import create_subject
from app.organisation.queries import load_people
from app.organisation.tables import PersonRow
from app.organisation.values import NewSubject, SubjectKind
from app.rounds.bounds import mark_conflict
from app.visits import rules
from app.visits.commands import (
    KEPT_APART,
    KNOWN_THERE,
    NOT_WRITTEN_TO,
    cancel_visit,
    change_scenario,
    create_scenario,
    order_visit,
)
from app.visits.intake import parse_order, parse_scenario
from app.visits.queries import find_visit_by_link, get_scenario, get_visit, list_scenarios, list_visits
from app.visits.values import Band, VisitState
from tests.visits.desk import VisitDesk, scenario


def test_an_order_freezes_its_form_and_writes_to_the_shopper(
    session: WriteSession, desk: VisitDesk, now: datetime
) -> None:
    made = desk.ordered(session, now)
    assert (made.state, made.band, made.place_id) == (
        VisitState.ORDERED,
        Band.MORNING,
        desk.company.subjects["Team Nord"],
    )
    assert [item.code for item in made.form.items] == ["welcome", "tone"]
    letter = session.scalars(select(OutboxRow)).one()
    assert (letter.recipient, letter.parameters["subject_name"]) == ("besok1@besok.example", "Sofie Berg")
    assert find_visit_by_link(session, key_of(session).visit_token(made.id), now=now).id == made.id
    changed = parse_scenario(scenario(desk.company, desk.wait, cap=10))
    assert change_scenario(session, desk.admin, desk.scenario, changed, now=now).version == 2
    assert change_scenario(session, desk.admin, desk.scenario, changed, now=now).version == 2
    assert get_visit(session, desk.admin, made.id, on=now.date()).form.cap == 40
    actions = session.scalars(select(JournalRow.action).where(JournalRow.object_kind.like("visit%"))).all()
    assert sorted(actions) == ["visit.ordered", "visit_scenario.changed", "visit_scenario.created"]


def test_whoever_reads_results_there_neither_orders_nor_learns_of_an_order(
    session: WriteSession, desk: VisitDesk, now: datetime
) -> None:
    made = desk.ordered(session, now)
    with pytest.raises(rules.ReaderOrders):
        order_visit(session, desk.manager, desk.company.id, parse_order(desk.order()), now=now)
    with pytest.raises(Forbidden):
        order_visit(session, desk.analyst, desk.company.id, parse_order(desk.order()), now=now)
    today = now.date()
    for who in (desk.manager, desk.sofie):
        with pytest.raises(NotFound):
            get_visit(session, who, made.id, on=today)
        assert list_visits(session, who, desk.company.id, PageRequest(), on=today).items == ()
    assert get_visit(session, desk.analyst, made.id, on=today).shopper_id == ""
    (listed,) = list_visits(
        session,
        desk.admin,
        desk.company.id,
        PageRequest(),
        state=VisitState.ORDERED,
        subject_id=made.subject_id,
        on=today,
    ).items
    assert load_people(session, [listed.shopper_id])
    with pytest.raises(NotFound):
        list_visits(session, desk.admin, desk.company.id, PageRequest(), subject_id="x", on=today)


def test_own_people_are_visited_under_a_dossier_and_competitors_without(
    session: WriteSession, desk: VisitDesk, now: datetime
) -> None:
    (covering,) = load_dossiers(session, desk.company.id)
    bare = parse_dossier({"name": {"nb": "Tom"}}, company_id=desk.company.id)
    change_dossier(session, SERVICE, covering.id, bare, now=now)
    for about in ("Sofie Berg", "Team Nord"):
        with pytest.raises(Invalid) as refused:
            desk.ordered(session, now, about)
        assert refused.value.errors[0].field == "dossier"
    rival = NewSubject(SubjectKind.COMPETITOR, "Varmt AS", desk.company.id, starts_on=now.date())
    desk.company.subjects["Varmt AS"] = create_subject(session, SERVICE, rival, now=now).id
    assert desk.ordered(session, now, "Varmt AS").place_id == desk.company.subjects["Varmt AS"]


def test_a_shopper_does_not_come_back_to_a_place_soon_and_hours_are_spread(
    session: WriteSession, desk: VisitDesk, now: datetime
) -> None:
    with pytest.raises(rules.NobodyToSend):
        desk.ordered(session, now, shopper="")
    first = desk.ordered(session, now)
    with pytest.raises(Invalid) as refused:
        desk.ordered(session, now, "Lars Moen")
    assert refused.value.errors[0].field == "shopper"
    other = desk.ordered(session, now, "Elias Dahl", shopper="besok2@besok.example")
    turned = desk.ordered(session, now, "Lars Moen", shopper="")
    assert (turned.shopper_id, turned.band) == (other.shopper_id, Band.MIDDAY)
    later = {"from_on": "2027-05-27", "until_on": "2027-05-27"}
    with pytest.raises(Invalid):
        desk.ordered(session, now, from_on="2027-05-26", until_on="2027-05-26")
    again = order_visit(session, desk.admin, desk.company.id, parse_order(desk.order(**later, band="evening")), now=now)
    assert (again.shopper_id, again.band) == (first.shopper_id, Band.EVENING)


def test_nobody_is_sent_who_is_not_written_to_is_kept_apart_or_works_here_by_now(
    session: WriteSession, desk: VisitDesk, now: datetime
) -> None:
    addresses = [f"besok{number}@besok.example" for number in range(1, 4)]
    out, sibling, hired = (desk.ordered(session, now, shopper=one).shopper_id for one in addresses)
    suppress(session, addresses[0], SuppressionReason.OPT_OUT, now=now)
    mark_conflict(session, SERVICE, sibling, desk.company.people["Jonas Eide"], reason="Søsken", now=now)
    elias = select(PersonRow.subject_id).where(PersonRow.id == desk.company.people["Elias Dahl"])
    subject_id = session.scalar(elias)
    session.execute(update(PersonRow).where(PersonRow.subject_id == subject_id).values(subject_id=None))
    session.execute(update(PersonRow).where(PersonRow.id == hired).values(subject_id=subject_id))
    with pytest.raises(rules.NobodyToSend):
        desk.ordered(session, now, "Jonas Eide", shopper="")
    for address, message in zip(addresses, (NOT_WRITTEN_TO, KEPT_APART, KNOWN_THERE), strict=True):
        with pytest.raises(Invalid) as refused:
            desk.ordered(session, now, "Jonas Eide", shopper=address)
        assert [(one.field, one.message) for one in refused.value.errors] == [("shopper", message)]
    # Of the same team, and kept apart from nobody there.
    assert desk.ordered(session, now, "Oda Strand", shopper=addresses[1]).shopper_id == sibling != out


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"until_on": "2026-11-22"}, "until_on"),
        ({"from_on": "2026-11-20", "until_on": "2026-11-22"}, "until_on"),
        ({"until_on": "2026-12-24"}, "until_on"),
        ({"shopper": "ingen"}, "shopper"),
        ({"shopper": "lars.moen@fjellbris.example"}, "shopper"),
    ],
)
def test_an_order_that_cannot_be_carried_out_is_refused(
    session: WriteSession, desk: VisitDesk, now: datetime, changes: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        desk.ordered(session, now, **changes)
    assert refused.value.errors[0].field == field


def test_a_cancelled_order_closes_its_link_and_frees_the_shopper(
    session: WriteSession, desk: VisitDesk, now: datetime
) -> None:
    made = desk.ordered(session, now)
    for _ in range(2):
        assert cancel_visit(session, desk.admin, made.id, now=now).state is VisitState.CANCELLED
    with pytest.raises(rules.VisitLinkClosed):
        find_visit_by_link(session, key_of(session).visit_token(made.id), now=now)
    assert desk.ordered(session, now).state is VisitState.ORDERED
    accepted = desk.accepted(session, now)
    with pytest.raises(rules.WrongState):
        cancel_visit(session, desk.admin, accepted.id, now=now)
    for wrong in ("x", desk.scenario):
        with pytest.raises(NotFound):
            cancel_visit(session, desk.admin, wrong, now=now)


def test_a_link_ends_a_week_after_the_window(session: WriteSession, desk: VisitDesk, now: datetime) -> None:
    token = key_of(session).visit_token(desk.ordered(session, now).id)
    assert find_visit_by_link(session, token, now=now + timedelta(days=11)).id
    with pytest.raises(rules.VisitLinkClosed):
        find_visit_by_link(session, token, now=now + timedelta(days=12))
    for wrong in ("x" * 32, "short"):
        with pytest.raises(rules.UnknownVisitLink):
            find_visit_by_link(session, wrong, now=now)


def test_a_scenario_scores_soft_kpis_in_use_and_measures_hard_ones(
    session: WriteSession, desk: VisitDesk, now: datetime
) -> None:
    given = scenario(desk.company, desk.company.kpis["first impression"], kpi_ids=[desk.wait])
    with pytest.raises(Invalid) as refused:
        create_scenario(session, desk.admin, desk.company.id, parse_scenario(given), now=now)
    assert [one.field for one in refused.value.errors] == ["kpi_ids.0", "facts.0.kpi_id"]
    content = parse_scenario(scenario(desk.company, desk.wait))
    for who in (desk.manager, desk.analyst):
        with pytest.raises((Forbidden, NotFound)):
            create_scenario(session, who, desk.company.id, content, now=now)
    assert [one.id for one in list_scenarios(session, desk.admin, desk.company.id, PageRequest()).items] == [
        desk.scenario
    ]
    with pytest.raises(NotFound):
        get_scenario(session, desk.admin, "x")
