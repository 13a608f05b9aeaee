"""The pages of scales: what items are answered on."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import Request, Response

from app.accounts.rules import Action, may, require
from app.errors import AppError, FieldError, Invalid
from app.fields import REQUIRED, Fields
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.kpis import commands
from app.kpis.drafts import ScaleDraft
from app.kpis.intake import parse_scale
from app.kpis.queries import get_scale, list_scales
from app.kpis.values import Scale, ScaleKind
from app.web.forms import REFUSED, Filled, figure, flattened, fresh, nested, refused
from app.web.lists import company_of, next_href, slice_of
from app.web.render import Flash, flash_for, page, see_other

router = Pages()

DONE = {
    "created": Flash("good", "The scale is stored."),
    "changed": Flash("good", "The change is stored."),
}
LEVEL_ROWS = 6
_LEVEL = re.compile(r"levels\.([0-9]{1,2})\.(code|value)")


@router.get("/scales")
@access(Action.KPIS_READ)
def show_scales(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        found = list_scales(session, visit.viewer, company.id, slice_of(visit))
    return page(
        visit,
        "pages/scales/list.html",
        flash=flash_for(visit, DONE),
        scales=found.items,
        older=next_href(visit, found),
        may_write=may(visit.viewer, Action.KPIS_WRITE, company.path),
    )


@router.get("/scales/new")
@access(Action.KPIS_WRITE)
def show_new_scale(request: Request) -> Response:
    with reading(request) as (session, visit):
        asked = visit.query.get("kind", "")
        kind = ScaleKind(asked) if asked in set(ScaleKind) else ScaleKind.POINTS
        return _scale_page(session, visit, fresh({"kind": kind}), None)


@router.post("/scales/new")
@access(Action.KPIS_WRITE)
def create_scale(request: Request) -> Response:
    form = posted(request)
    try:
        draft = _draft(form)
        with writing(request) as (session, visit):
            company = company_of(session, visit)
            commands.create_scale(session, visit.viewer, draft, company_id=company.id, now=visit.now)
    except REFUSED as error:
        return _again(request, form, error, None)
    return see_other("/scales", done="created")


@router.get("/scales/{scale_id}/change")
@access(Action.KPIS_WRITE)
def show_change_scale(request: Request, scale_id: str) -> Response:
    with reading(request) as (session, visit):
        scale = get_scale(session, visit.viewer, scale_id)
        return _scale_page(session, visit, fresh(_values(visit, scale)), scale)


@router.post("/scales/{scale_id}/change")
@access(Action.KPIS_WRITE)
def change_scale(request: Request, scale_id: str) -> Response:
    form = posted(request)
    try:
        fields = Fields({"version": form.one("version")}, posted=True)
        version = fields.whole("version", 1, 10**9)
        fields.finish()
        draft = _draft(form)
        with writing(request) as (session, visit):
            commands.change_scale(session, visit.viewer, scale_id, draft, expected_version=version, now=visit.now)
    except REFUSED as error:
        return _again(request, form, error, scale_id)
    return see_other("/scales", done="changed")


def _draft(form: Form) -> ScaleDraft:
    """The scale as it was written; described levels come as rows of a code and a value."""
    rows = _rows(form)
    half = [place for place, (code, value) in rows.items() if not (code and value)]
    if half:
        raise Invalid(
            [FieldError(f"levels.{place}.{'value' if rows[place][0] else 'code'}", REQUIRED) for place in half]
        )
    given = nested(form, "version", *(name for name in form if name.startswith("levels.")))
    if rows:
        given["levels"] = dict(rows.values())
    return parse_scale(given, posted=True)


def _rows(form: Form) -> dict[str, tuple[str, str]]:
    """The rows of levels with something in them, by their number."""
    found: dict[str, dict[str, str]] = {}
    for name in form:
        row = _LEVEL.fullmatch(name)
        if row:
            found.setdefault(row[1], {})[row[2]] = form.one(name).strip()
    rows = {place: (row.get("code", ""), row.get("value", "")) for place, row in found.items()}
    return {place: row for place, row in rows.items() if any(row)}


def _place_in(form: Form) -> Callable[[str], str]:
    """Where a refusal is shown: a level by its row."""
    rows = {code: place for place, (code, _) in _rows(form).items()}

    def place_of(field: str) -> str:
        code = field.removeprefix("levels.")
        if field.startswith("levels.") and code in rows:
            return f"levels.{rows[code]}.value"
        return {"name": "name.nb", "levels": "levels.0.code"}.get(field, field)

    return place_of


def _values(visit: Visit, scale: Scale) -> Mapping[str, str | None]:
    levels = scale.levels or {}
    plain: dict[str, Any] = {
        "kind": scale.kind,
        "name": scale.name,
        "points": scale.points,
        "low": figure(visit, scale.low),
        "high": figure(visit, scale.high),
        "levels": [
            {"code": code, "value": figure(visit, levels[code])} for code in sorted(levels, key=levels.__getitem__)
        ],
        "external_id": scale.external_id,
        "version": scale.version,
    }
    return dict(flattened(plain))


def _again(request: Request, form: Form, error: AppError, scale_id: str | None) -> Response:
    with reading(request) as (session, visit):
        scale = get_scale(session, visit.viewer, scale_id) if scale_id is not None else None
        return _scale_page(session, visit, refused(visit, form, error, places=_place_in(form)), scale)


def _scale_page(session: ReadSession, visit: Visit, form: Filled, scale: Scale | None) -> Response:
    company_id = scale.company_id if scale is not None else company_of(session, visit).id
    require(visit.viewer, Action.KPIS_WRITE, (company_id,))
    return page(
        visit,
        "pages/scales/scale.html",
        status=form.status,
        form=form,
        scale=scale,
        kind=form.value("kind", ScaleKind.POINTS),
        rows=_shown_rows(form),
    )


def _shown_rows(form: Filled) -> Sequence[int]:
    """The numbers of the rows to show: all with something in them and some to spare."""
    filled = [int(row[1]) for name in form.values if (row := _LEVEL.fullmatch(name)) and form.value(name)]
    return range(min(11, max([LEVEL_ROWS, *(place + 3 for place in filled)])))
