"""The frozen round as JSON and back, in one canonical form, and the promise hash over it. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from app.kpis.values import (
    NO_PRACTICE,
    Aggregation,
    Cadence,
    Comparison,
    CompetenceId,
    Condition,
    Direction,
    Exercise,
    Form,
    Kpi,
    KpiId,
    KpiKind,
    LearningResource,
    NamedCompetence,
    Practice,
    RaterGroup,
    Rollup,
    ScaleKind,
    ScorecardLine,
    ShareRule,
    Target,
)
from app.rounds.values import (
    FrozenItem,
    FrozenKpi,
    FrozenMeasure,
    FrozenRound,
    FrozenScale,
    FrozenSubject,
    Goalposts,
    GroupPolicy,
    Mode,
    OverlapPlace,
)
from app.scoring import scales


def promise_hash(frozen: FrozenRound) -> str:
    """SHA-256 over everything that was promised, in hexadecimal: whoever holds the recipe can compute it again.

    What may move after launch (closing time, reminders, names of the round) is no part of it.
    """
    promised: dict[str, Any] = {
        "groups": groups_out(frozen.groups),
        "kpis": kpis_out(frozen.kpis),
        "pooling": frozen.pooling,
        "period": [frozen.period_start.isoformat(), frozen.period_end.isoformat()],
        "frozen_on": frozen.frozen_on.isoformat(),
        "subjects": [subject_out(subject) for subject in sorted(frozen.subjects, key=lambda one: one.id)],
        "readers": {subject_id: sorted(mailboxes) for subject_id, mailboxes in frozen.readers.items()},
    }
    # Rounds were launched before comments could be moderated: their hashes must come out again.
    if frozen.moderated_by is not None:
        promised["moderated_by"] = frozen.moderated_by
    return hashlib.sha256(canonical(promised).encode()).hexdigest()


def canonical(document: object) -> str:
    """JSON with sorted names and without blanks: equal documents give equal texts."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def groups_out(groups: Iterable[GroupPolicy]) -> list[dict[str, Any]]:
    """Policies of rater groups as JSON."""
    return [asdict(policy) for policy in groups]


def groups_in(document: Iterable[Mapping[str, Any]]) -> tuple[GroupPolicy, ...]:
    """Policies of rater groups from JSON."""
    read = ((RaterGroup(one["rater_group"]), Mode(one["mode"]), one["k"], one["comment_k"]) for one in document)
    return tuple(GroupPolicy(*policy) for policy in read)


def kpis_out(kpis: Iterable[FrozenKpi]) -> list[dict[str, Any]]:
    """Frozen KPIs as JSON."""
    # Its items are written by themselves, and need not be copied twice.
    return [asdict(replace(kpi, items=())) | {"items": [_item_out(item) for item in kpi.items]} for kpi in kpis]


def kpis_in(document: Iterable[Mapping[str, Any]]) -> tuple[FrozenKpi, ...]:
    """Frozen KPIs from JSON."""
    return tuple(
        FrozenKpi(
            kpi_id=one["kpi_id"],
            version_id=one["version_id"],
            kind=KpiKind(one["kind"]),
            name=one["name"],
            criterion=one["criterion"],
            weights={RaterGroup(group): float(weight) for group, weight in one["weights"].items()},
            items=tuple(_item_in(item) for item in one["items"]),
            measure=_measure_in(one["measure"]) if one["measure"] else None,
        )
        for one in document
    )


def overlaps_out(places: Iterable[OverlapPlace]) -> list[list[Any]]:
    """Places where no atom forms as JSON."""
    return sorted([subject_id, [group.value for group in groups]] for subject_id, groups in places)


def overlaps_in(document: Iterable[Sequence[Any]]) -> frozenset[OverlapPlace]:
    """Places where no atom forms from JSON."""
    return frozenset((subject_id, tuple(RaterGroup(group) for group in groups)) for subject_id, groups in document)


def freeze_kpi(kpi: Kpi, weights: Mapping[RaterGroup, float]) -> FrozenKpi:
    """A KPI in its present version, with the group weights of the round; those who are not asked have none."""
    version = kpi.current
    return FrozenKpi(
        kpi_id=kpi.id,
        version_id=version.id,
        kind=kpi.kind,
        name=dict(version.name),
        criterion=dict(version.criterion),
        weights={group: float(weight) for group, weight in weights.items() if weight > 0},
        items=tuple(
            FrozenItem(
                id=item.id,
                code=item.code,
                name=dict(item.name),
                question=dict(item.question),
                scale=FrozenScale(
                    item.scale.kind, item.scale.points, item.scale.low, item.scale.high, item.scale.levels
                ),
                weight=float(item.weight),
                is_reversed=item.is_reversed,
                anchors={point: dict(words) for point, words in item.anchors.items()},
                condition=item.condition,
                practice=item.practice,
            )
            for item in version.items
        ),
        measure=_frozen_measure(kpi),
    )


def scale_of(frozen: FrozenScale) -> scales.LinearScale | scales.AnchoredScale:
    """The scale as scoring knows it; `bars` levels are numbered in rising order of their anchor values, from 1."""
    if frozen.kind is ScaleKind.POINTS:
        return scales.point_scale(frozen.points or 0)
    if frozen.kind is ScaleKind.RECOMMEND:
        return scales.recommend()
    if frozen.kind is ScaleKind.YES_PARTLY_NO:
        return scales.yes_partly_no()
    if frozen.kind is ScaleKind.SLIDER:
        return scales.slider(frozen.low or 0.0, 100.0 if frozen.high is None else frozen.high)
    rising = sorted((frozen.levels or {}).values())
    return scales.AnchoredScale({float(place): value for place, value in enumerate(rising, start=1)})


def freeze_target(target: Target) -> Goalposts:
    """Goalposts without the day and place they were set for."""
    return Goalposts(*(getattr(target, post.name) for post in fields(Goalposts)))


def subject_out(subject: FrozenSubject) -> dict[str, Any]:
    """A frozen subject as JSON, as it goes into the hash."""
    document: dict[str, Any] = {
        "id": subject.id,
        "parent_id": subject.parent_id,
        "kind": subject.kind,
        "is_rated": subject.is_rated,
        "card": card_out(subject.card),
        "targets": targets_out(subject.targets),
    }
    # Rounds were launched before there was a choice: their hashes must come out again.
    return document if subject.form is Form.ARITHMETIC else document | {"form": subject.form}


def card_out(card: Iterable[ScorecardLine]) -> list[dict[str, Any]]:
    """Lines of a card as JSON."""
    # Written out: a company has a card for each of thousands, and to copy a value field by field takes ten times as long.
    return [
        {
            "kpi_id": line.kpi_id,
            "weight": line.weight,
            "is_required": line.is_required,
            "in_focus": line.in_focus,
        }
        for line in card
    ]


def card_in(document: Iterable[Mapping[str, Any]]) -> tuple[ScorecardLine, ...]:
    """Lines of a card from JSON."""
    return tuple(
        ScorecardLine(KpiId(one["kpi_id"]), float(one["weight"]), one["is_required"], one["in_focus"])
        for one in document
    )


def targets_out(targets: Mapping[str, Goalposts]) -> dict[str, dict[str, float]]:
    """Goalposts by KPI as JSON, without the empty ones."""
    return {
        kpi_id: {name: float(value) for name, value in asdict(posts).items() if value is not None}
        for kpi_id, posts in targets.items()
    }


def targets_in(document: Mapping[str, Mapping[str, float]]) -> dict[str, Goalposts]:
    """Goalposts by KPI from JSON."""
    return {
        kpi_id: Goalposts(**{name: float(value) for name, value in posts.items()}) for kpi_id, posts in document.items()
    }


def _frozen_measure(kpi: Kpi) -> FrozenMeasure | None:
    version = kpi.current
    if kpi.kind is KpiKind.SOFT or version.direction is None or version.aggregation is None:
        return None
    return FrozenMeasure(
        unit=dict(version.unit),
        direction=version.direction,
        aggregation=version.aggregation,
        percentile=version.percentile,
        per=float(version.per),
        cadence=version.cadence,
        rollup=version.rollup,
        prorate=version.prorate,
        decimals=version.decimals,
        share_rule=version.share_rule,
    )


def _item_out(item: FrozenItem) -> dict[str, Any]:
    # Rounds were launched before there were conditions, or anything to practise: their hashes must come out again.
    unsaid = {"condition": item.condition is None, "practice": item.practice.is_empty}
    return {name: value for name, value in asdict(item).items() if not unsaid.get(name)}


def _item_in(one: Mapping[str, Any]) -> FrozenItem:
    scale = one["scale"]
    return FrozenItem(
        id=one["id"],
        code=one["code"],
        name=one["name"],
        question=one["question"],
        scale=FrozenScale(ScaleKind(scale["kind"]), scale["points"], scale["low"], scale["high"], scale["levels"]),
        weight=float(one["weight"]),
        is_reversed=one["is_reversed"],
        anchors=one["anchors"],
        condition=Condition(**one["condition"]) if one.get("condition") else None,
        practice=_practice_in(one["practice"]) if one.get("practice") else NO_PRACTICE,
    )


def _practice_in(one: Mapping[str, Any]) -> Practice:
    competence, resource, exercise = one["competence"], one["resource"], one["exercise"]
    return Practice(
        NamedCompetence(CompetenceId(competence["id"]), competence["name"]) if competence else None,
        LearningResource(**resource) if resource else None,
        Exercise(**exercise) if exercise else None,
    )


def _measure_in(one: Mapping[str, Any]) -> FrozenMeasure:
    rule = one["share_rule"]
    return FrozenMeasure(
        unit=one["unit"],
        direction=Direction(one["direction"]),
        aggregation=Aggregation(one["aggregation"]),
        percentile=one["percentile"],
        per=float(one["per"]),
        cadence=Cadence(one["cadence"]) if one["cadence"] else None,
        rollup=Rollup(one["rollup"]),
        prorate=one["prorate"],
        decimals=one["decimals"],
        share_rule=ShareRule(Comparison(rule["comparison"]), float(rule["limit"])) if rule else None,
    )
