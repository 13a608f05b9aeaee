"""Every SELECT of wordings: how the letters of a company are worded now, and how they were at a moment."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select

from app.accounts.rules import Action, require
from app.accounts.values import Viewer
from app.infra.database import ReadSession
from app.mail.values import Letter
from app.wording.tables import WordingRow
from app.wording.values import WORDED, Texts, Wording


def list_wordings(session: ReadSession, viewer: Viewer, company_id: str) -> tuple[Wording, ...]:
    """The letters that a company may word, as they are worded now; for who may read rounds of the whole company."""
    require(viewer, Action.ROUNDS_READ, (company_id,))
    return tuple(find_wording(session, company_id, letter) for letter in WORDED)


def get_wording(session: ReadSession, viewer: Viewer, company_id: str, letter: Letter) -> Wording:
    """One letter as it is worded now."""
    require(viewer, Action.ROUNDS_READ, (company_id,))
    return find_wording(session, company_id, letter)


def find_wording(session: ReadSession, company_id: str, letter: Letter) -> Wording:
    """The same, whoever asks."""
    query = select(WordingRow).where(WordingRow.company_id == company_id, WordingRow.letter == letter)
    row = session.scalar(query.order_by(WordingRow.version.desc()).limit(1))
    if row is None:
        return Wording(company_id, letter, {}, None, 0)
    return Wording(company_id, letter, row.texts, row.set_at, row.version)


def load_texts(session: ReadSession, company_id: str, *, at: datetime) -> Mapping[Letter, Texts]:
    """What the letters of a company said at a moment, whoever asks; without those in the words of the house."""
    latest = (
        select(WordingRow.letter, func.max(WordingRow.version).label("version"))
        .where(WordingRow.company_id == company_id, WordingRow.set_at <= at)
        .group_by(WordingRow.letter)
        .subquery()
    )
    query = select(WordingRow.letter, WordingRow.texts).join(
        latest, (latest.c.letter == WordingRow.letter) & (latest.c.version == WordingRow.version)
    )
    rows = session.execute(query.where(WordingRow.company_id == company_id))
    return {Letter(letter): texts for letter, texts in rows}
