"""From the figures that a release compares to bands, places and statements; never an order that chance could explain. Pure."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from app.deferred import dataclass
from app.organisation.values import SubjectKind
from app.releases.values import LeftOut, Release, Uncompared
from app.scoring import firm
from app.scoring.ranking import Entry, NotRanked, Ranking, Standing, ranking
from app.scoring.ranks import Places
from app.scoring.results import Interval
from app.summaries.rules import group_rank
from app.summaries.values import Place, SummarisedRound
from app.words import Words

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Basis:
    """A KPI that is compared, its share of the weight that takes part, and the rater groups that all have on it."""

    kpi_id: str
    name: Words
    share: float
    rater_groups: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Stand:
    """Where one subject may stand.

    score, lo, hi : over what all have, 0-100, hence not always the published score
    likely : the places it holds in nine draws out of ten; proven : those that hold for all together
    ahead_of, behind : those that it can be told apart from
    """

    place: Place
    score: float
    lo: float
    hi: float
    se: float | None
    likely: Places
    proven: Places
    ahead_of: tuple[Place, ...]
    behind: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Absent:
    """A subject that is not compared, and why."""

    place: Place
    reason: LeftOut


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be compared: the card as a whole (no KPI), or one KPI; and whether it is."""

    kpi_id: str | None
    name: Words
    is_ranked: bool


class CardLine(NamedTuple):
    """A KPI on a card, and its share of the weight, 0-1."""

    kpi_id: str
    name: Words
    share: float


@dataclass(frozen=True, slots=True)
class Peers:
    """Those who have one card: which of the cards, the commonest being 0, and how many are compared on it.

    lines : KPIs with their share of the weight, those that are not alike on all the cards
    """

    card: int
    lines: tuple["CardLine", ...]
    count: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be compared: a kind of subjects (none: the first there is), one of their cards or one KPI."""

    kind: SubjectKind | None = None
    kpi_id: str | None = None
    card: int = 0


@dataclass(frozen=True, slots=True)
class Compared:
    """The subjects of a kind below a unit, like for like.

    kpi_id : none for a whole card
    card : which of the cards of these subjects, 0 for the commonest
    peers : the cards that five or more have a composite on, where there are several
    reason : why there are no bands
    count : how many are compared; some of them the viewer may not read any more
    bands : the highest first, by name within
    kinds, choices : what else there is to compare here
    """

    release: Release
    round: SummarisedRound
    unit: Place
    above: tuple[Place, ...]
    kind: SubjectKind
    kpi_id: str | None
    reason: Uncompared | None
    coverage: float | None
    basis: tuple[Basis, ...]
    unsure: tuple[Words, ...]
    count: int
    bands: tuple[tuple[Stand, ...], ...]
    absent: tuple[Absent, ...]
    kinds: tuple[SubjectKind, ...]
    choices: tuple[Choice, ...]
    card: int
    peers: tuple[Peers, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What is known beside the figures.

    places : by id those that the viewer may read
    names : of the KPIs by id
    seed : what the draws follow from; is_analysed : whether errors may be told
    """

    places: Mapping[str, Place]
    names: Mapping[str, Words]
    seed: str
    is_analysed: bool


def reason_of(document: Document | None) -> Uncompared | None:
    """Why there is nothing to rank; no document was kept where there are too few."""
    if document is None:
        return Uncompared.TOO_FEW_SUBJECTS
    return None if document["reason"] is None else Uncompared(document["reason"])


def bands_of(document: Document | None, told: Told) -> tuple[tuple[Stand, ...], ...]:
    """The bands, the highest first; within a band by name."""
    entries = () if document is None else document["entries"]
    found = ranking([entry_of(one) for one in entries], seed=told.seed)
    if isinstance(found, NotRanked):
        return ()
    figures = {one["subject_id"]: one for one in entries}
    standings = {standing.subject: standing for standing in found.standings}
    bands = [
        _by_name(_stand(figures[one], standings[one], found, told) for one in band if one in told.places)
        for band in found.bands()
    ]
    return tuple(band for band in bands if band)


def basis_of(document: Document | None, told: Told) -> tuple[Basis, ...]:
    """What the comparison rests on."""
    return tuple(
        Basis(
            one["kpi_id"],
            told.names[one["kpi_id"]],
            one["share"],
            tuple(sorted((tuple(groups) for groups in one["rater_groups"]), key=group_rank)),
        )
        for one in (() if document is None else document["basis"])
    )


def absent_of(document: Document | None, told: Told) -> tuple[Absent, ...]:
    """Who is not compared, by name."""
    left_out = () if document is None else document["left_out"]
    found = [Absent(told.places[one], LeftOut(why)) for one, why in left_out if one in told.places]
    return tuple(sorted(found, key=lambda one: (one.place.name.casefold(), one.place.id)))


def choices_of(document: Document | None, told: Told, whole: Words) -> tuple[Choice, ...]:
    """The card as a whole under the name given, then KPI by KPI."""
    kpis = {} if document is None else document["kpis"]
    card = None if document is None else document["composite"]
    return (
        Choice(None, whole, reason_of(card) is None),
        *(Choice(kpi_id, told.names[kpi_id], reason_of(one) is None) for kpi_id, one in kpis.items()),
    )


def chosen_of(whole: Document | None, wanted: Wanted) -> Document | None:
    """What was kept of a card, or of one KPI; none where nothing was. Releases of before know the commonest card only."""
    if whole is None:
        return None
    if wanted.kpi_id is not None:
        found: Document | None = whole["kpis"].get(wanted.kpi_id)
        return found
    cards = _cards(whole)
    return cards[wanted.card] if wanted.card < len(cards) else None


def peers_of(whole: Document | None, told: Told) -> tuple[Peers, ...]:
    """The cards on which subjects are compared; none where there is one only."""
    cards = [] if whole is None else _cards(whole)
    if len(cards) < 2:
        return ()
    lines = [[CardLine(kpi_id, told.names[kpi_id], share) for kpi_id, share in card["card"]] for card in cards]
    return tuple(
        Peers(
            number,
            tuple(one for one in mine if not all(_has(one, other) for other in lines)),
            len(card["entries"]),
        )
        for number, (card, mine) in enumerate(zip(cards, lines, strict=True))
    )


def _has(line: CardLine, card: Iterable[CardLine]) -> bool:
    """Whether a card has the same KPI with the same share of its weight."""
    return any(one.kpi_id == line.kpi_id and math.isclose(one.share, line.share) for one in card)


def _cards(whole: Document) -> list[Document]:
    return [whole["composite"], *whole.get("peers", ())]


def entry_of(one: Document) -> Entry:
    """With the error that its ends tell where none is kept (R7): places say nothing more of a small atom than they do."""
    told = firm.Told.from_ends(one["score"], Interval(one["lo"], one["hi"]))
    return Entry(one["subject_id"], one["score"], told.se if one["se"] is None else one["se"])


def _stand(figure: Document, standing: Standing, found: Ranking, told: Told) -> Stand:
    subject = standing.subject
    apart = [one for one in found.standings if one.subject != subject and found.are_apart(subject, one.subject)]
    lower = {one.subject for one in apart if one.score < standing.score}
    return Stand(
        told.places[subject],
        figure["score"],
        figure["lo"],
        figure["hi"],
        figure["se"] if told.is_analysed else None,
        standing.likely,
        standing.proven,
        ahead_of=_places(lower, told),
        behind=_places({one.subject for one in apart} - lower, told),
    )


def _places(subjects: Collection[str], told: Told) -> tuple[Place, ...]:
    found = [told.places[one] for one in subjects if one in told.places]
    return tuple(sorted(found, key=lambda place: (place.name.casefold(), place.id)))


def _by_name(stands: Iterator[Stand]) -> tuple[Stand, ...]:
    return tuple(sorted(stands, key=lambda one: (one.place.name.casefold(), one.place.id)))


def kinds_of(documents: Mapping[SubjectKind, Document], kinds: Sequence[SubjectKind]) -> tuple[SubjectKind, ...]:
    """The kinds of subjects that are compared here, in the usual order."""
    return tuple(kind for kind in kinds if kind in documents)
