"""A round that is asked again by itself: drafted in time, told, started or left, paused, stopped, and once for each period."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import delete, select

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.errors import Forbidden, Invalid, NotFound
from app.infra.database import Database, WriteSession
from app.infra.versions import StaleVersion
from app.journal.tables import JournalRow
from app.kpis.values import RaterGroup
from app.mail.tables import OutboxRow
from app.mail.values import Letter
from app.organisation.queries import load_people
from app.organisation.values import PersonId
from app.repeats import rules
from app.repeats.commands import draft_next, note_failure, order_next, set_repetition, start_next
from app.repeats.queries import find_repetition, get_repetition, list_repetitions, load_due
from app.repeats.values import Repetition, RepetitionDraft, RepetitionState, Step
from app.repeats_due import Repeating
from app.rounds.commands import add_assignments, delete_round, launch_round, propose_assignments, set_groups
from app.rounds.intake import parse_raters, rows_of
from app.rounds.queries import load_round
from app.rounds.tables import AssignmentRow
from app.rounds.values import GroupPolicy, Mode, Round, RoundState
from app.visits.queries import load_ordered
from tests.fjellbris import Fjellbris, draft_round, fjellbris
from tests.visits.desk import VisitDesk, visit_desk

DAY = timedelta(days=1)
WISH = RepetitionDraft(RepetitionState.RUNNING, starts_itself=True, lead_days=7, owner_id=None)


@pytest.fixture
def company(session: WriteSession, now: datetime) -> Fjellbris:
    return fjellbris(session, now)


@pytest.fixture
def desk(session: WriteSession, now: datetime) -> VisitDesk:
    return visit_desk(session, now)


def launched(session: WriteSession, company: Fjellbris, now: datetime) -> Round:
    draft = draft_round(session, company, now, groups=[RaterGroup.MANAGER])
    propose_assignments(session, SERVICE, draft.id, now=now)
    return launch_round(session, SERVICE, draft.id, confirmed=True, now=now)


def repeated(session: WriteSession, company: Fjellbris, now: datetime, wish: RepetitionDraft = WISH) -> Repetition:
    wish = replace(wish, owner_id=PersonId(company.people["Amir Haddad"]))
    return set_repetition(session, SERVICE, launched(session, company, now).id, wish, now=now)


def test_the_next_round_is_drafted_in_time_its_owner_told_and_it_starts_when_it_opens(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    one = repeated(session, company, now)
    assert one.opens_at is not None
    assert one.drafted_on is not None
    early = one.opens_at - 8 * DAY
    assert (load_due(session, now=early), draft_next(session, one.id, now=early)) == ((), False)
    in_time = one.opens_at - 7 * DAY
    assert [due.id for due in load_due(session, now=in_time)] == [one.id]
    assert [draft_next(session, one.id, now=in_time) for _ in range(2)] == [True, False]
    waiting = get_repetition(session, SERVICE, one.round_id, now=in_time)
    made = load_round(session, waiting.round_id)
    assert (waiting.is_draft, waiting.round_ids) == (True, (made.id, one.round_id))
    assert (made.period_start, made.opens_at, made.name["en"]) == (date(2027, 1, 1), one.opens_at, "Team Nord, Q1 2027")
    [letter] = session.scalars(select(OutboxRow).where(OutboxRow.letter == Letter.ROUND_AHEAD)).all()
    assert (letter.recipient, letter.parameters["path"]) == ("amir.haddad@fjellbris.example", f"/rounds/{made.id}")

    assert not start_next(session, one.id, now=made.opens_at - DAY)
    assert [due.id for due in load_due(session, now=made.opens_at)] == [one.id]
    assert [start_next(session, one.id, now=made.opens_at) for _ in range(2)] == [True, False]
    assert load_round(session, made.id).state is RoundState.OPEN
    after = get_repetition(session, SERVICE, made.id, now=made.opens_at)
    assert (after.is_draft, after.next_from, load_due(session, now=made.opens_at)) == (False, date(2027, 4, 1), ())


def test_a_draft_that_is_deleted_does_not_come_back_and_one_that_does_not_start_itself_waits(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    one = repeated(session, company, now, replace(WISH, starts_itself=False))
    assert one.opens_at is not None
    draft_next(session, one.id, now=one.opens_at)
    waiting = get_repetition(session, SERVICE, one.round_id, now=one.opens_at)
    assert (load_due(session, now=one.opens_at), start_next(session, one.id, now=one.opens_at)) == ((), False)
    delete_round(session, SERVICE, waiting.round_id, now=one.opens_at)
    left = get_repetition(session, SERVICE, one.round_id, now=one.opens_at)
    assert (left.round_ids, left.next_from, left.is_draft) == ((one.round_id,), date(2027, 4, 1), False)
    assert load_due(session, now=one.opens_at) == ()
    assert left.opens_at is not None
    assert draft_next(session, one.id, now=left.opens_at)
    last = get_repetition(session, SERVICE, one.round_id, now=left.opens_at).round_id
    assert load_round(session, last).period_start == date(2027, 4, 1)


def test_a_repetition_rests_runs_again_and_is_stopped_for_good(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    one = repeated(session, company, now)
    assert one.opens_at is not None
    paused = replace(WISH, state=RepetitionState.PAUSED, owner_id=one.owner_id)
    with pytest.raises(rules.RepeatsAlready):
        set_repetition(session, SERVICE, one.round_id, paused, now=now)
    rests = set_repetition(session, SERVICE, one.round_id, paused, expected_version=1, now=now)
    assert (rests.state, load_due(session, now=one.opens_at)) == (RepetitionState.PAUSED, ())
    assert not draft_next(session, one.id, now=one.opens_at)
    with pytest.raises(StaleVersion):
        set_repetition(session, SERVICE, one.round_id, WISH, expected_version=1, now=now)
    again = set_repetition(session, SERVICE, one.round_id, WISH, expected_version=2, now=now)
    assert [due.id for due in load_due(session, now=one.opens_at)] == [one.id]
    assert again.owner_id is None
    over = replace(WISH, state=RepetitionState.STOPPED)
    stopped = set_repetition(session, SERVICE, one.round_id, over, expected_version=3, now=now)
    assert (stopped.opens_at, stopped.drafted_on, load_due(session, now=one.opens_at)) == (None, None, ())
    with pytest.raises(rules.RepetitionStopped):
        set_repetition(session, SERVICE, one.round_id, WISH, expected_version=4, now=now)
    assert set_repetition(session, SERVICE, one.round_id, over, now=now).version == 4
    repetitions = select(JournalRow.action).where(JournalRow.action.startswith("repetition."))
    actions = session.scalars(repetitions.order_by(JournalRow.sequence)).all()
    assert actions == ["repetition.begun", *["repetition.changed"] * 3]


def test_who_runs_rounds_there_lets_one_repeat_that_has_started_and_names_somebody_of_the_company(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    draft = draft_round(session, company, now)
    with pytest.raises(rules.NotStartedYet):
        set_repetition(session, SERVICE, draft.id, WISH, now=now)
    with pytest.raises(NotFound):
        get_repetition(session, SERVICE, draft.id, now=now)
    running = launched(session, company, now)
    for owner in ("nobody", running.id):
        with pytest.raises(Invalid):
            set_repetition(session, SERVICE, running.id, replace(WISH, owner_id=PersonId(owner)), now=now)
    north, south = (
        Viewer("account:1", grants=(Grant(Role.MANAGER, company.subjects[one]),)) for one in ("Team Nord", "Team Sør")
    )
    reader = Viewer("account:2", grants=(Grant(Role.VIEWER, company.id),))
    with pytest.raises(Forbidden):
        set_repetition(session, reader, running.id, WISH, now=now)
    with pytest.raises(NotFound):
        set_repetition(session, south, running.id, WISH, now=now)
    with pytest.raises(NotFound):
        find_repetition(session, south, running.id, now=now)
    with pytest.raises(NotFound):
        find_repetition(session, north, "nothing", now=now)
    made = set_repetition(session, north, running.id, WISH, now=now)
    listed = [list_repetitions(session, viewer, company.id, now=now) for viewer in (north, south)]
    assert [[one.id for one in some] for some in listed] == [[made.id], []]
    with pytest.raises(NotFound):
        list_repetitions(session, north, "nothing", now=now)


def test_what_keeps_the_next_round_from_starting_is_noted_and_told_once_and_tried_again_in_an_hour(
    engine: Database, now: datetime
) -> None:
    with engine.write() as session:
        company = fjellbris(session, now)
        one = repeated(session, company, now)
    assert one.opens_at is not None
    opens_at, hour, repeat = one.opens_at, timedelta(hours=1), Repeating()
    assert repeat(engine, opens_at - 7 * DAY) == 1
    with engine.write() as session:
        waiting = get_repetition(session, SERVICE, one.round_id, now=opens_at)
        # Nobody is left to be asked.
        session.execute(delete(AssignmentRow).where(AssignmentRow.round_id == waiting.round_id))
    assert [repeat(engine, opens_at + minutes * hour / 60) for minutes in (0, 59, 60)] == [0, 0, 0]
    assert repeat.failed == {one.id: opens_at + hour}
    with engine.write() as session:
        failed = get_repetition(session, SERVICE, one.round_id, now=opens_at)
        assert (failed.failed_at, failed.problems) == (opens_at, (rules.MISSING_GROUP,))
        assert failed.missing_groups == (RaterGroup.MANAGER,)
        # The reason changes: the group is asked no more, and the owner knows already that something is wrong.
        set_groups(session, SERVICE, failed.round_id, [], now=opens_at)
    assert repeat(engine, opens_at + 2 * hour) == 0
    with engine.write() as session:
        failed = get_repetition(session, SERVICE, one.round_id, now=opens_at)
        assert (failed.failed_at, failed.problems[0]) == (opens_at + 2 * hour, "Choose at least one rater group.")
        noted = session.scalars(select(JournalRow).where(JournalRow.action == "repetition.failed")).all()
        assert len(noted) == 2
        letters = session.scalars(select(OutboxRow).where(OutboxRow.letter == Letter.ROUND_AHEAD)).all()
        assert sorted((one.wave, one.parameters["what"], one.parameters["problems"]) for one in letters) == [
            (0, "ahead", []),
            (1, "start", [[rules.MISSING_GROUP, {}]]),
        ]
        note_failure(session, one.id, KeyError("unforeseen"), now=opens_at + 3 * hour)
        assert get_repetition(session, SERVICE, one.round_id, now=opens_at).problems == (rules.UNKNOWN,)


def test_customers_of_a_list_are_missed_on_the_draft_and_in_the_letter_until_they_are_added(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    draft = draft_round(session, company, now, groups=[RaterGroup.MANAGER, RaterGroup.CUSTOMER])
    propose_assignments(session, SERVICE, draft.id, now=now)
    listed = {"email": "kari@kunde.example", "subject": company.subjects["Sofie Berg"], "rater_group": "customer"}
    add_assignments(session, SERVICE, draft.id, parse_raters(rows_of([listed])), now=now)
    launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
    wish = replace(WISH, owner_id=PersonId(company.people["Amir Haddad"]))
    one = set_repetition(session, SERVICE, draft.id, wish, now=now)
    assert one.opens_at is not None
    draft_next(session, one.id, now=one.opens_at)
    waiting = get_repetition(session, SERVICE, draft.id, now=one.opens_at)
    assert (waiting.missing_groups, waiting.problems) == ((RaterGroup.CUSTOMER,), ())
    [letter] = session.scalars(select(OutboxRow).where(OutboxRow.letter == Letter.ROUND_AHEAD)).all()
    assert letter.parameters["problems"] == [[rules.MISSING_CUSTOMERS, {}]]
    with pytest.raises(rules.GroupsMissing):
        start_next(session, one.id, now=one.opens_at)
    add_assignments(session, SERVICE, waiting.round_id, parse_raters(rows_of([listed])), now=now)
    assert start_next(session, one.id, now=one.opens_at)


def test_the_mystery_visits_of_the_round_before_are_ordered_again_within_the_rotation(
    session: WriteSession, desk: VisitDesk, now: datetime
) -> None:
    company = desk.company
    for about, shopper in (("Sofie Berg", 1), ("Sofie Berg", 2), ("Elias Dahl", 3)):
        desk.ordered(session, now, about, shopper=f"besok{shopper}@besok.example")
    shoppers = GroupPolicy(RaterGroup.MYSTERY_SHOPPER, Mode.REPORT, 3, 3)
    draft = draft_round(session, company, now, groups=[RaterGroup.MANAGER, shoppers], rated=["Sofie Berg"])
    propose_assignments(session, SERVICE, draft.id, now=now)
    launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
    wish = replace(WISH, owner_id=PersonId(company.people["Amir Haddad"]))
    one = set_repetition(session, SERVICE, draft.id, wish, now=now)
    assert one.opens_at is not None
    draft_next(session, one.id, now=one.opens_at)
    assert not order_next(session, one.id, now=one.opens_at)
    assert start_next(session, one.id, now=one.opens_at)
    assert [due.step for due in load_due(session, now=one.opens_at)] == [Step.VISITS]
    assert [order_next(session, one.id, now=one.opens_at) for _ in range(2)] == [True, False]
    # Two were there within three months; the third goes, and then was there, too.
    [made] = load_ordered(session, [company.subjects["Sofie Berg"]], date(2027, 1, 1), date(2027, 3, 31))
    assert load_people(session, [made.shopper_id])[PersonId(made.shopper_id)].email == "besok3@besok.example"
    assert (made.from_on, made.until_on, made.scenario_id) == (date(2027, 2, 23), date(2027, 2, 27), desk.scenario)
    seen = [get_repetition(session, who, draft.id, now=one.opens_at).visits_left for who in (desk.admin, desk.manager)]
    assert seen == [True, False]
    letters = session.scalars(select(OutboxRow).where(OutboxRow.letter == Letter.ROUND_AHEAD)).all()
    assert sorted(one.parameters["what"] for one in letters) == ["ahead", "visits"]
    assert load_due(session, now=one.opens_at) == ()
