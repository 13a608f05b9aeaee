"""signs of life of workers

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op

from app.infra import types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "worker",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("beaten_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("worker")
