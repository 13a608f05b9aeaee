"""Which comments may be read, and in which order: keyed by their text, so that no order of arrival shows. Pure."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from app.releases.partition import JudgedRound
from app.responses.values import SheetColumns
from app.rounds.rules import is_asked
from app.rounds.values import FrozenRound, Mode
from app.scoring.atoms import Atom, Cell
from app.scoring.readable import shows_comments


@dataclass(frozen=True, slots=True)
class ReleasedComment:
    """A comment about a subject: `about` is an item or "" for the whole; `author` only in `named` groups."""

    subject_id: str
    rater_groups: str
    about: str
    position: int
    author: str | None
    text: str


def released_comments(
    frozen: FrozenRound,
    judged: JudgedRound,
    sheets: SheetColumns,
    *,
    order: Callable[[str], bytes],
    names: Mapping[str, str],
) -> Iterator[ReleasedComment]:
    """Every comment that may be read (R8).

    Parameters
    ----------
    order : keyed bytes of a normalised text, by which comments are sorted
    names : of the raters of `named` groups, by person id
    """
    groups = judged.made.groups
    for (place, about), comments in _by_atom(judged, sheets).items():
        atom = judged.made.atoms[place]
        if not shows_comments(groups, atom, _asked(frozen, judged, atom, about), len(comments)):
            continue
        is_named = frozen.groups[atom.groups[0]].mode is Mode.NAMED
        comments.sort(key=lambda one: (order(normalised(one[1])), one[1]))
        for position, (voice, text) in enumerate(comments):
            yield ReleasedComment(
                frozen.subjects[atom.subject].id,
                "+".join(frozen.groups[group].rater_group.value for group in atom.groups),
                about,
                position,
                names.get(voice) if is_named else None,
                text,
            )


def normalised(text: str) -> str:
    """A text as it is compared: NFKC, case folded, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _by_atom(judged: JudgedRound, sheets: SheetColumns) -> dict[tuple[int, str], list[tuple[str, str]]]:
    """Voice and text of the comments of each atom and question."""
    atom_of = judged.made.atom_of()
    found: defaultdict[tuple[int, str], list[tuple[str, str]]] = defaultdict(list)
    for comment in sheets.comments:
        atom = atom_of.get(judged.cells[comment.cell].key)
        if atom is not None:
            found[atom, comment.about].append((comment.voice, comment.text))
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
