"""The mapped class of the journal; rows are added and never changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.infra.types import Id, Instant, Json, Text, Whole


class JournalRow(Base):
    """One thing that happened. `company_id` is empty for what belongs to no company."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        Index(None, "company_id", "sequence"),
        Index(None, "object_kind", "object_id"),
        {"sqlite_strict": True, "sqlite_autoincrement": True},
    )

    sequence: Mapped[int] = mapped_column(Whole, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(Instant)
    company_id: Mapped[str | None] = mapped_column(Id)
    actor: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    object_kind: Mapped[str] = mapped_column(Text)
    object_id: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(Json)
