"""The mapped class of signs of life; one row for each worker, forgotten a day after its last."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.infra.types import Instant, Text


class WorkerRow(Base):
    """A worker by its name, which no other alive bears, and when it last said that it works."""

    __tablename__ = "worker"
    __table_args__ = ({"sqlite_strict": True},)

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    beaten_at: Mapped[datetime] = mapped_column(Instant)
