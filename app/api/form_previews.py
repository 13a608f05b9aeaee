"""Forms as each rater group would meet them, over HTTP: of a KPI alone, and of a round; nothing is written."""

from fastapi import Request, Response

from app.accounts.rules import Action
from app.api.resource import Key, answer, resource
from app.api.schemas.form_previews import FormPreviewOut
from app.http.access import access
from app.http.promise import promise_lines
from app.http.visit import Visit, reading
from app.infra.templates import LOCALES
from app.kpis.values import RaterGroup
from app.responses.compose import FormPreview
from app.responses.specimens import load_form_preview, load_kpi_form_preview

router = resource("Form previews")


@router.get("/kpis/{kpi_id}/form", response_model=FormPreviewOut)
@access(Action.KPIS_READ)
def preview_kpi_form(request: Request, kpi_id: Key, rater_group: RaterGroup | None = None) -> Response:
    """The questions of a soft KPI as a rater group would meet them, with the promise a new round begins with."""
    with reading(request) as (session, visit):
        preview = load_kpi_form_preview(session, visit.viewer, kpi_id, rater_group, now=visit.now)
    return _answer(visit, preview)


@router.get("/rounds/{round_id}/form", response_model=FormPreviewOut)
@access(Action.RULES_READ)
def preview_round_form(request: Request, round_id: Key, rater_group: RaterGroup | None = None) -> Response:
    """The form of whoever in a rater group is asked about most, as a launch at this moment would make it."""
    with reading(request) as (session, visit):
        preview = load_form_preview(session, visit.viewer, round_id, rater_group, now=visit.now)
    return _answer(visit, preview)


def _answer(visit: Visit, preview: FormPreview) -> Response:
    promise = {str(locale): promise_lines(visit.service.templates, preview.form, locale) for locale in LOCALES}
    return answer(FormPreviewOut.promising(preview, promise))
