"""what raters have typed and not sent

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "form_draft",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("round_id", types.Id(), nullable=False),
        sa.Column("fields", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_form_draft_round_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_form_draft")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("form_draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_form_draft_round_id"), ["round_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("form_draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_form_draft_round_id"))

    op.drop_table("form_draft")
