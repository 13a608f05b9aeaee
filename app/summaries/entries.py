"""The nouns of the lists that lead to summaries: rounds with results, rounds to come, and what hangs under a unit."""

from datetime import date

from app.deferred import dataclass
from app.releases.values import Release
from app.summaries.values import Figure, Place, SummarisedRound


@dataclass(frozen=True, slots=True)
class ReleasedRound:
    """A line of the list of results: a release, its round, and where the viewer begins to read."""

    release: Release
    round: SummarisedRound
    entries: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class ComingRound:
    """A round whose figures cannot be read yet, whose they will be, and when those open that wait for a talk."""

    round: SummarisedRound
    entries: tuple[Place, ...]
    opens_on: date | None = None


@dataclass(frozen=True, slots=True)
class Coming:
    """What is said of a subject before its results can be read: who, when, and no figure; `opens_on` as above."""

    round: SummarisedRound
    subject: Place
    above: tuple[Place, ...]
    opens_on: date | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A person or unit in the table of a unit.

    composite : none where there is no card, or where nobody was asked and nothing was measured
    """

    place: Place
    composite: Figure | None
