"""From a report to what counts: replaced, sent back, accepted, objected to, decided, and read together."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.errors import Forbidden, Invalid, NotFound
from app.infra.database import Database, WriteSession
from app.infra.keys import key_of
from app.infra.paging import PageRequest
from app.infra.pictures import Picture
from app.journal.tables import JournalRow
from app.kpis.commands import retire_kpi
from app.mail.tables import OutboxRow
from app.metrics.queries import list_readings
from app.metrics.values import ReadingFilter
from app.organisation.commands import create_subject
from app.organisation.values import NewSubject, SubjectKind
from app.scoring.results import NotScored
from app.scoring.visits import VisitsTogether
from app.visits import rules
from app.visits.commands import (
    accept_visit,
    add_evidence,
    appeal_visit,
    change_scenario,
    decide_appeal,
    remove_evidence,
    report_visit,
    return_visit,
    settle_due_visits,
)
from app.visits.intake import parse_scenario
from app.visits.queries import get_picture, get_standing, get_visit, list_evidence, list_visits, load_evidence
from app.visits.report import EnoughPictures
from app.visits.values import AppealOutcome, EvidenceKind, VisitState
from tests.fjellbris import address
from tests.served import STRICTER_DATABASE
from tests.visits.desk import REPORT, VisitDesk, scenario, visit_desk

DAYS = timedelta(days=1)
STANDS, SET_ASIDE = AppealOutcome.STANDS, AppealOutcome.SET_ASIDE


def test_a_report_scores_per_cent_of_the_possible_and_a_critical_failure_caps_it(
    session: WriteSession, desk: VisitDesk, now: datetime
) -> None:
    made = desk.reported(session, now)
    assert (made.state, made.score, made.earned, made.is_capped) == (VisitState.REPORTED, 75, 75, False)
    token = key_of(session).visit_token(made.id)
    capped = report_visit(session, token, {**REPORT, "critical": {"receipt": "no"}}, now=now + timedelta(hours=8))
    assert (capped.score, capped.earned, [one.code for one in capped.failed]) == (40, 75, ["receipt"])
    unseen = {**REPORT, "item": {"i1": "na", "i2": "na"}}
    for wrong, field in (
        ({**REPORT, "visited_on": "2026-11-24"}, "visited_on"),
        ({**REPORT, "visited_on": "2026-11-20"}, "visited_on"),
        (unseen, "item.i1"),
    ):
        with pytest.raises(Invalid) as refused:
            report_visit(session, token, wrong, now=now + timedelta(hours=9))
        assert [one.field for one in refused.value.errors] == [field]


def test_what_was_sent_back_comes_again_with_a_letter_and_what_is_accepted_is_closed(
    session: WriteSession, desk: VisitDesk, now: datetime
) -> None:
    made = desk.reported(session, now)
    for who in (desk.manager, desk.sofie, desk.admin):
        with pytest.raises((Forbidden, NotFound)):
            return_visit(session, who, made.id, "Når var du der?", now=now)
    sent_back = return_visit(session, desk.analyst, made.id, "Når var du der?", now=now)
    assert (sent_back.state, sent_back.ruling.note) == (VisitState.RETURNED, "Når var du der?")
    letters = session.scalars(select(OutboxRow).where(OutboxRow.letter == "visit_order").order_by(OutboxRow.wave)).all()
    assert [one.parameters["note"] for one in letters] == ["", "Når var du der?"]
    with pytest.raises(rules.WrongState):
        accept_visit(session, desk.analyst, made.id, now=now)
    token = key_of(session).visit_token(made.id)
    report_visit(session, token, REPORT, now=now + DAYS)
    accepted = accept_visit(session, desk.analyst, made.id, now=now + DAYS)
    assert (accepted.state, accepted.ruling.appeal_until) == (VisitState.ACCEPTED, now + 15 * DAYS)
    with pytest.raises(rules.VisitLinkClosed):
        report_visit(session, token, REPORT, now=now + DAYS)
    (ready,) = session.scalars(select(OutboxRow).where(OutboxRow.letter == "visit_ready"))
    assert (ready.recipient, ready.parameters["outcome"]) == (address("Sofie Berg"), "")
    own = get_visit(session, desk.sofie, made.id, on=now.date())
    assert (own.score, own.shopper_id) == (75, "")
    assert [
        one.id for one in list_visits(session, desk.manager, desk.company.id, PageRequest(), on=now.date()).items
    ] == [made.id]


def test_facts_are_readings_once_the_time_to_object_is_over(
    session: WriteSession, desk: VisitDesk, now: datetime
) -> None:
    made = desk.accepted(session, now)
    until = made.ruling.appeal_until
    assert until is not None
    assert settle_due_visits(session, now=until - timedelta(seconds=1)) == 0
    assert [settle_due_visits(session, now=until) for _ in range(2)] == [1, 0]
    assert get_visit(session, desk.sofie, made.id, on=now.date()).state is VisitState.FINAL
    readings = list_readings(
        session, SERVICE, desk.company.id, PageRequest(), on=now.date(), chosen=ReadingFilter(kpi_id=desk.wait)
    )
    (reading,) = readings.items
    assert (reading.amount.value, reading.subject_id, reading.source) == (75, made.subject_id, "visit")
    assert reading.starts_at == datetime(2026, 11, 23, 13, 30, tzinfo=now.tzinfo)
    with pytest.raises(rules.WrongState):
        appeal_visit(session, desk.sofie, made.id, "For sent", now=until)


def test_a_visit_counts_even_where_its_fact_is_measured_no_more(
    session: WriteSession, desk: VisitDesk, now: datetime
) -> None:
    made, silent = desk.accepted(session, now), desk.accepted(session, now, fact={})
    retire_kpi(session, SERVICE, desk.wait, reason="Måles ikke lenger", now=now)
    assert settle_due_visits(session, now=now + 16 * DAYS) == 2
    refused = session.scalars(select(JournalRow.object_id).where(JournalRow.action == "visit.facts_refused")).all()
    assert refused == [made.id]
    assert get_visit(session, desk.sofie, silent.id, on=now.date()).state is VisitState.FINAL


def test_an_appeal_in_time_is_decided_by_somebody_else_and_its_outcome_stays(
    session: WriteSession, desk: VisitDesk, now: datetime
) -> None:
    first, other = desk.accepted(session, now), desk.accepted(session, now)
    reported = desk.reported(session, now)
    for who, error in ((desk.analyst, Forbidden), (desk.admin, rules.NotTheVisited)):
        with pytest.raises(error):
            appeal_visit(session, who, first.id, "Feil butikk", now=now + DAYS)
    with pytest.raises(rules.AppealOver):
        appeal_visit(session, desk.sofie, first.id, "For sent", now=now + 16 * DAYS)
    with pytest.raises(NotFound):
        appeal_visit(session, desk.sofie, reported.id, "For tidlig", now=now)
    assert appeal_visit(session, desk.sofie, first.id, "Feil butikk", now=now + DAYS).state is VisitState.APPEALED
    assert appeal_visit(session, desk.manager, other.id, "Feil dag", now=now + DAYS).ruling.appeal == "Feil dag"
    assert settle_due_visits(session, now=now + 30 * DAYS) == 0
    with pytest.raises(rules.OtherJudgeNeeded):
        decide_appeal(session, desk.analyst, first.id, STANDS, "Nei", now=now + 2 * DAYS)
    gone = decide_appeal(session, desk.second, first.id, SET_ASIDE, "Kvitteringen er fra Sør.", now=now + 2 * DAYS)
    assert (gone.state, gone.ruling.outcome) == (VisitState.SET_ASIDE, SET_ASIDE)
    stays = decide_appeal(session, desk.second, other.id, STANDS, "Dagen stemmer.", now=now + 2 * DAYS)
    assert stays.state is VisitState.FINAL
    seen = get_visit(session, desk.sofie, first.id, on=now.date())
    assert (seen.score, seen.ruling.reason) == (75, "Kvitteringen er fra Sør.")
    outcomes = session.scalars(
        select(OutboxRow.parameters).where(OutboxRow.letter == "visit_ready", OutboxRow.wave == 1)
    )
    assert sorted(one["outcome"] for one in outcomes) == ["set_aside", "stands"]
    readings = list_readings(
        session, SERVICE, desk.company.id, PageRequest(), on=now.date(), chosen=ReadingFilter(kpi_id=desk.wait)
    )
    assert len(readings.items) == 1


@STRICTER_DATABASE
def test_an_appeal_of_the_last_moment_is_not_overwritten_by_the_count(engine: Database, now: datetime) -> None:
    with engine.write() as session:
        desk = visit_desk(session, now)
        made = desk.accepted(session, now)
    until = made.ruling.appeal_until
    assert until is not None

    def settle() -> int:
        with engine.write() as session:
            return settle_due_visits(session, now=until)

    with ThreadPoolExecutor(1) as pool:
        with engine.write() as session:
            appeal_visit(session, desk.sofie, made.id, "Feil dag", now=until - timedelta(seconds=1))
            counting = pool.submit(settle)
            wait([counting], timeout=0.5)
        assert counting.result() == 0
    with engine.read() as reading:
        assert get_visit(reading, desk.sofie, made.id, on=now.date()).state is VisitState.APPEALED


def test_nobody_judges_a_visit_to_himself(session: WriteSession, desk: VisitDesk, now: datetime) -> None:
    made = desk.reported(session, now)
    both = type(desk.sofie)(desk.sofie.actor, grants=desk.analyst.grants, own_subjects=desk.sofie.own_subjects)
    with pytest.raises(rules.OwnVisit):
        accept_visit(session, both, made.id, now=now)


def test_a_person_is_shown_from_three_visits_on_with_the_pull_of_the_most_extreme_one(
    session: WriteSession, desk: VisitDesk, now: datetime
) -> None:
    desk.accepted(session, now)
    desk.accepted(session, now, critical={"receipt": "no"})
    today, sofie = now.date(), desk.company.subjects["Sofie Berg"]
    assert settle_due_visits(session, now=now + 16 * DAYS) == 2
    early = get_standing(session, desk.manager, sofie, on=today)
    assert isinstance(early.together, NotScored)
    desk.accepted(session, now, item={"i1": "1", "i2": "1"})
    assert get_standing(session, desk.manager, sofie, on=today).pending == 1
    settle_due_visits(session, now=now + 16 * DAYS)
    found = get_standing(session, desk.sofie, sofie, on=today)
    assert isinstance(found.together, VisitsTogether)
    assert (round(found.together.mean, 2), found.capped, found.pending) == (38.33, 1, 0)
    assert found.together.largest_pull == pytest.approx((38.33 - 0) / 2, abs=0.01)
    assert found.counted[found.together.extreme].score == 0
    team = get_standing(session, desk.manager, desk.company.subjects["Team Nord"], on=today)
    assert (len(team.counted), team.kind) == (3, SubjectKind.TEAM)
    assert isinstance(
        get_standing(session, desk.analyst, desk.company.subjects["Team Sør"], on=today).together, NotScored
    )
    for who in (desk.admin, desk.sofie):
        with pytest.raises((Forbidden, NotFound)):
            get_standing(session, who, desk.company.subjects["Team Nord"], on=today)
    with pytest.raises(NotFound):
        get_standing(session, desk.manager, "x", on=today)


def test_competitors_are_visited_on_the_same_form_count_at_once_and_never_for_us(
    session: WriteSession, desk: VisitDesk, now: datetime
) -> None:
    rival = NewSubject(SubjectKind.COMPETITOR, "Varmt AS", desk.company.id, starts_on=now.date())
    desk.company.subjects["Varmt AS"] = create_subject(session, SERVICE, rival, now=now).id
    there = desk.accepted(session, now, about="Varmt AS")
    assert there.state is VisitState.FINAL
    assert session.scalars(select(OutboxRow).where(OutboxRow.letter == "visit_ready")).all() == []
    today = now.date()
    theirs = get_standing(session, desk.analyst, there.subject_id, on=today)
    assert isinstance(theirs.together, VisitsTogether)
    assert (theirs.together.mean, theirs.together.interval) == (75, None)
    assert get_standing(session, desk.analyst, desk.company.id, on=today).counted == ()


def test_pictures_are_kept_once_five_at_most_and_asked_for_by_themselves(
    session: WriteSession, desk: VisitDesk, now: datetime
) -> None:
    made = desk.ordered(session, now)
    token = key_of(session).visit_token(made.id)
    for number in (1, 2, 2, 3, 4, 5):
        add_evidence(session, token, EvidenceKind.PHOTO, Picture(bytes([number]) * 9, 40, 30), now=now)
    with pytest.raises(EnoughPictures):
        add_evidence(session, token, EvidenceKind.RECEIPT, Picture(b"6", 40, 30), now=now)
    kept = load_evidence(session, made.id)
    assert [(one.kind, one.width, one.size) for one in kept] == [(EvidenceKind.PHOTO, 40, 9)] * 5
    remove_evidence(session, token, kept[0].id, now=now)
    for wrong in (kept[0].id, "x"):
        with pytest.raises(NotFound):
            remove_evidence(session, token, wrong, now=now)
    today = now.date()
    assert list_evidence(session, desk.admin, made.id, on=today) == ()
    report_visit(session, token, REPORT, now=now + timedelta(hours=8))
    assert len(list_evidence(session, desk.analyst, made.id, on=today)) == 4
    assert len(get_picture(session, desk.analyst, made.id, kept[1].id, on=today)) == 9
    for who, picture in (
        (desk.admin, kept[1].id),
        (desk.analyst, kept[0].id),
        (desk.analyst, "x"),
        (desk.sofie, kept[1].id),
    ):
        with pytest.raises(NotFound):
            get_picture(session, who, made.id, picture, on=today)


def test_a_report_waits_for_the_pictures_that_its_scenario_asks_for(
    session: WriteSession, desk: VisitDesk, now: datetime
) -> None:
    wanted = parse_scenario(scenario(desk.company, desk.wait, pictures=1))
    change_scenario(session, desk.admin, desk.scenario, wanted, now=now)
    token = key_of(session).visit_token(desk.ordered(session, now).id)
    with pytest.raises(Invalid) as refused:
        report_visit(session, token, REPORT, now=now + timedelta(hours=8))
    assert refused.value.errors[0].field == "pictures"
    add_evidence(session, token, EvidenceKind.RECEIPT, Picture(b"1", 40, 30), now=now)
    made = report_visit(session, token, REPORT, now=now + timedelta(hours=8))
    assert made.state is VisitState.REPORTED
    # What the report could not be sent without stays with it.
    (receipt,) = load_evidence(session, made.id)
    with pytest.raises(Invalid) as refused, session.begin_nested():
        remove_evidence(session, token, receipt.id, now=now + timedelta(hours=8))
    assert refused.value.errors[0].field == "pictures"
    add_evidence(session, token, EvidenceKind.RECEIPT, Picture(b"2", 40, 30), now=now)
    remove_evidence(session, token, receipt.id, now=now + timedelta(hours=8))
    assert len(load_evidence(session, made.id)) == 1
