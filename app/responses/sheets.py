"""The sheets of a round as columns, for scoring; what raters see of a form is read in `queries`."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Select, select

from app.infra.database import ReadSession
from app.infra.keys import key_of
from app.responses.tables import AnonymousSheetRow, AnswerRow, SheetCommentRow, SheetRow
from app.responses.values import SheetColumns
from app.rounds.tables import AssignmentRow


def load_sheets(session: ReadSession, round_id: str, item_ids: Sequence[str]) -> SheetColumns:
    """Every sheet of a round as columns, for scoring; items are numbered by their place in `item_ids`."""
    numbers = {item_id: number for number, item_id in enumerate(item_ids)}
    kept = _kept_sheets(session, round_id, numbers)
    anonymous = _anonymous_sheets(session, round_id, numbers, first=len(kept.subjects))
    return SheetColumns(
        kept.subjects + anonymous.subjects,
        kept.groups + anonymous.groups,
        kept.voices + anonymous.voices,
        np.concatenate([kept.answer_sheets, anonymous.answer_sheets]),
        np.concatenate([kept.answer_items, anonymous.answer_items]),
        np.concatenate([kept.levels, anonymous.levels]),
        kept.comments + anonymous.comments,
    )


def load_kept_sheets(session: ReadSession, round_id: str, item_ids: Sequence[str]) -> SheetColumns:
    """Sheets with their raters or pseudonyms, and what they answer on some items; without those of `anonymous` groups.

    Every kept sheet of the round is there, also one that answers none of the items; no comment is. Two statements.
    """
    sheet, answer = (row.__table__.c for row in (SheetRow, AnswerRow))
    sheets = session.execute(_of_round(round_id)).all()
    given = select(answer.sheet_id, answer.item_id, answer.level).where(
        answer.sheet_id.in_(select(sheet.id).where(sheet.round_id == round_id)), answer.item_id.in_(item_ids)
    )
    numbers = {item_id: number for number, item_id in enumerate(item_ids)}
    return _columns(sheets, session.execute(given).all(), numbers)


def count_stray_sheets(session: ReadSession) -> int:
    """Sheets of kept groups that follow from no assignment, whoever asks; none in a sound database."""
    key = key_of(session)
    keys = {key.sheet_key(assignment_id) for assignment_id in session.scalars(select(AssignmentRow.id))}
    return sum(sheet_key not in keys for sheet_key in session.scalars(select(SheetRow.key)))


def _kept_sheets(session: ReadSession, round_id: str, numbers: Mapping[str, int]) -> SheetColumns:
    # Plain columns of the tables: a round has as many rows here as all its answers.
    sheet, answer, comment = (row.__table__.c for row in (SheetRow, AnswerRow, SheetCommentRow))
    of_round = select(sheet.id).where(sheet.round_id == round_id)
    sheets = session.execute(_of_round(round_id)).all()
    given = select(answer.sheet_id, answer.item_id, answer.level).where(answer.sheet_id.in_(of_round))
    answers = session.execute(given).all()
    comments = session.execute(
        select(comment.sheet_id, comment.about, comment.text).where(comment.sheet_id.in_(of_round))
    ).all()
    return _columns(sheets, answers, numbers, comments)


def _of_round(round_id: str) -> Select[Any]:
    sheet = SheetRow.__table__.c
    columns = (sheet.id, sheet.subject_id, sheet.rater_group, sheet.rater_id, sheet.pseudonym)
    return select(*columns).where(sheet.round_id == round_id).order_by(sheet.id)


def _columns(
    sheets: Sequence[Any],
    answers: Sequence[Any],
    numbers: Mapping[str, int],
    comments: Sequence[Any] = (),
) -> SheetColumns:
    ids = np.fromiter((row[0] for row in sheets), np.int64, len(sheets))
    return SheetColumns(
        tuple(row[1] for row in sheets),
        tuple(row[2] for row in sheets),
        tuple(row[3] or (row[4] or b"").hex() for row in sheets),
        np.searchsorted(ids, np.fromiter((row[0] for row in answers), np.int64, len(answers))),
        np.fromiter((numbers[row[1]] for row in answers), np.int64, len(answers)),
        np.fromiter((_missing(row[2]) for row in answers), np.float64, len(answers)),
        tuple((int(np.searchsorted(ids, row[0])), row[1], row[2]) for row in comments),
    )


def _anonymous_sheets(session: ReadSession, round_id: str, numbers: Mapping[str, int], *, first: int) -> SheetColumns:
    rows = session.execute(
        select(
            AnonymousSheetRow.subject_id,
            AnonymousSheetRow.rater_group,
            AnonymousSheetRow.answers,
            AnonymousSheetRow.comments,
        )
        .where(AnonymousSheetRow.round_id == round_id)
        .order_by(AnonymousSheetRow.key)
    ).all()
    answers = [
        (first + place, numbers[item_id], _missing(level))
        for place, row in enumerate(rows)
        for item_id, level in row[2].items()
    ]
    return SheetColumns(
        tuple(row[0] for row in rows),
        tuple(row[1] for row in rows),
        ("",) * len(rows),
        np.array([answer[0] for answer in answers], np.int64),
        np.array([answer[1] for answer in answers], np.int64),
        np.array([answer[2] for answer in answers], np.float64),
        tuple((first + place, about, text) for place, row in enumerate(rows) for about, text in row[3].items()),
    )


def _missing(level: float | None) -> float:
    return math.nan if level is None else level
