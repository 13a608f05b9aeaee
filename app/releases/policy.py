"""A released round as it would be under another policy. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from app.kpis.values import ScorecardLine
from app.releases.drafts import CardDraft, PostsDraft, WhatIf
from app.releases.origins import Origins, lines_with, weights_with
from app.rounds.values import FrozenRound, Goalposts, GroupPolicy


def changed(frozen: FrozenRound, origins: Origins, wish: WhatIf) -> FrozenRound:
    """The round under another policy; what does not fit it must have been refused before."""
    weights = {draft.kpi_id: draft.weights for draft in wish.rater_weights}
    minimums = {draft.rater_group: draft.k for draft in wish.minimums}
    return replace(
        frozen,
        groups=tuple(_raised(policy, minimums.get(policy.rater_group, policy.k)) for policy in frozen.groups),
        kpis=tuple(
            replace(kpi, weights=weights_with(kpi, weights[kpi.kpi_id])) if kpi.kpi_id in weights else kpi
            for kpi in frozen.kpis
        ),
        subjects=_with_targets(_with_cards(frozen, origins, wish.scorecards), origins, wish.targets).subjects,
    )


def _with_cards(frozen: FrozenRound, origins: Origins, drafts: Iterable[CardDraft]) -> FrozenRound:
    lines: dict[str, tuple[ScorecardLine, ...]] = {}
    # The nearest card counts, so the one further down comes last.
    for draft in sorted(drafts, key=lambda one: origins.depth(one.subject_id)):
        for subject in origins.under_card(frozen, draft):
            lines[subject.id] = lines_with(subject, draft.weights)
    return replace(frozen, subjects=tuple(replace(one, card=lines.get(one.id, one.card)) for one in frozen.subjects))


def _with_targets(frozen: FrozenRound, origins: Origins, drafts: Iterable[PostsDraft]) -> FrozenRound:
    posts: dict[str, dict[str, Goalposts]] = {}
    for draft in sorted(drafts, key=lambda one: origins.depth(one.subject_id)):
        for subject in origins.under_target(frozen, draft):
            posts.setdefault(subject.id, {})[draft.kpi_id] = draft.posts
    return replace(
        frozen,
        subjects=tuple(replace(one, targets={**one.targets, **posts.get(one.id, {})}) for one in frozen.subjects),
    )


def _raised(policy: GroupPolicy, k: int) -> GroupPolicy:
    return replace(policy, k=k, comment_k=max(k, policy.comment_k))
