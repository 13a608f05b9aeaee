"""The mapped class of wordings: what a company wrote into a letter, one row for each time it did."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.infra.types import Id, Instant, Json, Text, Whole, one_of
from app.wording.values import WORDED, Texts


class WordingRow(Base):
    """The texts of a letter from a moment on; rows are added only, so a round keeps those of its launch."""

    __tablename__ = "wording"
    __table_args__ = (
        UniqueConstraint("company_id", "letter", "version"),
        one_of("letter", WORDED),
        CheckConstraint("version >= 1", name="version"),
        {"sqlite_strict": True},
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    company_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id", ondelete="CASCADE"))
    letter: Mapped[str] = mapped_column(Text)
    texts: Mapped[Texts] = mapped_column(Json)
    set_at: Mapped[datetime] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(Whole)
