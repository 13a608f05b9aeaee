"""Alembic's entry: runs on a connection it is handed, or on SOFTKPI_DATABASE_URL."""

import os

from alembic import context
from sqlalchemy import Connection, create_engine

from app.schema import metadata


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        user_module_prefix="types.",
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    engine = create_engine(os.environ.get("SOFTKPI_DATABASE_URL", "sqlite:///var/softkpi.db"))
    with engine.begin() as own:
        _run(own)
