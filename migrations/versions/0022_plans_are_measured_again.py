"""plans are measured again

Revision: 0022, after 0018
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0022"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan_round",
        sa.Column("plan_id", types.Id(), nullable=False),
        sa.Column("round_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["action_plan.id"], name=op.f("fk_plan_round_plan_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_plan_round_round_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("plan_id", "round_id", name=op.f("pk_plan_round")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("plan_round", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_plan_round_round_id"), ["round_id"])


def downgrade() -> None:
    op.drop_table("plan_round")
