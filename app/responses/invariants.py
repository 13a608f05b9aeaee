"""What must hold of sheets at any moment, as queries that find what does not; whoever asks, for the doctor."""

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import func, select

from app.infra.database import ReadSession
from app.responses.sheets import count_stray_sheets
from app.responses.tables import AnonymousSheetRow, SheetRow
from app.rounds.tables import AssignmentRow, RoundGroupRow, RoundRow
from app.rounds.values import Mode, RoundState

Cells = Counter[tuple[str, str, str]]


def uneven_cells(session: ReadSession) -> Iterator[str]:
    """Rounds in which some cell holds another number of sheets than of answered assignments.

    The sheets of `anonymous` groups are gone once their round is released.
    """
    gone = _gone(session)
    answered = _cells(session, AssignmentRow, answered=True)
    sheets = _cells(session, SheetRow) + _cells(session, AnonymousSheetRow)
    expected = Counter({cell: count for cell, count in answered.items() if (cell[0], cell[2]) not in gone})
    uneven = Counter(cell[0] for cell in expected.keys() | sheets.keys() if expected[cell] != sheets[cell])
    for round_id, count in sorted(uneven.items()):
        yield f"round {round_id}: {count} cells hold another number of sheets than of answers"


def stray_sheets(session: ReadSession) -> Iterator[str]:
    """Sheets that belong to no assignment: by their key, or where nobody was asked."""
    asked = _cells(session, AssignmentRow)
    anonymous = _cells(session, AnonymousSheetRow)
    stray = count_stray_sheets(session) + sum(count for cell, count in anonymous.items() if cell not in asked)
    if stray:
        yield f"{stray} sheets belong to no assignment"


def _gone(session: ReadSession) -> frozenset[tuple[str, str]]:
    """Round and rater group where no sheet is left."""
    groups = (
        select(RoundGroupRow.round_id, RoundGroupRow.rater_group)
        .join(RoundRow, RoundRow.id == RoundGroupRow.round_id)
        .where(RoundGroupRow.mode == Mode.ANONYMOUS, RoundRow.state == RoundState.RELEASED)
    )
    return frozenset((round_id, group) for round_id, group in session.execute(groups))


def _cells(
    session: ReadSession, table: type[AssignmentRow | SheetRow | AnonymousSheetRow], *, answered: bool | None = None
) -> Cells:
    """How many rows there are about each subject from each rater group of each round."""
    cell = (table.round_id, table.subject_id, table.rater_group)
    query = select(*cell, func.count()).group_by(*cell)
    if answered is not None:
        query = query.where(AssignmentRow.answered == answered)
    return Counter(
        {(round_id, subject_id, group): count for round_id, subject_id, group, count in session.execute(query)}
    )
