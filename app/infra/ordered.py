"""The first rows of many in the order of an index, whatever PostgreSQL believes about a table that was just filled."""

from sqlalchemy import text

from app.infra.database import WriteSession

_WITHOUT_SORTING = text("SET LOCAL enable_sort = off")


def take_in_order(session: WriteSession) -> None:
    """Have rows taken as an index has them until the transaction ends, instead of sorting all for the first few.

    PostgreSQL counts the rows of a table now and then. Until it has, it takes thousands for a few, reads and sorts all
    of them, and does so again for the next few. SQLite, which counts nothing here, goes by the index anyway.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(_WITHOUT_SORTING)
