"""letters about customers who wait to be contacted, and how far the outbox has come

Revision: 0015, after 0014
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

LETTERS_BEFORE = (
    "letter IN ('invitation', 'reminder', 'release_ready', 'sign_in', 'deputy', 'nomination_call', 'nominations_waiting',"
    " 'dossier_review', 'visit_order', 'visit_ready')"
)
LETTERS = LETTERS_BEFORE.replace(")", ", 'case_waiting')")


def upgrade() -> None:
    _allow_letters(LETTERS)
    op.create_table(
        "outbox_progress",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("origin", types.Id(), nullable=False),
        sa.Column("batches", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("held_at", types.Instant(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_outbox_progress_one_row")),
        sa.CheckConstraint("batches >= 0", name=op.f("ck_outbox_progress_batches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_progress")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("outbox_progress")
    op.execute("DELETE FROM outbox_message WHERE letter = 'case_waiting'")
    _allow_letters(LETTERS_BEFORE)


def _allow_letters(condition: str) -> None:
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_outbox_message_letter"), type_="check")
        batch_op.create_check_constraint(op.f("ck_outbox_message_letter"), condition)
