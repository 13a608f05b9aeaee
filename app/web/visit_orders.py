"""The forms before a visit: scenarios, and an order within the rotation."""

from collections.abc import Mapping

from fastapi import Request, Response

from app.accounts.rules import Action, may, require
from app.errors import AppError
from app.fields import Fields
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit as Caller
from app.http.visit import reading, writing
from app.infra.database import ReadSession
from app.infra.paging import PageRequest
from app.kpis.queries import list_kpis
from app.kpis.values import KpiKind, KpiState
from app.organisation.queries import list_subjects
from app.organisation.values import SubjectFilter, SubjectKind
from app.visits import commands, queries
from app.visits.intake import MOST_CRITICAL, MOST_FACTS, parse_order, parse_scenario
from app.visits.values import Band, Scenario
from app.web.forms import REFUSED, Filled, figure, flattened, fresh, nested, refused
from app.web.lists import company_of, every
from app.web.render import Flash, flash_for, page, said, see_other
from app.web.visit_view import BANDS
from app.words import in_locale

router = Pages()

DONE = {"created": Flash("good", "The scenario is stored."), "changed": Flash("good", "The change is stored.")}
NAMES = {
    "task": "What the shopper does",
    "kpi_ids": "What is scored",
    "facts": "Facts",
    "critical": "What must not fail",
    "cap": "Most points after a critical failure",
    "rotation_months": "Months before a shopper comes back",
    "appeal_days": "Days to object",
    "pictures": "Pictures that a report needs",
    "scenario_id": "Scenario",
    "subject_id": "Who or what is visited",
    "shopper": "Shopper",
    "from_on": "From",
    "until_on": "To",
    "band": "Part of the day",
}
_SPARE = 1  # empty row for facts and critical items, beyond those that are there


@router.get("/visits/scenarios")
@access(Action.KPIS_READ)
def show_scenarios(request: Request) -> Response:
    with reading(request) as (session, caller):
        company = company_of(session, caller)
        found = every(lambda part: queries.list_scenarios(session, caller.viewer, company.id, part))
    return page(
        caller,
        "pages/visits/scenarios.html",
        flash=flash_for(caller, DONE),
        scenarios=found,
        may_write=may(caller.viewer, Action.ROUNDS_WRITE, company.path),
    )


@router.get("/visits/scenarios/new")
@access(Action.ROUNDS_WRITE)
def show_new_scenario(request: Request) -> Response:
    with reading(request) as (session, caller):
        usual = {"cap": "50", "rotation_months": "6", "appeal_days": "14", "pictures": "0"}
        return _scenario_page(session, caller, fresh(usual), None)


@router.post("/visits/scenarios/new")
@access(Action.ROUNDS_WRITE)
def create_scenario(request: Request) -> Response:
    form = posted(request)
    try:
        content = parse_scenario(_given(form), posted=True)
        with writing(request) as (session, caller):
            company = company_of(session, caller)
            commands.create_scenario(session, caller.viewer, company.id, content, now=caller.now)
    except REFUSED as error:
        with reading(request) as (session, caller):
            return _scenario_page(session, caller, _refused(caller, form, error), None)
    return see_other("/visits/scenarios", done="created")


@router.get("/visits/scenarios/{scenario_id}/change")
@access(Action.ROUNDS_WRITE)
def show_change_scenario(request: Request, scenario_id: str) -> Response:
    with reading(request) as (session, caller):
        found = queries.get_scenario(session, caller.viewer, scenario_id)
        return _scenario_page(session, caller, _filled(caller, found), found)


@router.post("/visits/scenarios/{scenario_id}/change")
@access(Action.ROUNDS_WRITE)
def change_scenario(request: Request, scenario_id: str) -> Response:
    form = posted(request)
    try:
        fields = Fields({"version": form.one("version")}, posted=True)
        version = fields.whole("version", 1, 10**9)
        fields.finish()
        content = parse_scenario(_given(form), posted=True)
        with writing(request) as (session, caller):
            commands.change_scenario(
                session, caller.viewer, scenario_id, content, expected_version=version, now=caller.now
            )
    except REFUSED as error:
        with reading(request) as (session, caller):
            found = queries.get_scenario(session, caller.viewer, scenario_id)
            return _scenario_page(session, caller, _refused(caller, form, error), found)
    return see_other("/visits/scenarios", done="changed")


@router.get("/visits/new")
@access(Action.ROUNDS_WRITE)
def show_order(request: Request) -> Response:
    with reading(request) as (session, caller):
        given = {"subject_id": caller.query.get("subject"), "from_on": caller.today.isoformat()}
        return _order_page(session, caller, fresh(given))


@router.post("/visits/new")
@access(Action.ROUNDS_WRITE)
def order(request: Request) -> Response:
    form = posted(request)
    try:
        draft = parse_order(nested(form), posted=True)
        with writing(request) as (session, caller):
            company = company_of(session, caller)
            made = commands.order_visit(session, caller.viewer, company.id, draft, now=caller.now)
    except REFUSED as error:
        with reading(request) as (session, caller):
            return _order_page(session, caller, _refused(caller, form, error))
    return see_other(f"/visits/{made.id}", done="ordered")


# ------------------------------------------------------------ pieces


def _refused(caller: Caller, form: Form, error: AppError) -> Filled:
    names = {name: said(caller, label) for name, label in NAMES.items()}
    return refused(
        caller, form, error, places=lambda name: "kpi_ids" if name.startswith("kpi_ids") else name, names=names
    )


def _given(form: Form) -> Mapping[str, object]:
    """What was typed, without the rows that were left empty."""
    given = {**nested(form, "version", "kpi_ids"), "kpi_ids": list(form.get("kpi_ids", ()))}
    for name in ("facts", "critical"):
        rows = given.get(name)
        if isinstance(rows, Mapping) and all(place.isdecimal() for place in rows):
            given[name] = [rows[place] for place in sorted(rows, key=int) if _is_typed(rows[place])]
    return given


def _is_typed(row: object) -> bool:
    if isinstance(row, Mapping):
        return any(_is_typed(value) for value in row.values())
    return isinstance(row, str) and bool(row.strip())


def _filled(caller: Caller, found: Scenario) -> Filled:
    content = found.content
    plain = {
        "name": content.name,
        "task": content.task,
        "facts": [{"code": one.code, "kpi_id": one.kpi_id, "question": one.question} for one in content.facts],
        "critical": [{"code": one.code, "question": one.question} for one in content.critical],
        "cap": figure(caller, content.cap),
        "rotation_months": str(content.rotation_months),
        "appeal_days": str(content.appeal_days),
        "pictures": str(content.pictures),
        "version": found.version,
    }
    return Filled({**fresh(dict(flattened(plain))).values, "kpi_ids": content.kpi_ids})


def _rows(form: Filled, name: str, most: int) -> list[str]:
    """The beginnings of the fields of each row: those that are filled, and one more."""
    filled = [place for place in range(most) if any(key.startswith(f"{name}.{place}.") for key in form.values)]
    return [f"{name}.{place}" for place in range(min(most, max(filled, default=-1) + 1 + _SPARE))]


def _scenario_page(session: ReadSession, caller: Caller, form: Filled, found: Scenario | None) -> Response:
    company_id = found.company_id if found is not None else company_of(session, caller).id
    require(caller.viewer, Action.ROUNDS_WRITE, (company_id,))
    kpis = every(lambda part: list_kpis(session, caller.viewer, company_id, part, on=caller.today))
    active = [kpi for kpi in kpis if kpi.state is KpiState.ACTIVE]
    named = [(kpi.id, in_locale(kpi.current.name, caller.locale), kpi.kind) for kpi in active]
    return page(
        caller,
        "pages/visits/scenario.html",
        status=form.status,
        form=form,
        scenario=found,
        soft=[(key, name) for key, name, kind in named if kind is KpiKind.SOFT],
        hard=[(key, name) for key, name, kind in named if kind is KpiKind.HARD],
        facts=_rows(form, "facts", MOST_FACTS),
        critical=_rows(form, "critical", MOST_CRITICAL),
    )


def _order_page(session: ReadSession, caller: Caller, form: Filled) -> Response:
    company = company_of(session, caller)
    scenarios = queries.list_scenarios(session, caller.viewer, company.id, PageRequest(limit=200)).items
    kinds = (SubjectKind.TEAM, SubjectKind.DEPARTMENT, SubjectKind.PERSON, SubjectKind.COMPETITOR)
    only = SubjectFilter(kinds=kinds)
    subjects = every(lambda part: list_subjects(session, caller.viewer, company.id, part, on=caller.today, only=only))
    may_be = [one for one in subjects if may(caller.viewer, Action.ROUNDS_WRITE, one.path)]
    return page(
        caller,
        "pages/visits/order.html",
        status=form.status,
        form=form,
        scenarios=[(one.id, in_locale(one.content.name, caller.locale)) for one in scenarios],
        subjects=[(one.id, one.name) for one in may_be],
        bands=[(band.value, said(caller, BANDS[band])) for band in Band],
    )
