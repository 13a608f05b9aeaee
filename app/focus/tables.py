"""The mapped class of focus: a KPI that a person works on."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.focus.values import FocusState
from app.infra.database import Base
from app.infra.types import Day, Id, Text, one_of


class FocusKpiRow(Base):
    """A KPI in focus, or the one that the person proposes."""

    __tablename__ = "focus_kpi"
    __table_args__ = (
        Index(
            "uq_focus_kpi_proposed",
            "subject_id",
            unique=True,
            sqlite_where=text("state = 'proposed'"),
            postgresql_where=text("state = 'proposed'"),
        ),
        one_of("state", FocusState),
        CheckConstraint("instead_of_id IS NULL OR state = 'proposed'", name="instead_of"),
        CheckConstraint("instead_of_id IS NULL OR instead_of_id <> kpi_id", name="another"),
        {"sqlite_strict": True},
    )

    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("subject.id"), primary_key=True)
    kpi_id: Mapped[str] = mapped_column(Id, ForeignKey("kpi.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    instead_of_id: Mapped[str | None] = mapped_column(Id)
    since: Mapped[date] = mapped_column(Day)
    set_by: Mapped[str] = mapped_column(Text)
