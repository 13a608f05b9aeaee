"""A rater declines with a reason, the next fair one is asked, and nobody who reads the results can tell who it was."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.errors import NotFound
from app.infra.database import WriteSession
from app.infra.paging import PageRequest
from app.invitations.commands import invite_due_rounds, resend_invitation
from app.invitations.decline import decline
from app.invitations.queries import list_invitations
from app.invitations.values import Invitation
from app.journal.queries import list_entries_about
from app.kpis.values import RaterGroup
from app.mail.tables import OutboxRow
from app.responses.queries import load_rating_form
from app.rounds.commands import launch_round, mark_conflict, propose_assignments, remove_assignment
from app.rounds.queries import list_assignments, load_assignments, track_round
from app.rounds.rules import AnsweredAlready
from app.rounds.values import AssignmentLine, AssignmentSource, DeclineReason
from tests.fjellbris import Fjellbris, draft_round
from tests.played_round import PlayedRound

WHY = DeclineReason.NOT_WORKED_TOGETHER
LARS, SOFIE, OMAR, THEA, AMIR = "Lars Moen", "Sofie Berg", "Omar Said", "Thea Vik", "Amir Haddad"


@pytest.fixture
def played(session: WriteSession, company: Fjellbris, now: datetime) -> PlayedRound:
    """Sofie and Lars are rated by their colleagues and by Amir; Omar is not asked about Sofie."""
    groups = (RaterGroup.MANAGER, RaterGroup.COLLEAGUE)
    draft = draft_round(session, company, now, rated=(SOFIE, LARS), groups=groups)
    propose_assignments(session, SERVICE, draft.id, now=now)
    left_out = assignment(session, draft.id, company, OMAR, SOFIE)
    remove_assignment(session, SERVICE, left_out, now=now)
    launched = launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
    invite_due_rounds(session, now=now)
    return PlayedRound(session, company, launched, now)


def assignment(session: WriteSession, round_id: str, company: Fjellbris, rater: str, subject: str) -> str:
    (found,) = (
        one.id
        for one in load_assignments(session, round_id, with_declined=True)
        if (one.rater_id, one.subject_id) == (company.people[rater], company.subjects[subject])
    )
    return found


def lines(session: WriteSession, viewer: Viewer, played: PlayedRound) -> Mapping[tuple[str, str], AssignmentLine]:
    page = list_assignments(session, viewer, played.round.id, PageRequest(limit=200), now=played.now)
    return {(str(one.rater_name), one.subject_name): one for one in page.items}


def invited(session: WriteSession, viewer: Viewer, played: PlayedRound) -> Sequence[Invitation]:
    return list_invitations(session, viewer, played.round.id, PageRequest(), now=played.now).items


def test_who_declines_is_replaced_and_stays_hidden_from_who_reads_the_results(
    session: WriteSession, company: Fjellbris, played: PlayedRound, now: datetime
) -> None:
    leader = Viewer("account:amir", grants=(Grant(Role.MANAGER, company.subjects["Team Nord"]),))
    admin = Viewer("account:admin", grants=(Grant(Role.ADMIN, company.id),))
    before = lines(session, leader, played)
    letters = len(session.scalars(select(OutboxRow.id)).all())
    lars = played.link_of(LARS)
    mine = assignment(session, played.round.id, company, LARS, SOFIE)
    made = decline(session, lars, mine, WHY, now=now)
    assert (made.subject_name, made.replacement) == (SOFIE, company.people[OMAR])
    assert decline(session, lars, mine, WHY, now=now).replacement is None
    assert [subject.name for subject in load_rating_form(session, lars, now=now).subjects] == []
    (invitation,) = [one for one in invited(session, leader, played) if one.name == LARS]
    resend_invitation(session, leader, invitation.id, now=now + timedelta(days=2))
    assert {subject.name for subject in load_rating_form(session, played.link_of(OMAR), now=now).subjects} == {
        LARS,
        SOFIE,
    }
    # One to Omar, who has one more to rate, and one to Lars, since it was sent again.
    assert len(session.scalars(select(OutboxRow.id)).all()) == letters + 2
    seen = lines(session, leader, played)
    assert seen.keys() - before.keys() == {(OMAR, SOFIE)}
    assert {key: seen[key] for key in before} == before
    assert seen[OMAR, SOFIE].source is AssignmentSource.REPLACEMENT
    told = lines(session, admin, played)
    assert {key for key, one in told.items() if one.declined} == {(LARS, SOFIE)}
    answered = {one.name: one.answered for one in invited(session, leader, played)}
    assert answered[LARS] is None
    (entry,) = [one for one in list_entries_about(session, "round", played.round.id) if one.action.startswith("assign")]
    assert (entry.actor, entry.details) == ("rater", {"rater_group": "colleague", "replaced": True})
    counts = {
        one.policy.rater_group: one.asked for one in track_round(session, leader, played.round.id, now=now).groups
    }
    assert counts == {RaterGroup.MANAGER: 2, RaterGroup.COLLEAGUE: 2 + 3}


def test_a_manager_who_declines_is_named_since_the_group_answers_with_names(
    session: WriteSession, company: Fjellbris, played: PlayedRound, now: datetime
) -> None:
    mine = assignment(session, played.round.id, company, AMIR, SOFIE)
    decline(session, played.link_of(AMIR), mine, DeclineReason.TOO_CLOSE, now=now)
    leader = Viewer("account:amir", grants=(Grant(Role.MANAGER, company.subjects["Team Nord"]),))
    assert lines(session, leader, played)[AMIR, SOFIE].declined is DeclineReason.TOO_CLOSE


def test_nobody_takes_the_place_who_is_kept_apart_or_when_the_time_is_short(
    session: WriteSession, company: Fjellbris, played: PlayedRound, now: datetime
) -> None:
    mine, other = (assignment(session, played.round.id, company, name, SOFIE) for name in (LARS, THEA))
    late = now + timedelta(days=13, hours=1)
    assert decline(session, played.link_of(LARS), mine, WHY, now=late).replacement is None
    mark_conflict(session, SERVICE, company.people[OMAR], company.people[SOFIE], reason="Gift.", now=now)
    assert decline(session, played.link_of(THEA), other, WHY, now=now).replacement is None


def test_only_what_the_link_asks_and_what_is_not_answered_can_be_declined(
    session: WriteSession, company: Fjellbris, played: PlayedRound, now: datetime
) -> None:
    others = assignment(session, played.round.id, company, THEA, SOFIE)
    for wrong in (others, "nothing"):
        with pytest.raises(NotFound):
            decline(session, played.link_of(LARS), wrong, WHY, now=now)
    played.rate(THEA, {SOFIE: ["4", "4"]})
    with pytest.raises(AnsweredAlready):
        decline(session, played.link_of(THEA), others, WHY, now=now)
