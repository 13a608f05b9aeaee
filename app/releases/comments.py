"""What becomes of comments at a release. Pure.

Their order is keyed by their text, so that no order of arrival shows.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace

from app.deferred import dataclass
from app.moderation.values import PlacedComment, Ruling, Rulings, Verdict
from app.receipts.values import Outcome, ReceiptState, WithheldReason
from app.releases.partition import JudgedRound
from app.responses.values import SheetColumns, SheetComment
from app.rounds.rules import is_asked
from app.rounds.values import FrozenRound, Mode
from app.scoring.atoms import Atom, Cell
from app.scoring.readable import shows_comments

Order = Callable[[str], bytes]
"""Keyed bytes of a normalised text, by which comments are sorted."""


@dataclass(frozen=True, slots=True)
class ReleasedComment:
    """A comment about a subject: `about` is an item or "" for the whole; `author` only in `named` groups."""

    subject_id: str
    rater_groups: str
    about: str
    position: int
    author: str | None
    text: str
    is_edited: bool


@dataclass(frozen=True, slots=True)
class WithheldComments:
    """How many comments of a place that shows comments are withheld, for one reason."""

    subject_id: str
    rater_groups: str
    about: str
    reason: WithheldReason
    comments: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What becomes of the comments of a round: those read, those counted as withheld, and what each code tells.

    outcomes : by the mark of the comment; one without any stands where no comments are shown
    """

    released: list[ReleasedComment] = field(default_factory=list)
    withheld: list[WithheldComments] = field(default_factory=list)
    outcomes: dict[bytes, Outcome] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """An atom and a question where enough comments stand together to be read (R8), and those comments."""

    atom: Atom
    asked: tuple[Cell, ...]
    subject_id: str
    rater_groups: str
    about: str
    is_named: bool
    comments: tuple[SheetComment, ...]


@dataclass(frozen=True, slots=True)
class _Judged:
    """A comment with what was decided about it."""

    comment: SheetComment
    ruling: Ruling

    @property
    def text(self) -> str:
        return self.ruling.text if self.ruling.text is not None else self.comment.text


def places_of(frozen: FrozenRound, judged: JudgedRound, sheets: SheetColumns) -> Iterator[Place]:
    """Every place whose comments may be read (R8)."""
    for (number, about), comments in _by_atom(judged, sheets).items():
        atom = judged.made.atoms[number]
        asked = _asked(frozen, judged, atom, about)
        if shows_comments(judged.made.groups, atom, asked, len(comments)):
            yield Place(
                atom,
                asked,
                frozen.subjects[atom.subject].id,
                "+".join(frozen.groups[group].rater_group.value for group in atom.groups),
                about,
                frozen.groups[atom.groups[0]].mode is Mode.NAMED,
                tuple(comments),
            )


def to_moderate(frozen: FrozenRound, judged: JudgedRound, sheets: SheetColumns) -> Iterator[PlacedComment]:
    """The comments that are looked at before the release: without a name, where they could be read.

    What no reader would see, nobody who moderates sees either.
    """
    for place in places_of(frozen, judged, sheets):
        if place.atom.is_protected:
            subjects = tuple(sorted({frozen.subjects[cell.subject].id for cell in place.atom.cells}))
            for one in place.comments:
                yield PlacedComment(one.mark, place.subject_id, subjects, place.rater_groups, place.about)


def settle(
    frozen: FrozenRound,
    judged: JudgedRound,
    sheets: SheetColumns,
    rulings: Rulings,
    *,
    order: Order,
    names: Mapping[str, str],
) -> Settled:
    """What becomes of every comment.

    Parameters
    ----------
    rulings : what was decided about comments, by their marks; nobody has looked at one that is absent
    names : of the raters of `named` groups, by person id

    Where comments are moderated, one that is withheld is counted; where fewer than R8 asks for are left, those are
    withheld as well.
    """
    found = Settled()
    is_moderated = frozen.moderated_by is not None
    for place in places_of(frozen, judged, sheets):
        as_written = not (is_moderated and place.atom.is_protected)
        ruled = [_Judged(one, AS_WRITTEN if as_written else rulings.get(one.mark, UNSEEN)) for one in place.comments]
        decided = [replace(one, ruling=_at_last(one.ruling)) for one in ruled]
        left = sum(one.ruling.verdict is not Verdict.WITHHELD for one in decided)
        if not shows_comments(judged.made.groups, place.atom, place.asked, left):
            decided = [
                one if one.ruling.verdict is Verdict.WITHHELD else replace(one, ruling=_LONELY) for one in decided
            ]
        _settle_place(found, place, decided, order, names)
    return found


AS_WRITTEN = Ruling(Verdict.RELEASED)
UNSEEN = Ruling(Verdict.WAITING)
_LONELY = Ruling(Verdict.WITHHELD, WithheldReason.TOO_FEW)
_STATES = {
    Verdict.RELEASED: ReceiptState.RELEASED,
    Verdict.EDITED: ReceiptState.EDITED,
    Verdict.WITHHELD: ReceiptState.WITHHELD,
}


def _at_last(ruling: Ruling) -> Ruling:
    """What a decision comes to at the release."""
    return Ruling(Verdict.WITHHELD, WithheldReason.NOT_LOOKED_AT) if ruling.verdict is Verdict.WAITING else ruling


def _settle_place(
    found: Settled, place: Place, decided: Sequence[_Judged], order: Order, names: Mapping[str, str]
) -> None:
    shown = [one for one in decided if one.ruling.verdict is not Verdict.WITHHELD]
    shown.sort(key=lambda one: (order(normalised(one.text)), one.text, one.ruling.verdict))
    where = place.subject_id, place.rater_groups, place.about
    for position, one in enumerate(shown):
        author = names.get(one.comment.voice) if place.is_named else None
        is_edited = one.ruling.verdict is Verdict.EDITED
        found.released.append(ReleasedComment(*where, position, author, one.text, is_edited))
    for reason, comments in sorted(_reasons(decided).items()):
        found.withheld.append(WithheldComments(*where, reason, comments))
    for one in decided:
        is_withheld = one.ruling.verdict is Verdict.WITHHELD
        outcome = Outcome(_STATES[one.ruling.verdict], one.ruling.reason if is_withheld else None)
        found.outcomes[one.comment.mark] = outcome


def _reasons(decided: Iterable[_Judged]) -> Counter[WithheldReason]:
    held = (one.ruling for one in decided if one.ruling.verdict is Verdict.WITHHELD)
    return Counter(ruling.reason for ruling in held if ruling.reason is not None)


def normalised(text: str) -> str:
    """A text as it is compared: NFKC, case folded, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _by_atom(judged: JudgedRound, sheets: SheetColumns) -> dict[tuple[int, str], list[SheetComment]]:
    """The comments of each atom and question."""
    atom_of = judged.made.atom_of()
    found: defaultdict[tuple[int, str], list[SheetComment]] = defaultdict(list)
    for comment in sheets.comments:
        atom = atom_of.get(judged.cells[comment.cell].key)
        if atom is not None:
            found[atom, comment.about].append(comment)
    return dict(sorted(found.items()))


def _asked(frozen: FrozenRound, judged: JudgedRound, atom: Atom, about: str) -> tuple[Cell, ...]:
    """Those cells of the atom whose form had the question."""
    if not about:
        return atom.cells
    kpi = next(one.kpi for one in judged.measures if one.item is not None and one.item.id == about)
    return tuple(
        cell
        for cell in atom.cells
        if is_asked(kpi, frozen.groups[cell.group].rater_group)
        and any(line.kpi_id == kpi.kpi_id for line in frozen.subjects[cell.subject].card)
    )
