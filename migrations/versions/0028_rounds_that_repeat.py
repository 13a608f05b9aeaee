"""rounds that repeat

Revision: 0028, after 0027
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

LETTERS_BEFORE = (
    "letter IN ('invitation', 'reminder', 'release_ready', 'sign_in', 'deputy', 'nomination_call', 'nominations_waiting',"
    " 'dossier_review', 'visit_order', 'visit_ready', 'case_waiting', 'decisions_waiting', 'sign_in_reset', 'we_did')"
)
LETTERS = LETTERS_BEFORE.replace(")", ", 'round_ahead')")


def upgrade() -> None:
    _allow_letters(LETTERS)
    op.create_table(
        "repetition",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("company_id", types.Id(), nullable=False),
        sa.Column("scope_id", types.Id(), nullable=False),
        sa.Column("owner_id", types.Id(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("starts_itself", types.Flag(), nullable=False),
        sa.Column("lead_days", types.Whole, nullable=False),
        sa.Column("next_from", types.Day(), nullable=False),
        sa.Column("version", types.Whole, nullable=False),
        sa.CheckConstraint("lead_days BETWEEN 1 AND 30", name=op.f("ck_repetition_lead_days")),
        sa.CheckConstraint("state IN ('running', 'paused', 'stopped')", name=op.f("ck_repetition_state")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["subject.id"], name=op.f("fk_repetition_company_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_repetition_owner_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["scope_id"], ["subject.id"], name=op.f("fk_repetition_scope_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repetition")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("repetition", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_repetition_company_id"), ["company_id"])
    op.create_table(
        "repeated_round",
        sa.Column("round_id", types.Id(), nullable=False),
        sa.Column("repetition_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["repetition_id"], ["repetition.id"], name=op.f("fk_repeated_round_repetition_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_repeated_round_round_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_repeated_round")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("repeated_round", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_repeated_round_repetition_id"), ["repetition_id"])


def downgrade() -> None:
    op.drop_table("repeated_round")
    op.drop_table("repetition")
    op.execute("DELETE FROM outbox_message WHERE letter = 'round_ahead'")
    _allow_letters(LETTERS_BEFORE)


def _allow_letters(condition: str) -> None:
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_outbox_message_letter"), type_="check")
        batch_op.create_check_constraint(op.f("ck_outbox_message_letter"), condition)
