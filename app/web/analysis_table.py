"""The model of a KPI as a file for a spreadsheet: variances with their tests, rater groups, and who is how strict."""

from collections.abc import Iterator

from app.analysis.values import Component, RaterSeverity, Severity
from app.http.visit import Visit
from app.infra.tabular import write_csv
from app.web.render import said
from app.web.round_parts import GROUP_NAMES

_HEADER = (
    "Part",
    "Figure",
    "Of",
    "Value",
    "Standard error",
    "Interval from",
    "Interval to",
    "Test",
    "Chance alone (p)",
)

Line = tuple[str, object, object, object, object, object, object, object]
"""What, of whom, value, standard error, interval, statistic and p-value."""


def model_table(visit: Visit, found: Severity) -> bytes:
    """A CSV file; figures as they are in the API, unrounded."""
    rows: list[tuple[object, ...]] = []
    for part in found.components:
        raters = [one for one in found.raters if one.component == part.number]
        lines = (*_variances(part), *_groups(visit, part), *(_rater(visit, one) for one in raters))
        rows += [(part.number + 1, said(visit, name), *figures) for name, *figures in lines]
    return write_csv([said(visit, name) for name in _HEADER], rows, decimal="," if visit.locale == "nb" else ".")


def _variances(part: Component) -> Iterator[Line]:
    if part.variances is None or part.tests is None:
        return
    of_subjects, of_raters = part.tests.subjects, part.tests.raters
    none = (None, None, None)
    yield "Variance between subjects", "", part.variances.subjects, *none, of_subjects.statistic, of_subjects.p_value
    yield "Variance between raters", "", part.variances.raters, *none, of_raters.statistic, of_raters.p_value
    yield "Variance of the rest", "", part.variances.rest, *none, None, None


def _groups(visit: Visit, part: Component) -> Iterator[Line]:
    for one in part.groups:
        name = said(visit, GROUP_NAMES[one.rater_group])
        yield "Level", name, one.level, one.level_se, None, None, None, None
        yield "Against all groups", name, one.points, one.se, one.lo, one.hi, None, None


def _rater(visit: Visit, one: RaterSeverity) -> Line:
    name = one.name or said(visit, "Rater {number}", number=one.number)
    return "Severity", name, one.severity, None, one.lo, one.hi, None, None
