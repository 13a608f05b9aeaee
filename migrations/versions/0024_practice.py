"""competences, and what helps to get better at an item: a competence, something to learn from, an exercise

Revision: 0024, after 0022
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "competence",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("company_id", types.Id(), nullable=False),
        sa.Column("name", types.Json(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("version", types.Whole, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["subject.id"], name=op.f("fk_competence_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_competence")),
        sa.UniqueConstraint("company_id", "external_id", name=op.f("uq_competence_company_id_external_id")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.add_column(sa.Column("competence_id", types.Id(), nullable=True))
        batch_op.add_column(sa.Column("resource", types.Json(), nullable=True))
        batch_op.add_column(sa.Column("exercise", types.Json(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_item_competence_id"), "competence", ["competence_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_item_competence_id"), type_="foreignkey")
        batch_op.drop_column("exercise")
        batch_op.drop_column("resource")
        batch_op.drop_column("competence_id")
    op.drop_table("competence")
