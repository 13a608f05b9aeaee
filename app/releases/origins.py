"""Where the cards and targets of a released round were set, and for whom one set elsewhere would count. Pure.

As on the day of the launch: a card at a subject counts for all below it that have none nearer, and so does a target.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from app.deferred import dataclass
from app.kpis.values import Level, RaterGroup, Scorecard, ScorecardLine, Target
from app.releases.drafts import CardDraft, PostsDraft
from app.rounds.rules import LEVELS, paths_of
from app.rounds.values import FrozenKpi, FrozenRound, FrozenSubject

EVERYWHERE = ""
"""Stands above every path: a target that was set for all."""


@dataclass(frozen=True, slots=True)
class Origins:
    """The places of cards by level and of targets by KPI, and the path from the company to each subject."""

    cards: Mapping[Level, frozenset[str]]
    targets: Mapping[str, frozenset[str]]
    paths: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(
        cls, frozen: FrozenRound, above: Sequence[str], cards: Iterable[Scorecard], targets: Iterable[Target]
    ) -> "Origins":
        """From the cards and targets of the day, and the units above the scope of the round, from the company down."""
        with_lines = [card for card in cards if card.lines]
        posts = [(target.kpi_id, target.subject_id or EVERYWHERE) for target in targets]
        return cls(
            {level: frozenset(card.subject_id for card in with_lines if card.level is level) for level in Level},
            {kpi_id: frozenset(place for one, place in posts if one == kpi_id) for kpi_id, _ in posts},
            {one: (*above, *path) for one, path in paths_of(frozen.subjects).items()},
        )

    def card_place(self, subject: FrozenSubject) -> str | None:
        """Where the card that counted for a subject was set; none where its KPIs weighed alike without one."""
        return self._nearest(subject, self.cards[LEVELS[subject.kind]])

    def target_place(self, subject: FrozenSubject, kpi_id: str) -> str | None:
        """Where the target that counted for a subject was set; none for one that was set for all."""
        return self._nearest(subject, self.targets.get(kpi_id, frozenset()))

    def under_card(self, frozen: FrozenRound, draft: CardDraft) -> Iterator[FrozenSubject]:
        """The subjects for which a card at this place would count, those without any card left out."""
        places = self.cards[draft.level] | {draft.subject_id}
        for subject in frozen.subjects:
            is_of_level = subject.card and LEVELS.get(subject.kind) is draft.level
            if is_of_level and self._nearest(subject, places) == draft.subject_id:
                yield subject

    def under_target(self, frozen: FrozenRound, draft: PostsDraft) -> Iterator[FrozenSubject]:
        """The subjects with the KPI on their card for which goalposts at this place would count."""
        places = self.targets.get(draft.kpi_id, frozenset()) | {draft.subject_id or EVERYWHERE}
        for subject in frozen.subjects:
            is_measured = any(line.kpi_id == draft.kpi_id for line in subject.card)
            if is_measured and self._nearest(subject, places) == draft.subject_id:
                yield subject

    def depth(self, place: str | None) -> int:
        """How far down a place lies; what counts for all lies above everything."""
        path = next((path for path in self.paths.values() if place in path), ())
        return path.index(place) + 1 if place is not None and path else 0

    def _nearest(self, subject: FrozenSubject, places: Collection[str]) -> str | None:
        return next((place for place in reversed(self.paths[subject.id]) if place in places), None)


def lines_with(subject: FrozenSubject, weights: Mapping[str, float]) -> tuple[ScorecardLine, ...]:
    """The card of a subject with other weights of its KPIs; those of weight 0 are off it."""
    lines = (replace(line, weight=weights.get(line.kpi_id, line.weight)) for line in subject.card)
    return tuple(line for line in lines if line.weight > 0)


def weights_with(kpi: FrozenKpi, weights: Mapping[RaterGroup, float]) -> dict[RaterGroup, float]:
    """What each rater group would weigh on a KPI; those of weight 0 do not count."""
    return {group: weight for group, weight in {**kpi.weights, **weights}.items() if weight > 0}
