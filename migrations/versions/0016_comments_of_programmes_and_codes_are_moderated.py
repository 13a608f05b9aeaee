"""programmes and codes whose comments are read before they are released, and who usually reads them

Revision: 0016, after 0015
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

RULINGS = {
    "verdict": "verdict IN ('waiting', 'released', 'edited', 'withheld')",
    "reason": (
        "reason IN ('too_few', 'not_looked_at', 'gives_away', 'names_others', 'private', 'insult', 'off_topic')"
    ),
    "reason_given": "(verdict IN ('edited', 'withheld')) = (reason IS NOT NULL)",
    "text_of_edited": "(verdict = 'edited') = (text IS NOT NULL)",
}


def upgrade() -> None:
    op.create_table(
        "usual_moderators",
        sa.Column("company_id", types.Id(), nullable=False),
        sa.Column("moderated_by", sa.Text(), nullable=False),
        sa.CheckConstraint("moderated_by <> ''", name=op.f("ck_usual_moderators_moderated_by")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["subject.id"], name=op.f("fk_usual_moderators_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_usual_moderators")),
        sqlite_strict=True,
    )
    for table in ("programme", "open_code"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("moderated_by", sa.Text(), nullable=True))
            batch_op.create_check_constraint(op.f(f"ck_{table}_moderated_by"), "moderated_by <> ''")
    with op.batch_alter_table("open_answer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("verdict", sa.Text(), server_default="waiting", nullable=False))
        batch_op.add_column(sa.Column("reason", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("text", sa.Text(), nullable=True))
        for name, condition in RULINGS.items():
            batch_op.create_check_constraint(op.f(f"ck_open_answer_{name}"), condition)


def downgrade() -> None:
    with op.batch_alter_table("open_answer", schema=None) as batch_op:
        for name in RULINGS:
            batch_op.drop_constraint(op.f(f"ck_open_answer_{name}"), type_="check")
        for column in ("verdict", "reason", "text"):
            batch_op.drop_column(column)
    for table in ("programme", "open_code"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(op.f(f"ck_{table}_moderated_by"), type_="check")
            batch_op.drop_column("moderated_by")
    op.drop_table("usual_moderators")
