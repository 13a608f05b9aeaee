"""What is told of a letter after it left: its state, and whether its mailbox is left alone in all rounds."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from app.infra.database import WriteSession
from app.infra.keys import key_of
from app.mail.commands import claim, enqueue, settle, suppress, take_report
from app.mail.queries import load_deliveries, load_suppressed, load_suppressions
from app.mail.tables import OutboxRow
from app.mail.values import OutboxState, Outcome, Report, ReportKind, SuppressionReason
from tests.mail.test_outbox import ME, handed_over, mail, one

GONE = "550 5.1.1 No such user"
BOX = "r@kunder.example"
BOUNCE = Report(ReportKind.BOUNCE, GONE)


@pytest.fixture
def sent(session: WriteSession, now: datetime) -> OutboxRow:
    """A letter that the relay took."""
    enqueue(session, mail(now=now), now=now)
    settle(session, handed_over(session, now), Outcome.TAKEN, "250 ok", owner=ME, now=now)
    return one(session)


def by_token(session: WriteSession, row: OutboxRow, report: Report = BOUNCE) -> Report:
    return replace(
        report, return_addresses=("x@y.example", f"bounces+{key_of(session).return_token(row.id)}@kpi.example")
    )


def test_a_letter_that_comes_back_is_bounced_and_its_mailbox_left_alone(
    session: WriteSession, sent: OutboxRow, now: datetime
) -> None:
    later = now + timedelta(hours=1)
    for _ in range(2):
        assert take_report(session, by_token(session, sent), now=later)
    row = one(session)
    assert (row.state, row.reply, row.settled_at) == (OutboxState.BOUNCED, GONE, later)
    found = load_suppressions(session, [BOX])[BOX]
    assert (found.reason, found.note, found.at) == (SuppressionReason.BOUNCE, GONE, later)


def test_a_return_address_is_read_in_whatever_case_it_comes(
    session: WriteSession, sent: OutboxRow, now: datetime
) -> None:
    token = key_of(session).return_token(sent.id).upper()
    report = replace(BOUNCE, return_addresses=(f"BOUNCES+{token}@KPI.EXAMPLE",))
    assert take_report(session, report, now=now)
    assert one(session).state == OutboxState.BOUNCED


def test_a_letter_is_known_by_its_message_id_as_well(session: WriteSession, sent: OutboxRow, now: datetime) -> None:
    assert take_report(session, replace(BOUNCE, message_id=sent.message_id), now=now)
    assert one(session).state == OutboxState.BOUNCED


@pytest.mark.parametrize("changed", [0, 20, 41])
def test_a_return_address_that_is_none_of_ours_changes_nothing(
    session: WriteSession, sent: OutboxRow, now: datetime, changed: int
) -> None:
    token = list(key_of(session).return_token(sent.id))
    token[changed] = "a" if token[changed] != "a" else "b"
    forged = replace(BOUNCE, return_addresses=(f"bounces+{''.join(token)}@kpi.example", "bounces+é@kpi.example"))
    # The last character holds bits that do not count: it may read as the same token, and then is one.
    is_ours = key_of(session).read_return_token("".join(token)) is not None
    assert take_report(session, forged, now=now) is is_ours
    assert (one(session).state == OutboxState.BOUNCED) is is_ours
    assert not is_ours


def test_nobody_is_taken_at_his_word_about_a_recipient_unless_he_is_trusted(
    session: WriteSession, sent: OutboxRow, now: datetime
) -> None:
    report = replace(BOUNCE, recipient="R+x@kunder.example")
    assert not take_report(session, report, now=now)
    assert load_suppressed(session, [BOX]) == {}
    assert take_report(session, report, trusts_recipient=True, now=now)
    assert one(session).state == OutboxState.BOUNCED
    assert load_suppressed(session, [BOX]) == {BOX: SuppressionReason.BOUNCE}


def test_a_trusted_word_about_an_address_that_got_no_letter_counts_for_the_next(
    session: WriteSession, now: datetime
) -> None:
    report = Report(ReportKind.COMPLAINT, "", recipient="new@kunder.example")
    assert take_report(session, report, trusts_recipient=True, now=now)
    assert not enqueue(session, mail("new", now=now), now=now)
    assert not take_report(session, replace(report, recipient="no address"), trusts_recipient=True, now=now)


def test_a_complaint_leaves_the_letter_sent_and_its_owner_alone_in_all_rounds(
    session: WriteSession, sent: OutboxRow, now: datetime
) -> None:
    enqueue(session, mail("next", now=now, recipient=BOX), now=now)
    take_report(session, by_token(session, sent, Report(ReportKind.COMPLAINT, "abuse")), now=now)
    assert load_suppressed(session, [BOX]) == {BOX: SuppressionReason.COMPLAINT}
    states = dict(session.execute(select(OutboxRow.reference, OutboxRow.state)).all())
    assert states == {"r": OutboxState.SENT, "next": OutboxState.CANCELLED}


@pytest.mark.parametrize(
    ("reply", "is_left_alone"),
    [
        (GONE, True),
        ("552 5.2.2 Mailbox full", True),
        ("554 5.7.1 Spam", False),
        ("450 4.4.7 Delivery time expired", False),
        ("", False),
    ],
)
def test_only_what_is_for_good_and_about_the_mailbox_leaves_it_alone(
    session: WriteSession, sent: OutboxRow, now: datetime, reply: str, is_left_alone: bool
) -> None:
    take_report(session, by_token(session, sent, Report(ReportKind.BOUNCE, reply)), now=now)
    assert one(session).state == OutboxState.BOUNCED
    assert (BOX in load_suppressed(session, [BOX])) is is_left_alone


def test_a_letter_that_waits_on_the_way_stays_sent_and_says_so(
    session: WriteSession, sent: OutboxRow, now: datetime
) -> None:
    take_report(session, by_token(session, sent, Report(ReportKind.DELAY, "450 4.4.1 No answer")), now=now)
    assert (one(session).state, one(session).reply) == (OutboxState.SENT, "450 4.4.1 No answer")


@pytest.mark.parametrize("kind", list(ReportKind))
def test_of_a_letter_that_never_left_nothing_can_be_told(
    session: WriteSession, now: datetime, kind: ReportKind
) -> None:
    enqueue(session, mail(now=now), now=now)
    take_report(session, by_token(session, one(session), Report(kind, GONE)), now=now)
    assert (one(session).state, one(session).reply) == (OutboxState.QUEUED, None)
    assert load_suppressed(session, [BOX]) == {}


@pytest.mark.parametrize(
    ("kind", "state"), [(ReportKind.DELIVERED, OutboxState.SENT), (ReportKind.BOUNCE, OutboxState.BOUNCED)]
)
def test_a_report_answers_what_nobody_knew_and_no_second_copy_leaves(
    session: WriteSession, now: datetime, kind: ReportKind, state: OutboxState
) -> None:
    enqueue(session, mail(now=now), now=now)
    settle(session, handed_over(session, now), Outcome.UNKNOWN, "", owner=ME, now=now)
    take_report(session, by_token(session, one(session), Report(kind, GONE)), now=now)
    assert one(session).state == state
    assert claim(session, owner=ME, limit=1, now=now + timedelta(hours=1)) == ()


def test_a_report_outruns_the_worker_that_still_holds_the_letter(session: WriteSession, now: datetime) -> None:
    enqueue(session, mail(now=now), now=now)
    held = handed_over(session, now)
    take_report(session, by_token(session, one(session)), now=now)
    assert settle(session, held, Outcome.TAKEN, "250 ok", owner=ME, now=now) is None
    assert one(session).state == OutboxState.BOUNCED


def test_what_was_cancelled_stays_cancelled(session: WriteSession, sent: OutboxRow, now: datetime) -> None:
    session.execute(update(OutboxRow).values(state=OutboxState.CANCELLED))
    take_report(session, by_token(session, sent), now=now)
    assert one(session).state == OutboxState.CANCELLED


def test_a_delay_is_told_beside_the_letter(session: WriteSession, sent: OutboxRow, now: datetime) -> None:
    take_report(session, by_token(session, sent, Report(ReportKind.DELAY, "450 4.4.1 No answer")), now=now)
    assert load_deliveries(session, ["r"])["r"][-1].reply == "450 4.4.1 No answer"


def test_what_weighs_more_takes_the_place_of_what_weighs_less(session: WriteSession, now: datetime) -> None:
    order = [
        (SuppressionReason.BOUNCE, SuppressionReason.BOUNCE),
        (SuppressionReason.BY_HAND, SuppressionReason.BY_HAND),
        (SuppressionReason.BOUNCE, SuppressionReason.BY_HAND),
        (SuppressionReason.COMPLAINT, SuppressionReason.COMPLAINT),
        (SuppressionReason.OPT_OUT, SuppressionReason.COMPLAINT),
        (SuppressionReason.BY_HAND, SuppressionReason.COMPLAINT),
    ]
    for reason, expected in order:
        suppress(session, BOX, reason, note=f"{reason}", now=now)
        assert load_suppressions(session, [BOX])[BOX].reason is expected
    assert load_suppressions(session, [BOX])[BOX].note == "complaint"
