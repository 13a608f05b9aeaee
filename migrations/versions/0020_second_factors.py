"""second factors, providers of identity, and three roles

Revision: 0020, after 0019
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

LETTERS_BEFORE = (
    "letter IN ('invitation', 'reminder', 'release_ready', 'sign_in', 'deputy', 'nomination_call', 'nominations_waiting',"
    " 'dossier_review', 'visit_order', 'visit_ready', 'case_waiting', 'decisions_waiting')"
)
LETTERS = LETTERS_BEFORE.replace(")", ", 'sign_in_reset')")


ROLES_BEFORE = "role IN ('admin', 'manager', 'analyst', 'viewer', 'moderator')"
ROLES = ROLES_BEFORE.replace(")", ", 'hr', 'observer', 'auditor')")


def upgrade() -> None:
    _allow_letters(LETTERS)
    _allow_roles(ROLES)
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    with op.batch_alter_table("sign_in_session", schema=None) as batch_op:
        # Whoever is signed in has shown one factor.
        batch_op.add_column(sa.Column("is_strong", types.Flag(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("sign_in_session", schema=None) as batch_op:
        batch_op.alter_column("is_strong", server_default=None)
    op.create_table(
        "half_session",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("account_id", types.Id(), nullable=False),
        sa.Column("token_hash", types.Bytes(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("back", sa.Text(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_half_session_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_half_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_half_session_token_hash")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("half_session", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_half_session_account_id"), ["account_id"])
    op.create_table(
        "second_factor",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("account_id", types.Id(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("confirmed_at", types.Instant(), nullable=True),
        sa.Column("last_step", whole, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_second_factor_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor")),
        sa.UniqueConstraint("account_id", name=op.f("uq_second_factor_account_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("factor_id", types.Id(), nullable=False),
        sa.Column("code_hash", types.Bytes(), nullable=False),
        sa.Column("used_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["factor_id"], ["second_factor.id"], name=op.f("fk_recovery_code_factor_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("factor_id", "code_hash", name=op.f("uq_recovery_code_factor_id_code_hash")),
        sqlite_strict=True,
    )
    op.create_table(
        "factor_rule",
        sa.Column("company_id", types.Id(), nullable=False),
        sa.Column("required_of", sa.Text(), nullable=False),
        sa.CheckConstraint("required_of IN ('nobody', 'deciders', 'readers')", name=op.f("ck_factor_rule_required_of")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["subject.id"], name=op.f("fk_factor_rule_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_factor_rule")),
        sqlite_strict=True,
    )

    op.create_table(
        "provider_identity",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("account_id", types.Id(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("bound_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_provider_identity_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_provider_identity_issuer_subject")),
        sa.UniqueConstraint("account_id", "issuer", name=op.f("uq_provider_identity_account_id_issuer")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    for table in ("provider_identity", "factor_rule", "recovery_code", "second_factor", "half_session"):
        op.drop_table(table)
    with op.batch_alter_table("sign_in_session", schema=None) as batch_op:
        batch_op.drop_column("is_strong")
    op.execute("DELETE FROM outbox_message WHERE letter = 'sign_in_reset'")
    op.execute("DELETE FROM role_grant WHERE role IN ('hr', 'observer', 'auditor')")
    _allow_roles(ROLES_BEFORE)
    _allow_letters(LETTERS_BEFORE)


def _allow_roles(condition: str) -> None:
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_role_grant_role"), type_="check")
        batch_op.create_check_constraint(op.f("ck_role_grant_role"), condition)


def _allow_letters(condition: str) -> None:
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_outbox_message_letter"), type_="check")
        batch_op.create_check_constraint(op.f("ck_outbox_message_letter"), condition)
