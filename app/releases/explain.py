"""The arithmetic of every figure of a subject as one document, from item to composite. Pure.

Where an atom is under twice its minimum, a document stops at mean and number (R7).
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from app.kpis.values import KpiKind
from app.organisation.values import SubjectKind
from app.releases.lookup import GroupRow, Tables, minimum_of
from app.releases.rows import REASONS, is_small_composite, score_ends
from app.releases.values import ScoreStatus, Withheld
from app.rounds.values import Goalposts
from app.scoring.results import HardScore, Interval, NotScored

Document = dict[str, Any]


def documents(tables: Tables, subject_ids: Collection[str] | None = None) -> Iterator[tuple[str, Document]]:
    """Subject id and document of every subject that has rows, or of some of them."""
    for place, subject in enumerate(tables.frozen.subjects):
        if subject_ids is not None and subject.id not in subject_ids:
            continue
        soft = [_soft_kpi(tables, place, measure) for measure in tables.soft_measures(place)]
        hard = [
            _hard_kpi(tables, place, line.kpi_id) for line in subject.card if line.kpi_id in tables.scored.hard_numbers
        ]
        if soft or hard:
            yield subject.id, {"composite": _composite(tables, place), "kpis": soft + hard}


def _composite(tables: Tables, place: int) -> Document | None:
    composite = tables.scored.composites.get(place)
    if composite is None:
        return None
    lines: dict[str, float] = {line.kpi_id: line.weight for line in tables.frozen.subjects[place].card}
    if isinstance(composite, NotScored):
        return _missing_composite(tables, place, composite, lines)
    lo, hi = score_ends(composite.interval, small=is_small_composite(tables, place, composite))
    present = {_kpi_id(tables, part.kpi): part for part in composite.parts}
    return {
        "status": ScoreStatus.OK.value,
        "reason": None,
        "score": composite.score,
        "lo": lo,
        "hi": hi,
        "coverage": composite.coverage,
        "form": tables.frozen.subjects[place].form.value,
        "parts": [
            {
                "kpi_id": kpi_id,
                "kind": _kind(tables, part.kpi).value,
                "weight": lines[kpi_id],
                "share": part.weight,
                "score": part.score,
                "points": part.points,
            }
            for kpi_id, part in present.items()
        ],
        "excluded": _excluded(tables, place, {kpi_id: w for kpi_id, w in lines.items() if kpi_id not in present}),
        "soft": composite.soft,
        "hard": composite.hard,
        "unsure": [_kpi_id(tables, number) for number in composite.unsure],
    }


def _missing_composite(tables: Tables, place: int, composite: NotScored, lines: Mapping[str, float]) -> Document:
    return {
        "status": ScoreStatus.INSUFFICIENT.value,
        "reason": REASONS[composite.reason].value,
        "score": None,
        "lo": None,
        "hi": None,
        "coverage": composite.coverage,
        "form": tables.frozen.subjects[place].form.value,
        "parts": [],
        "excluded": _excluded(tables, place, lines),
        "soft": None,
        "hard": None,
        "unsure": [],
    }


def _excluded(tables: Tables, place: int, lines: Mapping[str, float]) -> list[Document]:
    return [
        {"kpi_id": kpi_id, "weight": weight, "reason": _reason_of(tables, place, kpi_id)}
        for kpi_id, weight in lines.items()
    ]


def _soft_kpi(tables: Tables, place: int, measure: int) -> Document:
    kpi = tables.scored.judged.measures[measure].kpi
    row = tables.kpis.get((place, measure))
    rows = tables.groups.get((place, measure), ())
    is_scored = row is not None and row.scored and tables.frozen.subjects[place].kind is not SubjectKind.COMPETITOR
    lo, hi = (
        score_ends(Interval(row.lo, row.hi), small=tables.is_small_kpi(place, measure))
        if row is not None and is_scored
        else (None, None)
    )
    shown = {group for one in rows for group in one.figure.groups}
    weight_all = sum(weight for group, weight in kpi.weights.items() if group.value != "self")
    return {
        "kpi_id": kpi.kpi_id,
        "kind": KpiKind.SOFT.value,
        "status": (ScoreStatus.OK if is_scored else ScoreStatus.INSUFFICIENT).value,
        "reason": None if is_scored else tables.why_unscored(place, measure).value,
        "score": row.score if row is not None and is_scored else None,
        "lo": lo,
        "hi": hi,
        "coverage": row.coverage if row is not None else 0.0,
        "weight_shown": sum(one.weight for one in rows),
        "weight_all": weight_all,
        "groups": [_group(tables, place, measure, one) for one in rows],
        "withheld": [
            {
                "rater_groups": [tables.frozen.groups[group].rater_group.value],
                "weight": kpi.weights.get(tables.frozen.groups[group].rater_group, 0.0),
                "reason": tables.why_withheld(place, (group,), measure).value,
                "minimum": minimum_of(tables.frozen, place, (group,)),
            }
            for group in tables.asked_groups(place, measure)
            if group not in shown
        ],
    }


def _group(tables: Tables, place: int, measure: int, row: GroupRow) -> Document:
    small = tables.is_small(row)
    lo, hi = score_ends(Interval(row.lo, row.hi), small=small)
    document: Document = {
        "rater_groups": list(tables.names[row.figure.groups]),
        "n": row.n,
        "mean": row.mean,
        "weight": row.weight,
        "share": row.share,
        "points": row.share * row.mean,
        "lo": lo,
        "hi": hi,
        "items": [_item(tables, place, item, row) for item in tables.items.get(measure, ())],
    }
    return document if small else document | {"se": row.se, "df": row.df}


def _item(tables: Tables, place: int, item: int, group: GroupRow) -> Document:
    one = tables.scored.judged.measures[item].item
    if one is None:
        return {}
    known = {"item_id": one.id, "weight": one.weight}
    row = tables.find_row(place, item, group)
    if row is None:
        return known | {"reason": tables.why_withheld(place, group.figure.groups, item).value}
    return known | {"n": row.n, "mean": row.mean}


def _hard_kpi(tables: Tables, place: int, kpi_id: str) -> Document:
    figure = tables.scored.hard[place, tables.scored.hard_numbers[kpi_id]]
    measure = tables.frozen.kpi(kpi_id).measure
    known = {
        "kpi_id": kpi_id,
        "kind": KpiKind.HARD.value,
        "aggregation": measure.aggregation.value if measure is not None else None,
        "goalposts": _posts(tables.frozen.subjects[place].targets.get(kpi_id)),
    }
    if isinstance(figure, HardScore):
        measured = figure.measured
        return known | {
            "status": ScoreStatus.OK.value,
            "reason": None,
            "score": figure.score,
            "value": measured.value,
            "lo": measured.interval.lo,
            "hi": measured.interval.hi,
            "readings": measured.n,
            "completeness": measured.completeness,
            "certainty": measured.certainty.value,
            "prorated": measured.prorated,
            "attainment": figure.attainment,
        }
    return known | {
        "status": ScoreStatus.INSUFFICIENT.value,
        "reason": REASONS[figure.reason].value,
        "score": None,
        "value": None,
        "completeness": figure.coverage,
    }


def _posts(target: Goalposts | None) -> Document | None:
    if target is None:
        return None
    names = ("floor", "target", "stretch", "low", "best_low", "best_high", "high")
    return {name: getattr(target, name) for name in names if getattr(target, name) is not None}


def _kpi_id(tables: Tables, number: int) -> str:
    if number < len(tables.scored.judged.measures):
        return tables.scored.judged.measures[number].kpi.kpi_id
    return next(kpi_id for kpi_id, place in tables.scored.hard_numbers.items() if place == number)


def _kind(tables: Tables, number: int) -> KpiKind:
    return KpiKind.SOFT if number < len(tables.scored.judged.measures) else KpiKind.HARD


def _reason_of(tables: Tables, place: int, kpi_id: str) -> str | None:
    """Why a KPI of the card has no score; none for one that has, left out because the composite is withheld."""
    number = tables.scored.hard_numbers.get(kpi_id)
    if number is not None:
        figure = tables.scored.hard.get((place, number))
        if figure is None:
            return Withheld.NO_VALUE.value
        return REASONS[figure.reason].value if isinstance(figure, NotScored) else None
    measures = enumerate(tables.scored.judged.measures)
    measure = next((number for number, one in measures if one.item is None and one.kpi.kpi_id == kpi_id), None)
    if measure is None:
        return Withheld.NOT_ASKED.value
    row = tables.kpis.get((place, measure))
    return None if row is not None and row.scored else tables.why_unscored(place, measure).value
