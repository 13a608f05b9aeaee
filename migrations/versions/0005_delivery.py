"""what comes back, what a domain got, who asks for a link, what a company writes into its letters

Revision: 0005, after 0004. Going back forgets addresses that were left alone by hand.
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "link_request",
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("asked_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", name=op.f("pk_link_request")),
        sqlite_strict=True,
    )
    op.create_table(
        "sending_window",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("started_at", types.Instant(), nullable=False),
        sa.Column("count", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("count >= 0", name=op.f("ck_sending_window_count")),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_sending_window")),
        sqlite_strict=True,
    )
    op.create_table(
        "wording",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("company_id", types.Id(), nullable=False),
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("texts", types.Json(), nullable=False),
        sa.Column("set_at", types.Instant(), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("letter IN ('invitation', 'reminder')", name=op.f("ck_wording_letter")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_wording_version")),
        sa.ForeignKeyConstraint(["company_id"], ["subject.id"], name=op.f("fk_wording_company_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wording")),
        sa.UniqueConstraint("company_id", "letter", "version", name=op.f("uq_wording_company_id_letter_version")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_message_message_id"), ["message_id"], unique=False)

    with op.batch_alter_table("suppression", schema=None) as batch_op:
        batch_op.add_column(sa.Column("note", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("suppression", schema=None) as batch_op:
        batch_op.alter_column("note", server_default=None)
        batch_op.drop_constraint(batch_op.f("ck_suppression_reason"), type_="check")
        batch_op.create_check_constraint(
            batch_op.f("ck_suppression_reason"), "reason IN ('opt_out', 'bounce', 'complaint', 'by_hand')"
        )


def downgrade() -> None:
    op.execute("DELETE FROM suppression WHERE reason = 'by_hand'")
    with op.batch_alter_table("suppression", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_suppression_reason"), type_="check")
        batch_op.create_check_constraint(
            batch_op.f("ck_suppression_reason"), "reason IN ('opt_out', 'bounce', 'complaint')"
        )
        batch_op.drop_column("note")

    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_message_message_id"))

    op.drop_table("wording")
    op.drop_table("sending_window")
    op.drop_table("link_request")
