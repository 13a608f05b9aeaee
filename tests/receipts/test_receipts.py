"""A code for each comment: shown to its writer, the same again for the same submit, and told what became of it."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.errors import Invalid
from app.infra.database import WriteSession
from app.kpis.values import RaterGroup
from app.receipts.commands import expire_receipts
from app.receipts.intake import parse_code
from app.receipts.queries import get_outcome
from app.receipts.rules import ALPHABET, UnknownReceipt, answered_until, read
from app.receipts.tables import ReceiptRow
from app.receipts.values import Outcome, ReceiptState, WithheldReason
from app.releases.commands import release_round
from app.rounds.values import GroupPolicy, Mode
from app.visits.close import close_round
from tests.fjellbris import fjellbris
from tests.played_round import PlayedRound, customers_of, play

SOFIE, LARS, THEA, AMIR = "Sofie Berg", "Lars Moen", "Thea Vik", "Amir Haddad"
COMMENT = "Ringte tilbake samme dag."


@pytest.fixture
def played(session: WriteSession, now: datetime) -> PlayedRound:
    """Colleagues under a pseudonym, customers without anything, the manager by name."""
    company = fjellbris(session, now)
    groups = (RaterGroup.MANAGER, RaterGroup.COLLEAGUE, GroupPolicy(RaterGroup.CUSTOMER, Mode.ANONYMOUS, 3, 3))
    return play(session, company, now, groups=groups, customers={SOFIE: 3})


def codes(played: PlayedRound, name: str, about: list[str], *, submission: str = "submission-1") -> list[str]:
    answers = dict.fromkeys(about, ("4", "5"))
    receipt = played.rate(name, answers, comment=COMMENT, submission=submission)
    assert [code.subject_name for code in receipt.codes] in ([], about)
    return [code.code for code in receipt.codes]


def outcome(session: WriteSession, code: str) -> tuple[ReceiptState, WithheldReason | None]:
    found = get_outcome(session, code)
    return found.state, found.reason


def test_each_comment_without_a_name_has_a_code_of_its_own_until_another_takes_its_place(
    session: WriteSession, played: PlayedRound, now: datetime
) -> None:
    assert codes(played, AMIR, [SOFIE]) == [], "what is shown with a name needs no code"
    of_lars = codes(played, LARS, [SOFIE, THEA])
    assert len(set(of_lars)) == 2
    assert all(len(code) == 19 and set(code) <= {*ALPHABET, "-"} for code in of_lars)
    assert [outcome(session, code) for code in of_lars] == [(ReceiptState.RECEIVED, None)] * 2
    before = stored(session)
    assert codes(played, LARS, [SOFIE, THEA]) == of_lars, "sent once more, as after a lost answer"
    assert stored(session) == before

    again = codes(played, LARS, [SOFIE], submission="submission-2")
    assert again[0] not in of_lars
    states = [outcome(session, code)[0] for code in (*of_lars, *again)]
    assert states == [ReceiptState.REPLACED, ReceiptState.RECEIVED, ReceiptState.RECEIVED]
    assert codes(played, LARS, [SOFIE]) == of_lars[:1], "the first form sent from the browser's history"
    assert [outcome(session, code)[0] for code in (of_lars[0], *again)] == [
        ReceiptState.RECEIVED,
        ReceiptState.REPLACED,
    ]
    assert codes(played, LARS, [SOFIE], submission="submission-2") == again
    played.rate(LARS, {SOFIE: ("1", "1")}, submission="submission-3")
    assert outcome(session, again[0]) == (ReceiptState.REPLACED, None), "by an answer without a comment, too"

    customer = customers_of(played.company, SOFIE, 1)[0]
    (code,) = codes(played, customer, [SOFIE])
    assert codes(played, customer, [SOFIE]) == [code]
    unsent = played.rate(customer, {SOFIE: ("4", "5")}, comment="En annen tekst.")
    assert [one.code for one in unsent.codes] == [code], "nothing was stored, so no other code leads anywhere"
    assert typed_in_any_way(session, code)


def typed_in_any_way(session: WriteSession, code: str) -> bool:
    ways = (
        code.lower(),
        code.replace("-", ""),
        f" {code.replace('-', ' ')}\n",
        code.replace("0", "o").replace("1", "l"),
    )
    for strange in ("", "x" * 4000, f"{code}0", code[:-1], "0000-0000-0000-0000", "æøå\x00"):
        with pytest.raises(UnknownReceipt):
            get_outcome(session, strange)
    return {get_outcome(session, way) for way in ways} == {Outcome(ReceiptState.RECEIVED)}


def test_after_the_release_a_receipt_leads_to_nothing_and_is_forgotten_in_time(
    session: WriteSession, played: PlayedRound, now: datetime
) -> None:
    (lone,) = codes(played, LARS, [SOFIE])
    shown = [code for customer in customers_of(played.company, SOFIE, 3) for code in codes(played, customer, [SOFIE])]
    closed = now + timedelta(days=15)
    close_round(session, SERVICE, played.round.id, now=closed)
    assert outcome(session, shown[0]) == (ReceiptState.RECEIVED, None)
    release_round(session, SERVICE, played.round.id, now=closed)

    assert [outcome(session, code) for code in shown] == [(ReceiptState.RELEASED, None)] * 3
    assert outcome(session, lone) == (ReceiptState.WITHHELD, WithheldReason.TOO_FEW), "one colleague is too few"
    assert {row[1:3] for row in stored(session)} == {(None, None)}
    assert {row[3] for row in stored(session)} == {answered_until(closed.date())} == {date(2027, 12, 31)}

    assert expire_receipts(session, now=datetime(2027, 12, 31, 12, tzinfo=now.tzinfo)) == 0
    assert expire_receipts(session, now=datetime(2028, 1, 1, 12, tzinfo=now.tzinfo)) == 4
    assert {outcome(session, code) for code in (*shown, lone)} == {(ReceiptState.EXPIRED, None)}
    assert expire_receipts(session, now=datetime(2029, 2, 1, 12, tzinfo=now.tzinfo)) == 4
    with pytest.raises(UnknownReceipt):
        get_outcome(session, lone)


def test_a_code_is_asked_for() -> None:
    assert parse_code({"code": " 7k3m-x9qt 4hbw zp2d"}) == read("7K3MX9QT4HBWZP2D")
    with pytest.raises(Invalid):
        parse_code({"code": " "}, posted=True)


def stored(session: WriteSession) -> list[tuple[object, ...]]:
    columns = (ReceiptRow.key, ReceiptRow.round_id, ReceiptRow.comment, ReceiptRow.keep_until)
    return sorted(tuple(row) for row in session.execute(select(*columns)))
