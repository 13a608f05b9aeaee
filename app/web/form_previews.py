"""The form of each rater group as somebody would meet it, from a KPI or from a round, before anybody is asked."""

from fastapi import Request, Response

from app.accounts.rules import Action
from app.deferred import dataclass
from app.errors import NotFound
from app.http.access import access
from app.http.routes import Pages
from app.http.visit import Visit, reading
from app.kpis.values import RaterGroup
from app.responses.compose import FormPreview
from app.responses.specimens import load_form_preview, load_kpi_form_preview
from app.rounds.queries import get_round
from app.rounds.values import RoundState
from app.web.rate_form import preview_page
from app.web.render import said
from app.web.round_parts import GROUP_NAMES

_OF_KPI = "The promise is the one that a new round begins with."
_OF_DRAFT = "Shown for whoever is asked about most people, with the promise as if the round started now."
_OF_ROUND = "Shown for whoever is asked about most people."

router = Pages()


@dataclass(frozen=True, slots=True)
class FormFrame:
    """What stands above a form that is only looked at; `tabs` are the groups: label, address, whether it is this one."""

    tabs: tuple[tuple[str, str, bool], ...]
    back: str
    back_href: str
    questions: int
    seconds: int
    most_seconds: int
    note: str


@router.get("/kpis/{kpi_id}/form")
@access(Action.KPIS_READ)
def show_kpi_form(request: Request, kpi_id: str) -> Response:
    with reading(request) as (session, visit):
        preview = load_kpi_form_preview(session, visit.viewer, kpi_id, _group(visit), now=visit.now)
    return _page(visit, preview, f"/kpis/{kpi_id}", "Back to the KPI", _OF_KPI)


@router.get("/rounds/{round_id}/form")
@access(Action.RULES_READ)
def show_round_form(request: Request, round_id: str) -> Response:
    with reading(request) as (session, visit):
        preview = load_form_preview(session, visit.viewer, round_id, _group(visit), now=visit.now)
        found = get_round(session, visit.viewer, round_id, action=Action.RULES_READ, now=visit.now)
        is_draft = found.state is RoundState.DRAFT
    return _page(visit, preview, f"/rounds/{round_id}", "Back to the round", _OF_DRAFT if is_draft else _OF_ROUND)


def _group(visit: Visit) -> RaterGroup | None:
    """The group that the address names; none for the first one."""
    wanted = visit.query.get("group")
    if wanted is not None and wanted not in set(RaterGroup):
        raise NotFound
    return None if wanted is None else RaterGroup(wanted)


def _page(visit: Visit, preview: FormPreview, home: str, back: str, note: str) -> Response:
    tabs = tuple(
        (said(visit, GROUP_NAMES[group]), f"{home}/form?group={group}", group is preview.rater_group)
        for group in preview.groups
    )
    figures = (preview.questions, preview.seconds, preview.most_seconds)
    return preview_page(visit, preview.form, FormFrame(tabs, said(visit, back), home, *figures, said(visit, note)))
