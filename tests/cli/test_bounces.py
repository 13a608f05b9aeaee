"""Mail that came back, taken in on the command line as a mail server pipes it."""

import io
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app import returned
from app.infra.database import Database
from app.infra.keys import key_of
from app.mail.commands import enqueue
from app.mail.queries import load_suppressed
from app.mail.tables import OutboxRow
from app.mail.values import OutboxState, SuppressionReason
from tests.cli.conftest import Ran
from tests.mail.returned import ABSENCE_NOTE, complaint, delivery_report
from tests.mail.test_outbox import mail

BOX = "r@kunder.example"


@pytest.fixture
def address(engine: Database, now: datetime) -> str:
    """The return address of a letter that was sent."""
    with engine.write() as session:
        enqueue(session, mail(now=now), now=now)
        session.execute(update(OutboxRow).values(state=OutboxState.SENT, copies=1))
        row = session.scalars(select(OutboxRow)).one()
        return f"bounces+{key_of(session).return_token(row.id)}@kpi.example"


def left_alone(engine: Database) -> dict[str, SuppressionReason]:
    with engine.read() as session:
        return dict(load_suppressed(session, [BOX]))


def test_files_are_taken_in_one_by_one_and_what_is_no_report_is_passed_over(
    engine: Database, address: str, run: Callable[..., Ran], tmp_path: Path
) -> None:
    files = {"a.eml": ABSENCE_NOTE, "b.eml": delivery_report(to=address), "c.eml": delivery_report(message_id="x")}
    for name, raw in files.items():
        (tmp_path / name).write_bytes(raw)
    ran = run("bounces", *files)
    assert (ran.code, ran.said.splitlines()) == (
        0,
        [
            "a.eml: no report about a letter.",
            "b.eml: bounce, 550 5.1.1 <kari@kunder.example>: Recipient address rejected: User unknown",
            "c.eml: a report about a letter that is not known here.",
        ],
    )
    assert left_alone(engine) == {BOX: SuppressionReason.BOUNCE}


def test_a_mail_comes_in_through_the_pipe_with_the_address_beside_it(
    engine: Database, address: str, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(complaint())))
    ran = run("bounces", "--recipient", address)
    assert (ran.code, left_alone(engine)) == (0, {BOX: SuppressionReason.COMPLAINT})


def test_while_the_database_is_away_the_mail_server_is_told_to_come_again(
    engine: Database, address: str, run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.eml").write_bytes(delivery_report(to=address))
    monkeypatch.setenv("SOFTKPI_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert run("bounces", "a.eml").code == returned.TRY_LATER
    assert left_alone(engine) == {}
