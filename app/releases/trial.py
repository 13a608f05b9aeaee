"""What-ifs read from the database: what can be changed of a released round, who would move, what adopting it writes.

Nothing is written. Figures are told about the subjects that the viewer may read today.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date

from app.accounts.values import Viewer
from app.errors import FieldError, Invalid, NotFound
from app.infra.database import ReadSession
from app.kpis.drafts import KpiContent, ScorecardDraft, SoftMeasure, TargetDraft, content_of
from app.kpis.queries import load_kpis, load_scorecards, load_targets
from app.kpis.rules import card_for
from app.kpis.values import Kpi, KpiId, KpiKind, Level, ScorecardLine
from app.organisation.paths import load_subjects
from app.organisation.queries import load_paths
from app.organisation.values import Subject, SubjectId
from app.releases.drafts import CardDraft, WeightsDraft, WhatIf
from app.releases.methods import METHODS, Method
from app.releases.policy import Origins, changed, problems
from app.releases.queries import get_release
from app.releases.retrace import UNREADABLE, load_kept, readable_subjects
from app.releases.rules import ReleaseAstray
from app.releases.values import Release
from app.releases.what_if import Move, compared
from app.rounds.queries import load_frozen_round
from app.rounds.rules import LEVELS
from app.rounds.values import FrozenRound, Goalposts

MINIMUM_OF_A_ROUND = "A minimum belongs to a round. Choose it when you draft the next one."
NOTHING_CHANGED = "Nothing is changed that can be adopted."


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


@dataclass(frozen=True, slots=True)
class Trial:
    """A what-if as far as the viewer may read it; `figures` were compared."""

    release: Release
    frozen: FrozenRound
    changed: FrozenRound
    moves: tuple[Move, ...]
    figures: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What adopting a what-if writes: versions of KPIs, cards and targets, each from the day."""

    release: Release
    kpis: tuple[tuple[Kpi, KpiContent], ...]
    cards: tuple[ScorecardDraft, ...]
    targets: tuple[tuple[Kpi, TargetDraft], ...]
    names: Mapping[str, Kpi]
    places: Mapping[str, Subject]


def get_choices(session: ReadSession, viewer: Viewer, release_id: str, *, on: date) -> Choices:
    """What can be changed; NotFound as for the release itself."""
    release = get_release(session, viewer, release_id, on=on)
    frozen = load_frozen_round(session, release.round_id)
    origins = _origins(session, frozen)
    seen = readable_subjects(session, viewer, frozen, on=on)
    cards: dict[tuple[str, Level], tuple[ScorecardLine, ...]] = {}
    posts: dict[tuple[str, str | None], Goalposts] = {}
    counts: Counter[tuple[str, str | None]] = Counter()
    for subject in (one for one in frozen.subjects if one.id in seen and one.card and one.kind in LEVELS):
        card = origins.card_of(subject)
        key = (card.subject_id if card is not None else frozen.scope_id, LEVELS[subject.kind])
        cards.setdefault(key, subject.card)
        counts[key] += 1
        for kpi_id, goalposts in subject.targets.items():
            target = origins.target_of(subject, kpi_id)
            at = (kpi_id, target.subject_id if target is not None else None)
            posts.setdefault(at, goalposts)
            counts[at] += 1
    ids = {place for place, _ in cards} | {place for _, place in posts if place is not None}
    places = load_subjects(session, ids, on=frozen.frozen_on)
    return Choices(
        release,
        frozen,
        tuple(
            CardChoice(places[SubjectId(place)], level, lines, counts[place, level])
            for (place, level), lines in cards.items()
        ),
        tuple(
            PostsChoice(
                kpi_id, places[SubjectId(place)] if place is not None else None, goalposts, counts[kpi_id, place]
            )
            for (kpi_id, place), goalposts in posts.items()
        ),
    )


def try_what_if(
    session: ReadSession,
    viewer: Viewer,
    release_id: str,
    wish: WhatIf,
    *,
    on: date,
    methods: Mapping[str, Method] = METHODS,
) -> Trial:
    """Who would move under another policy.

    NotFound as for the release itself; Invalid for what does not fit it, such as a minimum below the promised one;
    ReleaseAstray where the release cannot be computed again.
    """
    release = get_release(session, viewer, release_id, on=on)
    method = methods.get(release.method_version)
    if method is None:
        raise ReleaseAstray
    kept = load_kept(session, release)
    after = _fitted(session, kept.frozen, wish)
    try:
        found = compared(kept, method, after)
    except UNREADABLE as error:
        raise ReleaseAstray from error
    seen = readable_subjects(session, viewer, kept.frozen, on=on)
    return Trial(
        release,
        kept.frozen,
        after,
        tuple(move for move in found.moves if move.subject.id in seen),
        sum(not one.rater_groups and one.subject_id in seen for one in kept.scores),
    )


def plan_adoption(
    session: ReadSession, viewer: Viewer, release_id: str, wish: WhatIf, starts_on: date, *, on: date
) -> Plan:
    """What adopting a what-if from a day on writes; whether the viewer may is asked when it is written.

    Invalid where nothing lasting is changed, and for minimums, which belong to a round.
    """
    release = get_release(session, viewer, release_id, on=on)
    if wish.minimums:
        raise Invalid([FieldError("minimums", MINIMUM_OF_A_ROUND)])
    if not wish.is_lasting:
        raise Invalid(message=NOTHING_CHANGED)
    frozen = load_frozen_round(session, release.round_id)
    _fitted(session, frozen, wish)
    kpis = load_kpis(session, [kpi.kpi_id for kpi in frozen.kpis], on=date.max)
    places = load_subjects(session, _places_of(wish), on=on)
    if len(places) < len(_places_of(wish)):
        raise NotFound
    return Plan(
        release,
        tuple(
            (kpis[KpiId(one.kpi_id)], _content(kpis[KpiId(one.kpi_id)], one, starts_on)) for one in wish.rater_weights
        ),
        tuple(_card(session, frozen, one, places[SubjectId(one.subject_id)], starts_on) for one in wish.scorecards),
        tuple(
            (kpis[KpiId(one.kpi_id)], TargetDraft(starts_on, one.subject_id, **asdict(one.posts)))
            for one in wish.targets
        ),
        {str(kpi_id): kpi for kpi_id, kpi in kpis.items()},
        {str(place_id): place for place_id, place in places.items()},
    )


# ------------------------------------------------------------ pieces


def _fitted(session: ReadSession, frozen: FrozenRound, wish: WhatIf) -> FrozenRound:
    origins = _origins(session, frozen)
    found = problems(frozen, origins, wish)
    if found:
        raise Invalid(found)
    return changed(frozen, origins, wish)


def _origins(session: ReadSession, frozen: FrozenRound) -> Origins:
    on = frozen.frozen_on
    hard = [KpiId(kpi.kpi_id) for kpi in frozen.kpis if kpi.kind is KpiKind.HARD]
    above = load_paths(session, [frozen.scope_id], on=on).get(SubjectId(frozen.scope_id), ())[:-1]
    return Origins.of(
        frozen,
        above,
        load_scorecards(session, frozen.company_id, on=on),
        load_targets(session, hard, on=on),
    )


def _places_of(wish: WhatIf) -> frozenset[str]:
    set_at = [one.subject_id for one in wish.scorecards] + [one.subject_id for one in wish.targets if one.subject_id]
    return frozenset(set_at)


def _content(kpi: Kpi, draft: WeightsDraft, starts_on: date) -> KpiContent:
    """The latest version of a KPI with other weights."""
    content = content_of(kpi)
    if not isinstance(content.measure, SoftMeasure):
        return content
    measure = replace(content.measure, rater_weights={**content.measure.rater_weights, **draft.weights})
    return replace(content, measure=measure, starts_on=starts_on)


def _card(
    session: ReadSession, frozen: FrozenRound, draft: CardDraft, place: Subject, starts_on: date
) -> ScorecardDraft:
    """The card that counts at a place on the day with other weights; without any, that of the round."""
    card = card_for(load_scorecards(session, frozen.company_id, on=starts_on), place.path, draft.level)
    lines = card.lines if card is not None else _origins(session, frozen).under_card(frozen, draft)[0].card
    weighed = (replace(line, weight=draft.weights.get(line.kpi_id, line.weight)) for line in lines)
    return ScorecardDraft(place.id, draft.level, starts_on, tuple(line for line in weighed if line.weight > 0))
