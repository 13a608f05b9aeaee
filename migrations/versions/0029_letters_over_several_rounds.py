"""letters over several rounds

Revision: 0029, after 0028. Going back lets the second copies of such letters leave one by one.
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    is_bundled = sa.text("leaves_with IS NOT NULL")
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("leaves_with", types.Id(), nullable=True))
        batch_op.create_index(
            op.f("ix_outbox_message_leaves_with"),
            ["leaves_with"],
            sqlite_where=is_bundled,
            postgresql_where=is_bundled,
        )


def downgrade() -> None:
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_index(op.f("ix_outbox_message_leaves_with"))
        batch_op.drop_column("leaves_with")
