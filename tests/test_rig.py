"""The rig keeps what the other tests take for granted: empty databases, both kinds, nothing left behind."""

import smtplib
import time
from datetime import datetime

import pytest
from sqlalchemy import func, select, text

from app.infra.database import Database, WriteSession
from app.schema import metadata
from tests import databases
from tests.smtp import MailServer

ATTEMPTS = metadata.tables["attempt"]


@pytest.mark.parametrize("_turn", [1, 2])
def test_what_a_session_wrote_is_gone_for_the_next_test(session: WriteSession, now: datetime, _turn: int) -> None:
    session.execute(ATTEMPTS.insert().values(what="rolled back", window_start=now, count=1))
    assert session.scalar(select(func.count()).select_from(ATTEMPTS)) == 1


@pytest.mark.parametrize("_turn", [1, 2])
def test_what_an_engine_committed_is_gone_for_the_next_test(engine: Database, now: datetime, _turn: int) -> None:
    with engine.write() as session:
        session.execute(ATTEMPTS.insert().values(what="committed", window_start=now, count=1))
    with engine.read() as session:
        assert session.scalar(select(func.count()).select_from(ATTEMPTS)) == 1


def test_a_session_refuses_to_commit(session: WriteSession) -> None:
    session.execute(text("SELECT 1"))
    with pytest.raises(AssertionError, match="capabilities flush"):
        session.commit()


def test_statements_are_counted(engine: Database) -> None:
    with databases.recorded_statements(engine.engine) as statements, engine.read() as session:
        session.execute(text("SELECT 1"))
        session.execute(text("SELECT 2"))
    assert [line for line in statements if line.startswith("SELECT")] == ["SELECT 1", "SELECT 2"]


def test_mail_arrives_byte_for_byte_and_a_refused_recipient_is_told_why(mail_server: MailServer) -> None:
    raw = b"Subject: \xc3\xa6\r\n\r\n.leading dot\r\n"
    with smtplib.SMTP(mail_server.host, mail_server.port) as client:
        client.sendmail("from@example.org", ["to@example.org"], raw)
        mail_server.refusals["gone@example.org"] = "550 5.1.1 No such mailbox"
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            client.sendmail("from@example.org", ["gone@example.org"], raw)
    assert [delivery.raw for delivery in mail_server.to("to@example.org")] == [raw]
    assert refused.value.recipients == {"gone@example.org": (550, b"5.1.1 No such mailbox")}


def test_making_a_database_ready_is_quick(database_pair: databases.Pair) -> None:
    url = database_pair.wiped.url.render_as_string(hide_password=False)
    started = time.perf_counter()
    for _ in range(5):
        database_pair.kind.wipe(url)
    assert (time.perf_counter() - started) / 5 < 0.1
