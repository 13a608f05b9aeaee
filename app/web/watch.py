"""How a KPI is watched: the settings, and what each method would have done in the last year."""

from collections.abc import Sequence
from datetime import date

from fastapi import Request, Response

from app.accounts.rules import Action, may, require, roots
from app.deferred import dataclass
from app.followup.commands import set_watch
from app.followup.intake import parse_watch
from app.followup.queries import get_watch, try_methods
from app.followup.values import Method, WatchTrial
from app.http.access import access
from app.http.doors import posted
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.infra.formats import number
from app.kpis.queries import get_kpi
from app.kpis.values import Kpi
from app.scoring.seasons import Season
from app.web.course_words import by_chance
from app.web.forms import REFUSED, Filled, figure, fresh, nested, refused
from app.web.render import page, said, see_other

router = Pages()

_METHODS = {
    Method.EWMA: ("Smoothed line (EWMA)", "Sees small falls that last. Allows for series that remember themselves."),
    Method.CUSUM: (
        "Summed deviations (CUSUM)",
        "Quickest for a fall of one standard deviation. For series without memory.",
    ),
}
_SEASONS = {
    Season.NONE: "None",
    Season.WEEKDAY: "Weekdays, for daily figures",
    Season.WEEKS: "The same week a year before",
    Season.YEAR: "The same month or quarter a year before",
}


@dataclass(frozen=True, slots=True)
class TrialLine:
    """What a method would have done, as the page prints it."""

    name: str
    alerts: str
    judged: str
    by_chance: str


@router.get("/kpis/{kpi_id}/watch")
@access(Action.KPIS_READ)
def show_watch(request: Request, kpi_id: str) -> Response:
    with reading(request) as (session, visit):
        setting = get_watch(session, visit.viewer, kpi_id, on=visit.today)
        values = {
            "method": setting.method.value,
            "season": setting.season.value,
            "baseline": str(setting.baseline),
            "red_line": figure(visit, setting.red_line),
            "version": str(setting.version),
        }
        return _watch_page(session, visit, kpi_id, fresh(values))


@router.post("/kpis/{kpi_id}/watch")
@access(Action.KPIS_WRITE)
def store_watch(request: Request, kpi_id: str) -> Response:
    form = posted(request)
    version = form.one("version")
    expected = int(version) if version.isdecimal() and len(version) < 12 else None
    try:
        draft = parse_watch(nested(form, "version"), posted=True)
        with writing(request) as (session, visit):
            set_watch(session, visit.viewer, kpi_id, draft, expected_version=expected, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            require(visit.viewer, Action.KPIS_WRITE, (get_kpi(session, visit.viewer, kpi_id, on=date.max).company_id,))
            return _watch_page(session, visit, kpi_id, refused(visit, form, error))
    return see_other(f"/kpis/{kpi_id}", done="watch")


def _watch_page(session: ReadSession, visit: Visit, kpi_id: str, form: Filled) -> Response:
    kpi: Kpi = get_kpi(session, visit.viewer, kpi_id, on=visit.today)
    trials = try_methods(session, visit.viewer, kpi_id, on=visit.today)
    return page(
        visit,
        "pages/courses/watch.html",
        status=form.status,
        form=form,
        kpi=kpi,
        may_write=may(visit.viewer, Action.KPIS_WRITE, (kpi.company_id,)),
        is_reader=bool(roots(visit.viewer, Action.RESULTS_READ)),
        methods=[(method.value, said(visit, name), said(visit, hint)) for method, (name, hint) in _METHODS.items()],
        seasons=[(season.value, said(visit, name)) for season, name in _SEASONS.items()],
        trials=_lines(visit, trials),
        units=max((trial.units for trial in trials), default=0),
    )


def _lines(visit: Visit, trials: Sequence[WatchTrial]) -> list[TrialLine]:
    return [
        TrialLine(
            said(visit, _METHODS[trial.method][0]),
            number(trial.tested.count, visit.locale),
            number(trial.tested.judged, visit.locale),
            by_chance(visit, trial.tested.by_chance),
        )
        for trial in trials
        if trial.tested.judged
    ]
