"""mystery visits: scenarios, orders with their reports and rulings, and evidence

Revision: 0011, after 0010
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

LETTERS_BEFORE = (
    "letter IN ('invitation', 'reminder', 'release_ready', 'sign_in', 'deputy', 'nomination_call', 'nominations_waiting',"
    " 'dossier_review')"
)
LETTERS = LETTERS_BEFORE.replace(")", ", 'visit_order', 'visit_ready')")


def upgrade() -> None:
    _create_scenarios()
    _create_visits()
    _create_evidence()
    _allow_letters(LETTERS)


def downgrade() -> None:
    op.execute("DELETE FROM outbox_message WHERE letter IN ('visit_order', 'visit_ready')")
    _allow_letters(LETTERS_BEFORE)
    op.drop_table("visit_evidence")
    op.drop_table("visit")
    op.drop_table("visit_scenario")


def _create_scenarios() -> None:
    op.create_table(
        "visit_scenario",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("company_id", types.Id(), nullable=False),
        sa.Column("name", types.Json(), nullable=False),
        sa.Column("task", types.Json(), nullable=False),
        sa.Column("kpi_ids", types.Json(), nullable=False),
        sa.Column("facts", types.Json(), nullable=False),
        sa.Column("critical", types.Json(), nullable=False),
        sa.Column("cap", types.Number(), nullable=False),
        sa.Column("rotation_months", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("appeal_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pictures", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("cap BETWEEN 0 AND 100", name=op.f("ck_visit_scenario_cap")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["subject.id"], name=op.f("fk_visit_scenario_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_scenario")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_visit_scenario_company_id"), "visit_scenario", ["company_id"])


def _create_visits() -> None:
    op.create_table(
        "visit",
        *_order_columns(),
        *_ruling_columns(),
        sa.CheckConstraint(
            "state IN ('ordered', 'reported', 'returned', 'accepted', 'appealed', 'final', 'set_aside', 'cancelled')",
            name=op.f("ck_visit_state"),
        ),
        sa.CheckConstraint("band IN ('morning', 'midday', 'afternoon', 'evening')", name=op.f("ck_visit_band")),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_visit_window")),
        sa.CheckConstraint("score IS NULL OR score BETWEEN 0 AND 100", name=op.f("ck_visit_score")),
        sa.CheckConstraint("outcome IS NULL OR outcome IN ('stands', 'set_aside')", name=op.f("ck_visit_outcome")),
        sa.ForeignKeyConstraint(["company_id"], ["subject.id"], name=op.f("fk_visit_company_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["scenario_id"], ["visit_scenario.id"], name=op.f("fk_visit_scenario_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_visit_subject_id")),
        sa.ForeignKeyConstraint(["place_id"], ["subject.id"], name=op.f("fk_visit_place_id")),
        sa.ForeignKeyConstraint(["shopper_id"], ["person.id"], name=op.f("fk_visit_shopper_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_visit_token_hash")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_visit_company_id_state"), "visit", ["company_id", "state"])
    op.create_index(op.f("ix_visit_subject_id"), "visit", ["subject_id"])
    op.create_index(op.f("ix_visit_place_id"), "visit", ["place_id"])


def _order_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("company_id", types.Id(), nullable=False),
        sa.Column("scenario_id", types.Id(), nullable=False),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("place_id", types.Id(), nullable=False),
        sa.Column("shopper_id", types.Id(), nullable=False),
        sa.Column("from_on", types.Day(), nullable=False),
        sa.Column("until_on", types.Day(), nullable=False),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("form", types.Json(), nullable=False),
        sa.Column("ordered_at", types.Instant(), nullable=False),
        sa.Column("ordered_by", sa.Text(), nullable=False),
    ]


def _ruling_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("report", types.Json(), nullable=True),
        sa.Column("score", types.Number(), nullable=True),
        sa.Column("earned", types.Number(), nullable=True),
        sa.Column("returns", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("validated_at", types.Instant(), nullable=True),
        sa.Column("validated_by", sa.Text(), nullable=False),
        sa.Column("appeal_until", types.Instant(), nullable=True),
        sa.Column("appeal", sa.Text(), nullable=False),
        sa.Column("appealed_at", types.Instant(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", types.Instant(), nullable=True),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
    ]


def _create_evidence() -> None:
    op.create_table(
        "visit_evidence",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("visit_id", types.Id(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("width", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("height", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("kind IN ('photo', 'receipt')", name=op.f("ck_visit_evidence_kind")),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visit.id"], name=op.f("fk_visit_evidence_visit_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_evidence")),
        sa.UniqueConstraint("visit_id", "fingerprint", name=op.f("uq_visit_evidence_visit_id_fingerprint")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_visit_evidence_visit_id"), "visit_evidence", ["visit_id"])


def _allow_letters(condition: str) -> None:
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_outbox_message_letter"), type_="check")
        batch_op.create_check_constraint(op.f("ck_outbox_message_letter"), condition)
