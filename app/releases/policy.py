"""A released round under another policy: what of a what-if fits it, whom it concerns, and the round as it would be. Pure.

Cards and targets are told apart by where they were set, as on the day of the launch: a card at a subject counts for
all below it that have none nearer.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date

from app.errors import FieldError
from app.fields import NO_CHOICE
from app.kpis.checks import target_problems
from app.kpis.drafts import TargetDraft
from app.kpis.rules import card_for, target_for
from app.kpis.values import KpiId, KpiKind, RaterGroup, Scorecard, ScorecardId, ScorecardLine, Target
from app.plain import span
from app.releases.drafts import CardDraft, PostsDraft, WhatIf
from app.releases.intake import MOST_PEOPLE
from app.rounds.checks import NO_WEIGHT, NOT_A_GROUP
from app.rounds.rules import LEVELS, paths_of
from app.rounds.values import FrozenKpi, FrozenRound, FrozenSubject, Goalposts, GroupPolicy, Mode

SELF_NEVER_COUNTS = "Own ratings never count, so their weight is 0."
NO_KPI_WEIGHT = "Leave at least one KPI of the card a weight above 0."
NO_CARD = "No card of this level counts there in this round."
NO_TARGET = "This KPI has no target there in this round."
ONLY_RAISED = "A minimum can only be raised: what was withheld stays withheld."
NO_MINIMUM = "This group answers by name and has no minimum."


@dataclass(frozen=True, slots=True)
class Origins:
    """Where the cards and targets of a round were set, and the path from the company to each of its subjects."""

    cards: Sequence[Scorecard]
    targets: Sequence[Target]
    paths: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(
        cls, frozen: FrozenRound, above: Sequence[str], cards: Sequence[Scorecard], targets: Sequence[Target]
    ) -> "Origins":
        """With the units above the scope of the round, from the company down."""
        return cls(cards, targets, {one: (*above, *path) for one, path in paths_of(frozen.subjects).items()})

    def card_of(self, subject: FrozenSubject) -> Scorecard | None:
        """The card that counted for a subject; none where the round asked about its KPIs without one."""
        level = LEVELS.get(subject.kind)
        return card_for(self.cards, self.paths[subject.id], level) if level is not None else None

    def target_of(self, subject: FrozenSubject, kpi_id: str) -> Target | None:
        """The target of a hard KPI that counted for a subject."""
        return target_for(self.targets, KpiId(kpi_id), self.paths[subject.id])

    def under_card(self, frozen: FrozenRound, draft: CardDraft) -> list[FrozenSubject]:
        """The subjects for which a card at this place would count, those without any card left out."""
        others = [one for one in self.cards if (one.subject_id, one.level) != (draft.subject_id, draft.level)]
        lines = (ScorecardLine(KpiId(""), 1.0, is_required=False, in_focus=False),)
        made = Scorecard(ScorecardId(""), "", draft.subject_id, draft.level, date.max, lines, 1)
        return [
            subject
            for subject in frozen.subjects
            if subject.card
            and LEVELS.get(subject.kind) is draft.level
            and card_for([*others, made], self.paths[subject.id], draft.level) is made
        ]

    def under_target(self, frozen: FrozenRound, draft: PostsDraft) -> list[FrozenSubject]:
        """The subjects with the KPI on their card for which goalposts at this place would count."""
        others = [one for one in self.targets if (one.kpi_id, one.subject_id) != (draft.kpi_id, draft.subject_id)]
        made = Target("", KpiId(draft.kpi_id), draft.subject_id, date.max, **asdict(draft.posts))
        return [
            subject
            for subject in frozen.subjects
            if any(line.kpi_id == draft.kpi_id for line in subject.card)
            and target_for([*others, made], KpiId(draft.kpi_id), self.paths[subject.id]) is made
        ]


def problems(frozen: FrozenRound, origins: Origins, wish: WhatIf) -> list[FieldError]:
    """What of a what-if does not fit a released round, under the names that intake uses."""
    found = [
        *_weight_problems(frozen, wish),
        *_card_problems(frozen, origins, wish),
        *_posts_problems(frozen, origins, wish),
        *_minimum_problems(frozen, wish),
    ]
    return [FieldError(field, message, allowed) for field, message, allowed in found]


Gap = tuple[str, str, str]


def _weight_problems(frozen: FrozenRound, wish: WhatIf) -> Iterator[Gap]:
    asked = {kpi.kpi_id: kpi for kpi in frozen.kpis if kpi.weights}
    groups = [policy.rater_group for policy in frozen.groups if policy.rater_group is not RaterGroup.SELF]
    for place, draft in enumerate(wish.rater_weights):
        name = f"rater_weights.{place}"
        if draft.kpi_id not in asked:
            yield f"{name}.kpi_id", NO_CHOICE, ", ".join(asked)
            continue
        for group, weight in draft.weights.items():
            if group is RaterGroup.SELF and weight:
                yield f"{name}.weights.{group}", SELF_NEVER_COUNTS, "0"
            elif group not in groups and weight:
                yield f"{name}.weights.{group}", NOT_A_GROUP, ", ".join(groups)
        if not _weighed(asked[draft.kpi_id], draft.weights):
            yield f"{name}.weights", NO_WEIGHT, ""


def _card_problems(frozen: FrozenRound, origins: Origins, wish: WhatIf) -> Iterator[Gap]:
    for place, draft in enumerate(wish.scorecards):
        name = f"scorecards.{place}"
        subjects = origins.under_card(frozen, draft)
        if not subjects:
            yield f"{name}.subject_id", NO_CARD, ""
            continue
        known = sorted({line.kpi_id for subject in subjects for line in subject.card})
        for kpi_id in draft.weights:
            if kpi_id not in known:
                yield f"{name}.weights.{kpi_id}", NO_CHOICE, ", ".join(known)
        if any(not _lines(subject, draft.weights) for subject in subjects):
            yield f"{name}.weights", NO_KPI_WEIGHT, ""


def _posts_problems(frozen: FrozenRound, origins: Origins, wish: WhatIf) -> Iterator[Gap]:
    hard = {kpi.kpi_id: kpi for kpi in frozen.kpis if kpi.kind is KpiKind.HARD}
    for place, draft in enumerate(wish.targets):
        name = f"targets.{place}"
        measure = hard[draft.kpi_id].measure if draft.kpi_id in hard else None
        if measure is None:
            yield f"{name}.kpi_id", NO_CHOICE, ", ".join(hard)
            continue
        if not origins.under_target(frozen, draft):
            yield f"{name}.subject_id", NO_TARGET, ""
        for gap in target_problems(TargetDraft(date.max, None, **asdict(draft.posts)), measure.direction):
            yield f"{name}.{gap.field}", gap.message, gap.allowed


def _minimum_problems(frozen: FrozenRound, wish: WhatIf) -> Iterator[Gap]:
    policies = {policy.rater_group: policy for policy in frozen.groups}
    with_minimum = [policy.rater_group for policy in frozen.groups if policy.mode is not Mode.NAMED]
    for place, draft in enumerate(wish.minimums):
        policy = policies.get(draft.rater_group)
        if policy is None or policy.mode is Mode.NAMED:
            message = NOT_A_GROUP if policy is None else NO_MINIMUM
            yield f"minimums.{place}.rater_group", message, ", ".join(with_minimum)
        elif draft.k < policy.k:
            yield f"minimums.{place}.k", ONLY_RAISED, span(policy.k, MOST_PEOPLE)


# ------------------------------------------------------------ the round as it would be


def changed(frozen: FrozenRound, origins: Origins, wish: WhatIf) -> FrozenRound:
    """The round under another policy; what does not fit it must have been refused before."""
    weights = {draft.kpi_id: draft.weights for draft in wish.rater_weights}
    minimums = {draft.rater_group: draft.k for draft in wish.minimums}
    return replace(
        frozen,
        groups=tuple(_raised(policy, minimums.get(policy.rater_group, policy.k)) for policy in frozen.groups),
        kpis=tuple(
            replace(kpi, weights=_weighed(kpi, weights[kpi.kpi_id])) if kpi.kpi_id in weights else kpi
            for kpi in frozen.kpis
        ),
        subjects=_with_targets(_with_cards(frozen, origins, wish.scorecards), origins, wish.targets).subjects,
    )


def _with_cards(frozen: FrozenRound, origins: Origins, drafts: Iterable[CardDraft]) -> FrozenRound:
    lines: dict[str, tuple[ScorecardLine, ...]] = {}
    # The nearest card counts, so the one further down comes last.
    for draft in sorted(drafts, key=lambda one: _depth(origins, one.subject_id)):
        for subject in origins.under_card(frozen, draft):
            lines[subject.id] = _lines(subject, draft.weights)
    return replace(frozen, subjects=tuple(replace(one, card=lines.get(one.id, one.card)) for one in frozen.subjects))


def _with_targets(frozen: FrozenRound, origins: Origins, drafts: Iterable[PostsDraft]) -> FrozenRound:
    posts: dict[str, dict[str, Goalposts]] = {}
    for draft in sorted(drafts, key=lambda one: _depth(origins, one.subject_id or "")):
        for subject in origins.under_target(frozen, draft):
            posts.setdefault(subject.id, {})[draft.kpi_id] = draft.posts
    return replace(
        frozen,
        subjects=tuple(replace(one, targets={**one.targets, **posts.get(one.id, {})}) for one in frozen.subjects),
    )


def _depth(origins: Origins, subject_id: str) -> int:
    """How far down a place lies; the whole company lies above all."""
    path = next((path for path in origins.paths.values() if subject_id in path), ())
    return path.index(subject_id) + 1 if path else 0


def _lines(subject: FrozenSubject, weights: Mapping[str, float]) -> tuple[ScorecardLine, ...]:
    lines = (replace(line, weight=weights.get(line.kpi_id, line.weight)) for line in subject.card)
    return tuple(line for line in lines if line.weight > 0)


def _weighed(kpi: FrozenKpi, weights: Mapping[RaterGroup, float]) -> dict[RaterGroup, float]:
    return {group: weight for group, weight in {**kpi.weights, **weights}.items() if weight > 0}


def _raised(policy: GroupPolicy, k: int) -> GroupPolicy:
    return replace(policy, k=k, comment_k=max(k, policy.comment_k))
