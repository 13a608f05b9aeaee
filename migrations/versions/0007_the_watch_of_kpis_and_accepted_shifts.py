"""the watch of kpis and accepted shifts

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accepted_shift",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("kpi_id", types.Id(), nullable=False),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("starts_on", types.Day(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("made_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["kpi_id"], ["kpi.id"], name=op.f("fk_accepted_shift_kpi_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_accepted_shift_subject_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accepted_shift")),
        sa.UniqueConstraint(
            "kpi_id", "subject_id", "starts_on", name=op.f("uq_accepted_shift_kpi_id_subject_id_starts_on")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "watch",
        sa.Column("kpi_id", types.Id(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("season", sa.Text(), nullable=False),
        sa.Column("baseline", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("red_line", types.Number(), nullable=True),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("method IN ('ewma', 'cusum')", name=op.f("ck_watch_method")),
        sa.CheckConstraint("season IN ('none', 'weekday', 'weeks', 'year')", name=op.f("ck_watch_season")),
        sa.CheckConstraint("baseline >= 20", name=op.f("ck_watch_baseline")),
        sa.CheckConstraint("red_line >= 0 AND red_line <= 100", name=op.f("ck_watch_red_line")),
        sa.ForeignKeyConstraint(["kpi_id"], ["kpi.id"], name=op.f("fk_watch_kpi_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("kpi_id", name=op.f("pk_watch")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("watch")
    op.drop_table("accepted_shift")
