"""The sheets of a round as columns, for scoring; what raters see of a form is read in `queries`."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, select

from app.deferred import dataclass
from app.infra.bulk import driver_rows
from app.infra.database import ReadSession
from app.infra.keys import key_of
from app.responses.tables import AnonymousSheetRow, AnswerRow, SheetCommentRow, SheetRow
from app.responses.values import UNSEEN, KeptSheets, SheetColumns, SheetComment
from app.rounds.tables import AssignmentRow

SHEET = np.dtype([("id", np.int64), ("cell", np.int64)])
ANSWER = np.dtype([("sheet", np.int64), ("item", np.int64), ("level", np.float64)])


def load_sheets(
    session: ReadSession, round_id: str, item_ids: Sequence[str], held: Mapping[bytes, float] | None = None
) -> SheetColumns:
    """Every sheet of a round as columns, for scoring; items are numbered by their place in `item_ids`.

    `held` is, by key of a sheet of a mystery visit, the share of its points that counts.
    """
    numbers = _Numbers({item_id: number for number, item_id in enumerate(item_ids)})
    kept = _kept_sheets(session, round_id, numbers, held or {})
    anonymous = _anonymous_sheets(session, round_id, numbers)
    return SheetColumns(
        tuple(numbers.cells),
        np.concatenate([kept.cell_of_sheet, anonymous.cell_of_sheet]),
        np.concatenate([kept.answer_sheets, anonymous.answer_sheets + len(kept.cell_of_sheet)]),
        np.concatenate([kept.answer_items, anonymous.answer_items]),
        np.concatenate([kept.levels, anonymous.levels]),
        kept.comments + anonymous.comments,
        kept.held,
    )


def load_kept_sheets(
    session: ReadSession, round_id: str, item_ids: Sequence[str], held: Mapping[bytes, float] | None = None
) -> KeptSheets:
    """Sheets with their raters or pseudonyms, and what they answer on some items; without those of `anonymous` groups.

    Every kept sheet of the round is there, also one that answers none of the items; no comment is. `held` is as in
    `load_sheets`. Two statements, three where something is held.
    """
    numbers = _Numbers({item_id: number for number, item_id in enumerate(item_ids)})
    sheet, answer = SheetRow.__table__.c, AnswerRow.__table__.c
    columns = (sheet.id, sheet.subject_id, sheet.rater_group, sheet.rater_id, sheet.pseudonym)
    of_round = sheet.round_id == round_id
    own = list(driver_rows(session, select(*columns).where(of_round).order_by(sheet.id)))
    ids = np.fromiter((row[0] for row in own), np.int64, len(own))
    cells = np.fromiter((numbers.cell(row[1], row[2]) for row in own), np.int64, len(own))
    answers = _answers(session, of_round, numbers, answer.item_id.in_(item_ids), answer.level.is_not(None))
    voices = tuple(rater or bytes(pseudonym).hex() for *_, rater, pseudonym in own)
    columns_of = replace(_columns(numbers, ids, cells, answers), held=_held_places(session, ids, held or {}))
    return KeptSheets(columns_of, voices)


def load_comment_texts(session: ReadSession, round_id: str) -> dict[bytes, str]:
    """The comments of a round without a name by their marks, whoever asks; for who moderates them."""
    numbers = _Numbers({})
    protected = SheetRow.pseudonym.is_not(None)
    said = _kept_comments(session, round_id, numbers, protected)
    query = select(AnonymousSheetRow.key, AnonymousSheetRow.comments).where(AnonymousSheetRow.round_id == round_id)
    mark = key_of(session).comment_mark
    anonymous = ((mark(key, about), text) for key, texts in session.execute(query) for about, text in texts.items())
    return {comment.mark: comment.text for comment in said} | dict(anonymous)


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


def _kept_sheets(session: ReadSession, round_id: str, numbers: _Numbers, held: Mapping[bytes, float]) -> SheetColumns:
    sheet = SheetRow.__table__.c
    of_round = sheet.round_id == round_id
    own = driver_rows(session, select(sheet.id, sheet.subject_id, sheet.rater_group).where(of_round))
    sheets = np.fromiter(((id_, numbers.cell(subject, group)) for id_, subject, group in own), SHEET)
    order = np.argsort(sheets["id"])
    answers = _answers(session, of_round, numbers)
    comments = _kept_comments(session, round_id, numbers)
    ids = sheets["id"][order]
    columns = _columns(numbers, ids, sheets["cell"][order], answers, comments)
    return replace(columns, held=_held_places(session, ids, held))


def _held_places(session: ReadSession, ids: npt.NDArray[np.int64], held: Mapping[bytes, float]) -> dict[int, float]:
    """The shares that count by the place of their sheet among sorted ids; none costs no statement."""
    if not held:
        return {}
    found = session.execute(select(SheetRow.id, SheetRow.key).where(SheetRow.key.in_(list(held))))
    return {int(np.searchsorted(ids, sheet_id)): held[key] for sheet_id, key in found}


def _answers(
    session: ReadSession, of_round: ColumnElement[bool], numbers: _Numbers, *only: ColumnElement[bool]
) -> npt.NDArray[np.void]:
    sheet, answer = SheetRow.__table__.c, AnswerRow.__table__.c
    given = select(answer.sheet_id, answer.item_id, answer.level).where(
        answer.sheet_id.in_(select(sheet.id).where(of_round)), *only
    )
    items = numbers.items
    return np.fromiter(
        ((id_, items[item], UNSEEN if level is None else level) for id_, item, level in driver_rows(session, given)),
        ANSWER,
    )


def _columns(
    numbers: _Numbers,
    ids: npt.NDArray[np.int64],
    cells: npt.NDArray[np.int64],
    answers: npt.NDArray[np.void],
    comments: tuple[SheetComment, ...] = (),
) -> SheetColumns:
    return SheetColumns(
        tuple(numbers.cells),
        cells,
        np.searchsorted(ids, answers["sheet"]),
        answers["item"],
        answers["level"],
        comments,
    )


def _kept_comments(
    session: ReadSession, round_id: str, numbers: _Numbers, *only: ColumnElement[bool]
) -> tuple[SheetComment, ...]:
    sheet, comment = SheetRow.__table__.c, SheetCommentRow.__table__.c
    voice = (sheet.rater_id, sheet.pseudonym)
    columns = (sheet.subject_id, sheet.rater_group, *voice, sheet.key, comment.about, comment.text)
    said = select(*columns).join_from(SheetRow, SheetCommentRow).where(sheet.round_id == round_id, *only)
    mark = key_of(session).comment_mark
    return tuple(
        SheetComment(numbers.cell(subject, group), rater or pseudonym.hex(), about, text, mark(key, about))
        for subject, group, rater, pseudonym, key, about, text in session.execute(said)
    )


def _anonymous_sheets(session: ReadSession, round_id: str, numbers: _Numbers) -> SheetColumns:
    sheet = AnonymousSheetRow.__table__.c
    columns = (sheet.subject_id, sheet.rater_group, sheet.answers, sheet.comments, sheet.key)
    mark = key_of(session).comment_mark
    query = select(*columns).where(sheet.round_id == round_id).order_by(sheet.key)
    cells: list[int] = []
    answers: list[tuple[int, int, float]] = []
    comments: list[SheetComment] = []
    for place, (subject, group, given, said, key) in enumerate(session.execute(query)):
        cells.append(numbers.cell(subject, group))
        answers += [(place, numbers.items[item], UNSEEN if at is None else at) for item, at in given.items()]
        comments += [SheetComment(cells[-1], "", about, text, mark(key, about)) for about, text in said.items()]
    columns_of = np.array(answers, ANSWER)
    return SheetColumns(
        tuple(numbers.cells),
        np.array(cells, np.int64),
        columns_of["sheet"],
        columns_of["item"],
        columns_of["level"],
        tuple(comments),
    )
