"""My week, the list of results and a summary in a large company, against the same pages of the company when it was small."""

import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text
from starlette.testclient import TestClient

from app.accounts.commands import create_account, grant_role
from app.accounts.rules import SERVICE
from app.accounts.sign_in import start_link, use_sign_in_link
from app.accounts.values import NewAccount, Role
from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.keys import key_of
from app.infra.logs import configure_logs
from app.main import create_app
from app.organisation.commands import create_subject
from app.organisation.ensure import ensure_subjects
from app.organisation.values import NewSubject, SubjectKind
from app.releases.commands import release_round
from app.responses.past import import_ratings
from app.rounds.commands import set_rated_subjects
from app.settings import Settings
from bench.forms import kind, opened
from bench.report import Line
from bench.server import SECRET
from bench.world import NOW, World, draft, found, past_rows

IN_A_UNIT = 50
SMALL, LARGE = 2, 200
"""Units with so many people each, and a released round about every unit."""

TIMES = 60
BASE = "http://127.0.0.1:8000"


def overview(url: str, _folder: Path, *, large: int = LARGE) -> Iterator[Line]:
    """The usual slow case (95 of 100 are faster) of each page with 100 people and 2 releases, then with 10,000 and 200."""
    database = opened(url)
    world = found(database, kpis=2, items=2)
    reader = _reader(database, world)
    release_id = ""
    for number in range(SMALL):
        release_id = _release(database, world, number)
    paths = {"My week": "/", "results": "/results", "summary": _summary(database, release_id)}
    few = {name: _p95(reader, path) for name, path in paths.items()}
    for number in range(SMALL, large):
        _release(database, world, number)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    for name, path in paths.items():
        much = _p95(reader, path)
        what = f"{name}, 10,000 people and {large} releases, p95, {kind(database)}"
        yield Line(
            "-", what, f"{1000 * few[name]:.1f} ms with 100 and 2", f"{1000 * much:.1f} ms", much / few[name], most=2.0
        )
    database.dispose()


def _release(database: Database, world: World, number: int) -> str:
    """A unit with its people, and a released round about them."""
    now = utc_now()
    with database.write() as session:
        new = NewSubject(SubjectKind.DEPARTMENT, f"Unit {number}", world.company_id, external_id=f"U{number}")
        unit = create_subject(session, SERVICE, new, now=NOW).id
        keys = [f"P{number * IN_A_UNIT + place}" for place in range(IN_A_UNIT)]
        people = ensure_subjects(session, world.company_id, keys, parent_id=unit, now=NOW)
        round_ = draft(session, world, f"Round {number}", scope_id=unit)
        set_rated_subjects(session, SERVICE, round_.id, list(people.values()), now=NOW)
        rows = past_rows(world, subjects=IN_A_UNIT, sheets=IN_A_UNIT * 8, first=number * IN_A_UNIT)
        import_ratings(session, SERVICE, round_.id, rows, now=now)
        return release_round(session, SERVICE, round_.id, now=now).id


def _reader(database: Database, world: World) -> TestClient:
    """The browser of somebody who leads the company."""
    now = utc_now()
    with database.write() as session:
        account = create_account(session, SERVICE, NewAccount("leader@bench.example", "Leader"), now=now)
        grant_role(session, SERVICE, account.id, Role.MANAGER, (world.company_id,), now=now)
        token = key_of(session).sign_in_token(start_link(session, account.id, now=now))
        secret = use_sign_in_link(session, token, client="Bench", now=now).secret
    configure_logs("json", "error")
    settings = Settings.model_validate(
        {"database_url": database.url.render_as_string(hide_password=False), "secret_key": SECRET, "worker": False}
    )
    client = TestClient(create_app(settings, database=database), BASE, follow_redirects=True)
    client.cookies.set("session", secret)
    return client


def _summary(database: Database, release_id: str) -> str:
    """The page of one of those who were rated."""
    query = "SELECT subject_id FROM score JOIN subject ON subject.id = subject_id WHERE release_id = :id AND kind = 'person'"
    with database.read() as session:
        subject_id = session.scalar(text(query), {"id": release_id})
    return f"/results/{release_id}/subjects/{subject_id}"


def _p95(reader: TestClient, path: str) -> float:
    taken = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        answer = reader.get(path)
        taken.append(time.perf_counter() - begun)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
    # The first ones fill caches.
    return sorted(taken[TIMES // 6 :])[int((TIMES - TIMES // 6) * 0.95)]
