"""The nouns of releases: a release, its scores and what stands behind them."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, NewType

from app.deferred import dataclass

ReleaseId = NewType("ReleaseId", str)

METHOD_VERSION = "1"
"""Which arithmetic made the figures of a release; raised whenever the same input would give other digits."""

FAILED_RELEASE = "release.failed"
"""What the journal says of a round that was due and could not be released."""


class ScoreStatus(StrEnum):
    """Whether there is a figure: too few people is `suppressed`, too little weight `insufficient`."""

    OK = "ok"
    INSUFFICIENT = "insufficient"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Release:
    """What was sealed, when, and by which method."""

    id: ReleaseId
    round_id: str
    company_id: str
    sequence: int
    method_version: str
    sealed_at: datetime
    scrubbed_at: datetime | None


class Withheld(StrEnum):
    """Why there is no figure; pages have one sentence for each, never with a count below k."""

    FEWER_THAN_K = "fewer_than_k"
    FEWER_THAN_THREE_SUBJECTS = "fewer_than_three_subjects"
    OVERLAP = "overlap"
    TOO_LITTLE_WEIGHT = "too_little_weight"
    NOT_ASKED = "not_asked"
    REQUIRED_MISSING = "required_missing"
    INCOMPLETE = "incomplete"
    NO_VALUE = "no_value"


class Score(NamedTuple):
    """A readable figure, 0-100: composite (no KPI), KPI, group of a KPI, or item of a group; a release has many.

    lo, hi : 95 % interval; in whole points, outward, where the figure uses an atom under 2k (R7)
    se, df : standard error and its degrees of freedom; none where R7 hides them
    raters : people behind it
    coverage : of a KPI the shown group weight, of a composite the present KPI weight, 0-1
    details : what a composite or a hard KPI shows beside its score; the minimum of a suppressed one
    """

    subject_id: str
    kpi_id: str | None
    item_id: str | None
    rater_groups: tuple[str, ...]
    status: ScoreStatus
    reason: Withheld | None = None
    score: float | None = None
    lo: float | None = None
    hi: float | None = None
    se: float | None = None
    df: float | None = None
    raters: int | None = None
    coverage: float | None = None
    details: Mapping[str, Any] | None = None

    @property
    def place(self) -> str:
        """What makes the row unique within its subject: KPI, item and groups."""
        return "/".join((self.kpi_id or "", self.item_id or "", "+".join(self.rater_groups)))


class Uncompared(StrEnum):
    """Why subjects are not compared."""

    TOO_FEW_SUBJECTS = "too_few_subjects"
    TOO_LITTLE_SHARED = "too_little_shared"


class LeftOut(StrEnum):
    """Why a subject is left out of a comparison.

    Another card, no score, without a rater group that nearly all have, or measured so that nobody knows how surely.
    """

    OTHER_CARD = "other_card"
    NO_SCORE = "no_score"
    OTHER_GROUPS = "other_groups"
    ERROR_UNKNOWN = "error_unknown"


class ScoreLevel(StrEnum):
    """What a row stands for: the whole card, a KPI, a rater group of a KPI, or an item of a group."""

    COMPOSITE = "composite"
    KPI = "kpi"
    GROUP = "group"
    ITEM = "item"


@dataclass(frozen=True, slots=True)
class ScoreFilter:
    """Which rows of a release a list keeps."""

    subject_id: str | None = None
    kpi_id: str | None = None
    level: ScoreLevel | None = None
    status: ScoreStatus | None = None


class RerunState(StrEnum):
    """Whether a release could be computed again, and if not, why."""

    DONE = "done"
    UNKNOWN_METHOD = "unknown_method"
    UNREADABLE = "unreadable"


class InputState(StrEnum):
    """What became of the input digest: it came out again, another one did, or the sheets are not there any more.

    `deleted` are the sheets of `anonymous` groups, by the release itself; `missing` are others, after an erasure.
    """

    EQUAL = "equal"
    DIFFERENT = "different"
    DELETED = "deleted"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class InputCheck:
    """What can be said of the input of a release.

    state : of the digest over all of it
    atoms, wrong : how many atoms were added up again from their sheets, and how many of these gave other sums
    """

    state: InputState
    atoms: int
    wrong: int


class Outcome(StrEnum):
    """What came of computing a figure again."""

    EQUAL = "equal"
    DIFFERENT = "different"
