"""Encounters propose customers: who was served lately and is known, once each, evenly, and nobody who is left alone."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.encounters.clone import clone_round
from app.encounters.commands import propose_assignments
from app.encounters.propose import SOME_CUSTOMERS
from app.encounters.tables import EncounterRow
from app.infra.paging import PageRequest
from app.kpis.values import RaterGroup
from app.mail.commands import suppress
from app.mail.values import SuppressionReason
from app.organisation.tables import PersonRow
from app.reports import Outcome
from app.rounds.commands import add_assignments, change_round, draft_of, mark_conflict, set_rated_subjects
from app.rounds.intake import parse_raters, rows_of
from app.rounds.propose import NO_LONGER_PROPOSED
from app.rounds.queries import list_assignments
from app.rounds.values import AssignmentSource, Round
from tests.encounters.shop import Shop
from tests.fjellbris import draft_round

GROUPS = (RaterGroup.MANAGER, RaterGroup.CUSTOMER)


def served(shop: Shop, **met: int) -> None:
    """So many customers of each employee were drawn in the first week, and were asked."""
    names = {"sofie": "Sofie Berg", "lars": "Lars Moen", "thea": "Thea Vik"}
    shop.begin()
    shop.send(*(shop.met(f"{who}{number}", names[who]) for who, count in met.items() for number in range(count)))
    while "delayed awaits_draw" in shop.reasons():
        shop.pass_by(days=1)
        shop.draw()


def drafted(shop: Shop) -> Round:
    return draft_round(shop.session, shop.company, shop.now, groups=GROUPS)


def proposed(shop: Shop, draft: Round) -> dict[str, str]:
    """Whom each customer would be asked about, by the first part of the address."""
    lines = list_assignments(shop.session, SERVICE, draft.id, PageRequest(limit=200), now=shop.now).items
    return {
        (one.rater_email or "").partition("@")[0]: one.subject_name
        for one in lines
        if one.source is AssignmentSource.ENCOUNTER
    }


def test_customers_served_lately_are_proposed_beside_the_structure_and_say_so(shop: Shop) -> None:
    served(shop, sofie=4, lars=2)
    shop.pass_by(days=31)
    draft = drafted(shop)
    report = propose_assignments(shop.session, SERVICE, draft.id, now=shop.now)
    # Amir about four people, and six customers.
    assert (report.count(Outcome.CREATED), [row.row for row in report.rows]) == (10, list(range(1, 11)))
    assert Counter(proposed(shop, draft).values()) == {"Sofie Berg": 4, "Lars Moen": 2}
    before = proposed(shop, draft)
    again = propose_assignments(shop.session, SERVICE, draft.id, now=shop.now)
    assert (again.count(Outcome.UNCHANGED), again.warnings, proposed(shop, draft)) == (10, (), before)
    (line,) = (
        one
        for one in list_assignments(shop.session, SERVICE, draft.id, PageRequest(limit=200), now=shop.now).items
        if one.rater_email == "lars0@kunder.example"
    )
    assert (line.rater_group, line.source, line.needs_approval) == (RaterGroup.CUSTOMER, "encounter", False)

    only_lars = [shop.company.subjects["Lars Moen"]]
    set_rated_subjects(shop.session, SERVICE, draft.id, only_lars, now=shop.now)
    propose_assignments(shop.session, SERVICE, draft.id, now=shop.now)
    assert proposed(shop, draft).keys() == {"lars0", "lars1"}
    # Three months later nobody was served lately.
    stale = propose_assignments(shop.session, SERVICE, draft.id, now=shop.now + timedelta(days=60))
    assert (stale.warnings, proposed(shop, draft)) == ((NO_LONGER_PROPOSED,), {})
    unasked = draft_round(shop.session, shop.company, shop.now, groups=(RaterGroup.MANAGER,))
    propose_assignments(shop.session, SERVICE, unasked.id, now=shop.now)
    assert proposed(shop, unasked) == {}


def test_a_round_that_is_asked_again_asks_the_customers_that_were_met_since(shop: Shop) -> None:
    served(shop, sofie=3, lars=2)
    shop.pass_by(days=31)
    before = drafted(shop)
    wish = replace(draft_of(before), period_start=date(2026, 12, 1), period_end=date(2026, 12, 31))
    change_round(shop.session, SERVICE, before.id, wish, now=shop.now)
    made = clone_round(shop.session, SERVICE, before.id, now=shop.now)
    assert (made.period_start, proposed(shop, before)) == (date(2027, 1, 1), {})
    assert Counter(proposed(shop, made).values()) == {"Sofie Berg": 3, "Lars Moen": 2}


def test_nobody_is_proposed_who_is_left_alone_waits_or_has_a_form_already(shop: Shop) -> None:
    served(shop, sofie=4, lars=2)
    draft = drafted(shop)
    propose_assignments(shop.session, SERVICE, draft.id, now=shop.now)
    # All of them were asked a few days ago.
    assert proposed(shop, draft) == {}
    shop.pass_by(days=31)
    draft = drafted(shop)
    for name, reason in (("sofie0", SuppressionReason.OPT_OUT), ("sofie1", SuppressionReason.BOUNCE)):
        suppress(shop.session, f"{name}@kunder.example", reason, now=shop.now)
    people = {row.email: row.id for row in shop.session.scalars(select(PersonRow))}
    lars = shop.company.people["Lars Moen"]
    mark_conflict(shop.session, SERVICE, people["lars0@kunder.example"], lars, reason="Nabo", now=shop.now)
    listed = [
        {
            "email": "sofie2@kunder.example",
            "subject": shop.company.subjects["Thea Vik"],
            "rater_group": "customer",
        }
    ]
    add_assignments(shop.session, SERVICE, draft.id, parse_raters(rows_of(listed)), now=shop.now)
    shop.begin()
    shop.send(shop.met("again", "Lars Moen", "lars1"), shop.met("new", "Lars Moen"))
    assert shop.fates()["again"] == "delayed awaits_draw"
    propose_assignments(shop.session, SERVICE, draft.id, now=shop.now)
    assert proposed(shop, draft) == {"sofie3": "Sofie Berg"}


def test_each_customer_is_asked_about_one_employee_and_of_many_only_some(shop: Shop) -> None:
    served(shop, sofie=3)
    shop.pass_by(days=31)
    # The same three have been served by Thea as well, and thirty that are known by a list by Lars.
    shop.begin()
    rows = [shop.met(f"thea-{number}", "Thea Vik", f"sofie{number}") for number in range(3)]
    rows += [shop.met(f"lars-{number}", "Lars Moen", f"kunde{number}") for number in range(30)]
    shop.send(*rows)
    shop.session.flush()
    for row in shop.session.scalars(select(EncounterRow).where(EncounterRow.state == "delayed")):
        row.state, row.reason, row.settled_at = "dropped", "not_drawn", shop.now
        row.email = row.name = row.locale = None
    known = drafted(shop)
    listed = [
        {
            "email": f"kunde{number}@kunder.example",
            "subject": shop.company.subjects["Lars Moen"],
            "rater_group": "customer",
        }
        for number in range(30)
    ]
    add_assignments(shop.session, SERVICE, known.id, parse_raters(rows_of(listed)), now=shop.now)
    draft = drafted(shop)
    report = propose_assignments(shop.session, SERVICE, draft.id, now=shop.now)
    count = Counter(proposed(shop, draft).values())
    assert (count["Lars Moen"], sorted([count["Sofie Berg"], count["Thea Vik"]])) == (20, [1, 2])
    assert report.warnings == (SOME_CUSTOMERS,)
