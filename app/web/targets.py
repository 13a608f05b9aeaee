"""The page on which the goalposts of a hard KPI are set, for the company or for a unit and what is below it."""

from datetime import date

from fastapi import Request, Response

from app.accounts.rules import Action, may
from app.errors import NotFound
from app.http.access import access
from app.http.doors import posted
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.kpis.commands import set_target
from app.kpis.intake import parse_target
from app.kpis.queries import get_kpi
from app.kpis.values import Direction, KpiKind
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.places import list_units, options_of
from app.web.render import page, see_other

router = Pages()


@router.get("/kpis/{kpi_id}/targets/new")
@access(Action.KPIS_WRITE)
def show_new_target(request: Request, kpi_id: str) -> Response:
    with reading(request) as (session, visit):
        values = {"starts_on": visit.today.isoformat(), "subject_id": visit.query.get("unit")}
        return _target_page(session, visit, kpi_id, fresh(values))


@router.post("/kpis/{kpi_id}/targets/new")
@access(Action.KPIS_WRITE)
def store_target(request: Request, kpi_id: str) -> Response:
    form = posted(request)
    try:
        draft = parse_target(nested(form), posted=True)
        with writing(request) as (session, visit):
            set_target(session, visit.viewer, kpi_id, draft, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            return _target_page(session, visit, kpi_id, refused(visit, form, error))
    return see_other(f"/kpis/{kpi_id}", done="target")


def _target_page(session: ReadSession, visit: Visit, kpi_id: str, form: Filled) -> Response:
    kpi = get_kpi(session, visit.viewer, kpi_id, on=date.max)
    units = list_units(session, visit, kpi.company_id, Action.KPIS_WRITE)
    if kpi.kind is not KpiKind.HARD or not units:
        raise NotFound
    for_all = may(visit.viewer, Action.KPIS_WRITE, (kpi.company_id,))
    return page(
        visit,
        "pages/targets/new.html",
        status=form.status,
        form=form,
        kpi=kpi,
        in_range=kpi.current.direction is Direction.IN_RANGE,
        for_all=for_all,
        units=options_of(unit for unit in units if unit.id != kpi.company_id),
    )
