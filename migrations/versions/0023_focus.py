"""people work on two KPIs at a time

Revision: 0023, after 0022
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "focus_kpi",
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("kpi_id", types.Id(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("instead_of_id", types.Id(), nullable=True),
        sa.Column("since", types.Day(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('chosen', 'proposed')", name=op.f("ck_focus_kpi_state")),
        sa.CheckConstraint("instead_of_id IS NULL OR state = 'proposed'", name=op.f("ck_focus_kpi_instead_of")),
        sa.CheckConstraint("instead_of_id IS NULL OR instead_of_id <> kpi_id", name=op.f("ck_focus_kpi_another")),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_focus_kpi_subject_id")),
        sa.ForeignKeyConstraint(["kpi_id"], ["kpi.id"], name=op.f("fk_focus_kpi_kpi_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("subject_id", "kpi_id", name=op.f("pk_focus_kpi")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("focus_kpi", schema=None) as batch_op:
        batch_op.create_index(
            "uq_focus_kpi_proposed",
            ["subject_id"],
            unique=True,
            sqlite_where=sa.text("state = 'proposed'"),
            postgresql_where=sa.text("state = 'proposed'"),
        )


def downgrade() -> None:
    op.drop_table("focus_kpi")
