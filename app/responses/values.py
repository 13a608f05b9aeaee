"""The nouns of responses: the form as a rater meets it, what was handed in, and the receipt."""

import math
from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.deferred import dataclass
from app.kpis.values import RaterGroup, ScaleKind
from app.organisation.values import SubjectKind
from app.rounds.values import Mode
from app.words import Words

NOT_OBSERVED = "na"
"""The form value of "could not observe"."""

UNSEEN = math.nan
"""The same as a level."""


class Suspicion(StrEnum):
    """Why an answer of a customer is looked at before it counts."""

    TOO_FAST = "too_fast"
    ALL_THE_SAME = "all_the_same"


class ParkState(StrEnum):
    """What becomes of a parked answer: nobody has decided, it counts after all, or it is left out."""

    PARKED = "parked"
    COUNTED = "counted"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that may be chosen: its exact form value, and the anchor that words it, if any."""

    value: str
    anchor: Words | None


@dataclass(frozen=True, slots=True)
class FormCondition:
    """When a question is asked: the one of this number and name got one of these answers."""

    number: int
    name: Words
    kind: ScaleKind
    answers: tuple[Option, ...]

    @property
    def values(self) -> frozenset[str]:
        """The exact form values of the answers."""
        return frozenset(option.value for option in self.answers)


@dataclass(frozen=True, slots=True)
class FormItem:
    """One question. `number` counts the items of the round from 1 and is what form fields are named by."""

    number: int
    item_id: str
    name: Words
    question: Words
    kind: ScaleKind
    options: tuple[Option, ...]
    low: float | None
    high: float | None
    condition: FormCondition | None = None


@dataclass(frozen=True, slots=True)
class FormKpi:
    """The questions of one soft KPI."""

    kpi_id: str
    name: Words
    items: tuple[FormItem, ...]


@dataclass(frozen=True, slots=True)
class FormSubject:
    """One subject to rate on the link. `is_unit_only`: too few are asked for figures of this subject's own."""

    assignment_id: str
    subject_id: str
    name: str
    kind: SubjectKind
    rater_group: RaterGroup
    mode: Mode
    k: int
    comment_k: int
    is_answered: bool
    is_unit_only: bool
    kpis: tuple[FormKpi, ...]

    @property
    def may_be_declined(self) -> bool:
        """Whether the rater may say no: not about oneself, and not once it is answered."""
        return self.rater_group is not RaterGroup.SELF and not self.is_answered

    @property
    def items(self) -> tuple[FormItem, ...]:
        """Every question about the subject, in the order of the page."""
        return tuple(item for kpi in self.kpis for item in kpi.items)


@dataclass(frozen=True, slots=True)
class RatingForm:
    """All that one rating link asks; never an answer that was given before.

    `begun` is a sealed note of when the form was shown; it comes back with the answers and is stored nowhere.
    `moderated_by` says who reads comments before they are released.
    """

    round_id: str
    company_name: str
    round_name: Words
    purpose: Words
    asked_by: str
    rater_name: str | None
    locale: str
    period_start: date
    period_end: date
    closes_at: datetime
    minutes: int
    promise_hash: str
    submission_id: str
    begun: str
    subjects: tuple[FormSubject, ...]
    moderated_by: str | None = None
    draft: Mapping[str, str] = field(default_factory=dict)
    """What is typed and not sent, by field; never what was sent."""
    late_until: datetime | None = None
    """In the grace after the closing time: when it is over. Before, None."""

    @property
    def is_final(self) -> bool:
        """Whether a sheet cannot be changed once it is sent (some group is anonymous)."""
        return any(subject.mode is Mode.ANONYMOUS for subject in self.subjects)


@dataclass(frozen=True, slots=True)
class ParsedSheet:
    """What was handed in about one subject: levels by item (None: could not observe), comments by item or ""."""

    assignment_id: str
    answers: Mapping[str, float | None]
    comments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ParkedAnswer:
    """A sheet that counts in nothing until somebody says so: about whom, why, and what was decided.

    Neither the answers nor who gave them are told.
    """

    id: str
    round_id: str
    subject_id: str
    subject_name: str
    questions: int
    reasons: tuple[Suspicion, ...]
    state: ParkState
    decided_on: date | None


@dataclass(frozen=True, slots=True)
class CommentCode:
    """The receipt code of one comment, and about whom that is; told to whoever sent it, once."""

    assignment_id: str
    subject_name: str
    code: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a submit stored: who was rated now, who is still open, and until when it can be changed.

    `codes` are those of comments that come without a name, in the order of the form: one code over several comments
    would say that one person wrote them. `low` are the assignments of customers' sheets in the lower half of the scale;
    told to whoever sent them alone.
    """

    submission_id: str
    rated: tuple[str, ...]
    open: tuple[str, ...]
    is_final: bool
    closes_at: datetime
    low: tuple[str, ...] = ()
    codes: tuple[CommentCode, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportedRatings:
    """What an import of past ratings brought in."""

    round_id: str
    rows: int
    subjects: int
    subjects_created: int
    raters: int
    raters_created: int
    sheets: int
    answers: int
    comments: int
    dry_run: bool


class SheetComment(NamedTuple):
    """A comment: place of its cell, who wrote it (rater id, or pseudonym in hex; empty where `anonymous`), about what.

    about : item id, or "" for the subject as a whole
    mark : what stands for it where it is looked at and settled; follows from its sheet under the instance key
    """

    cell: int
    voice: str
    about: str
    text: str
    mark: bytes


@dataclass(frozen=True, slots=True, eq=False)
class SheetColumns:
    """Every sheet of a round as columns, in no order that tells of arrival.

    cells : subject and rater group, each pair once
    cell_of_sheet : [sheet] its place there
    answer_sheets, answer_items, levels : one row per answer: place of the sheet, number of the item from 0 in the
        order asked for, level as the scale has it, `UNSEEN` for "could not observe"; what was left open has no row
    comments : in no order either
    held : by place of a sheet, the share of its points that counts in a KPI, 0-1; of a sheet that is not there, all of them
    """

    cells: tuple[tuple[str, str], ...]
    cell_of_sheet: npt.NDArray[np.int64]
    answer_sheets: npt.NDArray[np.int64]
    answer_items: npt.NDArray[np.int64]
    levels: npt.NDArray[np.float64]
    comments: tuple[SheetComment, ...]
    held: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class KeptSheets:
    """The sheets of a round that are kept with somebody, for analysts.

    columns : the sheets, without comments, and without rows for "could not observe"
    voices : [sheet] rater id, or pseudonym in hex
    """

    columns: SheetColumns
    voices: tuple[str, ...]
