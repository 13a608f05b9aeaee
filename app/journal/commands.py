"""The one write of the journal: adding. Nothing is ever changed or taken away."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from app.infra.database import WriteSession
from app.journal.tables import JournalRow

_STANDS_IN = "stands_in_for"


def note_deputy(session: WriteSession, manager_ids: Iterable[str]) -> None:
    """Let every entry of this transaction say whose deputy the actor is; for the door that knows who is asking.

    Once for the transaction and not with each entry, so that no command can forget it.
    """
    session.info[_STANDS_IN] = {"deputy_of": sorted(manager_ids)}


def record(  # noqa: PLR0913 - an entry has that many parts, all named
    session: WriteSession,
    actor: str,
    action: str,
    *,
    company_id: str | None,
    object_kind: str,
    object_id: str,
    details: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """Note what happened, in the transaction in which it happened.

    Called by commands only; `action` reads "<noun>.<participle>", such as "subject.moved". Never called for an
    answer of a protected group, and `details` never hold a secret.
    """
    told = {**(details or {}), **session.info.get(_STANDS_IN, {})}
    session.add(
        JournalRow(
            at=now,
            company_id=company_id,
            actor=actor,
            action=action,
            object_kind=object_kind,
            object_id=object_id,
            details=told,
        )
    )
