"""Which revision a database is at, and which one this program was written for; asked often, hence without Alembic."""

from sqlalchemy import inspect, text

from app.infra.database import ReadSession

NEWEST = "0030"


def current_revision(session: ReadSession) -> str | None:
    """The revision that the database is at; None for an empty one."""
    if not inspect(session.connection()).has_table("alembic_version"):
        return None
    found: str | None = session.scalar(text("SELECT version_num FROM alembic_version"))
    return found
