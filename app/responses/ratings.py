"""A file of past ratings to checked sheets: which item, which value, once each. Pure; who and whom are looked up later."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import field

from app.deferred import dataclass
from app.kpis.values import RaterGroup
from app.reports import Column, Row, RowError, RowsRefused
from app.responses.intake import BadComment, parse_comment, parse_level
from app.responses.rules import answer_levels
from app.responses.values import NOT_OBSERVED
from app.rounds.values import FrozenItem

RATING_COLUMNS = (
    Column("subject"),
    Column("rater"),
    Column("rater_group"),
    Column("item"),
    Column("value"),
    Column("comment", is_required=False),
    Column("occasion", is_required=False),
)
MISSING = "Fill this in."
UNKNOWN_GROUP = "Choose one of the rater groups of the round."
UNKNOWN_ITEM = "This is no item of the round's KPIs."
NOT_AN_ANSWER = "Choose one of the answers."
TWICE = "This rating stands in another row as well."
NOT_ASKED = "This item is asked only after some answers to another one, and this rater gave none of them."
TOO_LONG = "Use at most 100 characters."
MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class PastKey:
    """Whose sheet about whom: names as the file has them, external ids or addresses."""

    subject: str
    rater: str
    rater_group: RaterGroup
    occasion: str


@dataclass(slots=True)
class PastSheet:
    """One sheet of the file: levels by item id (None: could not observe), comments by item id."""

    row: int
    answers: dict[str, float | None] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)


Conditions = Mapping[str, tuple[str, frozenset[float]]]
"""By conditional item: the item that it hangs on, and the levels there after which it is asked."""


def parse_ratings(
    rows: Sequence[Row], items: Mapping[str, FrozenItem], groups: Sequence[RaterGroup], conditions: Conditions
) -> dict[PastKey, PastSheet]:
    """The sheets that a file holds; RowsRefused names every cell that cannot be taken.

    Parameters
    ----------
    rows : with the columns of `RATING_COLUMNS`
    items : by every name that the file may use for them
    groups : the rater groups of the round
    conditions : of the items that only some were asked; an answer that nobody can have been asked for is refused
    """
    reader = _Reader(items, {group.value: group for group in groups})
    for row in rows:
        reader.take(row)
    for number, key, item_id in reader.places:
        on = conditions.get(item_id)
        if on is not None and reader.sheets[key].answers.get(on[0]) not in on[1]:
            reader.errors.append(RowError(number, "item", NOT_ASKED))
    if reader.errors:
        raise RowsRefused(reader.errors)
    return dict(reader.sheets)


class _Reader:
    """Row after row; what is refused is collected."""

    def __init__(self, items: Mapping[str, FrozenItem], groups: Mapping[str, RaterGroup]) -> None:
        self.sheets: defaultdict[PastKey, PastSheet] = defaultdict(lambda: PastSheet(0))
        self.errors: list[RowError] = []
        self.places: list[tuple[int, PastKey, str]] = []
        self._items = items
        self._groups = groups
        # Read for every row of the file: worth having ready.
        self._levels: dict[str, dict[str, float | None]] = {
            item.id: {**dict(answer_levels(item.scale)), NOT_OBSERVED: None} for item in items.values()
        }

    def take(self, row: Row) -> None:
        """Add one row to its sheet."""
        cells = row.cells
        group = self._groups.get(cells.get("rater_group", "").strip())
        item = self._items.get(cells.get("item", "").strip())
        errors = [RowError(row.number, *gap) for gap in self._gaps(cells, group, item)]
        if group is None or item is None or errors:
            self.errors += errors
            return
        level = self._level(row, item)
        comment = self._comment(row)
        key = PastKey(cells["subject"].strip(), cells["rater"].strip(), group, cells.get("occasion", "").strip())
        sheet = self.sheets[key]
        sheet.row = sheet.row or row.number
        if item.id in sheet.answers:
            self.errors.append(RowError(row.number, "item", TWICE))
        sheet.answers[item.id] = level
        if item.condition is not None:
            self.places.append((row.number, key, item.id))
        if comment:
            sheet.comments[item.id] = comment

    def _gaps(
        self, cells: Mapping[str, str], group: RaterGroup | None, item: FrozenItem | None
    ) -> list[tuple[str, str, str]]:
        found = []
        for column in ("subject", "rater", "occasion"):
            text = cells.get(column, "").strip()
            if not text and column != "occasion":
                found.append((column, MISSING, ""))
            if len(text) > MAX_NAME:
                found.append((column, TOO_LONG, f"1-{MAX_NAME}"))
        if group is None:
            found.append(("rater_group", UNKNOWN_GROUP, ", ".join(self._groups)))
        if item is None:
            found.append(("item", UNKNOWN_ITEM, ", ".join(list(self._items)[:20])))
        return found

    def _level(self, row: Row, item: FrozenItem) -> float | None:
        text = row.cells.get("value", "").strip()
        levels = self._levels[item.id]
        if text in levels:
            return levels[text]
        try:
            return parse_level(text, item.scale)
        except ValueError as refusal:
            self.errors.append(RowError(row.number, "value", NOT_AN_ANSWER, f"{refusal}, {NOT_OBSERVED}"))
            return None

    def _comment(self, row: Row) -> str:
        text = row.cells.get("comment", "")
        if not text:
            return ""
        try:
            return parse_comment(text)
        except BadComment as refusal:
            self.errors.append(RowError(row.number, "comment", str(refusal), "0-2000"))
            return ""
