"""receipts of comments, comments that are read before they are released, and who may

Revision: 0014, after 0013
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLES = ("admin", "manager", "analyst", "viewer")
REASONS = "reason IN ('too_few', 'not_looked_at', 'gives_away', 'names_others', 'private', 'insult', 'off_topic')"


def upgrade() -> None:
    op.create_table(
        "receipt",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("round_id", types.Id(), nullable=True),
        sa.Column("comment", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("keep_until", types.Day(), nullable=True),
        sa.CheckConstraint(
            "state IN ('received', 'released', 'edited', 'withheld', 'replaced', 'expired')",
            name=op.f("ck_receipt_state"),
        ),
        sa.CheckConstraint(REASONS, name=op.f("ck_receipt_reason")),
        sa.CheckConstraint(
            "(state = 'received') = (comment IS NOT NULL)", name=op.f("ck_receipt_comment_until_settled")
        ),
        sa.CheckConstraint("(state = 'withheld') = (reason IS NOT NULL)", name=op.f("ck_receipt_reason_of_withheld")),
        sa.CheckConstraint(
            "(round_id IS NULL) = (keep_until IS NOT NULL)", name=op.f("ck_receipt_round_until_settled")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_receipt_round_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_receipt")),
        sa.UniqueConstraint("comment", name=op.f("uq_receipt_comment")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_receipt_round_id"), ["round_id"], unique=False)
    op.create_table(
        "moderation",
        sa.Column("round_id", types.Id(), nullable=False),
        sa.Column("begun_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_moderation_round_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_moderation")),
        sqlite_strict=True,
    )
    op.create_table(
        "moderated_comment",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("round_id", types.Id(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("subjects", types.Json(), nullable=False),
        sa.Column("rater_groups", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "verdict IN ('waiting', 'released', 'edited', 'withheld')", name=op.f("ck_moderated_comment_verdict")
        ),
        sa.CheckConstraint(REASONS, name=op.f("ck_moderated_comment_reason")),
        sa.CheckConstraint(
            "(verdict IN ('edited', 'withheld')) = (reason IS NOT NULL)",
            name=op.f("ck_moderated_comment_reason_given"),
        ),
        sa.CheckConstraint(
            "(verdict = 'edited') = (text IS NOT NULL)", name=op.f("ck_moderated_comment_text_of_edited")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_moderated_comment_round_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_moderated_comment_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderated_comment")),
        sa.UniqueConstraint("mark", name=op.f("uq_moderated_comment_mark")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("moderated_comment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_moderated_comment_round_id"), ["round_id"], unique=False)
    op.create_table(
        "withheld_comments",
        sa.Column("release_id", types.Id(), nullable=False),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("rater_groups", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("comments", WHOLE, nullable=False),
        sa.CheckConstraint(REASONS, name=op.f("ck_withheld_comments_reason")),
        sa.CheckConstraint("comments > 0", name=op.f("ck_withheld_comments_comments")),
        sa.ForeignKeyConstraint(
            ["release_id"], ["release.id"], name=op.f("fk_withheld_comments_release_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_withheld_comments_subject_id")),
        sa.PrimaryKeyConstraint(
            "release_id", "subject_id", "rater_groups", "about", "reason", name=op.f("pk_withheld_comments")
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("released_comment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_edited", types.Flag(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("round", schema=None) as batch_op:
        batch_op.add_column(sa.Column("moderated_by", sa.Text(), nullable=True))
        batch_op.create_check_constraint(batch_op.f("ck_round_moderated_by"), "moderated_by <> ''")
    _allow((*ROLES, "moderator"))


def downgrade() -> None:
    held = sa.table("role_grant", sa.column("role", sa.Text()))
    op.execute(held.delete().where(held.c.role == "moderator"))
    _allow(ROLES)
    with op.batch_alter_table("round", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_round_moderated_by"), type_="check")
        batch_op.drop_column("moderated_by")
    with op.batch_alter_table("released_comment", schema=None) as batch_op:
        batch_op.drop_column("is_edited")
    op.drop_table("withheld_comments")
    op.drop_table("moderated_comment")
    op.drop_table("moderation")
    op.drop_table("receipt")


def _allow(roles: tuple[str, ...]) -> None:
    """Let grants hold these roles and no others."""
    listed = ", ".join(f"'{role}'" for role in roles)
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_role_grant_role"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_role_grant_role"), f"role IN ({listed})")
