"""Every write of wordings: a company words a letter, or goes back to the words of the house. Nothing is sent here."""

from datetime import datetime

from app.accounts.rules import Action, require
from app.accounts.values import Viewer
from app.infra.database import WriteSession
from app.infra.ids import new_id
from app.infra.versions import check_version
from app.journal.commands import record
from app.organisation.place import take_turn
from app.wording.queries import find_wording
from app.wording.tables import WordingRow
from app.wording.values import Wording, WordingDraft


def set_wording(
    session: WriteSession,
    viewer: Viewer,
    company_id: str,
    draft: WordingDraft,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> Wording:
    """Word a letter of a company, or go back to the words of the house.

    For who may write rounds of the whole company. Holds for rounds launched from now on: one that is open keeps its
    letters, so that a reminder equals the invitation. Idempotent: the same texts again change nothing.
    """
    require(viewer, Action.ROUNDS_WRITE, (company_id,))
    take_turn(session, company_id)
    present = find_wording(session, company_id, draft.letter)
    check_version(present.version, expected_version)
    if dict(draft.texts) == dict(present.texts):
        return present
    row = WordingRow(
        id=new_id(session),
        company_id=company_id,
        letter=draft.letter,
        texts={locale: dict(parts) for locale, parts in draft.texts.items()},
        set_at=now,
        version=present.version + 1,
    )
    session.add(row)
    session.flush()
    record(
        session,
        viewer.actor,
        "wording.set" if draft.texts else "wording.reset",
        company_id=company_id,
        object_kind="wording",
        object_id=row.id,
        details={"letter": draft.letter, "version": row.version},
        now=now,
    )
    return Wording(company_id, draft.letter, row.texts, now, row.version)
