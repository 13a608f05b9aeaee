"""Engines and sessions: one read and one write door, alike on SQLite and PostgreSQL; no table lives here."""

import fcntl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NewType, TypeVar

from sqlalchemy import MetaData, create_engine, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session

from app.errors import Unavailable
from app.infra import postgresql, sqlite
from app.infra.entropy import Entropy, SystemEntropy
from app.infra.keys import InstanceKey
from app.infra.queue import Queue
from app.infra.together import Job, Together

ReadSession = NewType("ReadSession", Session)
WriteSession = NewType("WriteSession", ReadSession)

T = TypeVar("T")

ALONE = "alone"
"""Where a read session carries the engine for statements that need no transaction around them (see `lookup`)."""
BUSY_SECONDS = 10.0
WRITERS = 8
"""Small writes at once on PostgreSQL: more of them win nothing and wait for each other, a few of them very long."""

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Root of every mapped class; names all constraints, makes every SQLite table STRICT."""

    metadata = MetaData(naming_convention=NAMING)


class Database:
    """One database of the service: engine, sessions, and what sessions carry (randomness, the instance key).

    SQLite runs in WAL with synchronous FULL; a write transaction is BEGIN IMMEDIATE behind one lock, since
    the busy handler starves a waiter where a queue does not; who waits longer than `busy_seconds` for it gets
    Unavailable. PostgreSQL is left as it is, but that ids are read as text.
    """

    def __init__(
        self, url: str, *, key: InstanceKey, entropy: Entropy | None = None, busy_seconds: float = BUSY_SECONDS
    ) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._carried = {"entropy": entropy or SystemEntropy(), "key": key}
        self._busy_seconds = busy_seconds
        self._turn = threading.Lock()
        self._together = Together(self._write_all, busy_seconds)
        self._queue = Queue(WRITERS, busy_seconds)
        # An error names its statement, never the values: they are addresses, answers and hashes.
        address = sqlite.straight(self.url) if self.is_sqlite else self.url
        # The connection that was used last has what is read most in its cache.
        self.engine = create_engine(address, pool_size=20, max_overflow=20, pool_use_lifo=True, hide_parameters=True)
        if self.is_sqlite:
            sqlite.prepare(self.engine, busy_seconds)
        else:
            postgresql.prepare(self.engine)
        self._reading = self._carried | {ALONE: self.engine}
        self._writing = sqlite.writing(self.engine)
        # What the driver raises where `bulk` and `sqlite` go past SQLAlchemy.
        self._driver_error = self.engine.dialect.loaded_dbapi.OperationalError

    @contextmanager
    def read(self) -> Iterator[ReadSession]:
        """A session for queries; whatever happens, nothing is written."""
        with self._answering():
            session = Session(self.engine, info=self._reading, autoflush=False)
            try:
                yield ReadSession(session)
            finally:
                # What is looked up alone leaves nothing to give back, and this is half of what a session costs.
                if session.in_transaction():
                    session.close()

    @contextmanager
    def write(self) -> Iterator[WriteSession]:
        """A session for commands: committed when the block ends well, rolled back otherwise."""
        with self._answering(), self._in_turn(), Session(self._writing, info=self._carried) as session:
            yield WriteSession(ReadSession(session))
            session.commit()

    def write_together(self, work: Callable[[WriteSession], T]) -> T:
        """What `work` returns, once it is committed: for small writes that many send at once.

        On SQLite those who wait share a transaction, each in a savepoint: what one of them raises undoes its own work only.
        On PostgreSQL, which does alike by itself, a few write at once and the others wait in line.
        """
        if not self.is_sqlite:
            with self._queue.turn(), self.write() as session:
                return work(session)
        result: T = self._together.run(work)
        return result

    def scrub(self, *tables: str) -> None:
        """Overwrite what deleted rows of some tables have left in their files; outside any transaction."""
        if self.is_sqlite:
            with closing(self.engine.raw_connection()) as connection:
                cursor = connection.cursor()
                cursor.execute("VACUUM")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in tables:
                connection.exec_driver_sql(f"VACUUM FULL {table}")

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def _write_all(self, jobs: Sequence[Job]) -> None:
        with self._answering(), self._in_turn(), self._writing.begin() as connection:
            for job in jobs:
                try:
                    with Session(connection, info=self._carried, join_transaction_mode="create_savepoint") as session:
                        job.result = job.work(session)
                        session.commit()
                except (OperationalError, self._driver_error):
                    # A full disk may have ended the transaction already, and what came now would be outside of it.
                    raise
                except Exception as error:  # noqa: BLE001 - raised again by the one whose write it is
                    job.error = error

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if not self.is_sqlite:
            yield
            return
        deadline = time.monotonic() + self._busy_seconds
        if not self._turn.acquire(timeout=self._busy_seconds):
            raise Unavailable
        try:
            with _file_turn(Path(f"{self.url.database}.lock"), deadline):
                yield
        finally:
            self._turn.release()

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, self._driver_error) as error:
            raise Unavailable from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise Unavailable from error
            raise


@contextmanager
def _file_turn(path: Path, deadline: float) -> Iterator[None]:
    """Wait for the turn among processes on one SQLite file; the lock ends with the process that held it."""
    with path.open("a") as held:
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Unavailable from None
                time.sleep(0.002)
        yield
