"""One invitation for each rater and round; letters that stop by themselves; what may be told of them."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.errors import Forbidden, NotFound
from app.infra.database import WriteSession
from app.infra.keys import fingerprint
from app.infra.paging import PageRequest
from app.invitations.commands import (
    extend_invitation,
    invite_due_rounds,
    remind_due_rounds,
    resend_invitation,
    void_invitation,
)
from app.invitations.queries import (
    count_deliveries,
    get_invitation,
    list_invitations,
    list_undelivered,
    load_secrets,
)
from app.invitations.rules import ResentLately
from app.invitations.tables import InvitationRow
from app.invitations.values import DeliveryState
from app.kpis.values import RaterGroup
from app.mail.queries import message_of
from app.mail.tables import OutboxRow
from app.mail.values import Letter, OutboxState
from app.organisation.tables import PersonRow
from app.rounds.commands import (
    change_round,
    close_round,
    draft_of,
    launch_round,
    mark_answered,
    propose_assignments,
    refresh_shares,
)
from app.rounds.queries import load_assignments
from app.rounds.rules import RoundNotOpen
from app.rounds.values import Round
from tests.databases import recorded_statements
from tests.fjellbris import Fjellbris, address, draft_round
from tests.invitations.post import answer_all, bounced, invitation_of, outbox, outbox_of, secret_of, sent, token_of
from tests.played_round import play

ALL = PageRequest()
DAY = timedelta(days=1)


# ------------------------------------------------------------ inviting


def test_everybody_asked_is_invited_once_with_one_letter_for_all_subjects(
    session: WriteSession, company: Fjellbris, open_round: Round, now: datetime
) -> None:
    assert invite_due_rounds(session, now=now) == 5
    assert invite_due_rounds(session, now=now) == 0
    letters = outbox(session)
    assert sorted(letter.recipient for letter in letters) == sorted(
        address(name) for name in ("Amir Haddad", "Lars Moen", "Omar Said", "Sofie Berg", "Thea Vik")
    )
    sofie = next(letter for letter in letters if letter.recipient == address("Sofie Berg"))
    assert sofie.letter == Letter.INVITATION
    assert sofie.parameters["subjects"] == ["Lars Moen", "Omar Said", "Thea Vik", "deg selv"]
    assert (sofie.parameters["questions"], sofie.parameters["minutes"]) == (2, 3)
    assert [part["mode"] for part in sofie.parameters["promises"]] == ["confidential", "named"]


def test_nobody_is_invited_before_the_opening_or_after_the_closing_time(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    draft = draft_round(session, company, now + DAY)
    propose_assignments(session, SERVICE, draft.id, now=now)
    launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
    assert invite_due_rounds(session, now=now) == 0
    assert invite_due_rounds(session, now=draft.closes_at) == 0
    assert invite_due_rounds(session, now=now + DAY) == 5


def test_a_rater_without_an_address_is_invited_without_a_letter(
    session: WriteSession, company: Fjellbris, open_round: Round, now: datetime
) -> None:
    session.execute(
        update(PersonRow).where(PersonRow.id == company.people["Sofie Berg"]).values(email=None, mailbox=None)
    )
    invite_due_rounds(session, now=now)
    assert len(outbox(session)) == 4
    assert invitation_of(session, company, "Sofie Berg", now).delivery is DeliveryState.NO_ADDRESS


def test_no_secret_of_a_link_stands_in_the_database(session: WriteSession, company: Fjellbris, invited: Round) -> None:
    token = token_of(session, company, "Sofie Berg")
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", token)
    stored = session.scalars(select(InvitationRow.token_hash)).all()
    assert fingerprint(token) in stored
    texts = [str(letter.parameters) + letter.reference for letter in outbox(session)]
    assert not any(token in text for text in texts)


# ------------------------------------------------------------ reminders


def test_a_reminder_goes_to_those_with_something_open_and_carries_the_same_link(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    answer_all(session, company, invited, "Sofie Berg")
    sent(session)
    assert remind_due_rounds(session, now=now + 3 * DAY) == 0
    assert remind_due_rounds(session, now=now + 4 * DAY) == 4
    assert remind_due_rounds(session, now=now + 5 * DAY) == 0
    reminders = [letter for letter in outbox(session) if letter.letter == Letter.REMINDER]
    assert address("Sofie Berg") not in {letter.recipient for letter in reminders}
    assert {letter.wave for letter in reminders} == {1}
    lars = next(letter for letter in reminders if letter.recipient == address("Lars Moen"))
    assert secret_of(session, lars) == token_of(session, company, "Lars Moen")


def test_nobody_gets_more_than_two_reminders(session: WriteSession, invited: Round, now: datetime) -> None:
    sent(session)
    counts = [remind_due_rounds(session, now=now + days * DAY) for days in (4, 8, 9)]
    assert counts == [5, 5, 0]
    wish = replace(draft_of(invited), reminders=(now + 9 * DAY, now + 10 * DAY))
    change_round(session, SERVICE, invited.id, wish, now=now + 8 * DAY)
    assert remind_due_rounds(session, now=now + 11 * DAY) == 0


def test_reminders_that_were_missed_are_not_sent_one_on_top_of_the_other(
    session: WriteSession, invited: Round, now: datetime
) -> None:
    sent(session)
    assert remind_due_rounds(session, now=now + 9 * DAY) == 5
    assert {letter.wave for letter in outbox(session) if letter.letter == Letter.REMINDER} == {2}


def test_who_comes_in_after_a_reminder_is_not_reminded_of_it(
    session: WriteSession, open_round: Round, now: datetime
) -> None:
    invite_due_rounds(session, now=now + 5 * DAY)
    sent(session)
    assert remind_due_rounds(session, now=now + 6 * DAY) == 0
    assert remind_due_rounds(session, now=now + 8 * DAY) == 5


def test_no_reminder_after_the_closing_time(session: WriteSession, invited: Round, now: datetime) -> None:
    assert remind_due_rounds(session, now=invited.closes_at) == 0


def test_an_invitation_reads_alike_whether_its_rater_was_reminded_or_has_answered(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    """Lars and Thea rate Sofie as colleagues, who are protected; only one of them has answered."""
    sent(session)
    answer_all(session, company, invited, "Lars Moen")
    remind_due_rounds(session, now=now + 4 * DAY)
    assert [len(outbox_of(session, name)) for name in ("Lars Moen", "Thea Vik")] == [1, 2]

    lars, thea = (invitation_of(session, company, name, now + 4 * DAY) for name in ("Lars Moen", "Thea Vik"))
    told = ("delivery", "reply", "next_step", "leaves_at", "waits_because", "answered", "reminded", "version")
    assert [getattr(lars, name) for name in told] == [getattr(thea, name) for name in told]
    # Not even where it is told who has answered: when a reminder leaves would tell of those of other rounds.
    amir = invitation_of(session, company, "Amir Haddad", now + 4 * DAY)
    assert (amir.answered, outbox_of(session, "Amir Haddad")[-1].letter) == (False, Letter.REMINDER)
    assert (amir.delivery, amir.leaves_at) == (DeliveryState.SENT, None)
    for one in (lars, thea):
        with pytest.raises(ResentLately):
            resend_invitation(session, SERVICE, one.id, now=now + 4 * DAY)


def test_a_group_that_has_enough_is_left_in_peace(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    mark_answered(
        session, [one.id for one in load_assignments(session, invited.id) if one.rater_group is RaterGroup.MANAGER]
    )
    sent(session)
    remind_due_rounds(session, now=now + 4 * DAY)
    reminded = {letter.recipient for letter in outbox(session) if letter.letter == Letter.REMINDER}
    assert address("Amir Haddad") not in reminded
    assert len(reminded) == 4


def test_a_reminder_whose_rater_has_answered_meanwhile_does_not_leave(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    sent(session)
    remind_due_rounds(session, now=now + 4 * DAY)
    reminder = next(letter for letter in outbox_of(session, "Sofie Berg") if letter.letter == Letter.REMINDER)
    assert secret_of(session, reminder)
    answer_all(session, company, invited, "Sofie Berg")
    assert secret_of(session, reminder) is None


def test_a_reminder_that_waited_does_not_leave_once_the_others_have_answered_enough(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    played = play(session, company, now, groups=(RaterGroup.CUSTOMER,), customers={"Sofie Berg": 6})
    session.execute(update(OutboxRow).values(letter=Letter.REMINDER))
    assignments = load_assignments(session, played.round.id)
    asked_last = select(InvitationRow.id).where(InvitationRow.person_id == assignments[-1].rater_id)
    late = next(letter for letter in outbox(session) if letter.reference == session.scalars(asked_last).one())
    message, next_day = message_of(late), late.dated_at + DAY
    assert message.id in load_secrets(session, [message], now=next_day)
    mark_answered(session, [one.id for one in assignments[:-1]])
    refresh_shares(session, now=next_day)
    assert message.id in load_secrets(session, [message], now=late.dated_at), "it was asked just now"
    assert message.id not in load_secrets(session, [message], now=next_day)


def test_an_invitation_does_not_leave_once_the_round_is_closed_or_the_link_taken_back(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    sofie, lars = (outbox_of(session, name)[0] for name in ("Sofie Berg", "Lars Moen"))
    void_invitation(session, SERVICE, invitation_of(session, company, "Sofie Berg", now).id, now=now)
    assert (secret_of(session, sofie), secret_of(session, lars) is None) == (None, False)
    close_round(session, SERVICE, invited.id, now=now)
    assert secret_of(session, lars) is None


# ------------------------------------------------------------ what may be read


def test_a_list_tells_delivery_and_answers_only_where_it_may(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    sent(session)
    bounced(session, "Lars Moen", now)
    answer_all(session, company, invited, "Amir Haddad")
    answer_all(session, company, invited, "Sofie Berg")
    page = list_invitations(session, SERVICE, invited.id, ALL, now=now)
    told = {one.name: (one.delivery.value, one.answered) for one in page.items}
    assert told == {
        "Amir Haddad": ("sent", True),
        "Lars Moen": ("bounced", None),
        "Omar Said": ("sent", None),
        "Sofie Berg": ("sent", None),
        "Thea Vik": ("sent", None),
    }
    counts = count_deliveries(session, SERVICE, invited.id, now=now)
    assert {state.value: count for state, count in counts.items() if count} == {"sent": 4, "bounced": 1}
    assert [one.name for one in list_undelivered(session, SERVICE, invited.id, now=now)] == ["Lars Moen"]


def test_a_list_comes_in_slices_with_the_same_number_of_statements(
    session: WriteSession, invited: Round, now: datetime
) -> None:
    counts, names, cursor = [], [], None
    for limit in (1, 3, 3):
        with recorded_statements(session.get_bind().engine) as statements:
            page = list_invitations(session, SERVICE, invited.id, PageRequest(limit=limit, cursor=cursor), now=now)
        counts.append(len(statements))
        names += [one.name for one in page.items]
        cursor = page.next_cursor
    assert names == ["Amir Haddad", "Lars Moen", "Omar Said", "Sofie Berg", "Thea Vik"]
    assert counts[0] == counts[1]


def test_a_letter_that_is_on_its_way_reads_as_queued(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.recipient == address("Sofie Berg"))
        .values(state=OutboxState.HANDING_OVER, lease_owner="w", leased_until=now)
    )
    assert invitation_of(session, company, "Sofie Berg", now).delivery is DeliveryState.QUEUED


def test_only_who_may_write_the_round_acts_on_an_invitation(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    invitation = invitation_of(session, company, "Sofie Berg", now)
    reader = Viewer("account:r", grants=(Grant(Role.VIEWER, company.subjects["Team Nord"]),))
    stranger = Viewer("account:s", grants=(Grant(Role.MANAGER, company.subjects["Team Sør"]),))
    for viewer, kind in ((reader, Forbidden), (stranger, NotFound)):
        with pytest.raises(kind):
            void_invitation(session, viewer, invitation.id, now=now)
        with pytest.raises(kind):
            resend_invitation(session, viewer, invitation.id, now=now + DAY)
        with pytest.raises(kind):
            extend_invitation(session, viewer, invitation.id, until=invited.closes_at + DAY, now=now)
    assert get_invitation(session, reader, invitation.id, now=now) == invitation
    with pytest.raises(NotFound):
        get_invitation(session, stranger, invitation.id, now=now)
    with pytest.raises(NotFound):
        void_invitation(session, SERVICE, "no id", now=now)
    with pytest.raises(NotFound):
        get_invitation(session, SERVICE, "no id", now=now)


def test_nothing_is_sent_again_once_the_round_is_closed(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    invitation = invitation_of(session, company, "Sofie Berg", now)
    close_round(session, SERVICE, invited.id, now=now)
    with pytest.raises(RoundNotOpen):
        resend_invitation(session, SERVICE, invitation.id, now=now + DAY)
