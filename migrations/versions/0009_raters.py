"""who acts for a manager, who must not rate whom, how long forms take a rater, who declined, and whom rated people propose

Revision: 0009, after 0008
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

LETTERS = ("invitation", "reminder", "release_ready", "sign_in")
NEW_LETTERS = ("deputy", "nomination_call", "nominations_waiting")
SOURCES = ("structure", "list", "hand", "import", "encounter")
NEW_SOURCES = ("replacement", "nomination")


def upgrade() -> None:
    op.create_table(
        "deputy",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("deputy_id", types.Id(), nullable=False),
        sa.Column("starts_on", types.Day(), nullable=False),
        sa.Column("ends_on", types.Day(), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_deputy_days")),
        sa.CheckConstraint("subject_id <> deputy_id", name=op.f("ck_deputy_not_himself")),
        sa.ForeignKeyConstraint(["deputy_id"], ["subject.id"], name=op.f("fk_deputy_deputy_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_deputy_subject_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deputy")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("deputy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deputy_deputy_id"), ["deputy_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_deputy_subject_id"), ["subject_id"], unique=False)
    op.create_table(
        "conflict",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("company_id", types.Id(), nullable=False),
        sa.Column("one_id", types.Id(), nullable=False),
        sa.Column("other_id", types.Id(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", types.Day(), nullable=False),
        sa.Column("lifted_on", types.Day(), nullable=True),
        sa.CheckConstraint("lifted_on IS NULL OR lifted_on >= since", name=op.f("ck_conflict_days")),
        sa.CheckConstraint("one_id < other_id", name=op.f("ck_conflict_in_order")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["subject.id"], name=op.f("fk_conflict_company_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["one_id"], ["person.id"], name=op.f("fk_conflict_one_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["other_id"], ["person.id"], name=op.f("fk_conflict_other_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("conflict", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conflict_company_id"), ["company_id"], unique=False)
        batch_op.create_index(
            "uq_conflict_open",
            ["one_id", "other_id"],
            unique=True,
            sqlite_where=sa.text("lifted_on IS NULL"),
            postgresql_where=sa.text("lifted_on IS NULL"),
        )
    op.create_table(
        "load_cap",
        sa.Column("company_id", types.Id(), nullable=False),
        sa.Column("minutes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("minutes BETWEEN 10 AND 600", name=op.f("ck_load_cap_minutes")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["subject.id"], name=op.f("fk_load_cap_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_load_cap")),
        sqlite_strict=True,
    )
    op.create_table(
        "nomination_call",
        sa.Column("round_id", types.Id(), nullable=False),
        sa.Column("until", types.Instant(), nullable=False),
        sa.Column("told_on", types.Day(), nullable=True),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round.id"], name=op.f("fk_nomination_call_round_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_nomination_call")),
        sqlite_strict=True,
    )
    op.create_table(
        "nomination",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("round_id", types.Id(), nullable=False),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("rater_group", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("nominated_by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'refused') = (reason IS NOT NULL)", name=op.f("ck_nomination_reason")),
        sa.CheckConstraint("(state = 'waiting') = (decided_by IS NULL)", name=op.f("ck_nomination_decided")),
        sa.CheckConstraint(
            "rater_group IN ('manager', 'colleague', 'direct_report', 'customer', 'mystery_shopper', 'self')",
            name=op.f("ck_nomination_rater_group"),
        ),
        sa.CheckConstraint("state IN ('waiting', 'approved', 'refused')", name=op.f("ck_nomination_state")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_nomination_round_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_nomination_subject_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nomination")),
        sa.UniqueConstraint(
            "round_id",
            "subject_id",
            "rater_group",
            "mailbox",
            name=op.f("uq_nomination_round_id_subject_id_rater_group_mailbox"),
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "seconds",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                server_default="0",
                nullable=False,
            )
        )
        batch_op.add_column(sa.Column("declined", sa.Text(), nullable=True))
        batch_op.create_check_constraint(
            batch_op.f("ck_assignment_declined"),
            "declined IN ('not_worked_together', 'too_close', 'no_time', 'other')",
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_assignment_declined_or_answered"), "declined IS NULL OR NOT answered"
        )
    _allow("assignment", "source", (*SOURCES, *NEW_SOURCES))
    _allow("outbox_message", "letter", (*LETTERS, *NEW_LETTERS))


def downgrade() -> None:
    outbox = sa.table("outbox_message", sa.column("letter", sa.Text()))
    op.execute(outbox.delete().where(outbox.c.letter.in_(NEW_LETTERS)))
    _allow("outbox_message", "letter", LETTERS)
    assignment = sa.table("assignment", sa.column("source", sa.Text()))
    op.execute(assignment.update().where(assignment.c.source.in_(NEW_SOURCES)).values(source="list"))
    _allow("assignment", "source", SOURCES)
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_assignment_declined_or_answered"), type_="check")
        batch_op.drop_constraint(batch_op.f("ck_assignment_declined"), type_="check")
        batch_op.drop_column("declined")
        batch_op.drop_column("seconds")
    op.drop_table("nomination")
    op.drop_table("nomination_call")
    op.drop_table("load_cap")
    op.drop_table("conflict")
    op.drop_table("deputy")


def _allow(table: str, column: str, values: tuple[str, ...]) -> None:
    """Let a text column hold these values and no others."""
    listed = ", ".join(f"'{value}'" for value in values)
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f(f"ck_{table}_{column}"), type_="check")
        batch_op.create_check_constraint(batch_op.f(f"ck_{table}_{column}"), f"{column} IN ({listed})")
