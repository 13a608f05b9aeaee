"""talks about summaries, and own summaries that wait for them

Revision: 0019, after 0018
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    with op.batch_alter_table("round", schema=None) as batch_op:
        # Whatever was started before opens at once, as it did.
        batch_op.add_column(sa.Column("talk_days", whole, server_default="0", nullable=False))
        batch_op.create_check_constraint(op.f("ck_round_talk_days"), "talk_days BETWEEN 0 AND 60")
    op.create_table(
        "held_summary",
        sa.Column("round_id", types.Id(), nullable=False),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("opens_on", types.Day(), nullable=False),
        sa.Column("latest_on", types.Day(), nullable=False),
        sa.Column("told", types.Flag(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint("opens_on <= latest_on", name=op.f("ck_held_summary_opens_on")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_held_summary_round_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_held_summary_subject_id")),
        sa.PrimaryKeyConstraint("round_id", "subject_id", name=op.f("pk_held_summary")),
        sqlite_strict=True,
    )
    op.create_table(
        "talk",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("company_id", types.Id(), nullable=False),
        sa.Column("release_id", types.Id(), nullable=False),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("talk_on", types.Day(), nullable=True),
        sa.Column("agenda", sa.Text(), nullable=False),
        sa.Column("read_on", types.Day(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("replied_on", types.Day(), nullable=True),
        sa.Column("leader_signed_on", types.Day(), nullable=True),
        sa.Column("leader_signed_by", sa.Text(), nullable=True),
        sa.Column("person_signed_on", types.Day(), nullable=True),
        sa.Column("version", whole, nullable=False),
        sa.CheckConstraint("reply = '' OR replied_on IS NOT NULL", name=op.f("ck_talk_reply")),
        sa.CheckConstraint("replied_on IS NULL OR read_on IS NOT NULL", name=op.f("ck_talk_read")),
        sa.CheckConstraint("(leader_signed_on IS NULL) = (leader_signed_by IS NULL)", name=op.f("ck_talk_signed_by")),
        sa.ForeignKeyConstraint(["company_id"], ["subject.id"], name=op.f("fk_talk_company_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_talk_release_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_talk_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_talk")),
        sa.UniqueConstraint("release_id", "subject_id", name=op.f("uq_talk_release_id_subject_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "agreement",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("talk_id", types.Id(), nullable=False),
        sa.Column("position", whole, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("due_on", types.Day(), nullable=False),
        sa.CheckConstraint("side IN ('leader', 'person')", name=op.f("ck_agreement_side")),
        sa.CheckConstraint("position >= 1", name=op.f("ck_agreement_position")),
        sa.ForeignKeyConstraint(["talk_id"], ["talk.id"], name=op.f("fk_agreement_talk_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
        sa.UniqueConstraint("talk_id", "position", name=op.f("uq_agreement_talk_id_position")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("held_summary", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_held_summary_subject_id"), ["subject_id"])
        batch_op.create_index(op.f("ix_held_summary_told_opens_on"), ["told", "opens_on"])
    with op.batch_alter_table("talk", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_talk_subject_id"), ["subject_id"])


def downgrade() -> None:
    op.drop_table("agreement")
    op.drop_table("talk")
    op.drop_table("held_summary")
    with op.batch_alter_table("round", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_round_talk_days"), type_="check")
        batch_op.drop_column("talk_days")
