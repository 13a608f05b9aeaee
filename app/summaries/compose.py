"""From the rows of a release to the summary of one subject. Pure; what is read from the database is in `queries`."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from app.deferred import dataclass
from app.kpis.values import KpiKind
from app.receipts.values import WithheldCount, WithheldReason
from app.releases.values import Release, Score
from app.rounds.values import FrozenKpi, FrozenSubject
from app.scoring.across import Published
from app.summaries.found import Found
from app.summaries.rules import closest_point, combined_figure, distance_left, group_rank, next_step
from app.summaries.values import (
    Comment,
    Comments,
    CompositeFigure,
    Figure,
    GroupFigure,
    HardKpi,
    ItemFigure,
    ItemScore,
    Place,
    SoftKpi,
    Subtotal,
    SummarisedRound,
    Summary,
    Wording,
)

_SELF = ("self",)


@dataclass(frozen=True, slots=True)
class ReadComment:
    """A released comment as it stands in its table; `about` is an item or empty."""

    rater_groups: tuple[str, ...]
    about: str
    position: int
    author: str | None
    text: str
    is_edited: bool


@dataclass(frozen=True, slots=True)
class ReadWithheld:
    """How many comments of a place are withheld for one reason, as it stands in its table."""

    rater_groups: tuple[str, ...]
    about: str
    reason: WithheldReason
    comments: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything that is known of one subject.

    kpis : by id, in the order of the round
    found : what the release found beside the scores
    named : the rater groups that say who has rated
    voices : the name behind the only rating of a named group
    """

    release: Release
    round: SummarisedRound
    subject: FrozenSubject
    above: tuple[Place, ...]
    kpis: Mapping[str, FrozenKpi]
    scores: Sequence[Score]
    found: Found
    named: Collection[str]
    voices: Mapping[str, str]
    comments: Sequence[ReadComment]
    withheld: Sequence[ReadWithheld]


def summary_of(known: Loaded) -> Summary:
    """The summary of a subject: composite, KPIs in the order of its card, comments."""
    rows: defaultdict[str, list[Score]] = defaultdict(list)
    for score in known.scores:
        rows[score.kpi_id or ""].append(score)
    ordered = [kpi_id for kpi_id in _kpi_order(known) if kpi_id in rows]
    rated = [kpi_id for kpi_id in ordered if known.kpis[kpi_id].kind is KpiKind.SOFT]
    soft = tuple(_soft(known, known.kpis[kpi_id], rows[kpi_id]) for kpi_id in rated)
    standouts = known.found.standouts({kpi_id: kpi.name for kpi_id, kpi in known.kpis.items()})
    return Summary(
        release=known.release,
        round=known.round,
        subject=Place(known.subject.id, known.subject.kind, known.subject.name),
        above=known.above,
        composite=_composite(known, rows[""][0]) if rows[""] else None,
        soft=soft,
        hard=tuple(_hard(known, known.kpis[kpi_id], rows[kpi_id][0]) for kpi_id in ordered if kpi_id not in rated),
        comments=tuple(_comments(known)),
        standouts=standouts,
        self_view=known.found.self_view(),
        since=known.found.since(),
        step=None if standouts is None else next_step(soft, standouts),
    )


def figure_of(score: Score) -> Figure:
    """A row as a figure."""
    return Figure(
        status=score.status,
        reason=score.reason,
        score=score.score,
        lo=score.lo,
        hi=score.hi,
        coverage=score.coverage,
        minimum=(score.details or {}).get("minimum"),
        se=score.se,
        df=score.df,
    )


def _kpi_order(known: Loaded) -> list[str]:
    card: list[str] = [line.kpi_id for line in known.subject.card if line.kpi_id in known.kpis]
    return [*card, *(kpi_id for kpi_id in known.kpis if kpi_id not in card)]


def _weight(known: Loaded, kpi_id: str) -> float | None:
    return next((line.weight for line in known.subject.card if line.kpi_id == kpi_id), None)


def _card_share(known: Loaded, kpi_id: str) -> float | None:
    weight, whole = _weight(known, kpi_id), math.fsum(line.weight for line in known.subject.card)
    return weight / whole if weight is not None and whole else None


def _composite(known: Loaded, row: Score) -> CompositeFigure:
    parts = row.details or {}
    return CompositeFigure(
        figure_of(row),
        _subtotal(parts.get("soft")),
        _subtotal(parts.get("hard")),
        form=known.subject.form,
        firmness=known.found.firmness(None),
        unsure=tuple(parts.get("unsure", ())),
        change=known.found.change(None),
    )


def _subtotal(part: Mapping[str, Any] | None) -> Subtotal | None:
    return None if part is None else Subtotal(part["score"], part["lo"], part["hi"])


def items_of(kpi: FrozenKpi, rows: Iterable[Score]) -> tuple[ItemScore, ...]:
    """The scored items of a KPI, each over the rater groups that may be shown, from all rows of a subject about it."""
    combined, groups, items = _sorted_rows(rows)
    return () if combined is None else tuple(_item_scores(kpi, figure_of(combined), groups, items))


def _sorted_rows(rows: Iterable[Score]) -> tuple[Score | None, list[Score], Mapping[tuple[str, ...], list[Score]]]:
    """The combined score of a KPI, its rater groups in the order in which they are read, and items by group."""
    combined: Score | None = None
    groups: list[Score] = []
    items: defaultdict[tuple[str, ...], list[Score]] = defaultdict(list)
    for row in rows:
        if row.item_id is not None:
            items[row.rater_groups].append(row)
        elif row.rater_groups:
            groups.append(row)
        else:
            combined = row
    groups.sort(key=lambda row: group_rank(row.rater_groups))
    return combined, groups, items


def _soft(known: Loaded, kpi: FrozenKpi, rows: Sequence[Score]) -> SoftKpi:
    combined, groups, items = _sorted_rows(rows)
    return SoftKpi(
        kpi_id=kpi.kpi_id,
        name=kpi.name,
        criterion=kpi.criterion,
        weight=_weight(known, kpi.kpi_id),
        card_share=_card_share(known, kpi.kpi_id),
        figure=None if combined is None else figure_of(combined),
        groups=tuple(_group(known, kpi, row, items.get(row.rater_groups, ())) for row in groups),
        firmness=known.found.firmness(kpi.kpi_id),
        change=known.found.change(kpi.kpi_id),
        items=items_of(kpi, rows),
    )


def _item_scores(
    kpi: FrozenKpi, whole: Figure, groups: Sequence[Score], items: Mapping[tuple[str, ...], Sequence[Score]]
) -> Iterable[ItemScore]:
    """The scored items, each over the rater groups whose figure of it is published."""
    weights = {row.rater_groups: (row.details or {}).get("weight", 0.0) for row in groups}
    for item in kpi.scored_items:
        parts = [
            Published(row.score, row.lo, row.hi, weights[rater_groups])
            for rater_groups, rows in items.items()
            for row in rows
            if row.item_id == item.id and row.score is not None and weights.get(rater_groups)
        ]
        figure = whole if whole.is_missing else combined_figure(parts, math.fsum(kpi.weights.values()))
        yield ItemScore(item.id, item.code, item.name, figure, item.practice)


def _group(known: Loaded, kpi: FrozenKpi, row: Score, items: Sequence[Score]) -> GroupFigure:
    details = row.details or {}
    by_item = {item.item_id: item for item in items}
    asked, not_observed = known.found.judged(kpi.kpi_id, None, row.rater_groups, row.raters)
    view, gap = known.found.gap(kpi.kpi_id) if row.rater_groups == _SELF else (None, None)
    return GroupFigure(
        rater_groups=row.rater_groups,
        figure=figure_of(row),
        raters=row.raters,
        asked=asked,
        not_observed=not_observed,
        is_named=row.rater_groups[0] in known.named,
        voice=known.voices.get(row.rater_groups[0], "") if row.raters == 1 and len(row.rater_groups) == 1 else "",
        weight=details.get("weight", 0.0),
        share=details.get("share"),
        view=view,
        gap=gap,
        items=tuple(_item(known, kpi, by_item[item.id]) for item in kpi.items if item.id in by_item),
    )


def _item(known: Loaded, kpi: FrozenKpi, row: Score) -> ItemFigure:
    item = next(item for item in kpi.items if item.id == row.item_id)
    point = None if row.score is None else closest_point(item, row.score)
    return ItemFigure(
        item_id=item.id,
        name=item.name,
        figure=figure_of(row),
        raters=row.raters,
        asked=known.found.judged(kpi.kpi_id, item.id, row.rater_groups, row.raters)[0],
        closest=None if point is None else Wording(point, item.anchors[point]),
        is_conditional=item.condition is not None,
    )


def _hard(known: Loaded, kpi: FrozenKpi, row: Score) -> HardKpi:
    measure = kpi.measure
    if measure is None:
        raise ValueError(f"the hard KPI {kpi.kpi_id} was frozen without a measure")
    details = row.details or {}
    value, posts = details.get("value"), known.subject.targets.get(kpi.kpi_id)
    left = None if value is None or posts is None else distance_left(value, posts)
    return HardKpi(
        kpi_id=kpi.kpi_id,
        name=kpi.name,
        unit=measure.unit,
        decimals=measure.decimals,
        direction=measure.direction,
        weight=_weight(known, kpi.kpi_id),
        figure=figure_of(row),
        value=value,
        lo=details.get("lo"),
        hi=details.get("hi"),
        certainty=details.get("certainty"),
        readings=details.get("readings"),
        is_prorated=bool(details.get("prorated")),
        posts=posts,
        is_reached=None if left is None else left == 0,
        left=left or None,
        change=known.found.change(kpi.kpi_id),
    )


def _comments(known: Loaded) -> Iterable[Comments]:
    names = {item.id: item.name for kpi in known.kpis.values() for item in kpi.items}
    place = {item_id: number for number, item_id in enumerate(names)}
    order = list(WithheldReason)
    found: defaultdict[tuple[tuple[str, ...], str], list[ReadComment]] = defaultdict(list)
    for comment in known.comments:
        found[comment.rater_groups, comment.about].append(comment)
    held: defaultdict[tuple[tuple[str, ...], str], list[WithheldCount]] = defaultdict(list)
    for one in known.withheld:
        held[one.rater_groups, one.about].append(WithheldCount(one.reason, one.comments))
    for groups, about in sorted({*found, *held}, key=lambda key: (group_rank(key[0]), place.get(key[1], -1))):
        comments = sorted(found[groups, about], key=lambda comment: comment.position)
        yield Comments(
            rater_groups=groups,
            item_id=about or None,
            item_name=names.get(about),
            comments=tuple(Comment(comment.author, comment.text, comment.is_edited) for comment in comments),
            withheld=tuple(sorted(held[groups, about], key=lambda one: order.index(one.reason))),
        )
