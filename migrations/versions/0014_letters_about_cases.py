"""letters about customers who wait to be contacted

Revision: 0014, after 0013
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

LETTERS_BEFORE = (
    "letter IN ('invitation', 'reminder', 'release_ready', 'sign_in', 'deputy', 'nomination_call', 'nominations_waiting',"
    " 'dossier_review', 'visit_order', 'visit_ready')"
)
LETTERS = LETTERS_BEFORE.replace(")", ", 'case_waiting')")


def upgrade() -> None:
    _allow_letters(LETTERS)


def downgrade() -> None:
    op.execute("DELETE FROM outbox_message WHERE letter = 'case_waiting'")
    _allow_letters(LETTERS_BEFORE)


def _allow_letters(condition: str) -> None:
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_outbox_message_letter"), type_="check")
        batch_op.create_check_constraint(op.f("ck_outbox_message_letter"), condition)
