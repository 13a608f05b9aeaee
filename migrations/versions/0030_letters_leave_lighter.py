"""letters leave lighter

Revision: 0030, after 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

NEW = {
    "ix_outbox_message_next_attempt_at": ("next_attempt_at", "lease_owner IS NULL AND settled_at IS NULL"),
    "ix_outbox_message_sign_in": (
        "next_attempt_at",
        "letter = 'sign_in' AND lease_owner IS NULL AND settled_at IS NULL",
    ),
    "ix_outbox_message_lease_owner": ("lease_owner", "lease_owner IS NOT NULL"),
}


def upgrade() -> None:
    # No message is known to be otherwise; one that were would never leave.
    op.execute("UPDATE outbox_message SET settled_at = NULL WHERE state = 'queued' AND settled_at IS NOT NULL")
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.create_check_constraint(op.f("ck_outbox_message_waiting"), "state != 'queued' OR settled_at IS NULL")
    for name, (column, which) in NEW.items():
        where = sa.text(which)
        op.create_index(name, "outbox_message", [column], sqlite_where=where, postgresql_where=where)
    op.drop_index("ix_outbox_message_state_next_attempt_at", "outbox_message")
    _on_postgresql("SET (fillfactor = 50)")


def downgrade() -> None:
    _on_postgresql("RESET (fillfactor)")
    op.create_index("ix_outbox_message_state_next_attempt_at", "outbox_message", ["state", "next_attempt_at"])
    for name in NEW:
        op.drop_index(name, "outbox_message")
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_outbox_message_waiting"), type_="check")


def _on_postgresql(change: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE outbox_message {change}")
