"""sign-in letters are found among whatever waits

Revision: 0030, after 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    is_asked_for = sa.text("letter = 'sign_in' AND state = 'queued'")
    op.create_index(
        "ix_outbox_message_sign_in",
        "outbox_message",
        ["next_attempt_at"],
        sqlite_where=is_asked_for,
        postgresql_where=is_asked_for,
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_message_sign_in", "outbox_message")
