"""Rows by the thousand come out as they went in, alike on both databases, and a refused row is not quoted."""

import uuid
from datetime import datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.accounts.rules import SERVICE
from app.errors import Unavailable
from app.infra.bulk import AT_ONCE, driver_rows, insert_rows
from app.infra.database import Database, WriteSession
from app.infra.entropy import SeededEntropy, random_uuid, random_uuids
from app.infra.ids import is_id
from app.infra.types import json_text
from app.responses.tables import AnonymousSheetRow, SheetCommentRow, SheetRow
from app.rounds.commands import propose_assignments
from app.rounds.tables import AssignmentRow
from tests.fjellbris import Fjellbris, draft_round, fjellbris
from tests.served import STRICTER_DATABASE

SHEET = ("id", "key", "round_id", "subject_id", "rater_group", "pseudonym", "submission_id")
COMMENT = ("sheet_id", "about", "text")


def sheet_of(session: WriteSession, company: Fjellbris, now: datetime) -> int:
    """A sheet without answers, whoever wrote it; its id."""
    round_id = draft_round(session, company, now).id
    row = (2**62, b"key", round_id, company.subjects["Sofie Berg"], "customer", b"\x00\xff", "submission-1")
    insert_rows(session, SheetRow, SHEET, [row])
    return row[0]


def test_more_rows_than_go_at_once_are_read_back_as_they_were_given(session: WriteSession, now: datetime) -> None:
    sheet_id = sheet_of(session, fjellbris(session, now), now)
    rows = [
        (sheet_id, f"item {number:05}", f"Tabs\t, lines\n, \\N and æøå {number}") for number in range(2 * AT_ONCE + 1)
    ]
    insert_rows(session, SheetCommentRow, COMMENT, iter(rows))
    table = SheetCommentRow.__table__.c
    query = select(table.sheet_id, table.about, table.text).order_by(table.about)
    assert list(driver_rows(session, query)) == rows


def test_no_rows_are_written_as_well(session: WriteSession) -> None:
    insert_rows(session, SheetCommentRow, COMMENT, [])
    assert list(driver_rows(session, select(SheetCommentRow.__table__.c.text))) == []


def test_what_is_written_like_this_is_read_by_the_common_way(session: WriteSession, now: datetime) -> None:
    company = fjellbris(session, now)
    sheet = session.get_one(SheetRow, sheet_of(session, company, now))
    assert (sheet.key, sheet.pseudonym, sheet.rater_id) == (b"key", b"\x00\xff", None)
    columns = ("key", "round_id", "subject_id", "rater_group", "submission_id", "answers", "comments")
    answers: dict[str, float | None] = {"a": 0.1 + 0.2, "b": None}
    documents = (json_text(answers), json_text({"": 'He said "æ"'}))
    row = (b"other", sheet.round_id, sheet.subject_id, "customer", "submission-2", *documents)
    insert_rows(session, AnonymousSheetRow, columns, [row])
    anonymous = session.get_one(AnonymousSheetRow, b"other")
    assert (anonymous.answers, anonymous.comments) == (answers, {"": 'He said "æ"'})


def test_what_was_added_and_is_not_sent_yet_is_among_the_rows(session: WriteSession, now: datetime) -> None:
    sheet_id = sheet_of(session, fjellbris(session, now), now)
    session.add(SheetCommentRow(sheet_id=sheet_id, about="", text="Later"))
    assert list(driver_rows(session, select(SheetCommentRow.__table__.c.text))) == [("Later",)]


def test_ids_come_as_texts_and_flags_as_nought_and_one(session: WriteSession, now: datetime) -> None:
    draft = draft_round(session, fjellbris(session, now), now)
    propose_assignments(session, SERVICE, draft.id, now=now)
    table = AssignmentRow.__table__.c
    rows = list(driver_rows(session, select(table.round_id, table.rater_id, table.counted)))
    assert {(type(round_id), round_id, counted) for round_id, _, counted in rows} == {(str, draft.id, 0)}
    assert {rater_id for _, rater_id, _ in rows} == set(session.scalars(select(AssignmentRow.rater_id)))


def test_a_refused_row_is_not_quoted(session: WriteSession, now: datetime) -> None:
    sheet_id = sheet_of(session, fjellbris(session, now), now)
    with pytest.raises((RuntimeError, IntegrityError)) as refused, session.begin_nested():
        insert_rows(session, SheetCommentRow, COMMENT, [(sheet_id, "a secret", ""), (sheet_id, "b", "another secret")])
    assert "secret" not in str(refused.value)
    assert "ck_sheet_comment_text" in str(refused.value)
    assert list(driver_rows(session, select(SheetCommentRow.__table__.c.text))) == []


def cut_off_and_write(engine: Database, row: tuple[object, ...]) -> None:
    """Write in a transaction whose connection somebody has ended meanwhile."""
    with engine.write() as session:
        own = session.scalar(text("SELECT pg_backend_pid()"))
        with engine.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:own)"), {"own": own})
        insert_rows(session, SheetRow, SHEET, [row])


@STRICTER_DATABASE
def test_a_database_that_goes_away_meanwhile_is_told_as_such(engine: Database, now: datetime) -> None:
    with engine.write() as session:
        company = fjellbris(session, now)
    with pytest.raises(Unavailable):
        cut_off_and_write(engine, (1, b"key", company.id, company.id, "customer", b"", "submission-1"))


def test_many_ids_are_those_that_would_come_one_by_one() -> None:
    many = list(random_uuids(SeededEntropy(7), 50))
    one_by_one = SeededEntropy(7)
    assert many == [random_uuid(one_by_one) for _ in many]
    drawn = SeededEntropy(7)
    assert many == [str(uuid.UUID(bytes=drawn.token_bytes(16), version=4)) for _ in many]
    assert all(is_id(one) for one in many)
