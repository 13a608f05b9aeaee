"""items that are asked only after some answer to an earlier one

Revision: 0013, after 0012. On the way back such an item stays and is asked of everybody.
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.add_column(sa.Column("condition", types.Json(), nullable=True))
        batch_op.drop_constraint(batch_op.f("ck_item_weight"), type_="check")
        batch_op.create_check_constraint(
            batch_op.f("ck_item_weight"), "weight >= 0 AND (weight > 0) = (condition IS NULL)"
        )


def downgrade() -> None:
    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_item_weight"), type_="check")
    op.execute("UPDATE item SET weight = 1 WHERE weight = 0")
    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.create_check_constraint(batch_op.f("ck_item_weight"), "weight > 0")
        batch_op.drop_column("condition")
