"""decision cases

Revision: 0017, after 0016
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

LETTERS_BEFORE = (
    "letter IN ('invitation', 'reminder', 'release_ready', 'sign_in', 'deputy', 'nomination_call', 'nominations_waiting',"
    " 'dossier_review', 'visit_order', 'visit_ready', 'case_waiting')"
)
LETTERS = LETTERS_BEFORE.replace(")", ", 'decisions_waiting')")
_OPEN = "state = 'open'"


def upgrade() -> None:
    _allow_letters(LETTERS)
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "decision_case",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("company_id", types.Id(), nullable=False),
        sa.Column("kpi_id", types.Id(), nullable=False),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("found", types.Json(), nullable=True),
        sa.Column("owner_id", types.Id(), nullable=True),
        sa.Column("told_id", types.Id(), nullable=True),
        sa.Column("opened_on", types.Day(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("due_on", types.Day(), nullable=False),
        sa.Column("escalations", whole, nullable=False),
        sa.Column("choice", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_on", types.Day(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("version", whole, nullable=False),
        sa.CheckConstraint("cause IN ('signal', 'red_line', 'by_hand')", name=op.f("ck_decision_case_cause")),
        sa.CheckConstraint("state IN ('open', 'decided')", name=op.f("ck_decision_case_state")),
        sa.CheckConstraint(
            "choice IN ('act', 'accept', 'adjust', 'retire', 'need_data')", name=op.f("ck_decision_case_choice")
        ),
        sa.CheckConstraint("(cause = 'by_hand') = (found IS NULL)", name=op.f("ck_decision_case_found")),
        sa.CheckConstraint("(cause = 'by_hand') = (question <> '')", name=op.f("ck_decision_case_question")),
        sa.CheckConstraint(
            "(state = 'decided') = (choice IS NOT NULL)", name=op.f("ck_decision_case_decided_with_a_choice")
        ),
        sa.CheckConstraint("(state = 'decided') = (decided_on IS NOT NULL)", name=op.f("ck_decision_case_decided")),
        sa.CheckConstraint("(state = 'decided') = (reason <> '')", name=op.f("ck_decision_case_reason")),
        sa.CheckConstraint("escalations >= 0", name=op.f("ck_decision_case_escalations")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["subject.id"], name=op.f("fk_decision_case_company_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["kpi_id"], ["kpi.id"], name=op.f("fk_decision_case_kpi_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_decision_case_subject_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["subject.id"], name=op.f("fk_decision_case_owner_id")),
        sa.ForeignKeyConstraint(["told_id"], ["subject.id"], name=op.f("fk_decision_case_told_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_case")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("decision_case", schema=None) as batch_op:
        batch_op.create_index(
            "uq_decision_case_open",
            ["kpi_id", "subject_id"],
            unique=True,
            sqlite_where=sa.text(_OPEN),
            postgresql_where=sa.text(_OPEN),
        )
        batch_op.create_index(op.f("ix_decision_case_company_id_state_due_on"), ["company_id", "state", "due_on"])
        batch_op.create_index(op.f("ix_decision_case_owner_id_state"), ["owner_id", "state"])


def downgrade() -> None:
    op.drop_table("decision_case")
    op.execute("DELETE FROM outbox_message WHERE letter = 'decisions_waiting'")
    _allow_letters(LETTERS_BEFORE)


def _allow_letters(condition: str) -> None:
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_outbox_message_letter"), type_="check")
        batch_op.create_check_constraint(op.f("ck_outbox_message_letter"), condition)
