"""the figures of a subject over all releases, and what hung under a unit, are found without reading everything else

Revision: 0027, after 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

IS_WHOLE = sa.text("item_id IS NULL AND rater_groups = ''")


def upgrade() -> None:
    op.create_index(
        "ix_score_whole",
        "score",
        ["subject_id", "kpi_id", "release_id", "score"],
        sqlite_where=IS_WHOLE,
        postgresql_where=IS_WHOLE,
    )
    op.create_index("ix_round_subject_round_id_parent_id", "round_subject", ["round_id", "parent_id"])


def downgrade() -> None:
    op.drop_index("ix_round_subject_round_id_parent_id", "round_subject")
    op.drop_index("ix_score_whole", "score")
