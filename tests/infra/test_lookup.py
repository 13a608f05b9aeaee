"""A lookup finds what SQLAlchemy finds: alone without a transaction, inside one as part of it, and after a break."""

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import bindparam, func, literal, select
from sqlalchemy.exc import DBAPIError

from app.infra.database import Database, ReadSession, WriteSession
from app.infra.ids import new_id
from app.infra.keys import fingerprint
from app.infra.lookup import Lookup
from app.infra.types import Day
from app.invitations.tables import InvitationRow
from app.organisation.tables import ManagerRoleRow, SubjectRow
from app.rounds.tables import RoundRow, RoundSubjectRow
from tests.databases import recorded_statements
from tests.fjellbris import fjellbris
from tests.open_round import AMIR, open_round
from tests.played_round import play

# Ids, texts, bytes, moments, days, flags, whole numbers and JSON, of which some are none.
_INVITED = (
    select(
        *(InvitationRow.__table__.c[name] for name in ("id", "token_hash", "voided_at", "rotation")),
        *(RoundRow.__table__.c[name] for name in ("opens_at", "period_start", "salt")),
        *(RoundSubjectRow.__table__.c[name] for name in ("name", "card")),
        (RoundRow.closed_at.is_(None)).label("is_open"),
    )
    .join_from(InvitationRow, RoundRow, RoundRow.id == InvitationRow.round_id)
    .join(RoundSubjectRow, RoundSubjectRow.round_id == RoundRow.id)
    .where(InvitationRow.token_hash == bindparam("hashed"))
    .order_by(RoundSubjectRow.name)
)


def found_alone(engine: Database, link: str) -> tuple[list[tuple[Any, ...]], list[str]]:
    """The rows as values and the names of the columns; SQLAlchemy has run nothing."""
    with recorded_statements(engine.engine) as seen, engine.read() as session:
        rows = Lookup(_INVITED).rows(session, {"hashed": fingerprint(link)})
        assert not session.in_transaction()
    assert seen == [str(_INVITED)]
    return [tuple(row) for row in rows], list(rows[0]._fields)


def found_as_usual(session: ReadSession, link: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in session.connection().execute(_INVITED, {"hashed": fingerprint(link)})]


def test_alone_it_finds_the_values_that_sqlalchemy_finds_and_nothing_for_a_stranger(
    engine: Database, now: datetime
) -> None:
    link = open_round(engine, now, customers=1).links[AMIR]
    with engine.read() as session:
        usual = found_as_usual(session, link)
        # Where a transaction has begun, a lookup is part of it.
        assert [tuple(row) for row in Lookup(_INVITED).rows(session, {"hashed": fingerprint(link)})] == usual
    values, names = found_alone(engine, link)
    assert len(values) > 1
    assert values == usual
    assert [[type(value) for value in row] for row in values] == [[type(value) for value in row] for row in usual]
    assert names == [column.key for column in _INVITED.selected_columns]
    with engine.read() as session:
        assert Lookup(_INVITED).rows(session, {"hashed": fingerprint("A" * 32)}) == []
    # What was found alone has left no transaction on a connection that others take over.
    with engine.read() as session:
        assert found_as_usual(session, link) == usual


def test_who_writes_finds_what_is_not_committed_yet(session: WriteSession, now: datetime) -> None:
    link = play(session, fjellbris(session, now), now).link_of("Lars Moen")
    found = Lookup(_INVITED).rows(session, {"hashed": fingerprint(link)})
    assert [tuple(row) for row in found] == found_as_usual(session, link)
    assert found[0].is_open


def test_a_connection_that_has_broken_is_replaced_and_the_reader_does_not_notice(
    engine: Database, now: datetime
) -> None:
    link = open_round(engine, now, customers=1).links[AMIR]
    whole, _ = found_alone(engine, link)
    engine.engine.dispose()
    lent = engine.engine.raw_connection()
    driver: Any = lent.driver_connection
    lent.close()
    driver.close()
    with engine.read() as session:
        rows = Lookup(_INVITED).rows(session, {"hashed": fingerprint(link)})
    assert [tuple(row) for row in rows] == whole
    assert found_alone(engine, link)[0] == whole


_LED = (
    select(
        *ManagerRoleRow.__table__.c,
        SubjectRow.name.label("unit"),
        literal(1).label("one"),
        (SubjectRow.kind == "person").label("never"),
    )
    .join(SubjectRow, SubjectRow.id == ManagerRoleRow.unit_id)
    .where(
        SubjectRow.name.in_(bindparam("names", expanding=True)),
        ManagerRoleRow.starts_on <= bindparam("day", type_=Day),
        ManagerRoleRow.id.is_not(None) | (SubjectRow.name == "nobody"),
    )
    .order_by(SubjectRow.name)
)


def test_lists_of_any_length_days_and_what_stands_in_the_statement_are_sent_as_everywhere(
    engine: Database, now: datetime
) -> None:
    with engine.write() as session:
        fjellbris(session, now)
    asked = Lookup(_LED)
    for names, many in (([], 0), (["Team Nord"], 1), (["Salg", "Team Sør"], 2), (["Salg", *map(str, range(99))], 1)):
        for day, found in ((date(2026, 1, 1), many), (date(2025, 12, 31), 0)):
            parameters = {"names": names, "day": day}
            with engine.read() as session:
                alone = [tuple(row) for row in asked.rows(session, parameters)]
                usual = [tuple(row) for row in session.connection().execute(_LED, parameters)]
                inside = [tuple(row) for row in asked.rows(session, parameters)]
            assert (len(alone), alone, inside) == (found, usual, usual)


def test_what_was_added_in_the_session_is_found(session: WriteSession, now: datetime) -> None:
    company = fjellbris(session, now)
    role = {"unit_id": company.subjects["Salg"], "subject_id": company.subjects["Sofie Berg"]}
    session.add(ManagerRoleRow(id=new_id(session), starts_on=date(2026, 2, 1), ends_on=None, **role))
    found = Lookup(_LED).rows(session, {"names": ["Salg"], "day": date(2026, 3, 1)})
    assert sorted(row.subject_id for row in found) == sorted([company.subjects["Magnus Ruud"], role["subject_id"]])


def test_a_statement_that_fails_in_a_transaction_says_what_failed_and_as_sqlalchemy_does(session: WriteSession) -> None:
    asked = Lookup(select(SubjectRow.id).where(func.no_such_function(SubjectRow.id) == bindparam("x")))
    with pytest.raises(DBAPIError) as failed:
        asked.rows(session, {"x": "1"})
    # On PostgreSQL a second try would only say that the transaction is over.
    assert "no_such_function" in str(failed.value.orig)
    session.rollback()
