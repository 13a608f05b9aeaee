"""Lines of benchmark files as rows of a table, and what is said after something was done about them."""

from collections.abc import Iterable, Mapping

from app.benchmarks.values import Kept, LevelFigure, Line
from app.deferred import dataclass
from app.http.visit import Visit, said
from app.infra.formats import day, number, period
from app.organisation.values import SubjectKind
from app.papers.result_words import group_listing, group_name
from app.web.render import Flash
from app.words import Words, in_locale

DONE = {
    "stored": Flash("good", "The file is stored.", "What is mapped stands beside your own figures from now on."),
    "mapped": Flash("good", "The choice of KPIs is stored."),
    "withdrawn": Flash("good", "The file is withdrawn.", "Nothing is compared with it any more."),
    "trusted": Flash("good", "The key is trusted."),
    "ended": Flash("good", "The key is trusted no more.", "Nothing is compared with its files."),
    "made": Flash("good", "There is a new signing key.", "Give its fingerprint to those who trusted the old one."),
}
_LEVELS: Mapping[SubjectKind, str] = {
    SubjectKind.COMPANY: "The company",
    SubjectKind.DEPARTMENT: "Mean of {count} departments",
    SubjectKind.TEAM: "Mean of {count} teams",
}
_KEPT: Mapping[Kept, str] = {
    Kept.FEW_RATERS: "{kpi}, {level}, by {groups}: fewer than five answers.",
    Kept.FEW_UNITS: "{kpi}, {level}, by {groups}: fewer than three units.",
}
_INSIDE: Mapping[SubjectKind, str] = {
    SubjectKind.COMPANY: "the company",
    SubjectKind.DEPARTMENT: "departments",
    SubjectKind.TEAM: "teams",
}


@dataclass(frozen=True, slots=True)
class LineText:
    """A line as a table shows it; `own` is what our own KPI is called."""

    line: Line
    kpi: str
    level: str
    group: str
    origin: str
    own: str


def line_texts(
    visit: Visit,
    lines: Iterable[Line],
    own_kpis: Mapping[str, str] | None = None,
    own: Mapping[str, Words] | None = None,
) -> list[LineText]:
    """The lines of a file in the reader's language, those of a KPI together."""
    mapped = {theirs: (own or {}).get(ours) for theirs, ours in (own_kpis or {}).items()}
    texts = [_line_text(visit, line, mapped.get(line.kpi_id)) for line in lines]
    return sorted(texts, key=lambda one: one.kpi.casefold())


def kept_words(visit: Visit, kept: Iterable[tuple[LevelFigure, Words, Kept]]) -> list[str]:
    """Which figures stay in the house and why; none of them is told."""
    return [
        said(
            visit,
            _KEPT[why],
            kpi=in_locale(name, visit.locale),
            level=said(visit, _INSIDE[figure.level]),
            groups=group_listing(visit, figure.rater_groups, inside=True),
        )
        for figure, name, why in kept
    ]


def _line_text(visit: Visit, line: Line, own: Words | None) -> LineText:
    facts = {
        "name": line.source,
        "period": period(line.period_start, line.period_end, visit.locale),
        "day": day(line.released_on, visit.locale),
        "method": line.method_version,
    }
    return LineText(
        line,
        in_locale(line.kpi, visit.locale),
        said(visit, _LEVELS[line.level], count=number(line.units, visit.locale)),
        group_name(visit, line.rater_groups),
        said(visit, "{name}, {period}, released {day}, method\N{NO-BREAK SPACE}{method}", **facts),
        in_locale(own, visit.locale) if own else "",
    )
