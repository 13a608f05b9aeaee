"""The methods by which releases were made, each by its version: an old release is computed again by its own. Pure.

Whoever changes the arithmetic so that the same input would give other digits raises `values.METHOD_VERSION`, keeps the
functions of before under the old version here, and puts the new ones under the new one.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from app.deferred import dataclass
from app.metrics.values import Reading
from app.releases.digest import digest_input
from app.releases.explain import Document, documents
from app.releases.lookup import Tables
from app.releases.measured import hard_scores
from app.releases.partition import JudgedRound
from app.releases.recompute import KeptAtom, judge_kept
from app.releases.rows import score_rows
from app.releases.score import ScoredRound, score_judged
from app.releases.values import Score
from app.rounds.values import FrozenRound, Marks
from app.scoring.results import HardScore, NotScored

HardScores = Mapping[tuple[int, int], HardScore | NotScored]


@dataclass(frozen=True, slots=True)
class Method:
    """One arithmetic from what is kept to every figure.

    judge : from the answered assignments and the kept atoms to what may be read
    measure : from readings to hard scores, by subject and number of the KPI
    score : from both to figures
    rows, documents : the figures as they are stored, and the arithmetic behind them, of all subjects or of some
    digest : the canonical bytes of what went in
    """

    judge: Callable[[FrozenRound, Marks, Iterable[KeptAtom]], JudgedRound]
    measure: Callable[[FrozenRound, Mapping[str, int], Sequence[Reading]], HardScores]
    score: Callable[[FrozenRound, JudgedRound, HardScores], ScoredRound]
    rows: Callable[[Tables, Collection[str] | None], Iterator[Score]]
    documents: Callable[[Tables, Collection[str] | None], Iterator[tuple[str, Document]]]
    digest: Callable[[FrozenRound, JudgedRound, Sequence[Reading]], bytes]


METHODS: Mapping[str, Method] = {
    "1": Method(judge_kept, hard_scores, score_judged, score_rows, documents, digest_input),
}
