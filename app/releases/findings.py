"""What a release finds about a subject beside its scores, as one document. Pure.

Strengths and development areas, self against others, how firmly each score stands, how many could judge, and what has
changed. Every part is a fixed function of whole released atoms. Where an atom is under twice its minimum no error
stands here either (R7); what hangs on one says a word of two or three, such as clear or tentative.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from app.organisation.values import SubjectKind
from app.releases.changes import Earlier, change_document
from app.releases.lookup import Tables
from app.releases.observed import RowCounts
from app.releases.rows import is_small_composite, score_ends
from app.scoring.firm import Told, firmness_of_all
from app.scoring.reliability import Firmness
from app.scoring.results import Composite, Interval
from app.scoring.selfview import Gap, NoGap, Profile, Uncorrelated, gap_on, profile_of, usual_gaps
from app.scoring.soft import SELF
from app.scoring.strengths import NoStrengths, Standout, Strengths, strengths

Document = dict[str, Any]
COMPOSITE = -1
"""Stands for the card where a measure is asked for."""


def findings(tables: Tables, counts: RowCounts, earlier: Mapping[str, Earlier]) -> Iterator[tuple[str, Document]]:
    """Subject id and document of every subject that has rows.

    Parameters
    ----------
    tables : the scored round
    counts : how many could judge, by row
    earlier : by subject id what it is compared with
    """
    stands = _strengths(tables)
    profiles = {place: _gaps(tables, place) for place in range(len(tables.frozen.subjects))}
    usual = _usual(tables, profiles)
    firm = _firmness(tables)
    for place, subject in enumerate(tables.frozen.subjects):
        measures = tables.soft_measures(place)
        if measures or place in tables.scored.composites:
            since = earlier.get(subject.id)
            yield (
                subject.id,
                {
                    "strengths": _standouts(tables, stands.get(place)),
                    "self": _self(tables, profiles[place]),
                    "usual": usual if subject.id == tables.frozen.scope_id else None,
                    "firmness": _words(tables, place, firm),
                    "judged": list(_judged(tables, place, counts)),
                    "change": None if since is None else change_document(tables, place, since),
                },
            )


def shown_score(tables: Tables, place: int, measure: int) -> Interval | None:
    """The ends of a soft KPI's interval as readers see them; None without a score."""
    row = tables.kpis.get((place, measure))
    if row is None or not row.scored or tables.frozen.subjects[place].kind is SubjectKind.COMPETITOR:
        return None
    return Interval(*score_ends(Interval(row.lo, row.hi), small=tables.is_small_kpi(place, measure)))


def _kpi_id(tables: Tables, measure: int) -> str:
    return tables.scored.judged.measures[measure].kpi.kpi_id


# ------------------------------------------------------------ strengths


def _strengths(tables: Tables) -> dict[int, Strengths | NoStrengths]:
    """By subject, over the KPIs of its page."""
    shown = {
        (place, measure)
        for place in range(len(tables.frozen.subjects))
        for measure in tables.soft_measures(place)
        if shown_score(tables, place, measure) is not None
    }
    soft = tables.scored.soft
    rows = zip(soft.kpi_rows.subject.tolist(), soft.kpi_rows.kpi.tolist(), strict=True)
    counts = soft.kpi_rows._replace(scored=np.array([row in shown for row in rows], np.bool_))
    kpis = [number for number, one in enumerate(tables.scored.judged.measures) if one.item is None]
    return strengths(replace(soft, kpi_rows=counts), kpis)


def _standouts(tables: Tables, found: Strengths | NoStrengths | None) -> Document:
    if not isinstance(found, Strengths):
        reason = "too_few_kpis" if found is None else found.reason.value
        return {"reason": reason, "strengths": [], "development_areas": []}
    return {
        "reason": None,
        "strengths": [_standout(tables, one) for one in found.strengths],
        "development_areas": [_standout(tables, one) for one in found.development_areas],
    }


def _standout(tables: Tables, one: Standout) -> Document:
    """Without the bound: it would tell the error."""
    return {
        "kpi_id": _kpi_id(tables, one.kpi),
        "score": one.score,
        "deviation": one.deviation,
        "is_tentative": one.is_tentative,
        "is_relative": one.is_relative,
    }


# ------------------------------------------------------------ self and others


def _gaps(tables: Tables, place: int) -> list[Gap | NoGap]:
    """One for each KPI of the page that the subject was asked about itself."""
    found = []
    for measure in tables.soft_measures(place):
        if tables.frozen.subjects[place].kind is not SubjectKind.COMPETITOR and tables.is_asked(place, measure, SELF):
            shown = shown_score(tables, place, measure)
            found.append(gap_on(measure, tables.kpi_score(place, measure), interval=shown))
    return found


def _self(tables: Tables, gaps: list[Gap | NoGap]) -> Document | None:
    """None where nobody was asked about themselves."""
    if not gaps:
        return None
    profile = profile_of(gaps)
    correlation = None if profile is None else profile.correlation
    return {
        "gaps": [
            {"kpi_id": _kpi_id(tables, one.kpi), "own": one.own, "others": one.others, "gap": one.gap, "view": one.view}
            for one in gaps
            if isinstance(one, Gap)
        ],
        "without": [
            {"kpi_id": _kpi_id(tables, one.kpi), "reason": one.reason.value} for one in gaps if isinstance(one, NoGap)
        ],
        "mean_gap": None if profile is None else profile.mean_gap,
        "correlation": None if isinstance(correlation, Uncorrelated) else correlation,
        "correlation_reason": correlation.value if isinstance(correlation, Uncorrelated) else None,
    }


def _usual(tables: Tables, gaps: Mapping[int, list[Gap | NoGap]]) -> Document | None:
    """Gaps that are usual among the persons of the round; None where too few have any."""
    persons = [
        profile_of(gaps[place]) for place, one in enumerate(tables.frozen.subjects) if one.kind is SubjectKind.PERSON
    ]
    profiles: list[Profile] = [profile for profile in persons if profile is not None]
    usual = usual_gaps(profiles)
    if usual.mean is None:
        return None
    return {
        "subjects": len(profiles),
        "mean_gap": usual.mean,
        "kpis": [{"kpi_id": _kpi_id(tables, kpi), "gap": gap} for kpi, gap in usual.by_kpi.items()],
    }


# ------------------------------------------------------------ how firmly a score stands


def _firmness(tables: Tables) -> dict[tuple[int, int], Firmness]:
    """By subject and soft KPI, or `COMPOSITE`: the word among scores that mean the same."""
    alike: defaultdict[object, list[tuple[tuple[int, int], Told]]] = defaultdict(list)
    for place, subject in enumerate(tables.frozen.subjects):
        for measure in tables.soft_measures(place):
            told = _told_kpi(tables, place, measure)
            if told is not None:
                alike[subject.kind, measure].append(((place, measure), told))
        told = _told_composite(tables, place)
        if told is not None:
            card = tuple((line.kpi_id, line.weight) for line in subject.card)
            alike[subject.kind, subject.form, card].append(((place, COMPOSITE), told))
    found: dict[tuple[int, int], Firmness] = {}
    for scores in alike.values():
        words = firmness_of_all([told for _, told in scores])
        if words is not None:
            found |= dict(zip((key for key, _ in scores), words, strict=True))
    return found


def _told_kpi(tables: Tables, place: int, measure: int) -> Told | None:
    shown = shown_score(tables, place, measure)
    if shown is None:
        return None
    row = tables.kpis[place, measure]
    return Told.from_ends(row.score, shown) if tables.is_small_kpi(place, measure) else Told(row.score, row.se)


def _told_composite(tables: Tables, place: int) -> Told | None:
    """None also where no rater takes part, or where nobody knows how far a hard KPI may be off."""
    one = tables.scored.composites.get(place)
    if not isinstance(one, Composite) or one.soft is None or one.unsure:
        return None
    if is_small_composite(tables, place, one):
        return Told.from_ends(one.score, Interval(*score_ends(one.interval, small=True)))
    return Told(one.score, one.uncertainty.se)


def _words(tables: Tables, place: int, firm: Mapping[tuple[int, int], Firmness]) -> Document:
    kpis = {
        _kpi_id(tables, measure): firm[place, measure].value
        for measure in tables.soft_measures(place)
        if (place, measure) in firm
    }
    composite = firm.get((place, COMPOSITE))
    return {"composite": None if composite is None else composite.value, "kpis": kpis}


# ------------------------------------------------------------ how many could judge


def _judged(tables: Tables, place: int, counts: RowCounts) -> Iterator[Document]:
    """Every row on which somebody could not judge; everybody could on the others."""
    for measure in tables.soft_measures(place):
        for number in (measure, *tables.items.get(measure, ())):
            one = tables.scored.judged.measures[number]
            for row in tables.groups.get((place, number), ()):
                judged = counts.of(row.number, number)
                if judged.of > judged.could:
                    yield {
                        "kpi_id": one.kpi.kpi_id,
                        "item_id": None if one.item is None else one.item.id,
                        "rater_groups": list(tables.names[row.figure.groups]),
                        "could": judged.could,
                        "not_observed": judged.not_observed,
                        "skipped": judged.skipped,
                    }
