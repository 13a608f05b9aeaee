"""the places of a round where no atom forms, since almost the same people were asked shortly before

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("round", schema=None) as batch_op:
        batch_op.add_column(sa.Column("overlapping", types.Json(), server_default="[]", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("round", schema=None) as batch_op:
        batch_op.drop_column("overlapping")
