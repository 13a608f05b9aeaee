"""who acts for a manager

Revision: 0009, after 0004
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0009"
down_revision = "0004"
branch_labels = None
depends_on = None

LETTERS = ("invitation", "reminder", "release_ready", "sign_in")
NEW_LETTERS = ("deputy",)


def upgrade() -> None:
    op.create_table(
        "deputy",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("deputy_id", types.Id(), nullable=False),
        sa.Column("starts_on", types.Day(), nullable=False),
        sa.Column("ends_on", types.Day(), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_deputy_days")),
        sa.CheckConstraint("subject_id <> deputy_id", name=op.f("ck_deputy_not_himself")),
        sa.ForeignKeyConstraint(["deputy_id"], ["subject.id"], name=op.f("fk_deputy_deputy_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_deputy_subject_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deputy")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("deputy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deputy_deputy_id"), ["deputy_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_deputy_subject_id"), ["subject_id"], unique=False)
    _allow("outbox_message", "letter", (*LETTERS, *NEW_LETTERS))


def downgrade() -> None:
    outbox = sa.table("outbox_message", sa.column("letter", sa.Text()))
    op.execute(outbox.delete().where(outbox.c.letter.in_(NEW_LETTERS)))
    _allow("outbox_message", "letter", LETTERS)
    op.drop_table("deputy")


def _allow(table: str, column: str, values: tuple[str, ...]) -> None:
    """Let a text column hold these values and no others."""
    listed = ", ".join(f"'{value}'" for value in values)
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f(f"ck_{table}_{column}"), type_="check")
        batch_op.create_check_constraint(batch_op.f(f"ck_{table}_{column}"), f"{column} IN ({listed})")
