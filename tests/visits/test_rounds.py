"""Visits in the round of their period: those that count come in at its close, as they count, once, and nobody is named."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.accounts.rules import SERVICE
from app.accounts.values import Viewer
from app.analysis.rows import load_rated, load_released
from app.errors import NotFound
from app.followup.rows import load_answers
from app.infra.database import WriteSession
from app.infra.paging import PageRequest
from app.invitations.commands import invite_due_rounds
from app.invitations.queries import get_invitation, list_invitations
from app.kpis.values import RaterGroup
from app.metrics.queries import list_readings
from app.metrics.values import ReadingFilter
from app.releases.commands import release_round
from app.releases.invariants import figures_astray, uneven_releases
from app.releases.retrace import retrace
from app.releases.tables import ScoreRow
from app.releases.values import InputState
from app.responses.invariants import stray_sheets, uneven_cells
from app.responses.tables import SheetRow
from app.rounds.commands import add_assignments, launch_round, mark_conflict
from app.rounds.intake import parse_raters, rows_of
from app.rounds.queries import list_assignments, list_loads, load_assignments, preview_round
from app.rounds.rules import ConfirmationNeeded, RoundIncomplete
from app.rounds.tables import AssignmentRow
from app.rounds.values import AssignmentLine, AssignmentSource, GroupPolicy, Mode, Round, RoundState
from app.scoring.visits import VisitsTogether
from app.visits.close import close_if_due, close_round
from app.visits.commands import appeal_visit, decide_appeal, settle_due_visits
from app.visits.queries import get_standing, get_visit, list_visits
from app.visits.rules import WrongState
from app.visits.tables import VisitRow
from app.visits.values import AppealOutcome
from tests.fjellbris import draft_round
from tests.visits.desk import VisitDesk

DAYS = timedelta(days=1)
ALL = PageRequest()
SHOPPERS = GroupPolicy(RaterGroup.MYSTERY_SHOPPER, Mode.REPORT, 3, 3)
CAPPED: Mapping[str, Any] = {"critical": {"receipt": "no"}}
LATE = 20 * DAYS
"""After the time to object, and after the round's own."""


def launched(
    session: WriteSession,
    desk: VisitDesk,
    now: datetime,
    groups: Sequence[RaterGroup | GroupPolicy] = (RaterGroup.MANAGER, SHOPPERS),
) -> Round:
    """A round of the present quarter in which Amir rates Sofie and one shopper is asked about Lars."""
    draft = draft_round(session, desk.company, now, groups=groups, rated=("Sofie Berg", "Lars Moen"))
    listed = [
        {"email": email, "subject": desk.company.subjects[about], "rater_group": group}
        for email, about, group in (
            ("amir.haddad@fjellbris.example", "Sofie Berg", "manager"),
            ("spurt@besok.example", "Lars Moen", "mystery_shopper"),
        )
        if any(group in str(getattr(one, "rater_group", one)) for one in groups)
    ]
    add_assignments(session, SERVICE, draft.id, parse_raters(rows_of(listed)), now=now)
    return launch_round(session, SERVICE, draft.id, confirmed=True, now=now)


def lines(session: WriteSession, viewer: Viewer, round_: Round, now: datetime) -> Sequence[AssignmentLine]:
    return list_assignments(session, viewer, round_.id, ALL, now=now).items


def visits_in(session: WriteSession, round_: Round) -> dict[str, str]:
    """By visit, its shopper, of those that a round has taken in."""
    marks = load_assignments(session, round_.id)
    return {one.occasion: one.rater_id for one in marks if one.source is AssignmentSource.ENCOUNTER}


def figure(session: WriteSession, release_id: str, subject_id: str, *, is_item: bool = False) -> list[ScoreRow]:
    rows = session.scalars(select(ScoreRow).where(ScoreRow.release_id == release_id, ScoreRow.subject_id == subject_id))
    return [row for row in rows if row.rater_groups == "mystery_shopper" and (row.item_id is not None) == is_item]


def analysed(session: WriteSession, desk: VisitDesk, release_id: str, *, on: date) -> list[float]:
    """What shoppers have scored, as analysts compare raters by it, in order."""
    _, round_ = load_released(session, desk.analyst, release_id, on=on)
    ratings = load_rated(session, round_, round_.kpis[desk.company.kpis["first impression"]]).ratings
    return sorted(ratings.scores[[group == "mystery_shopper" for group in ratings.groups]].tolist())


def test_the_released_figure_is_what_the_visits_themselves_say(
    session: WriteSession, desk: VisitDesk, now: datetime
) -> None:
    sofie = desk.company.subjects["Sofie Berg"]
    made = [
        desk.accepted(session, now, item={"i1": "5", "i2": "4"}),
        desk.accepted(session, now, **CAPPED),
        desk.accepted(session, now, item={"i1": "2", "i2": "1"}),
        desk.accepted(session, now, item={"i1": "4", "i2": "na"}, **CAPPED),
    ]
    round_ = launched(session, desk, now)
    assert [close_if_due(session, round_.id, now=now + LATE) for _ in range(2)] == [True, False]
    settle_due_visits(session, now=now + LATE)
    assert visits_in(session, round_).keys() == {one.id for one in made}
    assert session.scalars(select(AssignmentRow.counted).where(AssignmentRow.occasion != "")).all() == [True] * 4

    release = release_round(session, SERVICE, round_.id, now=now + LATE)
    (found,) = figure(session, release.id, sofie)
    visits = get_standing(session, desk.manager, sofie, on=now.date()).together
    assert isinstance(visits, VisitsTogether)
    # 87.5, 40 instead of 75, 12.5, and 40 instead of 75.
    assert (found.score, found.raters) == (visits.mean, 4) == (45.0, 4)
    # What was seen stays as it was seen: the cap holds the score down, not the answers.
    seen = {row.raters: row.score for row in figure(session, release.id, sofie, is_item=True)}
    assert seen == {4: 75.0, 3: pytest.approx(125 / 3)}
    # Analysts compare raters by the scores that the release has used.
    assert analysed(session, desk, release.id, on=now.date()) == pytest.approx([12.5, 40, 40, 87.5])
    (other,) = figure(session, release.id, desk.company.subjects["Lars Moen"])
    assert (other.score, other.reason) == (None, "fewer_than_k")

    # Nobody was asked for them, so they are no answers to a request.
    units = [desk.company.subjects["Team Nord"]]
    answers = load_answers(session, desk.company.id, since=date(2026, 1, 1), unit_ids=units)
    assert [one.rater_group for one in answers] == [RaterGroup.MANAGER]

    assert_nothing_astray(session, release.id, on=now.date())


def assert_nothing_astray(session: WriteSession, release_id: str, *, on: date) -> None:
    again = retrace(session, SERVICE, release_id, on=on)
    assert (again.wrong, [one for one in again.figures if not one.is_equal]) == ((), [])
    assert again.input is not None
    assert (again.input.state, again.input.wrong) == (InputState.EQUAL, 0)
    found_wrong = [query(session) for query in (uneven_cells, stray_sheets, uneven_releases, figures_astray)]
    assert [list(one) for one in found_wrong] == [[], [], [], []]


def test_what_a_round_takes_in_counts_for_good_and_nobody_can_object_to_it_any_more(
    session: WriteSession, desk: VisitDesk, now: datetime
) -> None:
    made = desk.accepted(session, now)
    round_ = launched(session, desk, now)
    close_round(session, SERVICE, round_.id, now=now + LATE)
    assert visits_in(session, round_).keys() == {made.id}
    assert settle_due_visits(session, now=now + LATE) == 0
    # By a clock that is a little behind.
    with pytest.raises(WrongState):
        appeal_visit(session, desk.sofie, made.id, "Feil dag", now=now + DAYS)
    wait = ReadingFilter(kpi_id=desk.wait)
    assert len(list_readings(session, SERVICE, desk.company.id, ALL, on=now.date(), chosen=wait).items) == 1


def test_a_visit_that_is_rejected_or_can_still_be_objected_to_does_not_count(
    session: WriteSession, desk: VisitDesk, now: datetime
) -> None:
    aside, stands, objected, fresh = (desk.accepted(session, now) for _ in range(4))
    desk.reported(session, now)
    for one in (aside, stands, objected):
        appeal_visit(session, desk.sofie, one.id, "Feil dag", now=now + DAYS)
    for one, outcome in ((aside, AppealOutcome.SET_ASIDE), (stands, AppealOutcome.STANDS)):
        decide_appeal(session, desk.second, one.id, outcome, "Sett på vaktlisten.", now=now + 2 * DAYS)
    round_ = launched(session, desk, now)
    until = fresh.ruling.appeal_until
    assert until is not None
    close_round(session, SERVICE, round_.id, now=until - timedelta(seconds=1))
    assert visits_in(session, round_).keys() == {stands.id}
    # What counts later is in no figure of a round that is closed.
    settle_due_visits(session, now=until)
    close_round(session, SERVICE, round_.id, now=until)
    assert visits_in(session, round_).keys() == {stands.id}


def test_a_visit_is_in_one_round_only_and_in_one_of_its_own_days_and_questions(
    session: WriteSession, desk: VisitDesk, now: datetime
) -> None:
    kept = desk.accepted(session, now)
    elsewhere = desk.accepted(session, now, about="Thea Vik")
    first, second, earlier = (launched(session, desk, now) for _ in range(3))
    period = {"period_start": date(2026, 10, 1), "period_end": date(2026, 11, 22)}
    table = AssignmentRow.metadata.tables["round"]
    session.execute(update(table).where(table.c.id == earlier.id).values(**period))
    for round_ in (earlier, first, second):
        close_round(session, SERVICE, round_.id, now=now + LATE)
    assert [visits_in(session, one).keys() for one in (earlier, first, second)] == [set(), {kept.id}, set()]
    listed = list_visits(session, desk.manager, desk.company.id, ALL, on=now.date()).items
    assert {one.id: one.round_id for one in listed} == {kept.id: first.id, elsewhere.id: None}
    assert get_visit(session, desk.sofie, kept.id, on=now.date()).round_id == first.id
    assert elsewhere.id not in visits_in(session, first)


Change = Callable[[WriteSession, VisitDesk, datetime], object]


def asks_of_another_version(session: WriteSession, desk: VisitDesk, now: datetime) -> None:
    """A form that was frozen with other words than those of the round."""
    (row,) = session.scalars(select(VisitRow))
    row.form = {**row.form, "kpis": [{**kpi, "version_id": desk.scenario} for kpi in row.form["kpis"]]}
    session.flush()


def keeps_them_apart(session: WriteSession, desk: VisitDesk, now: datetime) -> object:
    """The shopper and the visited must not rate each other."""
    (row,) = session.scalars(select(VisitRow))
    sofie = desk.company.people["Sofie Berg"]
    return mark_conflict(session, SERVICE, row.shopper_id, sofie, reason="Søsken", now=now)


@pytest.mark.parametrize("change", [asks_of_another_version, keeps_them_apart])
def test_a_visit_with_other_questions_or_by_somebody_too_close_stays_out(
    session: WriteSession, desk: VisitDesk, now: datetime, change: Change
) -> None:
    desk.accepted(session, now)
    change(session, desk, now)
    round_ = launched(session, desk, now)
    close_round(session, SERVICE, round_.id, now=now + LATE)
    assert visits_in(session, round_) == {}


def test_visits_come_into_report_groups_only(session: WriteSession, desk: VisitDesk, now: datetime) -> None:
    desk.accepted(session, now)
    secret = GroupPolicy(RaterGroup.MYSTERY_SHOPPER, Mode.CONFIDENTIAL, 3, 3)
    for groups in ((RaterGroup.MANAGER,), (RaterGroup.MANAGER, secret)):
        round_ = launched(session, desk, now, groups)
        assert close_round(session, SERVICE, round_.id, now=now + LATE).state is RoundState.CLOSED
        assert visits_in(session, round_) == {}


def test_who_came_is_told_to_nobody_who_reads_results_there(
    session: WriteSession, desk: VisitDesk, now: datetime
) -> None:
    made = desk.accepted(session, now)
    round_ = launched(session, desk, now)
    invite_due_rounds(session, now=round_.opens_at)
    close_round(session, SERVICE, round_.id, now=now + LATE)
    shopper = visits_in(session, round_)[made.id]

    def listed(viewer: Viewer) -> list[tuple[str | None, str | None]]:
        found = lines(session, viewer, round_, now)
        return [(one.rater_id, one.rater_email) for one in found if one.occasion]

    assert listed(desk.admin) == [(shopper, "ny1@besok.example")]
    assert listed(desk.manager) == listed(desk.analyst) == [(None, None)]
    # Neither is who was listed by hand: in no list of who rates, of the time it takes, or of letters.
    by_hand, named = "spurt@besok.example", "amir.haddad@fjellbris.example"
    assert [one.rater_email for one in lines(session, desk.admin, round_, now) if not one.occasion] == [by_hand, named]
    for viewer in (desk.manager, desk.analyst):
        assert {one.rater_email for one in lines(session, viewer, round_, now)} == {None, named}
    for viewer, known in ((desk.admin, {by_hand, named}), (desk.manager, {named})):
        loads, _ = list_loads(session, viewer, round_.id, ALL, now=now)
        assert {one.email for one in loads.items} == known
        letters = list_invitations(session, viewer, round_.id, ALL, now=now).items
        assert {one.email for one in letters} == known
    (hidden,) = (
        one for one in list_invitations(session, desk.admin, round_.id, ALL, now=now).items if one.email == by_hand
    )
    with pytest.raises(NotFound):
        get_invitation(session, desk.manager, hidden.id, now=now)
    assert session.scalars(select(SheetRow.rater_id).where(SheetRow.rater_id == shopper)).all() == [shopper]


def test_a_round_of_mystery_visits_alone_starts_without_asking_anybody(
    session: WriteSession, desk: VisitDesk, now: datetime
) -> None:
    made = [desk.accepted(session, now, item={"i1": "5", "i2": "4"}) for _ in range(3)]
    draft = draft_round(session, desk.company, now, groups=(SHOPPERS,), rated=("Sofie Berg",))
    seen = preview_round(session, SERVICE, draft.id, now=now)
    assert (seen.can_publish, seen.needs_confirmation, seen.letters, seen.silent_weights) == (True, True, 0, ())
    with pytest.raises(ConfirmationNeeded):
        launch_round(session, SERVICE, draft.id, confirmed=False, now=now)
    round_ = launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
    assert invite_due_rounds(session, now=round_.opens_at) == 0
    close_round(session, SERVICE, round_.id, now=now + LATE)
    assert visits_in(session, round_).keys() == {one.id for one in made}
    release = release_round(session, SERVICE, round_.id, now=now + LATE)
    (found,) = figure(session, release.id, desk.company.subjects["Sofie Berg"])
    assert (found.score, found.raters) == (87.5, 3)
    # Where others are asked as well, somebody has to be.
    both = draft_round(session, desk.company, now, groups=(RaterGroup.MANAGER, SHOPPERS), rated=("Sofie Berg",))
    with pytest.raises(RoundIncomplete) as refused:
        launch_round(session, SERVICE, both.id, confirmed=True, now=now)
    assert [error.field for error in refused.value.errors] == ["assignments"]
