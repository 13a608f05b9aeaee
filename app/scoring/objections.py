"""The columns that the verifier reads, and the objection that it raises; what is checked is in `verifier`.

=============  ===================================================================
Name           Contents
=============  ===================================================================
Collected      columns of what is in at the close
Claimed        columns of what the release wants to publish
Rule           what can be objected to
Objection      the first thing found
object_to      raise it for the first flagged place
outside        flags places that do not exist
=============  ===================================================================
"""

from collections.abc import Collection, Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from app.deferred import dataclass
from app.scoring.errors import ScoringError

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


class Rule(StrEnum):
    """What can be objected to.

    tree : the subjects are no tree
    cells : a cell is about nobody, or has more heads or scores than sheets; an atom holds an unknown cell, or none, or
        one of another atom
    label : an atom's cells do not fit its label: another group, or a subject that is not below
    sheets : sheets that share all their rows come from too few people
    overlap : an atom stands where none may, since almost the same people were asked shortly before
    mode : an atom mixes or carries up what is not protected
    atom : an atom has fewer distinct people than it needs
    subjects : an atom of a unit carries up fewer than three subjects
    row : a row uses an atom that is not its own, cannot be read, or leaves one out
    judged : a row stands on too few people, subjects or visits
    figure : mean or number of sheets does not come out of the atoms
    """

    TREE = "tree"
    CELLS = "cells"
    LABEL = "label"
    SHEETS = "sheets"
    OVERLAP = "overlap"
    MODE = "mode"
    ATOM = "atom"
    SUBJECTS = "subjects"
    ROW = "row"
    JUDGED = "judged"
    FIGURE = "figure"


class Objection(ScoringError):
    """The release must not happen.

    rule : what failed
    place : number of the subject, cell, atom or row it failed for, in the order of the columns
    """

    def __init__(self, rule: Rule, place: int) -> None:
        self.rule = rule
        self.place = place
        super().__init__(f"the release breaks rule {rule} at place {place}")


def object_to(rule: Rule, flags: Flags) -> None:
    """Object where a flag is up.

    Raises
    ------
    Objection : with the first flagged place

    >>> object_to(Rule.ROW, np.array([False, False, True]))
    Traceback (most recent call last):
    ...
    app.scoring.objections.Objection: the release breaks rule row at place 2
    """
    if flags.any():
        raise Objection(rule, int(np.argmax(flags)))


def outside(places: Ints, end: int, lowest: int = 0) -> Flags:
    """Which places are not in lowest..end-1.

    >>> outside(np.array([-1, 0, 2]), 2).tolist()
    [True, False, True]
    """
    return np.asarray((places < lowest) | (places >= end))


@dataclass(frozen=True, slots=True)
class Collected:
    """Columns of what is in at the close; a measure is one KPI or one item.

    parent, kind : [subject] place of the parent or -1; person, unit or competitor
    mode, k : [group] named, report, confidential or anonymous; minimum
    cell_subject, cell_group, cell_sheets : [cell] sheets of one rater group about one subject
    head_cell, head_person : [head] the people who count and answered, once per cell
    asked : [cell, measure] did the form ask for it
    valid : [cell, measure] sheets with a valid score
    total : [cell, measure] sum of these scores, in whole steps
    steps : how many steps make a point
    overlapping : subject and rater groups, ascending, of the places where no atom may stand
    after : [measure] the measure whose answer decides who is asked, -1 where everybody is; none: everybody always
    """

    parent: Ints
    kind: Sequence[str]
    mode: Sequence[str]
    k: Ints
    cell_subject: Ints
    cell_group: Ints
    cell_sheets: Ints
    head_cell: Ints
    head_person: Ints
    asked: Flags
    valid: Ints
    total: Ints
    steps: int
    overlapping: Collection[tuple[int, tuple[int, ...]]] = ()
    after: Ints | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """Columns of what the release wants to publish.

    labels : sets of rater groups, each ascending, that atoms and rows refer to by place
    atom_subject, atom_label : [atom]
    member_atom, member_cell : [member] which cells an atom holds
    row_subject, row_label, row_measure : [row] one rater group, or mixed set of groups, of a subject on one measure;
        withheld rows are not listed
    row_sheets, row_mean : [row] number of valid sheets and their mean in points
    use_row, use_atom : [use] which atoms a row stands on
    combined_subject, combined_measure : [combined] the score of a KPI or, with measure -1, of a scorecard
    share_combined, share_atom : [share] which atoms a combined score stands on
    """

    labels: Sequence[tuple[int, ...]]
    atom_subject: Ints
    atom_label: Ints
    member_atom: Ints
    member_cell: Ints
    row_subject: Ints
    row_label: Ints
    row_measure: Ints
    row_sheets: Ints
    row_mean: Floats
    use_row: Ints
    use_atom: Ints
    combined_subject: Ints
    combined_measure: Ints
    share_combined: Ints
    share_atom: Ints
