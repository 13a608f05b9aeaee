"""What each KPI adds to the distance between a composite and something it is held against: a target, a norm, the last round. Pure."""

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from app.deferred import dataclass
from app.kpis.values import Form
from app.rounds.values import FrozenSubject
from app.scoring.composite import mean_of
from app.scoring.explain import ChangePart, against, change, geometric_change, geometric_parts
from app.scoring.goalposts import DEFAULT_TARGET_SCORE
from app.scoring.scorecards import Form as ScoringForm
from app.scoring.weights import normalise
from app.summaries.values import Place, Since
from app.words import Words

FULL = 100.0
SAME = 1e-9
"""Shares this close are those of the same card."""

Document = Mapping[str, Any]


class Reference(StrEnum):
    """What a composite is held against.

    last_round : the round before, over what both have, weighed as now
    last_release : the composite that the round before published, with the card of then; only where the card has changed
    norm : the unit above, in the same release
    target : every KPI at its target
    """

    LAST_ROUND = "last_round"
    LAST_RELEASE = "last_release"
    NORM = "norm"
    TARGET = "target"


@dataclass(frozen=True, slots=True)
class Part:
    """One KPI: its share of the weight that takes part, both scores, and what it adds to the distance.

    score, reference : none where the KPI is on one of two cards only
    by_weight : what of the points comes from another weight; none where both are weighed alike
    """

    kpi_id: str
    name: Words
    share: float
    score: float | None
    reference: float | None
    points: float
    by_weight: float | None = None


@dataclass(frozen=True, slots=True)
class Against:
    """A composite and a reference, over the KPIs that both have; `parts` add up to `points`.

    place : the unit that is the norm; since : the earlier round or release
    is_real : of a change, whether it is one beyond chance
    without : the KPIs of the composite that have no reference
    """

    reference: Reference
    place: Place | None
    since: Since | None
    score: float
    reference_score: float
    points: float
    is_real: bool | None
    parts: tuple[Part, ...]
    without: tuple[Words, ...]


def target_scores(subject: FrozenSubject, kpi_ids: Sequence[str]) -> dict[str, float]:
    """What each KPI is worth at its target: 75, or 100 without a stretch and in the best range; a rated one 75.

    Source: docs/scoring.md, section "Goalposts".
    """
    posts = {kpi_id: subject.targets.get(kpi_id) for kpi_id in kpi_ids}
    return {
        kpi_id: DEFAULT_TARGET_SCORE if one is None or one.stretch is not None else FULL
        for kpi_id, one in posts.items()
    }


def norm_scores(explained: Document) -> dict[str, float]:
    """The KPI scores of a unit, as its own arithmetic has them."""
    return {one["kpi_id"]: one["score"] for one in explained["kpis"] if one["score"] is not None}


def distance_to(
    reference: Reference,
    composite: Document,
    references: Mapping[str, float],
    names: Mapping[str, Words],
    *,
    place: Place | None = None,
) -> Against | None:
    """A composite against scores by KPI; None where it has no KPI in common with them.

    Parameters
    ----------
    composite : as the arithmetic of the subject has it
    references : 0-100 by KPI id

    Formula: w (x - reference), or by log-mean if the composite is geometric; w rescaled over the KPIs that both have.
    """
    parts = [one for one in composite["parts"] if one["kpi_id"] in references]
    if not parts:
        return None
    form = ScoringForm(Form(composite["form"]))
    shares = normalise([one["share"] for one in parts])
    scores = [one["score"] for one in parts]
    others = [references[one["kpi_id"]] for one in parts]
    points = (against if form is ScoringForm.ARITHMETIC else geometric_parts)(shares, scores, others)
    ends = [mean_of(shares, column, form) for column in (scores, others)]
    return Against(
        reference,
        place,
        None,
        ends[0],
        ends[1],
        ends[0] - ends[1],
        None,
        tuple(
            Part(one["kpi_id"], names[one["kpi_id"]], *figures)
            for one, *figures in zip(parts, shares, scores, others, points, strict=True)
        ),
        tuple(names[one["kpi_id"]] for one in composite["parts"] if one["kpi_id"] not in references),
    )


def change_since(change: Document, since: Since, composite: Document, names: Mapping[str, Words]) -> Against:
    """The same for the round before, as the release found it: over the KPIs and rater groups that both rounds have."""
    parts = tuple(
        Part(one["kpi_id"], names[one["kpi_id"]], one["weight"], one["after"], one["before"], one["points"])
        for one in change["parts"]
    )
    told = {part.kpi_id for part in parts}
    return Against(
        Reference.LAST_ROUND,
        None,
        since,
        change["after"],
        change["before"],
        change["points"],
        change["is_real"],
        parts,
        tuple(names[one["kpi_id"]] for one in composite["parts"] if one["kpi_id"] not in told),
    )


def change_of_card(before: Document, after: Document, since: Since, names: Mapping[str, Words]) -> Against | None:
    """The change from one published composite to the next, where the card has changed between them.

    Parameters
    ----------
    before, after : the composites as the arithmetic of each release has them

    Returns
    -------
    None where both cards are the same (then `change_since` tells all), or put their KPIs together in different ways.

    Formula: (w0 + w1)/2 (x1 - x0) by score and (x0 + x1)/2 (w1 - w0) by weight; in logarithms if geometric. A KPI that is
    on one card only has weight 0 on the other, and no part by score.
    Source: docs/scoring.md, section "Explaining".
    """
    old, new = ({one["kpi_id"]: one for one in composite["parts"]} for composite in (before, after))
    kpi_ids = [*new, *(kpi_id for kpi_id in old if kpi_id not in new)]
    weights = [[_told(parts, kpi_id, "share") or 0.0 for kpi_id in kpi_ids] for parts in (old, new)]
    if before["form"] != after["form"] or not old or not new or _are_close(*weights):
        return None
    scores = [[_told(parts, kpi_id, "score") for kpi_id in kpi_ids] for parts in (old, new)]
    points = _by_score_and_weight(Form(after["form"]), weights, scores)
    parts = tuple(
        Part(kpi_id, names[kpi_id], share, score, reference, part.by_score + part.by_weight, part.by_weight)
        for kpi_id, share, reference, score, part in zip(kpi_ids, weights[1], *scores, points, strict=True)
    )
    return Against(
        Reference.LAST_RELEASE,
        None,
        since,
        after["score"],
        before["score"],
        after["score"] - before["score"],
        None,
        parts,
        (),
    )


def _told(parts: Mapping[str, Document], kpi_id: str, name: str) -> float | None:
    return float(parts[kpi_id][name]) if kpi_id in parts else None


def _are_close(one: Sequence[float], other: Sequence[float]) -> bool:
    return all(math.isclose(a, b, abs_tol=SAME) for a, b in zip(one, other, strict=True))


def _by_score_and_weight(
    form: Form, weights: Sequence[Sequence[float]], scores: Sequence[Sequence[float | None]]
) -> list[ChangePart]:
    """With the score of the other round for a KPI that one of them has not: then only its weight has changed."""
    old, new = (
        [other if one is None else one for one, other in zip(*columns, strict=True)]
        for columns in (scores, scores[::-1])
    )
    known = [[x for x in column if x is not None] for column in (old, new)]
    return (change if form is Form.ARITHMETIC else geometric_change)(weights[0], known[0], weights[1], known[1])
