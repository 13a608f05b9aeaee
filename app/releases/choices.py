"""What of a released round can be tried in another way, as far as it concerns what the viewer may read."""

from collections import Counter
from dataclasses import field
from datetime import date

from app.accounts.values import Viewer
from app.deferred import dataclass
from app.infra.database import ReadSession
from app.kpis.queries import load_scorecards, load_targets
from app.kpis.values import KpiId, KpiKind, Level, ScorecardLine
from app.organisation.paths import load_subjects
from app.organisation.queries import load_paths
from app.organisation.values import Subject, SubjectId
from app.releases.origins import Origins
from app.releases.queries import get_release
from app.releases.retrace import readable_subjects
from app.releases.values import Release
from app.rounds.queries import load_frozen_round
from app.rounds.rules import LEVELS
from app.rounds.values import FrozenRound, FrozenSubject, Goalposts


@dataclass(frozen=True, slots=True)
class CardChoice:
    """A card of the round: where it was set, its level and lines, and for how many it counted."""

    place: Subject
    level: Level
    lines: tuple[ScorecardLine, ...]
    subjects: int


@dataclass(frozen=True, slots=True)
class PostsChoice:
    """A target of the round: of which KPI, where it was set (none: for all), and for how many it counted."""

    kpi_id: str
    place: Subject | None
    posts: Goalposts
    subjects: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What of a released round can be tried in another way, as far as it concerns what the viewer may read."""

    release: Release
    frozen: FrozenRound
    cards: tuple[CardChoice, ...]
    targets: tuple[PostsChoice, ...]


def get_choices(session: ReadSession, viewer: Viewer, release_id: str, *, on: date) -> Choices:
    """What can be changed; NotFound as for the release itself."""
    release = get_release(session, viewer, release_id, on=on)
    frozen = load_frozen_round(session, release.round_id)
    seen = readable_subjects(session, viewer, frozen, on=on)
    found = _Found(load_origins(session, frozen), frozen.scope_id)
    for subject in frozen.subjects:
        if subject.id in seen and subject.card and subject.kind in LEVELS:
            found.take(subject)
    places = load_subjects(session, found.places(), on=frozen.frozen_on)
    return Choices(
        release,
        frozen,
        tuple(
            CardChoice(places[SubjectId(place)], level, lines, found.counts[place, level])
            for (place, level), lines in found.cards.items()
        ),
        tuple(
            PostsChoice(kpi_id, places[SubjectId(place)] if place else None, posts, found.counts[kpi_id, place])
            for (kpi_id, place), posts in found.targets.items()
        ),
    )


@dataclass(slots=True)
class _Found:
    """Cards and targets by where they were set, with how many subjects each counted for."""

    origins: Origins
    scope_id: str
    cards: dict[tuple[str, Level], tuple[ScorecardLine, ...]] = field(default_factory=dict)
    targets: dict[tuple[str, str | None], Goalposts] = field(default_factory=dict)
    counts: Counter[tuple[str, str | None]] = field(default_factory=Counter)

    def take(self, subject: FrozenSubject) -> None:
        key = (self.origins.card_place(subject) or self.scope_id, LEVELS[subject.kind])
        self.cards.setdefault(key, subject.card)
        self.counts[key] += 1
        for kpi_id, posts in subject.targets.items():
            at = (kpi_id, self.origins.target_place(subject, kpi_id))
            self.targets.setdefault(at, posts)
            self.counts[at] += 1

    def places(self) -> set[str]:
        return {place for place, _ in self.cards} | {place for _, place in self.targets if place is not None}


def load_origins(session: ReadSession, frozen: FrozenRound) -> Origins:
    """Where the cards and targets of a round were set, whoever asks."""
    on = frozen.frozen_on
    hard = [KpiId(kpi.kpi_id) for kpi in frozen.kpis if kpi.kind is KpiKind.HARD]
    above = load_paths(session, [frozen.scope_id], on=on).get(SubjectId(frozen.scope_id), ())[:-1]
    return Origins.of(
        frozen,
        above,
        load_scorecards(session, frozen.company_id, on=on),
        load_targets(session, hard, on=on),
    )
