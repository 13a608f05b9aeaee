"""Who leaves with whom: what asks somebody in one round joins what waits for the same person because of another."""

from collections.abc import Collection
from dataclasses import field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import literal, select, update

from app.deferred import dataclass
from app.infra.database import WriteSession
from app.infra.types import Text
from app.mail import rules
from app.mail.queries import IS_QUEUED, OUTBOX, in_portions
from app.mail.tables import OutboxRow
from app.mail.values import BUNDLED_LETTERS, Mail, Waiting

Addressee = tuple[str | None, ...]
"""Whose mail it is and what kind: letter, mailbox, address, name, language, and what _WHO_ASKS says, as in the outbox."""

# Two companies may bear one name, and one may get another.
_WHO_ASKS = ("company_id", "organisation")
_UNTRIED = (
    select(
        *(OUTBOX.c[name] for name in ("letter", "mailbox", "recipient", "recipient_name", "locale")),
        *(OUTBOX.c.parameters.op("->>", return_type=Text())(literal(name, Text)).label(name) for name in _WHO_ASKS),
        *(OUTBOX.c[name] for name in ("id", "leaves_with", "next_attempt_at", "reference")),
    )
    .where(IS_QUEUED, OUTBOX.c.attempts == 0, OUTBOX.c.letter.in_(BUNDLED_LETTERS))
    .order_by(OUTBOX.c.next_attempt_at, OUTBOX.c.id)
    .with_for_update(skip_locked=True)
)


@dataclass(slots=True)
class Joining:
    """What waits and may be joined, by whose it is; nobody else gets at it before the transaction ends."""

    waiting: dict[Addressee, dict[str, Waiting]] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)

    def place(self, row: dict[str, Any], mail: Mail, *, at: datetime, now: datetime) -> None:
        """Note in a new row when it leaves, and with whom: at `at` alone, or sooner with what waits already."""
        row["next_attempt_at"], row["leaves_with"] = at, None
        if mail.letter not in BUNDLED_LETTERS:
            return
        asking = (mail.parameters.get(name) for name in _WHO_ASKS)
        who = (mail.letter, row["mailbox"], mail.recipient, mail.name, mail.locale, *asking)
        known = self.waiting.get(who, {}).values()
        found = next((one for one in known if rules.may_join(mail, one, at=at)), None)
        if found is None:
            self.add(who, Waiting(row["id"], at, frozenset({mail.reference})))
            return
        row["next_attempt_at"], row["leaves_with"] = max(now, found.leaves_at), found.name
        self.add(who, replace(found, references=frozenset({mail.reference})))
        self.named.add(found.name)

    def add(self, who: Addressee, more: Waiting) -> None:
        """One more message that waits, alone or in a bundle that is known."""
        known = self.waiting.setdefault(who, {})
        before = known.get(more.name, more)
        known[more.name] = replace(before, references=before.references | more.references)

    def name_firsts(self, session: WriteSession) -> None:
        """Let those that were joined name their bundles, new ones among them."""
        for some in in_portions(self.named):
            session.execute(
                update(OutboxRow)
                .where(OutboxRow.id.in_(some), OutboxRow.leaves_with.is_(None))
                .values(leaves_with=OutboxRow.id),
                execution_options={"synchronize_session": False},
            )


def join_waiting(session: WriteSession, mailboxes: Collection[str]) -> Joining:
    """What waits for these mailboxes and was never tried, but for what somebody else is at just now."""
    joining = Joining()
    for some in in_portions(mailboxes):
        for *who, id_, name, leaves_at, reference in session.execute(_UNTRIED.where(OUTBOX.c.mailbox.in_(some))):
            joining.add(tuple(who), Waiting(name or id_, leaves_at, frozenset({reference})))
    return joining
