"""programmes that ask customers after encounters, parked answers, open answers and recovery cases

Revision: 0012, after 0011
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "open_code",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("company_id", types.Id(), nullable=False),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("name", types.Json(), nullable=False),
        sa.Column("kpi_ids", types.Json(), nullable=False),
        sa.Column("rhythm", sa.Text(), nullable=False),
        sa.Column("k", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("rhythm IN ('week', 'month')", name=op.f("ck_open_code_rhythm")),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_open_code_state")),
        sa.CheckConstraint("k BETWEEN 5 AND 20", name=op.f("ck_open_code_k")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["subject.id"], name=op.f("fk_open_code_company_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_open_code_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_code")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_open_code_token_hash")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("open_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_open_code_company_id"), ["company_id"], unique=False)

    op.create_table(
        "programme",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("company_id", types.Id(), nullable=False),
        sa.Column("scope_id", types.Id(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("name", types.Json(), nullable=False),
        sa.Column("purpose", types.Json(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("rhythm", sa.Text(), nullable=False),
        sa.Column("kpi_ids", types.Json(), nullable=False),
        sa.Column("k", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quota", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pause_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("answer_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("starts_on", types.Day(), nullable=False),
        sa.Column("offers_contact", types.Flag(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("rhythm IN ('week', 'month')", name=op.f("ck_programme_rhythm")),
        sa.CheckConstraint("state IN ('running', 'stopped')", name=op.f("ck_programme_state")),
        sa.CheckConstraint("answer_days BETWEEN 2 AND 30", name=op.f("ck_programme_answer_days")),
        sa.CheckConstraint("k BETWEEN 3 AND 20", name=op.f("ck_programme_k")),
        sa.CheckConstraint("pause_days >= 1", name=op.f("ck_programme_pause_days")),
        sa.CheckConstraint("quota >= 1", name=op.f("ck_programme_quota")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["subject.id"], name=op.f("fk_programme_company_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["scope_id"], ["subject.id"], name=op.f("fk_programme_scope_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
        sa.UniqueConstraint("company_id", "external_id", name=op.f("uq_programme_company_id_external_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "recovery_case",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("company_id", types.Id(), nullable=False),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("owner_id", types.Id(), nullable=False),
        sa.Column("origin", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_on", types.Day(), nullable=False),
        sa.Column("due_on", types.Day(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("closed_on", types.Day(), nullable=True),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("(state = 'closed') = (closed_on IS NOT NULL)", name=op.f("ck_recovery_case_closed")),
        sa.CheckConstraint(
            "(state = 'closed') = (outcome IS NOT NULL)", name=op.f("ck_recovery_case_closed_with_an_outcome")
        ),
        sa.CheckConstraint(
            "outcome IN ('solved', 'explained', 'made_good', 'no_reply', 'not_possible', 'lapsed')",
            name=op.f("ck_recovery_case_outcome"),
        ),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_recovery_case_state")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["subject.id"], name=op.f("fk_recovery_case_company_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["subject.id"], name=op.f("fk_recovery_case_owner_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_recovery_case_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_case")),
        sa.UniqueConstraint("origin", name=op.f("uq_recovery_case_origin")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("recovery_case", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recovery_case_owner_id_state"), ["owner_id", "state"], unique=False)

    op.create_table(
        "encounter",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("company_id", types.Id(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("programme_id", types.Id(), nullable=True),
        sa.Column("period_start", types.Day(), nullable=True),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("occurred_at", types.Instant(), nullable=False),
        sa.Column("customer", sa.LargeBinary(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("arrived_at", types.Instant(), nullable=False),
        sa.Column("settled_at", types.Instant(), nullable=True),
        sa.Column("drawn_on", types.Day(), nullable=True),
        sa.Column("round_id", types.Id(), nullable=True),
        sa.CheckConstraint("(state = 'delayed') = (email IS NOT NULL)", name=op.f("ck_encounter_email_while_waiting")),
        sa.CheckConstraint("(state = 'delayed') = (settled_at IS NULL)", name=op.f("ck_encounter_settled")),
        sa.CheckConstraint(
            "reason IN ('awaits_draw', 'drawn', 'not_drawn', 'asked_lately', 'already_asked', 'opted_out', 'bounced', 'is_employee', 'no_programme', 'not_rated', 'too_late')",
            name=op.f("ck_encounter_reason"),
        ),
        sa.CheckConstraint("state <> 'sent' OR round_id IS NOT NULL", name=op.f("ck_encounter_sent_in_a_round")),
        sa.CheckConstraint("state IN ('delayed', 'sent', 'dropped')", name=op.f("ck_encounter_state")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["subject.id"], name=op.f("fk_encounter_company_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_encounter_programme_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_encounter_round_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_encounter_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_encounter")),
        sa.UniqueConstraint("company_id", "external_id", name=op.f("uq_encounter_company_id_external_id")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("encounter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_encounter_company_id_customer"), ["company_id", "customer"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_encounter_programme_id_period_start_state"),
            ["programme_id", "period_start", "state"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_encounter_state"), ["state"], unique=False)

    op.create_table(
        "open_answer",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("code_id", types.Id(), nullable=False),
        sa.Column("period_start", types.Day(), nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("slot", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("answers", types.Json(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("reasons", types.Json(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('parked', 'counted', 'left_out')", name=op.f("ck_open_answer_state")),
        sa.ForeignKeyConstraint(["code_id"], ["open_code.id"], name=op.f("fk_open_answer_code_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_answer")),
        sa.UniqueConstraint("code_id", "submission_id", name=op.f("uq_open_answer_code_id_submission_id")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("open_answer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_open_answer_code_id_period_start"), ["code_id", "period_start"], unique=False
        )

    op.create_table(
        "open_result",
        sa.Column("code_id", types.Id(), nullable=False),
        sa.Column("period_start", types.Day(), nullable=False),
        sa.Column("period_end", types.Day(), nullable=False),
        sa.Column("document", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(["code_id"], ["open_code.id"], name=op.f("fk_open_result_code_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("code_id", "period_start", name=op.f("pk_open_result")),
        sqlite_strict=True,
    )
    op.create_table(
        "parked_sheet",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("round_id", types.Id(), nullable=False),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("rater_group", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("pseudonym", sa.LargeBinary(), nullable=False),
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("questions", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("answers", types.Json(), nullable=True),
        sa.Column("comments", types.Json(), nullable=True),
        sa.Column("reasons", types.Json(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_on", types.Day(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'counted') = (answers IS NULL)", name=op.f("ck_parked_sheet_answers_in_one_place")
        ),
        sa.CheckConstraint("(state = 'parked') = (decided_on IS NULL)", name=op.f("ck_parked_sheet_decided")),
        sa.CheckConstraint(
            "rater_group IN ('manager', 'colleague', 'direct_report', 'customer', 'mystery_shopper', 'self')",
            name=op.f("ck_parked_sheet_rater_group"),
        ),
        sa.CheckConstraint("state IN ('parked', 'counted', 'left_out')", name=op.f("ck_parked_sheet_state")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_parked_sheet_round_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_parked_sheet_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked_sheet")),
        sa.UniqueConstraint("key", name=op.f("uq_parked_sheet_key")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("parked_sheet", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_parked_sheet_round_id"), ["round_id"], unique=False)

    op.create_table(
        "programme_period",
        sa.Column("programme_id", types.Id(), nullable=False),
        sa.Column("starts_on", types.Day(), nullable=False),
        sa.Column("ends_on", types.Day(), nullable=False),
        sa.Column("round_id", types.Id(), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.Column("drawn_on", types.Day(), nullable=True),
        sa.CheckConstraint("ends_on > starts_on", name=op.f("ck_programme_period_days")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_programme_period_programme_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_programme_period_round_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("programme_id", "starts_on", name=op.f("pk_programme_period")),
        sa.UniqueConstraint("round_id", name=op.f("uq_programme_period_round_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "recovery_contact",
        sa.Column("case_id", types.Id(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["recovery_case.id"], name=op.f("fk_recovery_contact_case_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_recovery_contact")),
        sqlite_strict=True,
    )
    op.create_table(
        "suspicion",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("round_id", types.Id(), nullable=False),
        sa.Column("reasons", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_suspicion_round_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_suspicion")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("suspicion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_suspicion_round_id"), ["round_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("suspicion", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_suspicion_round_id"))

    op.drop_table("suspicion")
    op.drop_table("recovery_contact")
    op.drop_table("programme_period")
    with op.batch_alter_table("parked_sheet", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_parked_sheet_round_id"))

    op.drop_table("parked_sheet")
    op.drop_table("open_result")
    with op.batch_alter_table("open_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_open_answer_code_id_period_start"))

    op.drop_table("open_answer")
    with op.batch_alter_table("encounter", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_encounter_state"))
        batch_op.drop_index(batch_op.f("ix_encounter_programme_id_period_start_state"))
        batch_op.drop_index(batch_op.f("ix_encounter_company_id_customer"))

    op.drop_table("encounter")
    with op.batch_alter_table("recovery_case", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recovery_case_owner_id_state"))

    op.drop_table("recovery_case")
    op.drop_table("programme")
    with op.batch_alter_table("open_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_open_code_company_id"))

    op.drop_table("open_code")
