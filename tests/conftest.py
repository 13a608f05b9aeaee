"""Fixtures for every test: the two databases, a fixed `now`, a mail server, a browser. Those of one place live beside it.

`session` is for rules, queries and commands: fast, never committed. `engine` is for whatever commits (edges,
worker, journeys): the same interface the service uses, empty at the start of each test. Both run on SQLite and
on PostgreSQL; so does every test that takes them.
"""

import gc
import os
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from _pytest.doctest import DoctestModule
from argon2 import PasswordHasher
from pydantic import SecretStr
from sqlalchemy.engine import URL

from app.infra import passwords
from app.infra.database import Database, WriteSession
from app.settings import Settings
from tests import databases
from tests.chromium import barriers, browser, desk, new_page, phone
from tests.postgres import Server, running_server
from tests.shelf import shelf, shelves
from tests.smtp import MailServer
from tests.statements import compiled_once
from tests.workplace import keep_to_one_core, throw_away_in_memory

# Named here and nowhere else: a fixture of the whole run that two folders import is made twice in it.
__all__ = ["barriers", "browser", "compiled_once", "desk", "new_page", "phone", "shelf", "shelves"]

# Before pytest itself looks where temporary files belong.
throw_away_in_memory()
keep_to_one_core()
# Next to nothing of what is loaded is garbage; looked for it is when all is there.
gc.disable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """As many processes as there are cores: each loads everything, fills databases and starts a browser of its own."""
    return os.cpu_count() or 1


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Files without an example are not looked through for examples, function by function."""
    found = yield
    return [one for one in found if not isinstance(one, DoctestModule) or ">>> " in file_path.read_text("utf-8")]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first, so that no process is left with one of them at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the garbage collector need not look through it, nor run every seven hundred objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """The PostgreSQL server of this run, for tests that need databases of their own there."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def database_pairs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], databases.Pair]]:
    """The pair of each kind, made when first asked for and kept: tests of both kinds come in any order."""
    pairs: dict[str, databases.Pair] = {}

    def pair_of(kind: str) -> databases.Pair:
        if kind not in pairs:
            pairs[kind] = databases.pair(
                databases.Sqlite(tmp_path_factory.mktemp("sqlite"))
                if kind == "sqlite"
                else databases.Postgresql(request.getfixturevalue("postgres_server"))
            )
        return pairs[kind]

    yield pair_of
    for pair in pairs.values():
        pair.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_pair(request: pytest.FixtureRequest, database_pairs: Callable[[str], databases.Pair]) -> databases.Pair:
    """SQLite and PostgreSQL in turn."""
    return database_pairs(request.param)


@pytest.fixture
def engine(database_pair: databases.Pair) -> Iterator[Database]:
    """A database that was empty when the test began; what is written is committed."""
    yield database_pair.wiped
    database_pair.kind.wipe(address(database_pair.wiped.url))


@pytest.fixture
def database_url(engine: Database) -> str:
    """The address of the same database as `engine`, for what opens it itself."""
    return address(engine.url)


@pytest.fixture
def session(database_pair: databases.Pair, request: pytest.FixtureRequest) -> Iterator[WriteSession]:
    """A write session on an empty database, rolled back after the test."""
    if "engine" in request.fixturenames:
        pytest.fail("`session` is never committed, so `engine` would not see it: write with `engine.write()`.")
    with databases.rolled_back(database_pair.rolled_back) as session:
        yield session


@pytest.fixture
def now() -> datetime:
    """The moment at which tests happen: a Monday morning, aware, UTC."""
    return datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session", autouse=True)
def bare_environment() -> Iterator[None]:
    """No setting of this machine reaches a test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("SOFTKPI_")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """A line for each request is there when a test fails; to colour it for people takes longer than to write it."""
    processors = structlog.processors
    structlog.configure(processors=[processors.format_exc_info, processors.KeyValueRenderer(repr_native_str=False)])


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Argon2id as ever, but each hash takes a thousandth of what it takes in the service: hundreds of tests sign in."""
    with pytest.MonkeyPatch.context() as patch:
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_hasher", cheap)
        patch.setattr(passwords, "_DUMMY", cheap.hash("no account has this password"))
        yield


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings for the database of this test, with no worker and the mailbox in a folder of the test's own."""
    return Settings(
        _env_file=None,  # type: ignore[call-arg]  # understood by pydantic-settings, unknown to mypy
        database_url=database_url,
        secret_key=SecretStr(databases.SECRET),
        secret_key_file=tmp_path / "secret.key",
        mailbox_dir=tmp_path / "mailbox",
        worker=False,
    )


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A real SMTP server that keeps what it receives, byte for byte."""
    with MailServer.running() as server:
        yield server


def address(url: URL) -> str:
    return url.render_as_string(hide_password=False)
