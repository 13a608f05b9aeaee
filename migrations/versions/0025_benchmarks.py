"""benchmark files: own signing keys, trusted keys, and what was brought in

Revision: 0025, after 0023
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "signing_key",
        sa.Column("company_id", types.Id(), nullable=False),
        sa.Column("key_id", types.Id(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("made_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["subject.id"], name=op.f("fk_signing_key_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_signing_key")),
        sa.UniqueConstraint("key_id", name=op.f("uq_signing_key_key_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "trusted_key",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("company_id", types.Id(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("trusted_at", types.Instant(), nullable=False),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.CheckConstraint("length(public_key) = 43", name=op.f("ck_trusted_key_public_key")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["subject.id"], name=op.f("fk_trusted_key_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trusted_key")),
        sa.UniqueConstraint("company_id", "public_key", name=op.f("uq_trusted_key_company_id_public_key")),
        sqlite_strict=True,
    )
    op.create_table(
        "benchmark",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("company_id", types.Id(), nullable=False),
        sa.Column("trusted_key_id", types.Id(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("made_on", types.Day(), nullable=False),
        sa.Column("document", types.Json(), nullable=False),
        sa.Column("own_kpis", types.Json(), nullable=False),
        sa.Column("imported_at", types.Instant(), nullable=False),
        sa.Column("withdrawn_at", types.Instant(), nullable=True),
        sa.Column("version", whole, nullable=False),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_benchmark_digest")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["subject.id"], name=op.f("fk_benchmark_company_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["trusted_key_id"], ["trusted_key.id"], name=op.f("fk_benchmark_trusted_key_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_benchmark")),
        sa.UniqueConstraint("company_id", "digest", name=op.f("uq_benchmark_company_id_digest")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("benchmark", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_benchmark_trusted_key_id"), ["trusted_key_id"])


def downgrade() -> None:
    op.drop_table("benchmark")
    op.drop_table("trusted_key")
    op.drop_table("signing_key")
