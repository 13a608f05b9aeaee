"""what analysts leave behind: how raters came to their subjects, and notes beside scores

Revision: 0008, after 0007
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assignment_answer",
        sa.Column("round_id", types.Id(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("answered_at", types.Instant(), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("answer IN ('unrelated', 'by_merit', 'unknown')", name=op.f("ck_assignment_answer_answer")),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_assignment_answer_round_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_assignment_answer")),
        sqlite_strict=True,
    )
    op.create_table(
        "score_note",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("release_id", types.Id(), nullable=False),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("kpi_id", types.Id(), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("plain", types.Number(), nullable=False),
        sa.Column("fair", types.Number(), nullable=True),
        sa.Column("noted_by", sa.Text(), nullable=False),
        sa.Column("noted_at", types.Instant(), nullable=False),
        sa.CheckConstraint("choice <> 'fair' OR fair IS NOT NULL", name=op.f("ck_score_note_fair_is_there")),
        sa.CheckConstraint("choice IN ('fair', 'plain')", name=op.f("ck_score_note_choice")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_score_note_reason")),
        sa.ForeignKeyConstraint(["kpi_id"], ["kpi.id"], name=op.f("fk_score_note_kpi_id")),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release.id"], name=op.f("fk_score_note_release_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_score_note_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_note")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_score_note_release_id_kpi_id_noted_at_id"),
        "score_note",
        ["release_id", "kpi_id", "noted_at", "id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_score_note_release_id_kpi_id_noted_at_id"), table_name="score_note")
    op.drop_table("score_note")
    op.drop_table("assignment_answer")
