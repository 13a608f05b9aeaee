"""SQLite as the service uses it: how a connection is prepared, and how transactions and savepoints begin and end."""

from typing import Any

from sqlalchemy import URL, Connection, Engine, PoolProxiedConnection, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

_DRIVER = "straight"


class Straight(SQLiteDialect_pysqlite):
    """SQLAlchemy's own dialect, but that transactions and savepoints begin and end straight in the driver.

    Savepoints would be compiled anew each time, and who listens for each transaction of an engine makes every statement
    of it look for listeners: together a ninth of what a rater's form takes to be stored.
    """

    driver = _DRIVER
    supports_statement_cache = True

    def do_begin(self, dbapi_connection: PoolProxiedConnection) -> None:
        """Begin to read, unless somebody has begun to write."""
        driver: Any = dbapi_connection.driver_connection
        if not driver.in_transaction:
            driver.execute("BEGIN")

    def do_savepoint(self, connection: Connection, name: str) -> None:
        """Begin one."""
        _say(connection, f"SAVEPOINT {name}")

    def do_rollback_to_savepoint(self, connection: Connection, name: str) -> None:
        """Undo what came since it began."""
        _say(connection, f"ROLLBACK TO SAVEPOINT {name}")

    def do_release_savepoint(self, connection: Connection, name: str) -> None:
        """Keep what came since it began, as far as the transaction is kept."""
        _say(connection, f"RELEASE SAVEPOINT {name}")


registry.register(f"sqlite.{_DRIVER}", __name__, Straight.__name__)


def straight(url: URL) -> URL:
    """The address of an SQLite file for engines of ours."""
    return url.set(drivername=f"sqlite+{_DRIVER}")


def prepare(engine: Engine, busy_seconds: float) -> None:
    """WAL, synchronous FULL and the rest for each connection; transactions begin when we say so."""
    pragmas = (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={int(busy_seconds * 1000)}",
        "secure_delete=ON",
        "temp_store=MEMORY",
        # 12 MB, for each of up to forty connections: the page of a company of 10,000 reads 9 MB, and with less than
        # that all of it anew each time; twice as much makes nothing faster.
        "cache_size=-12288",
    )

    def prepare_one(connection: Any, _record: object) -> None:
        # The driver must not open transactions of its own: it would begin them deferred, and late.
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", prepare_one)


def writing(engine: Engine) -> Engine:
    """The same engine for writes, which take the one place at the file at once: later there might be no way to it."""
    if engine.dialect.name != "sqlite":
        return engine
    own = engine.execution_options()
    event.listen(own, "begin", _begin_to_write)
    return own


def _begin_to_write(connection: Connection) -> None:
    _say(connection, "BEGIN IMMEDIATE")


def _say(connection: Connection, words: str) -> None:
    """Past SQLAlchemy, which would take longer about it than SQLite."""
    driver: Any = connection.connection.driver_connection
    driver.execute(words)
