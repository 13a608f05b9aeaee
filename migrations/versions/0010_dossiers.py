"""dossiers of control measures, and their reviews

Revision: 0010, after 0009
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

LETTERS_BEFORE = "letter IN ('invitation', 'reminder', 'release_ready', 'sign_in', 'deputy', 'nomination_call', 'nominations_waiting')"
LETTERS = LETTERS_BEFORE.replace(")", ", 'dossier_review')")


def upgrade() -> None:
    op.create_table(
        "dossier",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("company_id", types.Id(), nullable=False),
        sa.Column("scope_id", types.Id(), nullable=False),
        sa.Column("name", types.Json(), nullable=False),
        sa.Column("for_visits", types.Flag(), nullable=False),
        sa.Column("for_customers", types.Flag(), nullable=False),
        sa.Column("purpose", types.Json(), nullable=False),
        sa.Column("legal_basis", types.Json(), nullable=False),
        sa.Column("discussed_on", types.Day(), nullable=True),
        sa.Column("discussed_with", types.Json(), nullable=False),
        sa.Column("notified_on", types.Day(), nullable=True),
        sa.Column("notified_how", types.Json(), nullable=False),
        sa.Column("starts_on", types.Day(), nullable=True),
        sa.Column("ends_on", types.Day(), nullable=True),
        sa.Column("review_on", types.Day(), nullable=True),
        sa.Column("responsible_id", types.Id(), nullable=True),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "ends_on IS NULL OR starts_on IS NULL OR ends_on >= starts_on", name=op.f("ck_dossier_duration")
        ),
        sa.CheckConstraint(
            "review_on IS NULL OR ends_on IS NULL OR review_on <= ends_on", name=op.f("ck_dossier_review")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["subject.id"], name=op.f("fk_dossier_company_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["responsible_id"], ["person.id"], name=op.f("fk_dossier_responsible_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["scope_id"], ["subject.id"], name=op.f("fk_dossier_scope_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_dossier_company_id"), "dossier", ["company_id"])
    op.create_index(op.f("ix_dossier_review_on"), "dossier", ["review_on"])
    op.create_table(
        "dossier_review",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("dossier_id", types.Id(), nullable=False),
        sa.Column("reviewed_at", types.Instant(), nullable=False),
        sa.Column("reviewed_on", types.Day(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("conclusion", sa.Text(), nullable=False),
        sa.Column("next_on", types.Day(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier_id"], ["dossier.id"], name=op.f("fk_dossier_review_dossier_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier_review")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_dossier_review_dossier_id"), "dossier_review", ["dossier_id"])
    _allow_letters(LETTERS)


def downgrade() -> None:
    op.execute("DELETE FROM outbox_message WHERE letter = 'dossier_review'")
    _allow_letters(LETTERS_BEFORE)
    op.drop_table("dossier_review")
    op.drop_table("dossier")


def _allow_letters(condition: str) -> None:
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_outbox_message_letter"), type_="check")
        batch_op.create_check_constraint(op.f("ck_outbox_message_letter"), condition)
