"""The tables that analysts read, as texts: components, both scores, raters, coefficients; no route, no computing."""

from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import urlencode

from app.analysis.reliable import Estimate, GroupReliability, MeanAgreement, SameRaters, Study
from app.analysis.values import (
    Component,
    GroupLevel,
    LeftOut,
    RaterSeverity,
    Severity,
    SubjectScores,
    Variances,
    VarianceTests,
)
from app.deferred import dataclass
from app.http.visit import Visit
from app.infra.formats import DASH, number, percent, points_range, score
from app.scoring.obstacles import Obstacle
from app.scoring.reliability import Gap
from app.web.analysis_words import (
    ABSENCES,
    FIRMNESS,
    GAPS,
    OBSTACLES,
    STRENGTHS,
    UNSTUDIED,
    coefficient,
    signed,
    span,
)
from app.web.render import said
from app.web.round_parts import GROUP_NAMES
from app.words import in_locale

T = TypeVar("T")

AT_ONCE = 100
"""Lines of a page: a round may have thousands of raters."""
PARTS = 10
"""So many components are listed: where every rater rates one subject there are as many as subjects."""
_LEAST_CHANCE = 0.001


SOURCES = (
    "Subjects",
    "Items",
    "Raters",
    "Subjects by item",
    "Subjects by rater",
    "Items by rater",
    "The rest",
)
"""What differences come from, in the order of the variances of a study."""


@dataclass(frozen=True, slots=True)
class Told:
    """A figure and what stands small beside it."""

    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ComponentLine:
    """Subjects and raters that hang together; `why` is empty where raters are compared."""

    name: str
    subjects: str
    raters: str
    ratings: str
    shares: tuple[str, ...]
    chances: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class LevelLine:
    """A rater group beside the others of its part."""

    part: str
    group: str
    level: Told
    points: Told
    verdict: str


@dataclass(frozen=True, slots=True)
class SubjectLine:
    """A subject with both scores; `fair` is none where `why` says so."""

    name: str
    href: str
    note_href: str
    released: Told
    plain: Told
    fair: Told | None
    reliability: str
    why: str


@dataclass(frozen=True, slots=True)
class RaterLine:
    """A rater with severity; `verdict` says whether it differs from the average by more than chance."""

    name: str
    groups: str
    subjects: str
    severity: Told
    verdict: str


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A rater group's coefficients."""

    name: str
    basis: str
    of_one: Told
    of_mean: Told
    needed: Told
    alpha: Told
    without: tuple[tuple[str, str], ...]
    uniform: Told
    skewed: Told | None
    spread: str


@dataclass(frozen=True, slots=True)
class SameLine:
    """What the raters of a group say who rated the same subjects; `figures` is empty where there are none."""

    name: str
    basis: str
    figures: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class StudyLine:
    """A rater group's study of items and raters; `why` where there is none."""

    name: str
    basis: str
    sources: tuple[tuple[str, str, str], ...]
    g: str
    phi: str
    needed: str
    why: str


def part_of(lines: Sequence[T], start: int) -> Sequence[T]:
    """The lines of one page of a long list."""
    return lines[start : start + AT_ONCE]


def component_lines(visit: Visit, components: Sequence[Component]) -> list[ComponentLine]:
    """The largest, first as they are numbered; each with what stands against comparing its raters."""
    return [_component(visit, one) for one in components[:PARTS]]


def level_lines(visit: Visit, components: Sequence[Component]) -> list[LevelLine]:
    """The rater groups of the same parts side by side."""
    return [_level(visit, one, level) for one in components[:PARTS] for level in one.groups]


def subject_lines(visit: Visit, found: Severity, subjects: Sequence[SubjectScores]) -> list[SubjectLine]:
    """A page of subjects."""
    base = f"/results/{found.release.id}"
    return [_subject(visit, found, one, base) for one in subjects]


def rater_lines(visit: Visit, found: Severity, raters: Sequence[RaterSeverity]) -> list[RaterLine]:
    """A page of raters; one without a name carries the round where there are several."""
    rounds = {one.release_id: in_locale(one.name, visit.locale) for one in found.rounds}
    return [_rater(visit, one, rounds[one.release_id] if len(rounds) > 1 else "") for one in raters]


def left_out_lines(visit: Visit, left_out: Sequence[LeftOut]) -> list[str]:
    """Why groups take no part."""
    return [said(visit, ABSENCES[one.reason], group=said(visit, GROUP_NAMES[one.rater_group])) for one in left_out]


def group_lines(visit: Visit, groups: Sequence[GroupReliability]) -> list[GroupLine]:
    """The coefficients of every group."""
    return [_group(visit, one) for one in groups]


def same_lines(visit: Visit, groups: Sequence[GroupReliability]) -> list[SameLine]:
    """The coefficients of a full table of every group."""
    return [_same(visit, said(visit, GROUP_NAMES[one.rater_group]), one.same) for one in groups]


def study_lines(visit: Visit, groups: Sequence[GroupReliability]) -> list[StudyLine]:
    """The studies of every group."""
    return [_study(visit, said(visit, GROUP_NAMES[one.rater_group]), one.study) for one in groups]


def _component(visit: Visit, one: Component) -> ComponentLine:
    return ComponentLine(
        name=said(visit, "Part {number}", number=one.number + 1),
        subjects=number(one.subjects, visit.locale),
        raters=said(
            visit,
            "{raters}, of whom {sharing} rated several",
            raters=number(one.raters, visit.locale),
            sharing=number(one.sharing, visit.locale),
        ),
        ratings=number(one.ratings, visit.locale),
        shares=_shares(visit, one.variances) if one.variances else (),
        chances=_chances(visit, one.tests) if one.tests else (),
        why=said(visit, OBSTACLES[one.obstacle]) if one.obstacle else "",
    )


def _shares(visit: Visit, one: Variances) -> tuple[str, ...]:
    """Of subjects, raters and the rest; a component that is fitted has some variance."""
    parts = (one.subjects, one.raters, one.rest)
    return tuple(percent(part / sum(parts), visit.locale) for part in parts)


def _chances(visit: Visit, one: VarianceTests) -> tuple[str, ...]:
    """The p-values of subjects and raters."""
    return tuple(_chance(visit, test.p_value) for test in (one.subjects, one.raters))


def _chance(visit: Visit, p_value: float) -> str:
    if p_value < _LEAST_CHANCE:
        return said(visit, "under {least}", least=number(_LEAST_CHANCE, visit.locale, 3))
    return number(p_value, visit.locale, 3)


def _level(visit: Visit, part: Component, one: GroupLevel) -> LevelLine:
    return LevelLine(
        part=said(visit, "Part {number}", number=part.number + 1),
        group=said(visit, GROUP_NAMES[one.rater_group]),
        level=Told(
            number(one.level, visit.locale, 1), said(visit, "error {se}", se=number(one.level_se, visit.locale, 1))
        ),
        points=Told(
            signed(visit, one.points, 1),
            said(
                visit,
                "{span}, error {se}",
                span=span(visit, signed(visit, one.lo, 1), signed(visit, one.hi, 1)),
                se=number(one.se, visit.locale, 1),
            ),
        ),
        verdict=said(visit, "Higher" if one.lo > 0 else "Lower" if one.hi < 0 else "Cannot be told from the average"),
    )


def _subject(visit: Visit, found: Severity, one: SubjectScores, base: str) -> SubjectLine:
    asked = {"kpi_id": found.kpi.kpi_id, "subject_id": one.subject_id}
    fair = None
    if one.fair is not None:
        fair = Told(score(one.fair.score, visit.locale), points_range(one.fair.lo, one.fair.hi))
    return SubjectLine(
        name=one.name,
        href=f"{base}/subjects/{one.subject_id}",
        note_href=f"{base}/analysis/notes/new?{urlencode(asked)}",
        released=Told(score(one.released, visit.locale), points_range(one.lo, one.hi)),
        plain=Told(score(one.plain, visit.locale), _count(visit, one.ratings)),
        fair=fair,
        reliability=_firmness(visit, one),
        # What stands against the whole part is said there, once.
        why=said(visit, OBSTACLES[one.obstacle]) if one.obstacle is Obstacle.UNRELIABLE else "",
    )


def _count(visit: Visit, ratings: int) -> str:
    return said(visit, "{count} ratings" if ratings != 1 else "{count} rating", count=number(ratings, visit.locale))


def _firmness(visit: Visit, one: SubjectScores) -> str:
    if one.fair is None:
        return DASH
    return f"{coefficient(visit, one.fair.reliability)}, {said(visit, FIRMNESS[one.fair.firmness])}"


def _rater(visit: Visit, one: RaterSeverity, round_name: str) -> RaterLine:
    decimals = 1 if one.name is not None else 0
    name = one.name or said(visit, "Rater {number}", number=one.number)
    return RaterLine(
        name=f"{name}, {round_name}" if round_name and one.name is None else name,
        groups=", ".join(said(visit, GROUP_NAMES[group]) for group in one.rater_groups),
        subjects=number(one.subjects, visit.locale),
        severity=Told(
            signed(visit, one.severity, decimals),
            span(visit, signed(visit, one.lo, decimals), signed(visit, one.hi, decimals)),
        ),
        verdict=said(
            visit, "Stricter" if one.lo > 0 else "Milder" if one.hi < 0 else "Cannot be told from the average"
        ),
    )


def _group(visit: Visit, one: GroupReliability) -> GroupLine:
    return GroupLine(
        name=said(visit, GROUP_NAMES[one.rater_group]),
        basis=said(
            visit,
            "{ratings} ratings of {subjects} subjects",
            ratings=number(one.ratings, visit.locale),
            subjects=number(one.subjects, visit.locale),
        ),
        of_one=_estimate(visit, one.of_one),
        of_mean=_estimate(visit, one.of_mean, typical=one.typical),
        needed=_needed(visit, one),
        alpha=_estimate(visit, one.alpha),
        without=tuple((in_locale(each.name, visit.locale), coefficient(visit, each.value)) for each in one.without),
        uniform=_agreement(visit, one.uniform),
        skewed=_agreement(visit, one.skewed) if one.skewed else None,
        spread=DASH if one.uniform.spread is None else number(one.uniform.spread, visit.locale, 1),
    )


def _same(visit: Visit, name: str, one: SameRaters) -> SameLine:
    if not one.raters:
        return SameLine(name, said(visit, "No two raters have rated the same five subjects."), ())
    basis = said(
        visit,
        "{raters} raters, all of whom rated {subjects} subjects",
        raters=number(one.raters, visit.locale),
        subjects=number(one.subjects, visit.locale),
    )
    forms = (one.drawn_one, one.drawn_mean, one.fixed_one, one.fixed_mean)
    return SameLine(name, basis, tuple(_estimate(visit, form) for form in forms))


def _estimate(visit: Visit, one: Estimate, *, typical: float | None = None) -> Told:
    if one.reason is not None:
        return Told(DASH, said(visit, GAPS[one.reason]))
    where = span(visit, coefficient(visit, one.lo), coefficient(visit, one.hi))
    if typical is not None:
        where = said(visit, "{span}, by {raters} raters", span=where, raters=number(typical, visit.locale, 1))
    return Told(coefficient(visit, one.value), where)


def _needed(visit: Visit, one: GroupReliability) -> Told:
    """The number with its ends; where subjects do not differ, no number of raters tells them apart."""
    asked = one.needed
    if asked.reason is Gap.TOO_FEW:
        return Told(DASH, said(visit, GAPS[Gap.TOO_FEW]))
    if asked.fewest is None:
        return Told(_counted(visit, asked.raters))
    if asked.raters is None:
        return Told(_counted(visit, None), said(visit, "{fewest} at best", fewest=number(asked.fewest, visit.locale)))
    ends = {"fewest": number(asked.fewest, visit.locale), "most": number(asked.most, visit.locale)}
    return Told(
        _counted(visit, asked.raters),
        said(visit, "{fewest} or more" if asked.most is None else "{fewest} to {most}", **ends),
    )


def _counted(visit: Visit, raters: int | None) -> str:
    return said(visit, "no number is enough") if raters is None else number(raters, visit.locale)


def _agreement(visit: Visit, one: MeanAgreement) -> Told:
    if one.reason is not None or one.strength is None:
        return Told(DASH, said(visit, GAPS[one.reason]) if one.reason else "")
    return Told(coefficient(visit, one.value), said(visit, STRENGTHS[one.strength]))


def _study(visit: Visit, name: str, one: Study) -> StudyLine:
    if one.variances is None:
        why = said(visit, UNSTUDIED[one.reason]) if one.reason else ""
        return StudyLine(name, "", (), DASH, DASH, DASH, why)
    whole = sum(one.variances)
    sources = tuple(
        (said(visit, label), number(value, visit.locale, 1), percent(value / whole, visit.locale))
        for label, value in zip(SOURCES, one.variances, strict=True)
    )
    return StudyLine(
        name=name,
        basis=said(
            visit,
            "{raters} raters, all of whom rated {subjects} subjects on {items} items",
            raters=one.raters,
            subjects=one.subjects,
            items=one.items,
        ),
        sources=sources,
        g=coefficient(visit, one.g),
        phi=coefficient(visit, one.phi),
        needed=_counted(visit, one.needed),
        why="",
    )
