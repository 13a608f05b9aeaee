"""What of a what-if does not fit the released round that it is about. Pure."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date

from app.errors import FieldError
from app.fields import NO_CHOICE
from app.kpis.checks import target_problems
from app.kpis.drafts import TargetDraft
from app.kpis.values import KpiKind, RaterGroup
from app.plain import span
from app.releases.drafts import WhatIf
from app.releases.origins import Origins, lines_with, weights_with
from app.rounds.checks import MOST_K, NO_WEIGHT, NOT_A_GROUP
from app.rounds.values import FrozenRound, Mode

SELF_NEVER_COUNTS = "Own ratings never count, so their weight is 0."
NO_KPI_WEIGHT = "Leave at least one KPI of the card a weight above 0."
NO_CARD = "No card of this level counts there in this round."
NO_TARGET = "This KPI has no target there in this round."
ONLY_RAISED = "A minimum can only be raised: what was withheld stays withheld."
NO_MINIMUM = "This group answers by name and has no minimum."


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
        if not weights_with(asked[draft.kpi_id], draft.weights):
            yield f"{name}.weights", NO_WEIGHT, ""


def _card_problems(frozen: FrozenRound, origins: Origins, wish: WhatIf) -> Iterator[Gap]:
    for place, draft in enumerate(wish.scorecards):
        name = f"scorecards.{place}"
        subjects = list(origins.under_card(frozen, draft))
        if not subjects:
            yield f"{name}.subject_id", NO_CARD, ""
            continue
        known = sorted({line.kpi_id for subject in subjects for line in subject.card})
        for kpi_id in draft.weights:
            if kpi_id not in known:
                yield f"{name}.weights.{kpi_id}", NO_CHOICE, ", ".join(known)
        if any(not lines_with(subject, draft.weights) for subject in subjects):
            yield f"{name}.weights", NO_KPI_WEIGHT, ""


def _posts_problems(frozen: FrozenRound, origins: Origins, wish: WhatIf) -> Iterator[Gap]:
    hard = {kpi.kpi_id: kpi for kpi in frozen.kpis if kpi.kind is KpiKind.HARD}
    for place, draft in enumerate(wish.targets):
        name = f"targets.{place}"
        measure = hard[draft.kpi_id].measure if draft.kpi_id in hard else None
        if measure is None:
            yield f"{name}.kpi_id", NO_CHOICE, ", ".join(hard)
            continue
        if next(origins.under_target(frozen, draft), None) is None:
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
            yield f"minimums.{place}.k", ONLY_RAISED, span(policy.k, MOST_K)
