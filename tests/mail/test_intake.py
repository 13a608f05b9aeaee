"""What comes back is read for what it says about one letter, and nothing else in it is believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.mail.intake import message_id_of, parse_event, parse_returned
from app.mail.values import Report, ReportKind
from tests.mail.returned import ABSENCE_NOTE, complaint, delivery_report

TOKENED = "bounces+abc@kpi.example"


def read(raw: bytes, recipient: str = "") -> Report:
    found = parse_returned(raw, recipient=recipient)
    assert found is not None
    return found


def test_a_delivery_report_names_the_letter_and_what_the_other_side_said() -> None:
    report = read(delivery_report(to=TOKENED, sender=TOKENED))
    assert report.kind is ReportKind.BOUNCE
    assert report.reply == "550 5.1.1 <kari@kunder.example>: Recipient address rejected: User unknown"
    assert report.message_id == "0b6f1c8e-6d3a-4f5e-9a51-2f4f8f1f7f10"
    assert set(report.return_addresses) == {TOKENED}
    assert report.recipient is None, "nobody is taken at his word about whose mailbox is bad"


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("failed", ReportKind.BOUNCE),
        ("Failed", ReportKind.BOUNCE),
        ("delayed", ReportKind.DELAY),
        ("delivered", ReportKind.DELIVERED),
        ("relayed", ReportKind.DELIVERED),
        ("expanded", ReportKind.DELIVERED),
    ],
)
def test_each_action_is_a_kind_of_report(action: str, kind: ReportKind) -> None:
    assert read(delivery_report(action=action)).kind is kind


def test_an_action_that_nobody_knows_says_nothing() -> None:
    assert parse_returned(delivery_report(action="pondered")) is None


@pytest.mark.parametrize(
    ("status", "diagnostic", "reply"),
    [
        ("5.2.2", "smtp; 552 5.2.2 Mailbox full", "552 5.2.2 Mailbox full"),
        ("5.0.0", "smtp; 550 No such user here", "550 5.0.0 No such user here"),
        # Exchange gives no reply code of its own.
        (
            "5.1.10",
            "smtp;RESOLVER.ADR.RecipientNotFound; not found",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found",
        ),
        # Given up after days: the last words were "try later", the verdict is for good and not about the mailbox.
        ("5.4.7", "smtp; 451 4.7.1 Greylisted", "550 5.4.7 4.7.1 Greylisted"),
        ("4.4.1", "X-Postfix; connect to mx: Connection timed out", "450 4.4.1 connect to mx: Connection timed out"),
        ("", "smtp; 550 5.1.1 gone", "550 5.1.1 gone"),
        ("what", "smtp; whatever", "whatever"),
        ("", "", ""),
    ],
)
def test_the_reply_reads_as_if_the_relay_had_said_it_at_once(status: str, diagnostic: str, reply: str) -> None:
    assert read(delivery_report(status=status, diagnostic=diagnostic)).reply == reply


def test_of_several_recipients_the_one_that_failed_counts() -> None:
    more = "Final-Recipient: rfc822; other@kunder.example\nAction: relayed\nStatus: 2.0.0\n\n"
    assert read(delivery_report(more=more)).kind is ReportKind.BOUNCE


@pytest.mark.parametrize("original", ["message/rfc822", "text/rfc822-headers", "message/rfc822-headers"])
def test_the_head_of_the_letter_is_enough(original: str) -> None:
    report = read(delivery_report(original=original, sender=TOKENED))
    assert report.message_id == "0b6f1c8e-6d3a-4f5e-9a51-2f4f8f1f7f10"
    assert TOKENED in report.return_addresses


def test_the_address_that_the_mail_server_names_counts_too() -> None:
    assert read(delivery_report(), recipient=TOKENED).return_addresses[0] == TOKENED


def test_a_report_without_the_letter_is_known_by_its_address_alone() -> None:
    report = read(delivery_report(to=TOKENED, original="application/octet-stream"))
    assert (report.message_id, report.return_addresses) == (None, (TOKENED, TOKENED))


def test_a_complaint_is_told_from_its_opposite() -> None:
    report = read(complaint(sender=TOKENED))
    assert (report.kind, report.message_id) == (ReportKind.COMPLAINT, "m")
    assert TOKENED in report.return_addresses
    assert parse_returned(complaint(kind="not-spam")) is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        ABSENCE_NOTE,
        b"Content-Type: multipart/report; report-type=delivery-status\n\nno parts at all",
        b"Content-Type: message/delivery-status\n\n",
        b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b.example\n",
        b"\xff\xfe\x00 not a mail",
    ],
)
def test_what_is_no_report_says_nothing(raw: bytes) -> None:
    assert parse_returned(raw) is None


def test_a_complaint_without_its_fields_is_still_one() -> None:
    assert read(b"Content-Type: message/feedback-report\n\n").kind is ReportKind.COMPLAINT


@given(st.binary(max_size=400), st.integers(min_value=0, max_value=1500))
def test_no_mail_is_so_broken_that_it_stops_the_reader(noise: bytes, place: int) -> None:
    whole = delivery_report()
    parse_returned(whole[:place] + noise + whole[place + len(noise) :])


# ------------------------------------------------------------ what a provider posts


def test_an_event_names_the_letter_or_the_recipient() -> None:
    assert parse_event({"kind": "bounce", "message_id": "<5f6c@kpi.example>", "reply": "550 5.1.1\nGone"}) == Report(
        ReportKind.BOUNCE, "550 5.1.1 Gone", message_id="5f6c"
    )
    told = parse_event({"kind": "complaint", "recipient": "kari@kunder.example"})
    assert told == Report(ReportKind.COMPLAINT, "", recipient="kari@kunder.example")


@pytest.mark.parametrize(
    ("given_", "field"),
    [
        ({}, "kind"),
        ({"kind": "opened", "message_id": "5f6c"}, "kind"),
        ({"kind": "bounce"}, "message_id"),
        ({"kind": "bounce", "message_id": "<>"}, "message_id"),
        ({"kind": "bounce", "message_id": "5f6c", "recipient": 7}, "recipient"),
        ({"kind": "bounce", "message_id": "5f6c", "opened": True}, "opened"),
    ],
)
def test_an_event_that_says_less_or_more_is_refused(given_: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_event(given_)
    assert field in {error.field for error in refused.value.errors}


@pytest.mark.parametrize("text", ["", " ", "<>", "a b", "a@b@c", "æ@x.example", "x" * 65])
def test_what_is_no_message_id_is_none(text: str) -> None:
    assert message_id_of(text) is None or "@" in text
