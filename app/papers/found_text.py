"""What a release found beside the scores, in sentences: strengths, development areas, changes, how firmly scores stand."""

from collections.abc import Sequence

from app.deferred import dataclass
from app.http.visit import Visit, said
from app.infra.formats import listing, number, period, points_range, score
from app.scoring.reliability import Firmness
from app.scoring.selfview import View
from app.scoring.strengths import Unremarkable
from app.scoring.trend import Untrended
from app.summaries.values import ChangeFigure, HardKpi, SoftKpi, StandoutKpi, Standouts, Summary
from app.words import in_locale

_FIRM = {Firmness.PRELIMINARY: "Preliminary", Firmness.MODERATE: "Moderate", Firmness.SOLID: "Solid"}
_NO_STANDOUT = {
    Unremarkable.TOO_FEW_KPIS: "This takes at least two soft KPIs with a score.",
    Unremarkable.NO_DIFFERENCE: "All soft KPIs have the same score.",
}
_UNTRENDED = {
    Untrended.OTHER_DEFINITION: "Other questions than last time.",
    Untrended.OTHER_SCALE: "Another scale than last time.",
    Untrended.OTHER_WEIGHTS: "Other weights than last time.",
    Untrended.NO_SCORE_BEFORE: "No score last time.",
    Untrended.NO_SCORE_AFTER: "No score this time.",
    Untrended.TOO_LITTLE_SHARED: "Too little of the weight is in both.",
}


@dataclass(frozen=True, slots=True)
class Named:
    """A KPI that stands out: name, score, and what is to be said of it."""

    kpi: str
    score: str
    sentences: tuple[str, ...]
    is_clear: bool


@dataclass(frozen=True, slots=True)
class StandoutText:
    """The two cards: strengths, and the first development area with the names of the others.

    strongest, to_gain : what the short text says of it, where it is clear
    """

    strengths: tuple[Named, ...]
    areas: tuple[Named, ...]
    others: str
    nothing: str
    strongest: str
    to_gain: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One line of what has changed: the figures where the change is real, else only why there are none."""

    name: str
    before: str
    after: str
    change: str
    words: str


@dataclass(frozen=True, slots=True)
class ChangeText:
    """Everything that is said about change since the round before."""

    since: str
    rows: tuple[ChangeRow, ...]
    same: str


def firm_word(visit: Visit, firmness: Firmness | None) -> str:
    """How firmly a score stands, in a word; empty where that cannot be told."""
    return said(visit, _FIRM[firmness]) if firmness else ""


def standout_text(visit: Visit, summary: Summary) -> StandoutText | None:
    """Strengths and development areas; none where the release did not look for any."""
    found = summary.standouts
    if found is None:
        return None
    nothing = said(visit, _NO_STANDOUT[found.reason]) if found.reason else ""
    areas = tuple(_named(visit, summary, found, one) for one in found.development_areas)
    others = listing([area.kpi for area in areas[1:]], visit.locale)
    strengths = tuple(_named(visit, summary, found, one) for one in found.strengths)
    return StandoutText(
        strengths,
        areas[:1],
        said(visit, "Also below the mean: {names}.", names=others) if others else "",
        nothing,
        strongest=listing([one.kpi for one in strengths if one.is_clear], visit.locale),
        to_gain=next((one.kpi for one in areas if one.is_clear), ""),
    )


def _named(visit: Visit, summary: Summary, found: Standouts, one: StandoutKpi) -> Named:
    is_strength = one in found.strengths
    points = number(abs(one.deviation), visit.locale, 1)
    where = (
        "{points} points above the mean of the soft KPIs."
        if is_strength
        else "{points} points below the mean of the soft KPIs."
    )
    sentences = [said(visit, where, points=points)]
    if one.is_tentative:
        sentences.append(said(visit, "Tentative: chance alone could explain it."))
    if one.is_relative:
        apart = "No soft KPI reaches 60." if is_strength else "Every soft KPI is at 80 or more."
        sentences.append(said(visit, apart))
    sentences += _own_words(visit, summary, one.kpi_id)
    name = in_locale(one.name, visit.locale)
    return Named(name, score(one.score, visit.locale), tuple(sentences), is_clear=not one.is_tentative)


def _own_words(visit: Visit, summary: Summary, kpi_id: str) -> list[str]:
    words = {
        View.BLIND_SPOT: "Blind spot: own rating {own}.",
        View.HIDDEN_STRENGTH: "Hidden strength: own rating {own}.",
    }
    return [
        said(visit, words[group.view], own=score(group.figure.score, visit.locale))
        for kpi, group in summary.gaps
        if kpi.kpi_id == kpi_id and group.view is not None
    ]


def soft_notes(visit: Visit, summary: Summary) -> list[str]:
    """What is to be known under the soft KPIs: what the words for firmness mean, and which gap is usual."""
    words = []
    if any(kpi.firmness for kpi in summary.soft):
        words.append(
            said(visit, "Preliminary, moderate and solid tell how much of the differences is more than chance.")
        )
    return words + _own_gap(visit, summary) + _usual(visit, summary)


def _own_gap(visit: Visit, summary: Summary) -> list[str]:
    """How own ratings lie to those of the others over all KPIs."""
    own = summary.self_view
    if own is None or own.mean_gap is None:
        return []
    above = "Own ratings are {points} points above those of the others on average."
    below = "Own ratings are {points} points below those of the others on average."
    points = number(abs(own.mean_gap), visit.locale, 1)
    words = [said(visit, below if own.mean_gap < 0 else above, points=points)]
    if own.correlation is not None:
        words.append(
            said(
                visit,
                "Over the KPIs both go together by {correlation} (1 is wholly, 0 not at all).",
                correlation=number(own.correlation, visit.locale, 2),
            )
        )
    return words


def _usual(visit: Visit, summary: Summary) -> list[str]:
    """What gap is usual, for who may know."""
    own = summary.self_view
    if own is None or own.usual_gap is None:
        return []
    facts = {"points": number(abs(own.usual_gap), visit.locale, 1), "people": number(own.usual_of, visit.locale)}
    above = "On average {people} people rate themselves {points} points above the others."
    below = "On average {people} people rate themselves {points} points below the others."
    return [said(visit, below if own.usual_gap < 0 else above, **facts)]


def change_text(visit: Visit, summary: Summary) -> ChangeText | None:
    """What has changed since the earlier release; none without one."""
    since = summary.since
    if since is None:
        return None
    named = _changes(visit, summary)
    told = [(name, change) for name, change in named if change.is_real or change.reason is not None]
    same = [name for name, change in named if not change.is_real and change.reason is None]
    return ChangeText(
        period(since.period_start, since.period_end, visit.locale),
        tuple(_row(visit, name, change) for name, change in told),
        said(visit, "No change beyond chance: {names}.", names=listing(same, visit.locale)) if same else "",
    )


def no_trend(visit: Visit, reason: Untrended) -> str:
    """Why two rounds are not compared."""
    return said(visit, _UNTRENDED[reason])


def _changes(visit: Visit, summary: Summary) -> list[tuple[str, ChangeFigure]]:
    kpis: Sequence[SoftKpi | HardKpi] = (*summary.soft, *summary.hard)
    named = [(in_locale(kpi.name, visit.locale), kpi.change) for kpi in kpis]
    whole = summary.composite.change if summary.composite else None
    return [(name, one) for name, one in [(said(visit, "Composite score"), whole), *named] if one is not None]


def _row(visit: Visit, name: str, change: ChangeFigure) -> ChangeRow:
    if change.reason is not None or change.points is None:
        nothing = score(None, visit.locale)
        why = no_trend(visit, change.reason) if change.reason else ""
        return ChangeRow(name, nothing, nothing, nothing, why)
    ends = sorted(abs(end) for end in (change.lo, change.hi) if end is not None)
    words = said(visit, "Probably {ends}.", ends=points_range(ends[0], ends[-1]))
    if change.is_unsure:
        words += " " + said(visit, "A measured KPI takes part whose error is not known.")
    direction = "Up {points}" if change.points > 0 else "Down {points}"
    return ChangeRow(
        name,
        score(change.before, visit.locale),
        score(change.after, visit.locale),
        said(visit, direction, points=number(abs(change.points), visit.locale, 1)),
        words,
    )
