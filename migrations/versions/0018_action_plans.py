"""action plans

Revision: 0018, after 0017
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "action_plan",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("company_id", types.Id(), nullable=False),
        sa.Column("kpi_id", types.Id(), nullable=False),
        sa.Column("item_id", types.Id(), nullable=True),
        sa.Column("subject_id", types.Id(), nullable=False),
        sa.Column("owner_id", types.Id(), nullable=False),
        sa.Column("case_id", types.Id(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("expected", types.Number(), nullable=False),
        sa.Column("started_on", types.Day(), nullable=False),
        sa.Column("check_on", types.Day(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ended_on", types.Day(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("version", whole, nullable=False),
        sa.CheckConstraint("state IN ('open', 'done', 'dropped')", name=op.f("ck_action_plan_state")),
        sa.CheckConstraint("expected > 0 AND expected <= 100", name=op.f("ck_action_plan_expected")),
        sa.CheckConstraint("check_on >= started_on", name=op.f("ck_action_plan_check_on")),
        sa.CheckConstraint("(state = 'open') = (ended_on IS NULL)", name=op.f("ck_action_plan_ended")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["subject.id"], name=op.f("fk_action_plan_company_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["kpi_id"], ["kpi.id"], name=op.f("fk_action_plan_kpi_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_action_plan_item_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_action_plan_subject_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["subject.id"], name=op.f("fk_action_plan_owner_id")),
        sa.ForeignKeyConstraint(["case_id"], ["decision_case.id"], name=op.f("fk_action_plan_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_plan")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("action_plan", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_action_plan_company_id_state_check_on"), ["company_id", "state", "check_on"])
        batch_op.create_index(op.f("ix_action_plan_owner_id_state"), ["owner_id", "state"])
        batch_op.create_index(op.f("ix_action_plan_kpi_id"), ["kpi_id"])
    op.create_table(
        "planned_action",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("plan_id", types.Id(), nullable=False),
        sa.Column("position", whole, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due_on", types.Day(), nullable=False),
        sa.Column("done_on", types.Day(), nullable=True),
        sa.CheckConstraint("position >= 1", name=op.f("ck_planned_action_position")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["action_plan.id"], name=op.f("fk_planned_action_plan_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_action")),
        sa.UniqueConstraint("plan_id", "position", name=op.f("uq_planned_action_plan_id_position")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("planned_action")
    op.drop_table("action_plan")
