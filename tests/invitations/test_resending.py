"""Sending again: once a day, to addresses that take letters, with the same link or a new one; and for whoever asks for it."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.errors import Invalid
from app.infra.database import WriteSession
from app.infra.keys import key_of
from app.invitations.commands import (
    answer_link_requests,
    ask_for_links,
    extend_invitation,
    invite_due_rounds,
    leave_alone,
    opt_in,
    opt_out,
    remind_due_rounds,
    resend_invitation,
    rotate_invitation,
    void_invitation,
)
from app.invitations.queries import find_link, find_opt_out, has_opted_out
from app.invitations.rules import (
    AddressBounced,
    AddressLeftAlone,
    LinkVoid,
    NoAddress,
    RaterOptedOut,
    ResentLately,
    UnknownLink,
)
from app.invitations.tables import LinkRequestRow
from app.invitations.values import DeliveryState
from app.journal.tables import JournalRow
from app.mail.queries import load_suppressed
from app.mail.values import OutboxState
from app.organisation.tables import PersonRow
from app.rounds.values import Round
from tests.databases import recorded_statements
from tests.fjellbris import Fjellbris, address
from tests.invitations.post import bounced, invitation_of, outbox, outbox_of, secret_of, sent, token_of

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def test_an_invitation_goes_out_again_once_a_day(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    sent(session)
    invitation = invitation_of(session, company, "Sofie Berg", now)
    with pytest.raises(ResentLately) as lately:
        resend_invitation(session, SERVICE, invitation.id, now=now + timedelta(hours=23))
    assert lately.value.retry_after == 3600
    resend_invitation(session, SERVICE, invitation.id, now=now + DAY)
    assert [letter.wave for letter in outbox_of(session, "Sofie Berg")] == [0, 3]


def test_an_address_that_bounced_is_tried_again_only_when_somebody_says_so(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    bounced(session, "Sofie Berg", now)
    invitation = invitation_of(session, company, "Sofie Berg", now)
    assert (invitation.delivery, invitation.reply) == (DeliveryState.BOUNCED, "550 5.1.1 No such user")
    with pytest.raises(AddressBounced) as refused:
        resend_invitation(session, SERVICE, invitation.id, now=now)
    assert "550 5.1.1 No such user" in refused.value.text
    again = resend_invitation(session, SERVICE, invitation.id, despite_bounce=True, now=now)
    assert (again.delivery, again.left_alone) == (DeliveryState.QUEUED, None)
    actions = session.scalars(select(JournalRow.action).order_by(JournalRow.sequence.desc()).limit(2)).all()
    assert actions == ["invitation.resent", "address.tried_again"]


def test_a_corrected_address_gets_the_letter_at_once_and_the_old_one_stays_alone(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    bounced(session, "Sofie Berg", now)
    sofie = session.get_one(PersonRow, company.people["Sofie Berg"])
    sofie.email = sofie.mailbox = "sofie.ny@fjellbris.example"
    session.flush()
    again = resend_invitation(session, SERVICE, invitation_of(session, company, "Sofie Berg", now).id, now=now)
    assert (again.delivery, again.email) == (DeliveryState.QUEUED, "sofie.ny@fjellbris.example")
    assert outbox(session)[-1].recipient == "sofie.ny@fjellbris.example"
    assert set(load_suppressed(session, [address("Sofie Berg")])) == {address("Sofie Berg")}


def test_an_address_that_somebody_left_alone_says_why(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    leave_alone(session, SERVICE, company.id, company.people["Sofie Berg"], reason="Er i permisjon.", now=now)
    assert [letter.state for letter in outbox_of(session, "Sofie Berg")] == [OutboxState.CANCELLED]
    with pytest.raises(AddressLeftAlone) as refused:
        resend_invitation(session, SERVICE, invitation_of(session, company, "Sofie Berg", now).id, now=now)
    assert "Er i permisjon." in refused.value.text


def test_a_loop_of_resending_ends(session: WriteSession, company: Fjellbris, invited: Round, now: datetime) -> None:
    invitation = invitation_of(session, company, "Sofie Berg", now)
    for _ in range(9):
        bounced(session, "Sofie Berg", now)
        resend_invitation(session, SERVICE, invitation.id, despite_bounce=True, now=now)
    bounced(session, "Sofie Berg", now)
    with pytest.raises(ResentLately):
        resend_invitation(session, SERVICE, invitation.id, despite_bounce=True, now=now)
    with pytest.raises(AddressBounced):
        rotate_invitation(session, SERVICE, invitation.id, now=now)


def test_a_rater_who_wants_no_letters_gets_none(
    session: WriteSession, company: Fjellbris, open_round: Round, now: datetime
) -> None:
    opt_out(session, key_of(session).opt_out_token(company.people["Sofie Berg"]), now=now)
    invite_due_rounds(session, now=now)
    assert outbox_of(session, "Sofie Berg") == []
    invitation = invitation_of(session, company, "Sofie Berg", now)
    assert invitation.delivery is DeliveryState.OPTED_OUT
    with pytest.raises(RaterOptedOut):
        resend_invitation(session, SERVICE, invitation.id, now=now)
    assert remind_due_rounds(session, now=now + 4 * DAY) == 4


def test_an_opt_out_stops_letters_that_wait_and_can_be_taken_back(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    token = key_of(session).opt_out_token(company.people["Sofie Berg"])
    assert find_opt_out(session, token).name == "Sofie Berg"
    person = opt_out(session, token, now=now)
    opt_out(session, token, now=now)
    assert has_opted_out(session, person)
    assert [letter.state for letter in outbox_of(session, "Sofie Berg")] == [OutboxState.CANCELLED]
    opt_in(session, token)
    assert not has_opted_out(session, person)


@pytest.mark.parametrize("token", ["", "x", "A" * 54, "æ"])
def test_an_opt_out_link_that_is_none_of_ours_is_unknown(session: WriteSession, now: datetime, token: str) -> None:
    with pytest.raises(UnknownLink):
        opt_out(session, token, now=now)


# ------------------------------------------------------------ a new link


def test_a_link_is_replaced_in_one_step_and_the_new_one_is_sent(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    sent(session)
    old = token_of(session, company, "Sofie Berg")
    rotated = rotate_invitation(session, SERVICE, invitation_of(session, company, "Sofie Berg", now).id, now=now)
    assert (rotated.delivery, rotated.is_void, rotated.leaves_at) == (DeliveryState.QUEUED, False, now)
    with pytest.raises(LinkVoid):
        find_link(session, old, now=now)
    new = secret_of(session, outbox_of(session, "Sofie Berg")[-1])
    assert new != old
    assert find_link(session, new or "", now=now).person_id == company.people["Sofie Berg"]


def test_a_letter_that_waits_with_the_old_link_does_not_leave(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    rotate_invitation(session, SERVICE, invitation_of(session, company, "Sofie Berg", now).id, now=now)
    assert [letter.state for letter in outbox_of(session, "Sofie Berg")] == ["cancelled", "queued"]


def test_links_cannot_be_replaced_without_end(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    invitation = invitation_of(session, company, "Sofie Berg", now)
    for _ in range(9):
        sent(session)
        rotate_invitation(session, SERVICE, invitation.id, now=now)
    sent(session)
    with pytest.raises(ResentLately):
        rotate_invitation(session, SERVICE, invitation.id, now=now)


def test_who_has_no_address_gets_no_link(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    sofie = session.get_one(PersonRow, company.people["Sofie Berg"])
    sofie.email = sofie.mailbox = None
    session.flush()
    with pytest.raises(NoAddress):
        rotate_invitation(session, SERVICE, invitation_of(session, company, "Sofie Berg", now).id, now=now)


def test_a_letter_sent_again_names_the_raters_own_closing_time(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    sent(session)
    invitation = invitation_of(session, company, "Sofie Berg", now)
    until = invited.closes_at + 2 * DAY
    extend_invitation(session, SERVICE, invitation.id, until=until, now=now)
    resend_invitation(session, SERVICE, invitation.id, now=now + DAY)
    remind_due_rounds(session, now=now + 4 * DAY)
    first, again, reminder = outbox_of(session, "Sofie Berg")
    assert [letter.parameters["closes_at"] for letter in (first, again, reminder)] == [
        invited.closes_at.isoformat(),
        until.isoformat(),
        until.isoformat(),
    ]
    assert (again.deadline_at, outbox_of(session, "Lars Moen")[-1].deadline_at) == (until, invited.closes_at)


# ------------------------------------------------------------ links that were lost


def ask_and_answer(session: WriteSession, email: str, now: datetime) -> None:
    ask_for_links(session, email, now=now)
    answer_link_requests(session, now=now)


def test_my_own_link_is_sent_to_me_again_and_to_nobody_else(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    sent(session)
    ask_and_answer(session, f" {address('Sofie Berg')} ", now + timedelta(minutes=59))
    assert len(outbox(session)) == 5
    ask_and_answer(session, address("Sofie Berg"), now + HOUR)
    again = outbox_of(session, "Sofie Berg")[-1]
    assert (again.state, again.next_attempt_at) == (OutboxState.QUEUED, now + HOUR)
    ask_and_answer(session, "nobody@fjellbris.example", now + HOUR)
    with pytest.raises(Invalid):
        ask_for_links(session, "no address", now=now + HOUR)
    assert len(outbox(session)) == 6


def test_a_link_whose_time_is_over_is_not_sent_while_the_round_stays_open_for_somebody_else(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    sent(session)
    late = invited.closes_at + HOUR
    sofies = invitation_of(session, company, "Sofie Berg", now).id
    extend_invitation(session, SERVICE, sofies, until=invited.closes_at + timedelta(days=3), now=now)
    before = {name: len(outbox_of(session, name)) for name in ("Sofie Berg", "Lars Moen")}
    for name in before:
        ask_and_answer(session, address(name), late)
    after = {name: len(outbox_of(session, name)) - count for name, count in before.items()}
    assert after == {"Sofie Berg": 1, "Lars Moen": 0}


def test_asking_is_the_same_work_for_known_and_unknown_addresses_and_leaves_no_trace_once_answered(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    recorded = []
    for email in (address("Sofie Berg"), "nobody@fjellbris.example"):
        with recorded_statements(session.get_bind().engine) as statements:
            ask_for_links(session, email, now=now)
        recorded.append(statements)
    assert recorded[0] == recorded[1]
    ask_for_links(session, address("Sofie Berg"), now=now + HOUR)
    assert answer_link_requests(session, now=now + HOUR) == 2
    assert session.scalars(select(LinkRequestRow)).all() == []


def test_a_link_that_was_taken_back_is_not_sent_again_by_asking(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    void_invitation(session, SERVICE, invitation_of(session, company, "Sofie Berg", now).id, now=now)
    ask_and_answer(session, address("Sofie Berg"), now + DAY)
    assert [letter.state for letter in outbox_of(session, "Sofie Berg")] == [OutboxState.CANCELLED]


def test_whoever_wants_no_letters_can_still_ask_for_the_link(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    opt_out(session, key_of(session).opt_out_token(company.people["Sofie Berg"]), now=now)
    ask_and_answer(session, address("Sofie Berg"), now + DAY)
    assert outbox_of(session, "Sofie Berg")[-1].state == OutboxState.QUEUED
