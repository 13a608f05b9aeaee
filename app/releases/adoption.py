"""What adopting a what-if writes, worked out and not written yet: for the page that asks, and for the command."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date

from app.accounts.rules import Action, may, require
from app.accounts.values import Viewer
from app.deferred import dataclass
from app.errors import FieldError, Invalid, NotFound
from app.infra.database import ReadSession
from app.kpis.drafts import KpiContent, ScorecardDraft, SoftMeasure, TargetDraft, content_of
from app.kpis.queries import load_kpis, load_scorecards
from app.kpis.rules import card_for
from app.kpis.values import Kpi, KpiId, Scorecard
from app.organisation.paths import load_subjects
from app.organisation.values import Subject, SubjectId
from app.releases.choices import load_origins
from app.releases.drafts import CardDraft, WeightsDraft, WhatIf
from app.releases.queries import get_release
from app.releases.trial import fitted
from app.releases.values import Release
from app.rounds.queries import load_frozen_round
from app.rounds.values import FrozenRound

MINIMUM_OF_A_ROUND = "A minimum belongs to a round. Choose it when you draft the next one."
NOTHING_CHANGED = "Nothing is changed that can be adopted."


@dataclass(frozen=True, slots=True)
class Plan:
    """What adopting a what-if writes: versions of KPIs, cards and targets, each from the day."""

    release: Release
    kpis: tuple[tuple[Kpi, KpiContent], ...]
    cards: tuple[ScorecardDraft, ...]
    targets: tuple[tuple[Kpi, TargetDraft], ...]
    names: Mapping[str, Kpi]
    places: Mapping[str, Subject]


def plan_adoption(
    session: ReadSession, viewer: Viewer, release_id: str, wish: WhatIf, starts_on: date, *, on: date
) -> Plan:
    """What adopting a what-if from a day on writes, for who may write it: it shows what counts there today.

    Invalid where nothing lasting is changed, and for minimums, which belong to a round; NotFound and Forbidden as for
    the writing itself.
    """
    release = get_release(session, viewer, release_id, on=on)
    if wish.minimums:
        raise Invalid([FieldError("minimums", MINIMUM_OF_A_ROUND)])
    if not wish.is_lasting:
        raise Invalid(message=NOTHING_CHANGED)
    frozen = load_frozen_round(session, release.round_id)
    fitted(session, frozen, wish)
    places = load_subjects(session, _places_of(wish), on=on)
    if len(places) < len(_places_of(wish)):
        raise NotFound
    for path in _paths(wish, release.company_id, places):
        require(viewer, Action.KPIS_WRITE, path)
    kpis = load_kpis(session, [kpi.kpi_id for kpi in frozen.kpis], on=date.max)
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


def may_adopt(session: ReadSession, viewer: Viewer, company_id: str, wish: WhatIf, *, on: date) -> bool:
    """Whether something of a what-if lasts, and the viewer may write all of it."""
    places = load_subjects(session, _places_of(wish), on=on)
    paths = _paths(wish, company_id, places)
    return wish.is_lasting and all(may(viewer, Action.KPIS_WRITE, path) for path in paths)


def _paths(wish: WhatIf, company_id: str, places: Mapping[SubjectId, Subject]) -> list[Sequence[str]]:
    """Where something is set: at places, and at the company for weights of rater groups and targets for all."""
    is_for_all = wish.rater_weights or any(one.subject_id is None for one in wish.targets)
    return [place.path for place in places.values()] + [(company_id,)] * bool(is_for_all)


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
    counts = card if card is not None else next(load_origins(session, frozen).under_card(frozen, draft))
    lines = counts.lines if isinstance(counts, Scorecard) else counts.card
    weighed = (replace(line, weight=draft.weights.get(line.kpi_id, line.weight)) for line in lines)
    kept = tuple(line for line in weighed if line.weight > 0)
    return ScorecardDraft(place.id, draft.level, starts_on, kept, counts.form)
