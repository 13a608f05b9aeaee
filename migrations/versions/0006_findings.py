"""cards whose KPIs combine in another way; what a release finds beside its scores; who is compared with whom

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CARDS = ("scorecard", "round_subject")


def upgrade() -> None:
    for table in CARDS:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("form", sa.Text(), server_default="arithmetic", nullable=False))
            batch_op.create_check_constraint(batch_op.f(f"ck_{table}_form"), "form IN ('arithmetic', 'geometric')")
    op.create_table(
        "finding",
        sa.Column("release_id", types.Id(), nullable=False),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("document", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_finding_release_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_finding_subject_id")),
        sa.PrimaryKeyConstraint("release_id", "subject_id", name=op.f("pk_finding")),
        sqlite_strict=True,
    )
    op.create_table(
        "comparison",
        sa.Column("release_id", types.Id(), nullable=False),
        sa.Column("unit_id", types.Id(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("document", types.Json(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('company', 'department', 'team', 'person', 'competitor')", name=op.f("ck_comparison_kind")
        ),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release.id"], name=op.f("fk_comparison_release_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["subject.id"], name=op.f("fk_comparison_unit_id")),
        sa.PrimaryKeyConstraint("release_id", "unit_id", "kind", name=op.f("pk_comparison")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("comparison")
    op.drop_table("finding")
    for table in reversed(CARDS):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(batch_op.f(f"ck_{table}_form"), type_="check")
            batch_op.drop_column("form")
