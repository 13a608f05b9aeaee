"""the latest figures of many subjects, and what hung under a unit, are found without reading everything else

Revision: 0027, after 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

IS_COMPOSITE = sa.text("kpi_id IS NULL")


def upgrade() -> None:
    op.create_index(
        "ix_score_composite",
        "score",
        ["subject_id", "release_id", "score"],
        sqlite_where=IS_COMPOSITE,
        postgresql_where=IS_COMPOSITE,
    )
    op.create_index("ix_round_subject_round_id_parent_id", "round_subject", ["round_id", "parent_id"])


def downgrade() -> None:
    op.drop_index("ix_round_subject_round_id_parent_id", "round_subject")
    op.drop_index("ix_score_composite", "score")
