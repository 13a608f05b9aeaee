"""The way out by SMTP: what each misbehaviour of a relay comes to, and that a connection is used again."""

import re
import smtplib
import socket
import stat
import threading
from pathlib import Path

import pytest

from app.infra.smtp import Carrier, FolderTransport, Foreseeing, Reply, Security, SmtpTransport, _stuffed
from app.mail.rules import outcome_of
from app.mail.values import Outcome
from tests.mail.scripted import HANG_UP, PIPELINING, SHOWN, SILENCE, STARTTLS, USUAL, ScriptedServer
from tests.ports import free_port
from tests.smtp import MailServer

RAW = b"Subject: x\r\n\r\n.a dot\r\n..two\r\nlast\r\n"


def transport(server: ScriptedServer | MailServer, seconds: float = 5) -> SmtpTransport:
    return SmtpTransport(server.host, server.port, security="none", final_reply_seconds=seconds)


def deliver(carrier: Carrier, recipient: str = "to@example.org") -> tuple[Reply, Outcome]:
    offered = carrier.offer("from@example.org", recipient)
    if offered.code != 250:
        return offered, outcome_of(offered.code, body_sent=False)
    reply = carrier.hand_over(RAW, "name")
    return reply, outcome_of(reply.code, body_sent=True)


STATES = [
    ({}, Outcome.TAKEN, 1),
    ({"GREETING": "554 go away"}, Outcome.POSTPONED, 0),
    ({"GREETING": "421 busy"}, Outcome.POSTPONED, 0),
    ({"GREETING": HANG_UP}, Outcome.POSTPONED, 0),
    ({"EHLO": HANG_UP}, Outcome.POSTPONED, 0),
    ({"MAIL": "451 later"}, Outcome.POSTPONED, 0),
    ({"MAIL": "530 sign in first"}, Outcome.POSTPONED, 0),
    ({"MAIL": "552 too large for you"}, Outcome.POSTPONED, 0),
    ({"MAIL": HANG_UP}, Outcome.POSTPONED, 0),
    ({"RCPT": "450 greylisted"}, Outcome.POSTPONED, 0),
    ({"RCPT": "421 too many connections"}, Outcome.POSTPONED, 0),
    ({"RCPT": "452 out of storage"}, Outcome.POSTPONED, 0),
    ({"RCPT": "550 5.1.1 no such user"}, Outcome.REFUSED, 0),
    ({"RCPT": "552 5.2.2 full"}, Outcome.REFUSED, 0),
    ({"RCPT": "nonsense"}, Outcome.POSTPONED, 0),
    ({"RCPT": HANG_UP}, Outcome.POSTPONED, 0),
    ({"RCPT": "550 no", "RSET": HANG_UP}, Outcome.REFUSED, 0),
    ({"DATA": "451 later"}, Outcome.POSTPONED, 0),
    ({"DATA": "554 no valid recipients"}, Outcome.POSTPONED, 0),
    ({"DATA": HANG_UP}, Outcome.POSTPONED, 0),
    ({"BODY": "451 later"}, Outcome.POSTPONED, 0),
    ({"BODY": "421 closing"}, Outcome.POSTPONED, 0),
    ({"BODY": "554 5.7.1 spam"}, Outcome.REFUSED, 0),
    ({"BODY": "nonsense"}, Outcome.UNKNOWN, 0),
    ({"BODY": HANG_UP}, Outcome.UNKNOWN, 1),
    ({"CONTENT": HANG_UP}, Outcome.UNKNOWN, 0),
]


@pytest.mark.parametrize("greeting", ["250 here", PIPELINING], ids=["one by one", "in one go"])
@pytest.mark.parametrize(("script", "outcome", "accepted"), STATES)
def test_each_misbehaviour_has_its_outcome(
    script: dict[str, str], outcome: Outcome, accepted: int, greeting: str
) -> None:
    with ScriptedServer.running(**{"EHLO": greeting, **script}) as server, transport(server).opened() as carrier:
        found = deliver(carrier)
    assert (found[1], len(server.accepted)) == (outcome, accepted), found


def test_a_relay_that_waits_for_a_mail_after_refusing_its_recipient_gets_none() -> None:
    script = {"EHLO": PIPELINING, "RCPT": "550 5.1.1 no such user|250 ok"}
    with ScriptedServer.running(**script) as server, transport(server).opened() as carrier:
        assert deliver(carrier)[1] is Outcome.REFUSED
        assert deliver(carrier)[1] is Outcome.TAKEN
    assert (server.accepted, server.connections) == ([RAW], 2)


def test_a_recipient_that_was_refused_stays_refused_when_the_connection_breaks_in_the_same_go() -> None:
    script = {"EHLO": PIPELINING, "RCPT": "550 5.1.1 no such user", "DATA": HANG_UP}
    with ScriptedServer.running(**script) as server, transport(server).opened() as carrier:
        assert deliver(carrier)[1] is Outcome.REFUSED


# ------------------------------------------------------------ what comes next

SECOND, THIRD = "second@example.org", "third@example.org"


def deliver_before(carrier: Carrier, recipient: str, following: str) -> Outcome:
    """Hand a mail over while it is known who comes next."""
    assert isinstance(carrier, Foreseeing)
    assert carrier.offer("from@example.org", recipient).code == 250
    carrier.foresee("from@example.org", following)
    return outcome_of(carrier.hand_over(RAW, "name").code, body_sent=True)


def test_who_comes_next_is_named_with_the_end_of_a_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []
    send = socket.socket.sendall

    def noted(one: socket.socket, what: bytes) -> None:
        sent.append(what)
        send(one, what)

    monkeypatch.setattr(smtplib.SMTP, "send", lambda client, what: noted(client.sock, _bytes(what)))
    with ScriptedServer.running(EHLO=PIPELINING) as server, transport(server).opened() as carrier:
        assert deliver_before(carrier, "first@example.org", SECOND) is Outcome.TAKEN
        assert deliver_before(carrier, SECOND, THIRD) is Outcome.TAKEN
        assert deliver(carrier, THIRD)[1] is Outcome.TAKEN
    named = [re.findall(rb"RCPT TO:<(.*?)>", one) for one in sent]
    assert named == [[], [b"first@example.org"], [SECOND.encode()], [THIRD.encode()], [], []]
    assert (server.accepted, server.connections) == ([RAW] * 3, 1)
    with ScriptedServer.running() as slow, transport(slow).opened() as carrier:
        assert deliver_before(carrier, "first@example.org", SECOND) is Outcome.TAKEN
        assert deliver(carrier, SECOND)[1] is Outcome.TAKEN
    assert (slow.accepted, slow.connections) == ([RAW] * 2, 1)


AT_THE_SECOND = [
    ({stage: f"{USUAL.get(stage, '250 ok')}|{said}" for stage, said in script.items()}, outcome, accepted)
    for script, outcome, accepted in STATES
    if script.keys().isdisjoint({"GREETING", "EHLO", "CONTENT"})
]


@pytest.mark.parametrize(("script", "outcome", "accepted"), AT_THE_SECOND)
def test_a_mail_that_was_foreseen_meets_each_misbehaviour_with_the_same_outcome(
    script: dict[str, str], outcome: Outcome, accepted: int
) -> None:
    with ScriptedServer.running(EHLO=PIPELINING, **script) as server, transport(server).opened() as carrier:
        assert deliver_before(carrier, "first@example.org", SECOND) is Outcome.TAKEN
        assert deliver(carrier, SECOND)[1] is outcome
    assert len(server.accepted) == 1 + accepted


@pytest.mark.parametrize("fate", ["421 closing", HANG_UP, "nonsense"])
def test_who_was_to_come_after_a_mail_that_broke_the_connection_is_named_on_a_new_one(fate: str) -> None:
    with (
        ScriptedServer.running(EHLO=PIPELINING, BODY=f"{fate}|250 ok") as server,
        transport(server).opened() as carrier,
    ):
        assert deliver_before(carrier, "first@example.org", SECOND) is not Outcome.TAKEN
        assert deliver(carrier, SECOND)[1] is Outcome.TAKEN
    assert server.connections == 2


@pytest.mark.parametrize("greeting", ["250 here", PIPELINING], ids=["one by one", "in one go"])
@pytest.mark.parametrize("goodbye", ["421 4.7.0 so many and no more", HANG_UP])
@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
def test_a_relay_that_has_enough_of_a_connection_gets_the_next_mail_over_another(
    stage: str, goodbye: str, greeting: str
) -> None:
    script = {"EHLO": greeting, stage: f"{USUAL[stage]}|{goodbye}|{USUAL[stage]}"}
    with ScriptedServer.running(**script) as server, transport(server).opened() as carrier:
        assert deliver_before(carrier, "first@example.org", SECOND) is Outcome.TAKEN
        assert deliver(carrier, SECOND)[1] is Outcome.TAKEN
    assert (server.accepted, server.connections) == ([RAW] * 2, 2)
    # Once more and no oftener, and never at the first.
    with ScriptedServer.running(**{**script, stage: goodbye}) as server, transport(server).opened() as carrier:
        assert deliver(carrier)[1] is Outcome.POSTPONED
    assert (server.accepted, server.connections) == ([], 1)


def test_a_mail_that_does_not_come_after_all_is_not_taken_for_another() -> None:
    with ScriptedServer.running(EHLO=PIPELINING) as server:
        with transport(server).opened() as carrier:
            deliver_before(carrier, "first@example.org", SECOND)
            assert deliver(carrier, THIRD)[1] is Outcome.TAKEN
            deliver_before(carrier, THIRD, SECOND)
        with transport(server).opened() as carrier:
            deliver_before(carrier, "first@example.org", "no address")
            assert deliver(carrier, "no address")[1] is Outcome.POSTPONED
    assert (server.accepted, server.connections) == ([RAW] * 4, 3)


@pytest.mark.parametrize("raw", [RAW, b".", b".\r\n", b"a", b"", b"..\r\n.\r\n\r\n", b"a.\n.b\r\n.\r\r\n."])
def test_dots_are_doubled_where_a_line_begins_with_one(raw: bytes) -> None:
    whole = raw.removesuffix(b"\r\n") + b"\r\n"
    slowly = re.sub(rb"(?m)^\.", b"..", whole) + b".\r\n"
    assert _stuffed(raw, b"NOOP\r\n") == slowly + b"NOOP\r\n"


def test_an_address_that_would_end_its_line_reaches_no_relay() -> None:
    with ScriptedServer.running(EHLO=PIPELINING) as server, transport(server).opened() as carrier:
        reply, outcome = deliver(carrier, "a@b.example>\r\nRCPT TO:<c@d.example")
    assert (reply.code, outcome, server.accepted) == (None, Outcome.POSTPONED, [])


def test_a_connection_lost_in_the_middle_of_a_body_leaves_it_unknown() -> None:
    with ScriptedServer.running() as server, transport(server).opened() as carrier:
        assert carrier.offer("from@example.org", "to@example.org").code == 250
        carrier.abandon()
        assert carrier.hand_over(RAW, "name").code is None
    assert server.accepted == []


def test_a_reply_that_never_comes_is_unknown_after_the_time_set() -> None:
    with ScriptedServer.running(BODY=SILENCE) as server, transport(server, seconds=0.2).opened() as carrier:
        assert deliver(carrier)[1] is Outcome.UNKNOWN
    assert len(server.accepted) == 1


def test_nobody_listening_is_a_reason_to_try_later() -> None:
    nowhere = SmtpTransport("127.0.0.1", free_port(), security="none")
    with nowhere.opened() as carrier:
        reply = carrier.offer("from@example.org", "to@example.org")
    assert reply.code is None
    assert "refused" in reply.text.casefold()


def test_the_body_arrives_as_it_was_dots_and_all() -> None:
    with ScriptedServer.running() as server, transport(server).opened() as carrier:
        deliver(carrier)
    assert server.accepted == [RAW]


def test_a_batch_goes_over_one_connection_past_a_refusal_and_over_a_new_one_past_a_break(
    mail_server: MailServer,
) -> None:
    mail_server.refusals["gone@example.org"] = "550 5.1.1 No such mailbox"
    with transport(mail_server).opened() as carrier:
        found = [deliver(carrier, to)[1] for to in ("a@example.org", "gone@example.org", "b@example.org")]
    assert found == [Outcome.TAKEN, Outcome.REFUSED, Outcome.TAKEN]
    assert [delivery.raw for delivery in mail_server.deliveries] == [RAW, RAW]
    with ScriptedServer.running(RCPT="421 busy") as server, transport(server).opened() as carrier:
        deliver(carrier)
        server.script["RCPT"] = "250 ok"
        assert deliver(carrier)[1] is Outcome.TAKEN
        assert deliver(carrier)[1] is Outcome.TAKEN
    assert server.connections == 2


def test_a_relay_that_cannot_protect_the_connection_gets_nothing() -> None:
    ways: tuple[tuple[Security, dict[str, str]], ...] = (
        ("starttls", {}),
        ("starttls", {"EHLO": STARTTLS, "STARTTLS": "220 go on", **SHOWN}),
        ("tls", {}),
        ("tls", SHOWN),
    )
    for security, script in ways:
        with ScriptedServer.running(**script) as server:
            protected = SmtpTransport(server.host, server.port, security=security)
            with protected.opened() as carrier:
                assert deliver(carrier)[1] is Outcome.POSTPONED
        assert server.accepted == []


def test_a_name_at_the_relay_is_given_before_anything_is_sent() -> None:
    with ScriptedServer.running(EHLO="250 AUTH PLAIN", AUTH="535 wrong") as server:
        signed = SmtpTransport(server.host, server.port, security="none", user="me", password="wrong")
        with signed.opened() as carrier:
            found = deliver(carrier)
    assert found[1] is Outcome.POSTPONED
    assert "wrong" not in repr(signed)


def test_a_folder_keeps_letters_for_their_owner_alone(tmp_path: Path) -> None:
    folder = FolderTransport(tmp_path / "mailbox")
    for _ in range(2):
        with folder.opened() as carrier:
            assert deliver(carrier)[1] is Outcome.TAKEN
            carrier.abandon()
    kept = list((tmp_path / "mailbox").iterdir())
    assert [(path.name, path.read_bytes()) for path in kept] == [("name.eml", RAW)]
    assert stat.S_IMODE(kept[0].stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "mailbox").stat().st_mode) == 0o700


def _bytes(what: bytes | str) -> bytes:
    return what.encode() if isinstance(what, str) else what


def test_the_scripted_server_lets_its_threads_go() -> None:
    with ScriptedServer.running():
        pass
    assert [thread for thread in threading.enumerate() if "_listen" in thread.name and thread.is_alive()] == []
