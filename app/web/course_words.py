"""What a course says, in sentences: the finding, what a false alarm costs, the chance of a target, the first questions."""

import math
from collections.abc import Mapping

from app.followup.rules import years_between_alarms
from app.followup.values import Chance, Charted, Finding, KpiName, Red
from app.http.visit import Visit
from app.infra.formats import day, measure, number, period, score
from app.kpis.values import KpiKind
from app.organisation.values import SubjectKind
from app.scoring.charts import Side
from app.scoring.courses import State
from app.scoring.projection import TooEarly, Whole
from app.scoring.results import Interval
from app.scoring.round_signals import Cause
from app.scoring.steps import Length
from app.summaries.values import Place
from app.web.render import said
from app.words import Words, in_locale

_IN_UNIT = {
    Side.LOW: "{kpi} is falling in {place}",
    Side.HIGH: "{kpi} is rising in {place}",
    "gain": "{kpi} is better than before in {place}",
    State.IN_CONTROL: "{kpi} is steady in {place}",
    State.LEARNING: "{kpi} in {place}",
    "red": "{kpi} is beyond its red line in {place}",
}
_OF_PERSON = {
    Side.LOW: "{kpi} is falling for {place}",
    Side.HIGH: "{kpi} is rising for {place}",
    "gain": "{kpi} is better than before for {place}",
    State.IN_CONTROL: "{kpi} is steady for {place}",
    State.LEARNING: "{kpi} for {place}",
    "red": "{kpi} is beyond its red line for {place}",
}
_NOISE: Mapping[Length | None, str] = {
    Length.DAY: "day-to-day noise",
    Length.WEEK: "week-to-week noise",
    Length.MONTH: "month-to-month noise",
    Length.QUARTER: "noise between the quarters",
    Length.YEAR: "noise between the years",
    None: "noise between the rounds",
}
_KNOWN: Mapping[Length | None, str] = {
    Length.DAY: "The usual level is still being learnt: {seen} of {needed} days are known. Nothing is warned about before.",
    Length.WEEK: "The usual level is still being learnt: {seen} of {needed} weeks are known. Nothing is warned about before.",
    Length.MONTH: "The usual level is still being learnt: {seen} of {needed} months are known. Nothing is warned about before.",
    Length.QUARTER: "Rounds are compared from the second one on; {seen} is known.",
    Length.YEAR: "Rounds are compared from the second one on; {seen} is known.",
    None: "Rounds are compared from the second one on; {seen} is known.",
}
_COUNT: Mapping[Length | None, str] = {
    Length.DAY: "{count} days",
    Length.WEEK: "{count} weeks",
    Length.MONTH: "{count} months",
    Length.QUARTER: "{count} quarters",
    Length.YEAR: "{count} years",
    None: "{count} rounds",
}
_ONE: Mapping[Length | None, str] = {
    Length.DAY: "one day",
    Length.WEEK: "one week",
    Length.MONTH: "one month",
    Length.QUARTER: "one quarter",
    Length.YEAR: "one year",
    None: "one round",
}
_SERIES: Mapping[Length | None, str] = {
    Length.DAY: "By day",
    Length.WEEK: "By week",
    Length.MONTH: "By month",
    Length.QUARTER: "By quarter",
    Length.YEAR: "By year",
    None: "By round",
}
_WHO = {
    "customer": "The customers",
    "mystery_shopper": "The mystery shoppers",
    "manager": "The manager",
    "colleague": "The colleagues",
    "direct_report": "The direct reports",
}
_HARDLY = 0.05
_FEW_YEARS = 3


def title_of(visit: Visit, kpi: KpiName, place: Place, finding: Finding, red: Red | None) -> str:
    """The finding as a heading; a red line that is crossed where nothing moves."""
    is_red = is_beyond(red) and (finding.side is None or finding.is_gain)
    return heading_of(visit, kpi, place, "red" if is_red else _kind(finding))


def heading_of(visit: Visit, kpi: KpiName, place: Place, kind: Side | State | str) -> str:
    """What is said of a KPI at a place in one sentence: where it went, that it is red, a gain, or only what it is about."""
    words = _OF_PERSON if place.kind is SubjectKind.PERSON else _IN_UNIT
    return said(visit, words[kind], kpi=in_locale(kpi.name, visit.locale), place=place.name)


def lead_of(visit: Visit, finding: Finding, length: Length | None, item: Words | None) -> str:
    """Why the finding is one: where it comes from, and that noise does not explain it; or what is still missing."""
    if finding.is_gain:
        return said(visit, "If it lasts, accept it as the new level. Otherwise a fall back to the old one goes unseen.")
    if finding.side is not None:
        return " ".join(filter(None, (_whence(visit, finding, item), _beyond(visit, finding, length))))
    if not finding.needed:
        return said(visit, "Nothing is told here yet.")
    if finding.state is State.LEARNING:
        return said(visit, _KNOWN[length], seen=finding.seen, needed=finding.needed)
    return said(visit, "What goes up and down here is {noise}.", noise=said(visit, _NOISE[length]))


def is_beyond(red: Red | None) -> bool:
    """Whether a red line is crossed."""
    return red is not None and red.since is not None


def red_of(visit: Visit, kpi: KpiName, red: Red | None) -> str:
    """Since when a red line is crossed, and what ends that; nothing while the figures are good."""
    if red is None or red.since is None:
        return ""
    return said(
        visit,
        "Beyond the red line ({line}) since {day}. It is over once the figures are back at {back}.",
        line=line_of(visit, kpi, red.limits),
        day=day(red.since, visit.locale),
        back=line_of(visit, kpi, Interval(red.limits.lo + red.margin, red.limits.hi - red.margin)),
    )


def line_of(visit: Visit, kpi: KpiName, limits: Interval) -> str:
    """A red line as it is printed: one value, or the two ends of a range."""
    return " / ".join(value_of(visit, kpi, end) for end in limits if math.isfinite(end))


def count_of(visit: Visit, count: float, length: Length | None) -> str:
    """So many steps."""
    told = number(count, visit.locale, 0)
    return said(visit, _ONE[length]) if told == "1" else said(visit, _COUNT[length], count=told)


def series_name(visit: Visit, length: Length | None) -> str:
    """What a series is called beside others of the same KPI."""
    return said(visit, _SERIES[length])


def value_of(visit: Visit, kpi: KpiName, value: float | None) -> str:
    """A figure as the KPI is read: points, or its unit."""
    if kpi.kind is KpiKind.SOFT:
        return score(value, visit.locale)
    return measure(value, visit.locale, in_locale(kpi.unit, visit.locale), kpi.decimals)


def group_of(visit: Visit, rater_group: str) -> str:
    """A rater group as it begins a sentence; several together by that name."""
    return said(visit, _WHO.get(rater_group, "Several groups together"))


# ------------------------------------------------------------ what a warning costs


def costs_of(visit: Visit, judged: Charted, length: Length | None) -> list[str]:
    """How often chance alone signals, and what the last year would have given."""
    sentences = []
    if judged.run_length is not None and length is not None:
        years = years_between_alarms(judged.run_length, length)
        told = number(years, visit.locale, 0 if years >= _FEW_YEARS else 1)
        steps = count_of(visit, judged.run_length, length)
        sentences.append(
            said(visit, "Chance alone signals about once in {years} years ({steps}).", years=told, steps=steps)
        )
        learnt = count_of(visit, judged.watch.baseline, length)
        sentences.append(
            said(
                visit,
                "That holds for a level that is known well; one learnt from {steps} gives about twice as many.",
                steps=learnt,
            )
        )
    return [*sentences, last_year_of(visit, judged, length)]


def last_year_of(visit: Visit, judged: Charted, length: Length | None) -> str:
    """The back-test as a sentence."""
    tested = judged.last_year
    if not tested.judged:
        return said(visit, "In the year before today there was nothing yet that could be judged.")
    return said(
        visit,
        "In the year before today this gave {alerts} in {steps} that could be judged; {chance} by chance alone.",
        alerts=alerts_of(visit, tested.count),
        steps=count_of(visit, tested.judged, length),
        chance=by_chance(visit, tested.by_chance),
    )


def by_chance(visit: Visit, alerts: float) -> str:
    """A number of alerts that chance would give."""
    if alerts < _HARDLY:
        return said(visit, "less than {least}", least=number(2 * _HARDLY, visit.locale, 1))
    return said(visit, "about {most}", most=number(alerts, visit.locale, 1))


def alerts_of(visit: Visit, count: int) -> str:
    """So many alerts."""
    if count == 1:
        return said(visit, "one alert")
    return said(visit, "{count} alerts", count=number(count, visit.locale)) if count else said(visit, "no alert")


# ------------------------------------------------------------ targets and questions


def chance_of(visit: Visit, kpi: KpiName, chance: Chance, length: Length | None) -> str:
    """The chance to reach the target as a sentence."""
    when = period(chance.first, chance.last, visit.locale)
    projection = chance.projection
    if isinstance(projection, TooEarly):
        needed = count_of(visit, projection.needed, length)
        return said(
            visit,
            "From {needed} on, the chance to reach the target stands here. {seen} are known in {period}.",
            needed=needed,
            seen=projection.seen,
            period=when,
        )
    facts = {
        "period": when,
        "forecast": value_of(visit, kpi, projection.forecast),
        "share": f"{projection.shown}\N{NO-BREAK SPACE}%" if visit.locale == "nb" else f"{projection.shown}%",
    }
    if chance.whole is Whole.TOTAL:
        return said(
            visit,
            "The total of {period} is on the way to {forecast}. The chance that the target is reached is about {share}.",
            **facts,
        )
    return said(
        visit,
        "The average of {period} is on the way to {forecast}. The chance that the target is reached is about {share}.",
        **facts,
    )


# ------------------------------------------------------------ pieces


def _kind(finding: Finding) -> Side | State | str:
    if finding.is_gain:
        return "gain"
    if finding.side is not None:
        return finding.side
    return State.LEARNING if finding.state is State.LEARNING else State.IN_CONTROL


def _whence(visit: Visit, finding: Finding, item: Words | None) -> str:
    if finding.rater_group is None or item is None:
        return ""
    who = group_of(visit, finding.rater_group)
    return said(visit, "{group}, item {item}.", group=who, item=in_locale(item, visit.locale))


def _beyond(visit: Visit, finding: Finding, length: Length | None) -> str:
    if finding.cause is Cause.REPEATED:
        return said(visit, "It is the second real fall from one round to another.")
    if finding.cause is Cause.LARGE:
        return said(visit, "It is a fall of at least 15 points that chance does not explain.")
    sentence = "The fall exceeds the {noise}." if finding.side is Side.LOW else "The rise exceeds the {noise}."
    return said(visit, sentence, noise=said(visit, _NOISE[length]))
