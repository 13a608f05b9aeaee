"""The sheets of a round as columns, for scoring; what raters see of a form is read in `queries`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import select

from app.infra.bulk import driver_rows, id_text
from app.infra.database import ReadSession
from app.infra.keys import key_of
from app.responses.tables import AnonymousSheetRow, AnswerRow, SheetCommentRow, SheetRow
from app.responses.values import UNSEEN, SheetColumns, SheetComment
from app.rounds.tables import AssignmentRow

SHEET = np.dtype([("id", np.int64), ("cell", np.int64)])
ANSWER = np.dtype([("sheet", np.int64), ("item", np.int64), ("level", np.float64)])


def load_sheets(session: ReadSession, round_id: str, item_ids: Sequence[str]) -> SheetColumns:
    """Every sheet of a round as columns, for scoring; items are numbered by their place in `item_ids`."""
    numbers = _Numbers({item_id: number for number, item_id in enumerate(item_ids)})
    kept = _kept_sheets(session, round_id, numbers)
    anonymous = _anonymous_sheets(session, round_id, numbers)
    return SheetColumns(
        tuple(numbers.cells),
        np.concatenate([kept.cell_of_sheet, anonymous.cell_of_sheet]),
        np.concatenate([kept.answer_sheets, anonymous.answer_sheets + len(kept.cell_of_sheet)]),
        np.concatenate([kept.answer_items, anonymous.answer_items]),
        np.concatenate([kept.levels, anonymous.levels]),
        kept.comments + anonymous.comments,
    )


def count_stray_sheets(session: ReadSession) -> int:
    """Sheets of kept groups that follow from no assignment, whoever asks; none in a sound database."""
    key = key_of(session)
    keys = {key.sheet_key(assignment_id) for assignment_id in session.scalars(select(AssignmentRow.id))}
    return sum(sheet_key not in keys for sheet_key in session.scalars(select(SheetRow.key)))


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Numbers of items, which are known, and of cells, which are given out as they come."""

    items: Mapping[str, int]
    cells: dict[tuple[str, str], int] = field(default_factory=dict)

    def cell(self, subject_id: str, group: str) -> int:
        return self.cells.setdefault((subject_id, group), len(self.cells))


def _kept_sheets(session: ReadSession, round_id: str, numbers: _Numbers) -> SheetColumns:
    sheet, answer = SheetRow.__table__.c, AnswerRow.__table__.c
    of_round = sheet.round_id == round_id
    own = driver_rows(session, select(sheet.id, id_text(sheet.subject_id), sheet.rater_group).where(of_round))
    sheets = np.fromiter(((id_, numbers.cell(subject, group)) for id_, subject, group in own), SHEET)
    order = np.argsort(sheets["id"])
    given = select(answer.sheet_id, id_text(answer.item_id), answer.level).where(
        answer.sheet_id.in_(select(sheet.id).where(of_round))
    )
    items = numbers.items
    answers = np.fromiter(
        ((id_, items[item], UNSEEN if level is None else level) for id_, item, level in driver_rows(session, given)),
        ANSWER,
    )
    return SheetColumns(
        tuple(numbers.cells),
        sheets["cell"][order],
        np.searchsorted(sheets["id"][order], answers["sheet"]),
        answers["item"],
        answers["level"],
        _kept_comments(session, round_id, numbers),
    )


def _kept_comments(session: ReadSession, round_id: str, numbers: _Numbers) -> tuple[SheetComment, ...]:
    sheet, comment = SheetRow.__table__.c, SheetCommentRow.__table__.c
    columns = (sheet.subject_id, sheet.rater_group, sheet.rater_id, sheet.pseudonym, comment.about, comment.text)
    said = select(*columns).join_from(SheetRow, SheetCommentRow).where(sheet.round_id == round_id)
    return tuple(
        SheetComment(numbers.cell(subject, group), rater or pseudonym.hex(), about, text)
        for subject, group, rater, pseudonym, about, text in session.execute(said)
    )


def _anonymous_sheets(session: ReadSession, round_id: str, numbers: _Numbers) -> SheetColumns:
    sheet = AnonymousSheetRow.__table__.c
    columns = (sheet.subject_id, sheet.rater_group, sheet.answers, sheet.comments)
    query = select(*columns).where(sheet.round_id == round_id).order_by(sheet.key)
    cells: list[int] = []
    answers: list[tuple[int, int, float]] = []
    comments: list[SheetComment] = []
    for place, (subject, group, given, said) in enumerate(session.execute(query)):
        cells.append(numbers.cell(subject, group))
        answers += [(place, numbers.items[item], UNSEEN if at is None else at) for item, at in given.items()]
        comments += [SheetComment(cells[-1], "", about, text) for about, text in said.items()]
    columns_of = np.array(answers, ANSWER)
    return SheetColumns(
        tuple(numbers.cells),
        np.array(cells, np.int64),
        columns_of["sheet"],
        columns_of["item"],
        columns_of["level"],
        tuple(comments),
    )
