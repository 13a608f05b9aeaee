"""A link opens one rater's form in one round, and says no more than it must when it does not."""

from datetime import datetime, timedelta

import pytest

from app.accounts.rules import SERVICE
from app.errors import Invalid
from app.infra.database import WriteSession
from app.infra.paging import PageRequest
from app.invitations.commands import (
    extend_invitation,
    resend_invitation,
    void_invitation,
)
from app.invitations.queries import (
    find_link,
)
from app.invitations.rules import LinkClosed, LinkVoid, NotYetOpen, UnknownLink
from app.mail.values import OutboxState
from app.rounds.commands import close_round
from app.rounds.queries import load_round
from app.rounds.rules import GRACE
from app.rounds.values import Round
from tests.databases import recorded_statements
from tests.fjellbris import Fjellbris
from tests.invitations.post import invitation_of, outbox_of, token_of

ALL = PageRequest()
DAY = timedelta(days=1)


def test_a_link_opens_the_round_of_its_rater(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    token = token_of(session, company, "Sofie Berg")
    with recorded_statements(session.get_bind().engine) as statements:
        link = find_link(session, token, now=now)
    assert (link.round_id, link.person_id) == (invited.id, company.people["Sofie Berg"])
    assert (link.closes_at, link.promise_hash) == (invited.closes_at, invited.promise_hash)
    assert len(statements) == 1


@pytest.mark.parametrize("text", ["", "x", "A" * 32, "A" * 31 + "=", "æ" * 32, "A" * 33, "../" + "A" * 29])
def test_what_is_no_link_is_unknown_in_the_same_words(
    session: WriteSession, invited: Round, now: datetime, text: str
) -> None:
    with pytest.raises(UnknownLink) as unknown:
        find_link(session, text, now=now)
    assert unknown.value.text == UnknownLink().text


def test_a_link_waits_for_the_opening_and_ends_after_the_grace(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    token = token_of(session, company, "Sofie Berg")
    with pytest.raises(NotYetOpen) as early:
        find_link(session, token, now=invited.opens_at - timedelta(seconds=1))
    assert early.value.opens_at == invited.opens_at
    find_link(session, token, now=invited.closes_at + GRACE - timedelta(seconds=1))
    with pytest.raises(LinkClosed) as late:
        find_link(session, token, now=invited.closes_at + GRACE)
    assert late.value.closed_at == invited.closes_at
    close_round(session, SERVICE, invited.id, now=now)
    with pytest.raises(LinkClosed) as closed:
        find_link(session, token, now=now + DAY)
    # Closed by hand before its time: that is when it closed, whenever somebody looks.
    assert closed.value.closed_at == now


def test_an_extension_is_for_one_rater_and_keeps_the_round_open(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    until = invited.closes_at + 3 * DAY
    extend_invitation(session, SERVICE, invitation_of(session, company, "Sofie Berg", now).id, until=until, now=now)
    late = invited.closes_at + DAY
    assert find_link(session, token_of(session, company, "Sofie Berg"), now=late).closes_at == until
    with pytest.raises(LinkClosed):
        find_link(session, token_of(session, company, "Lars Moen"), now=late)
    assert load_round(session, invited.id).extended_until == until


@pytest.mark.parametrize("days", [0, 15])
def test_an_extension_is_at_most_two_weeks(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime, days: int
) -> None:
    wanted = invited.closes_at + days * DAY
    with pytest.raises(Invalid):
        extend_invitation(
            session, SERVICE, invitation_of(session, company, "Sofie Berg", now).id, until=wanted, now=now
        )


def test_a_link_taken_back_says_so_and_sending_again_makes_another(
    session: WriteSession, company: Fjellbris, invited: Round, now: datetime
) -> None:
    old = token_of(session, company, "Sofie Berg")
    invitation = invitation_of(session, company, "Sofie Berg", now)
    assert void_invitation(session, SERVICE, invitation.id, now=now).is_void
    void_invitation(session, SERVICE, invitation.id, now=now)
    assert outbox_of(session, "Sofie Berg")[0].state == OutboxState.CANCELLED
    with pytest.raises(LinkVoid):
        find_link(session, old, now=now)
    resend_invitation(session, SERVICE, invitation.id, now=now)
    assert outbox_of(session, "Sofie Berg")[-1].next_attempt_at == now
    new = token_of(session, company, "Sofie Berg")
    assert new != old
    assert find_link(session, new, now=now).person_id == company.people["Sofie Berg"]
    with pytest.raises(LinkVoid):
        find_link(session, old, now=now)
