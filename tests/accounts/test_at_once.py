"""Things that two do at the same moment: one wins, nothing breaks, nothing is counted twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

from sqlalchemy import func, select

from app.accounts import commands
from app.accounts.proofs import SignInLinkUsedUp
from app.accounts.queries import check_password
from app.accounts.rules import SERVICE, KeyReused
from app.accounts.tables import AccountRow, AttemptRow, GrantRow, SessionRow
from app.accounts.values import NewAccount, Role
from app.errors import AppError
from app.infra.database import Database, WriteSession
from app.infra.keys import key_of
from app.organisation import commands as organisation
from app.organisation.queries import load_tree
from app.organisation.values import Move, NewPerson, NewSubject, SubjectKind
from tests.accounts.conftest import EMAIL

TOGETHER = 6


def at_once(engine: Database, does: Callable[[WriteSession, int], object]) -> list[object]:
    """What became of the same thing begun by several at the same moment: its result, or the kind of refusal."""
    barrier = Barrier(TOGETHER)

    def run(number: int) -> object:
        barrier.wait()
        try:
            with engine.write() as session:
                return does(session, number)
        except AppError as error:
            return type(error)

    with ThreadPoolExecutor(TOGETHER) as pool:
        return list(pool.map(run, range(TOGETHER)))


def test_one_link_opens_one_session(engine: Database, now: datetime) -> None:
    with engine.write() as session:
        account = commands.create_account(session, SERVICE, NewAccount(EMAIL, "Ingrid"), now=now)
        secret = key_of(session).sign_in_token(commands.start_link(session, account.id, now=now))
    results = at_once(engine, lambda session, _: commands.use_sign_in_link(session, secret, client="", now=now))
    assert results.count(SignInLinkUsedUp) == TOGETHER - 1
    with engine.read() as reading:
        assert reading.scalar(select(func.count()).select_from(SessionRow)) == 1


def test_one_mailbox_gets_one_account(engine: Database, now: datetime) -> None:
    accounts = at_once(
        engine, lambda session, _: commands.ensure_account(session, EMAIL, "Ingrid", locale="nb", now=now)
    )
    assert len(set(accounts)) == 1
    with engine.read() as reading:
        assert reading.scalar(select(func.count()).select_from(AccountRow)) == 1


def test_one_role_is_held_once(engine: Database, now: datetime) -> None:
    with engine.write() as session:
        company = organisation.create_company(session, SERVICE, "Fjellbris", now=now)
        account = commands.create_account(session, SERVICE, NewAccount(EMAIL, "Ingrid"), now=now)
    at_once(
        engine,
        lambda session, _: commands.grant_role(session, SERVICE, account.id, Role.VIEWER, company.path, now=now),
    )
    with engine.read() as reading:
        assert reading.scalar(select(func.count()).select_from(GrantRow)) == 1


def test_every_attempt_counts(engine: Database, now: datetime) -> None:
    hour = timedelta(hours=1)
    at_once(engine, lambda session, _: commands.count_attempt(session, "a", limit=99, window=hour, now=now))
    with engine.read() as reading:
        assert reading.scalars(select(AttemptRow.count)).all() == [TOGETHER]


def test_every_failure_counts(engine: Database, now: datetime) -> None:
    def fail(session: WriteSession, _number: int) -> object:
        return commands.sign_in(session, check_password(session, EMAIL, "wrong", now=now), client="", now=now)

    results = at_once(engine, fail)
    with engine.read() as reading:
        assert reading.scalars(select(AttemptRow.count)).all() == [results.count(None)]
    assert results.count(None) >= 5


def test_one_idempotency_key_has_one_answer(engine: Database, now: datetime) -> None:
    def keep(session: WriteSession, number: int) -> int:
        commands.keep_idempotent_answer(session, "key:1", "k", b"h", status=201, body={"n": number}, now=now)
        return number

    results = at_once(engine, keep)
    assert results.count(KeyReused) == TOGETHER - 1


def test_two_moves_at_once_close_no_loop(engine: Database, now: datetime) -> None:
    with engine.write() as session:
        company = organisation.create_company(session, SERVICE, "Fjellbris", now=now)
        teams = [
            organisation.create_subject(session, SERVICE, NewSubject(SubjectKind.TEAM, f"T{n}", company.id), now=now)
            for n in range(TOGETHER)
        ]
    at_once(
        engine,
        lambda session, n: organisation.move_subject(
            session, SERVICE, teams[n].id, Move(teams[(n + 1) % TOGETHER].id), now=now
        ),
    )
    with engine.read() as reading:
        assert len(load_tree(reading, company.id, on=now.date()).subjects) == TOGETHER + 1


def test_one_address_is_hired_once_and_one_name_is_taken_once(engine: Database, now: datetime) -> None:
    with engine.write() as session:
        company = organisation.create_company(session, SERVICE, "Fjellbris", now=now)
    new = NewPerson("Kari", "kari@fjellbris.example", unit_id=company.id)
    hired = at_once(engine, lambda session, _: organisation.create_person(session, SERVICE, company.id, new, now=now))
    assert sum(not isinstance(one, type) for one in hired) == 1
    team = NewSubject(SubjectKind.TEAM, "Team Nord", company.id, "TN")
    made = at_once(engine, lambda session, _: organisation.create_subject(session, SERVICE, team, now=now))
    assert sum(not isinstance(one, type) for one in made) == 1
