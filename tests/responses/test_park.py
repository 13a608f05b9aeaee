"""Suspicious answers of customers: parked at the close, counting in nothing, and brought back or left out by an analyst."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.errors import Forbidden
from app.infra.database import WriteSession
from app.journal.queries import list_entries_about
from app.kpis.values import RaterGroup
from app.releases.commands import release_round
from app.releases.queries import load_all_scores, load_due_releases
from app.responses.close import close_round
from app.responses.commands import submit_response
from app.responses.intake import BEGUN
from app.responses.invariants import stray_sheets, uneven_cells
from app.responses.park import decide_parked
from app.responses.parked import list_parked
from app.responses.queries import load_rating_form
from app.responses.rules import ReviewOver
from app.responses.tables import ParkedSheetRow, SheetRow, SuspicionRow
from app.responses.values import ParkState
from app.rounds.queries import load_assignments
from tests.fjellbris import fjellbris
from tests.played_round import PlayedRound, customers_of, play

SOFIE = "Sofie Berg"


@pytest.fixture
def played(session: WriteSession, now: datetime) -> PlayedRound:
    company = fjellbris(session, now)
    return play(session, company, now, groups=[RaterGroup.CUSTOMER], customers={SOFIE: 6})


def answer(played: PlayedRound, customer: str, after: float, values: tuple[str, ...] = ("5", "4")) -> None:
    """A customer answers so many seconds after the form was shown."""
    form = load_rating_form(played.session, played.link_of(customer), now=played.now)
    sent = played.posted(customer, {SOFIE: values}, submission=f"after-{after:.0f}") | {BEGUN: [form.begun]}
    submit_response(played.session, played.link_of(customer), sent, now=played.now + timedelta(seconds=after))


def sheets(played: PlayedRound) -> tuple[int, int]:
    """Sheets that count, and assignments with a mark."""
    stored = played.session.scalar(select(func.count()).select_from(SheetRow)) or 0
    return stored, sum(one.answered for one in load_assignments(played.session, played.round.id))


def analyst(played: PlayedRound) -> Viewer:
    return Viewer("account:a", grants=(Grant(Role.ANALYST, played.company.id),))


def test_a_hasty_answer_counts_in_nothing_until_the_analyst_says_so(played: PlayedRound) -> None:
    session, round_id = played.session, played.round.id
    first, *others = customers_of(played.company, SOFIE, 6)
    for customer in others:
        answer(played, customer, 20)
    answer(played, first, 3)
    with pytest.raises(ReviewOver):
        list_parked(session, analyst(played), round_id, now=played.now)
    later = played.round.closes_at + timedelta(hours=1)
    close_round(session, SERVICE, round_id, now=later)
    assert sheets(played) == (5, 5)
    [parked] = list_parked(session, analyst(played), round_id, now=later)
    assert (parked.subject_name, parked.questions, parked.reasons, parked.state) == (SOFIE, 2, ("too_fast",), "parked")
    manager = Viewer("account:m", grants=(Grant(Role.MANAGER, played.company.id),))
    for act in (
        lambda: list_parked(session, manager, round_id, now=later),
        lambda: decide_parked(session, manager, parked.id, ParkState.COUNTED, now=later),
    ):
        with pytest.raises(Forbidden):
            act()
    # The release waits for three days, and no longer.
    assert load_due_releases(session, now=later) == ()
    assert [one.id for one in load_due_releases(session, now=later + timedelta(days=3))] == [round_id]


def test_what_was_decided_can_be_taken_back_until_the_release(played: PlayedRound) -> None:
    session, round_id = played.session, played.round.id
    for customer, seconds in zip(customers_of(played.company, SOFIE, 6), (3, 20, 20, 20, 20, 20), strict=True):
        answer(played, customer, seconds)
    later = played.round.closes_at + timedelta(hours=1)
    close_round(session, SERVICE, round_id, now=later)
    [parked] = list_parked(session, analyst(played), round_id, now=later)
    for wanted, expected in (
        (ParkState.COUNTED, (6, 6)),
        (ParkState.PARKED, (5, 5)),
        (ParkState.COUNTED, (6, 6)),
        (ParkState.COUNTED, (6, 6)),
        (ParkState.LEFT_OUT, (5, 5)),
    ):
        decide_parked(session, analyst(played), parked.id, wanted, now=later)
        assert sheets(played) == expected
        assert [*uneven_cells(session), *stray_sheets(session)] == []
    assert [one.id for one in load_due_releases(session, now=later)] == [round_id]
    release = release_round(session, SERVICE, round_id, now=later)
    raters = {score.raters for score in load_all_scores(session, release.id) if score.raters}
    assert raters == {5}
    with pytest.raises(ReviewOver):
        decide_parked(session, analyst(played), parked.id, ParkState.COUNTED, now=later)
    told = [one.action for one in list_entries_about(session, "round", round_id)]
    assert told.count("round.reviewed") == 2


def test_only_what_is_suspicious_is_parked_and_a_calm_second_answer_clears_it(played: PlayedRound) -> None:
    session = played.session
    calm, hasty, again, unsealed, *_ = customers_of(played.company, SOFIE, 6)
    answer(played, calm, 4)
    answer(played, calm, 1)
    answer(played, hasty, 1)
    answer(played, hasty, 1.6, ("4", "4"))
    answer(played, again, 1)
    answer(played, again, 30)
    forged = played.posted(unsealed, {SOFIE: ("5", "5")}) | {BEGUN: ["1763888400.x"]}
    submit_response(session, played.link_of(unsealed), forged, now=played.now)
    assert session.scalar(select(func.count()).select_from(SuspicionRow)) == 1
    close_round(session, SERVICE, played.round.id, now=played.now)
    assert session.scalar(select(func.count()).select_from(SuspicionRow)) == 0
    [parked] = session.scalars(select(ParkedSheetRow)).all()
    assert list((parked.answers or {}).values()) == [4.0, 4.0]
    assert sheets(played) == (3, 3)
