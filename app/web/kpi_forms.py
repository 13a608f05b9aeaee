"""The editor of KPIs: a new one, a draft as a whole, goal and owner of one in use, and a new version of it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

from fastapi import Request, Response

from app.accounts.rules import Action, require
from app.errors import AppError, FieldError, Invalid
from app.fields import Fields
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.kpis import commands
from app.kpis.drafts import KpiDraft, content_of
from app.kpis.intake import parse_content, parse_kpi
from app.kpis.queries import get_kpi, list_competences, list_scales
from app.kpis.values import GoalId, Kpi, KpiKind, KpiState
from app.organisation.queries import load_people
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.known import NOBODY, find_known, known_people, name_of
from app.web.kpi_values import GROUPS, in_order, items_of, place_of, values_of
from app.web.kpis import goals_of, hints_of
from app.web.lists import company_of, every
from app.web.render import page, see_other
from app.words import in_locale

router = Pages()

_BESIDE = ("version", "owner_id", "step")
MORE_ITEMS = "more"
OK = 200


@router.get("/kpis/new")
@access(Action.KPIS_WRITE)
def show_new_kpi(request: Request) -> Response:
    with reading(request) as (session, visit):
        kind = KpiKind.HARD if visit.query.get("kind") == KpiKind.HARD else KpiKind.SOFT
        goal_id = visit.query.get("goal", "")
        return _editor(session, visit, fresh({"kind": kind, "goal_id": goal_id}), None)


@router.post("/kpis/new")
@access(Action.KPIS_WRITE)
def create_kpi(request: Request) -> Response:
    form = in_order(posted(request))
    try:
        with writing(request) as (session, visit):
            company = company_of(session, visit)
            require(visit.viewer, Action.KPIS_WRITE, company.path)
            draft = _draft(session, company.id, form)
            kpi_id = commands.create_kpi(session, visit.viewer, draft, company_id=company.id, now=visit.now)
    except REFUSED as error:
        return _again(request, form, error, None)
    return _stored(form, kpi_id, "created")


@router.get("/kpis/{kpi_id}/change")
@access(Action.KPIS_WRITE)
def show_change_kpi(request: Request, kpi_id: str) -> Response:
    with reading(request) as (session, visit):
        kpi = _writable(session, visit, kpi_id)
        return _editor(session, visit, fresh(_values(session, visit, kpi)), kpi)


@router.post("/kpis/{kpi_id}/change")
@access(Action.KPIS_WRITE)
def change_kpi(request: Request, kpi_id: str) -> Response:
    form = in_order(posted(request))
    try:
        with writing(request) as (session, visit):
            kpi = _writable(session, visit, kpi_id)
            is_draft = kpi.state is KpiState.DRAFT
            draft = _draft(session, kpi.company_id, form) if is_draft else _references(session, kpi, form)
            version = _seen_version(form)
            commands.change_kpi(session, visit.viewer, kpi_id, draft, expected_version=version, now=visit.now)
    except REFUSED as error:
        return _again(request, form, error, kpi_id)
    return _stored(form, kpi_id, "changed")


@router.get("/kpis/{kpi_id}/versions/new")
@access(Action.KPIS_WRITE)
def show_new_version(request: Request, kpi_id: str) -> Response:
    with reading(request) as (session, visit):
        kpi = _writable(session, visit, kpi_id)
        values = {**_values(session, visit, kpi), "starts_on": visit.today.isoformat()}
        return _editor(session, visit, fresh(values), kpi, is_version=True)


@router.post("/kpis/{kpi_id}/versions/new")
@access(Action.KPIS_WRITE)
def add_version(request: Request, kpi_id: str) -> Response:
    form = in_order(posted(request))
    try:
        with writing(request) as (session, visit):
            kpi = _writable(session, visit, kpi_id)
            content = parse_content(nested(form, *_BESIDE, "kind"), kpi.kind, posted=True)
            version = _seen_version(form)
            commands.add_kpi_version(session, visit.viewer, kpi_id, content, expected_version=version, now=visit.now)
    except REFUSED as error:
        return _again(request, form, error, kpi_id, is_version=True)
    return see_other(f"/kpis/{kpi_id}", done="version")


def _stored(form: Form, kpi_id: str, done: str) -> Response:
    """On to the card, or back to the editor for one more item."""
    return see_other(f"/kpis/{kpi_id}/change" if form.one("step") == MORE_ITEMS else f"/kpis/{kpi_id}", done=done)


def _draft(session: ReadSession, company_id: str, form: Form) -> KpiDraft:
    """The whole KPI as it was written; what is wrong with the owner is told with the rest."""
    return _with_owner(session, company_id, form, lambda: parse_kpi(nested(form, *_BESIDE), posted=True))


def _references(session: ReadSession, kpi: Kpi, form: Form) -> KpiDraft:
    """Goal, owner and external id of a KPI in use; its content stays."""

    def read() -> KpiDraft:
        fields = Fields(nested(form, *_BESIDE, "kind"), posted=True)
        goal_id, external_id = fields.text("goal_id"), fields.text("external_id")
        fields.finish()
        return KpiDraft(content_of(kpi), GoalId(goal_id) if goal_id else None, None, external_id)

    return _with_owner(session, kpi.company_id, form, read)


def _with_owner(session: ReadSession, company_id: str, form: Form, read: Callable[[], KpiDraft]) -> KpiDraft:
    typed = form.one("owner_id").strip()
    owner = find_known(session, company_id, typed) if typed else None
    unknown = [FieldError("owner_id", NOBODY)] if typed and owner is None else []
    try:
        draft = read()
    except Invalid as error:
        raise Invalid([*error.errors, *unknown]) from None
    if unknown:
        raise Invalid(unknown)
    return replace(draft, owner_id=owner.id if owner else None)


def _seen_version(form: Form) -> int | None:
    fields = Fields({"version": form.one("version")}, posted=True)
    version = fields.whole("version", 1, 10**9)
    fields.finish()
    return version


def _writable(session: ReadSession, visit: Visit, kpi_id: str) -> Kpi:
    """The KPI in its latest version, for who may write it."""
    kpi = get_kpi(session, visit.viewer, kpi_id, on=date.max)
    require(visit.viewer, Action.KPIS_WRITE, (kpi.company_id,))
    return kpi


def _values(session: ReadSession, visit: Visit, kpi: Kpi) -> Mapping[str, str | None]:
    owner = next(iter(load_people(session, [kpi.owner_id] if kpi.owner_id else []).values()), None)
    return {**values_of(visit, kpi), "owner_id": name_of(owner) if owner else None}


def _again(request: Request, form: Form, error: AppError, kpi_id: str | None, *, is_version: bool = False) -> Response:
    with reading(request) as (session, visit):
        kpi = _writable(session, visit, kpi_id) if kpi_id is not None else None
        filled = refused(visit, form, error, places=place_of)
        return _editor(session, visit, filled, kpi, is_version=is_version)


def _editor(session: ReadSession, visit: Visit, form: Filled, kpi: Kpi | None, *, is_version: bool = False) -> Response:
    company_id = kpi.company_id if kpi is not None else company_of(session, visit).id
    require(visit.viewer, Action.KPIS_WRITE, (company_id,))
    scales = every(lambda part: list_scales(session, visit.viewer, company_id, part))
    competences = every(lambda part: list_competences(session, visit.viewer, company_id, part))
    goals = goals_of(session, visit, company_id).values()
    writes_content = kpi is None or kpi.state is KpiState.DRAFT or is_version
    return page(
        visit,
        "pages/kpis/editor.html",
        status=form.status,
        form=form,
        kpi=kpi,
        is_version=is_version,
        writes_content=writes_content,
        kind=KpiKind.HARD if form.value("kind") == KpiKind.HARD else KpiKind.SOFT,
        goals=[(goal.id, in_locale(goal.name, visit.locale)) for goal in goals],
        people=known_people(session, visit, company_id),
        scales=[(scale.id, in_locale(scale.name, visit.locale)) for scale in scales],
        competences=[(one.id, in_locale(one.name, visit.locale)) for one in competences],
        groups=GROUPS,
        hints=hints_of(visit, kpi.current) if kpi is not None and writes_content and form.status == OK else [],
        items=items_of(visit, form, scales),
    )
