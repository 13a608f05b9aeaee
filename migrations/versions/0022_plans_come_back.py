"""plans are measured again, and raters told of them

Revision: 0022, after 0020
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None

LETTERS_BEFORE = (
    "letter IN ('invitation', 'reminder', 'release_ready', 'sign_in', 'deputy', 'nomination_call', 'nominations_waiting',"
    " 'dossier_review', 'visit_order', 'visit_ready', 'case_waiting', 'decisions_waiting', 'sign_in_reset')"
)
LETTERS = LETTERS_BEFORE.replace(")", ", 'we_did')")


def upgrade() -> None:
    _allow_letters(LETTERS)
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
    op.create_table(
        "plan_letter",
        sa.Column("plan_id", types.Id(), nullable=False),
        sa.Column("round_id", types.Id(), nullable=False),
        sa.Column("heard", types.Json(), nullable=False),
        sa.Column("did", types.Json(), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("told_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["action_plan.id"], name=op.f("fk_plan_letter_plan_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_plan_letter_round_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_plan_letter")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("plan_letter", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_plan_letter_round_id"), ["round_id"])


def downgrade() -> None:
    op.drop_table("plan_letter")
    op.drop_table("plan_round")
    op.execute("DELETE FROM outbox_message WHERE letter = 'we_did'")
    _allow_letters(LETTERS_BEFORE)


def _allow_letters(condition: str) -> None:
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_outbox_message_letter"), type_="check")
        batch_op.create_check_constraint(op.f("ck_outbox_message_letter"), condition)
