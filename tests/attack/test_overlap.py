"""Two rounds with almost the same customers, through the commands: what the second one says, keeps and shows (R10)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.infra.database import WriteSession
from app.invitations.commands import invite_due_rounds
from app.kpis.values import RaterGroup
from app.releases.commands import release_round
from app.releases.invariants import figures_astray, uneven_releases
from app.releases.tables import ScoreRow
from app.reports import Row
from app.responses.past import import_ratings
from app.responses.queries import load_rating_form
from app.rounds.assign import insert_assignments
from app.rounds.commands import add_assignments, change_round, close_round, draft_of, propose_assignments
from app.rounds.intake import parse_raters, rows_of
from app.rounds.overlap import linked_rounds
from app.rounds.preview import CellPreview
from app.rounds.queries import load_frozen_round, preview_round
from app.rounds.values import AssignmentSource, GroupPolicy, Mode, NewAssignment
from app.scoring.preview import Verdict
from tests.fjellbris import Fjellbris, draft_round, fjellbris
from tests.played_round import PlayedRound, customers_of, play

pytestmark = pytest.mark.slow

SOFIE = "Sofie Berg"
CUSTOMER = RaterGroup.CUSTOMER
CUSTOMERS = GroupPolicy(CUSTOMER, Mode.ANONYMOUS, 3, 3)
GROUPS = (RaterGroup.MANAGER, CUSTOMERS)
SOON, LATE = timedelta(days=21), timedelta(days=43)
GIVEN = (["5", "4"], ["4", "4"], ["3", "4"], ["4", "5"], ["5", "5"], ["2", "3"], ["1", "2"], ["2", "2"], ["1", "1"])
"""What each customer gives, in every round."""


@pytest.fixture
def company(session: WriteSession, now: datetime) -> Fjellbris:
    return fjellbris(session, now)


def played(session: WriteSession, company: Fjellbris, at: datetime, customers: int) -> PlayedRound:
    """A round of two weeks that all of Sofie's customers answer."""
    made = play(session, company, at, groups=GROUPS, customers={SOFIE: customers})
    answer(made, customers_of(company, SOFIE, customers))
    return made


def answer(made: PlayedRound, customers: Sequence[str]) -> None:
    for customer, levels in zip(customers, GIVEN, strict=False):
        made.rate(customer, {SOFIE: levels})


def released(made: PlayedRound) -> ScoreRow:
    """Close and release; the row of Sofie's customers on the one KPI."""
    closes = made.now + timedelta(days=14)
    close_round(made.session, SERVICE, made.round.id, now=closes)
    release_id = release_round(made.session, SERVICE, made.round.id, now=closes).id
    query = select(ScoreRow).where(ScoreRow.release_id == release_id, ScoreRow.item_id.is_(None))
    about = (ScoreRow.subject_id == made.company.subjects[SOFIE], ScoreRow.rater_groups == "customer")
    return made.session.scalars(query.where(*about)).one()


def overlaps(made: PlayedRound) -> list[tuple[str, tuple[RaterGroup, ...]]]:
    places = load_frozen_round(made.session, made.round.id).overlapping
    return sorted((made.company.name_of(subject), groups) for subject, groups in places)


def test_two_rounds_far_apart_can_be_subtracted_and_two_close_together_cannot(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    """The attack that R10 is against: everybody answers as before, and one customer more is asked."""
    first = released(played(session, company, now, 6))
    apart = released(played(session, company, now + LATE, 7))

    assert (first.raters, apart.raters) == (6, 7)
    seventh = (
        Fraction(apart.score or 0).limit_denominator(1000) * 7 - Fraction(first.score or 0).limit_denominator(1000) * 6
    )
    assert seventh == Fraction(100, 8), "1 and 2 of five are 0 and 25 points"

    close = released(played(session, company, now + LATE + SOON, 8))
    assert (close.status, close.reason, close.score, close.raters) == ("suppressed", "overlap", None, None)
    assert list(uneven_releases(session)) == []
    assert list(figures_astray(session)) == []


@pytest.mark.parametrize(("before", "after", "is_shown"), [(6, 6, True), (6, 5, False), (6, 8, False), (6, 9, True)])
def test_as_many_as_the_minimum_have_to_come_or_go(
    session: WriteSession, company: Fjellbris, now: datetime, before: int, after: int, *, is_shown: bool
) -> None:
    released(played(session, company, now, before))
    again = played(session, company, now + SOON, after)

    assert overlaps(again) == ([] if is_shown else [(SOFIE, (CUSTOMER,))])
    assert released(again).status == ("ok" if is_shown else "suppressed")


def test_the_preview_and_the_form_say_so_before_anybody_answers(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    released(played(session, company, now, 6))
    draft = draft_round(session, company, now + SOON, groups=GROUPS)
    propose_assignments(session, SERVICE, draft.id, now=now + SOON)
    add(session, company, draft.id, 7, now + SOON)
    seen = preview_round(session, SERVICE, draft.id, now=now + SOON)
    (sofie,) = (one for one in seen.subjects if one.name == SOFIE)

    assert CellPreview(CUSTOMER, Verdict.NOWHERE, 7, overlaps=True) in sofie.cells
    assert seen.needs_confirmation
    again = play(session, company, now + SOON, groups=GROUPS, customers={SOFIE: 7})
    link = again.link_of(customers_of(company, SOFIE, 1)[0])
    (asked,) = load_rating_form(session, link, now=again.now).subjects
    assert asked.is_unit_only


def test_rounds_that_are_open_at_once_are_compared_as_well(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    one, other = played(session, company, now, 6), played(session, company, now, 7)

    assert (overlaps(one), overlaps(other)) == ([], [(SOFIE, (CUSTOMER,))])
    assert [released(made).status for made in (one, other)] == ["ok", "suppressed"]


def test_one_who_is_asked_after_the_launch_is_seen_at_the_close(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    """Otherwise a round could start with the same people, and the one it is about be added when it is open."""
    released(played(session, company, now, 6))
    again = played(session, company, now + SOON, 6)
    assert overlaps(again) == []

    add(session, company, again.round.id, 7, again.now)
    invite_due_rounds(session, now=again.now)
    answer(again, customers_of(company, SOFIE, 7)[6:])
    shown = released(again)

    assert overlaps(again) == [(SOFIE, (CUSTOMER,))]
    assert (shown.status, shown.reason) == ("suppressed", "overlap")


def test_what_is_too_small_alone_is_compared_where_it_is_carried_to(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    """Two customers of each person make one atom of the team; one more about one of them is its difference."""
    asked = dict.fromkeys((SOFIE, "Lars Moen", "Thea Vik"), 2)

    def team(at: datetime, customers: dict[str, int]) -> PlayedRound:
        made = play(session, company, at, groups=GROUPS, customers=customers)
        for name, number in customers.items():
            for customer in customers_of(company, name, number):
                made.rate(customer, {name: ["4", "4"]})
        close_round(session, SERVICE, made.round.id, now=at + timedelta(days=14))
        return made

    assert overlaps(team(now, asked)) == []
    assert overlaps(team(now + SOON, {**asked, "Omar Said": 1})) == [("Team Nord", (CUSTOMER,))]


def test_drafts_and_rounds_about_others_do_not_count(session: WriteSession, company: Fjellbris, now: datetime) -> None:
    draft = draft_round(session, company, now, groups=GROUPS)
    add(session, company, draft.id, 7, now)
    play(session, company, now, groups=GROUPS, customers={"Lars Moen": 7})

    assert overlaps(played(session, company, now, 6)) == []


def test_a_round_is_linked_to_another_by_way_of_a_third_and_to_none_that_asks_others(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    asked = (("Lars Moen",), ("Lars Moen", "Amir Haddad"), ("Amir Haddad",), ("Ingrid Solheim",))
    rounds = [draft_round(session, company, now, groups=GROUPS) for _ in asked]
    for round_, names in zip(rounds, asked, strict=True):
        wanted = [NewAssignment(company.people[name], company.subjects[SOFIE], RaterGroup.COLLEAGUE) for name in names]
        insert_assignments(session, round_, wanted, source=AssignmentSource.LIST, actor="account:hr")
    first, third, one, other = (str(round_.id) for round_ in rounds)
    assert linked_rounds(session, one, frozenset({first, third, other})) == {first, third}


def add(session: WriteSession, company: Fjellbris, round_id: str, customers: int, at: datetime) -> None:
    rows = [
        {"email": customer, "subject": company.subjects[SOFIE], "rater_group": "customer"}
        for customer in customers_of(company, SOFIE, customers)
    ]
    add_assignments(session, SERVICE, round_id, parse_raters(rows_of(rows)), now=at)


@pytest.mark.parametrize(("days", "is_shown"), [(14, False), (60, True)])
def test_past_ratings_are_compared_by_their_period_whenever_they_come_in(
    session: WriteSession, company: Fjellbris, now: datetime, days: int, *, is_shown: bool
) -> None:
    """Two quarters brought in on one day are months apart; two fortnights are not."""

    def imported(customers: int, at: datetime) -> str:
        draft = draft_round(session, company, now, groups=GROUPS)
        period = replace(draft_of(draft), period_start=at.date(), period_end=at.date())
        change_round(session, SERVICE, draft.id, period, now=now)
        rows = [
            {"subject": SOFIE, "rater": customer, "rater_group": "customer", "item": item, "value": level}
            for customer, levels in zip(customers_of(company, SOFIE, customers), GIVEN, strict=False)
            for item, level in zip(("welcome", "tone"), levels, strict=True)
        ]
        import_ratings(session, SERVICE, draft.id, [Row(n, one) for n, one in enumerate(rows, 2)], now=now)
        return draft.id

    imported(6, now - timedelta(days=200))
    later = imported(7, now - timedelta(days=200 - days))
    assert (load_frozen_round(session, later).overlapping == frozenset()) is is_shown
