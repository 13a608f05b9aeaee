"""The page that says what changed between two versions of a KPI, before beside after."""

from fastapi import Request, Response

from app.accounts.rules import Action
from app.deferred import dataclass
from app.errors import NotFound
from app.http.access import access
from app.http.routes import Pages
from app.http.visit import Visit, reading
from app.kpis.changes import Change, compare_versions
from app.kpis.queries import get_kpi, list_versions
from app.kpis.values import RaterGroup
from app.web.course_words import group_of
from app.web.forms import label_of
from app.web.render import page

router = Pages()


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A change with what people call the field."""

    label: str
    change: Change


@router.get("/kpis/{kpi_id}/versions/{number}/changes")
@access(Action.KPIS_READ)
def show_changes(request: Request, kpi_id: str, number: str) -> Response:
    with reading(request) as (session, visit):
        kpi = get_kpi(session, visit.viewer, kpi_id, on=visit.today)
        versions = list_versions(session, visit.viewer, kpi_id)
    wanted = visit.query.get("since", "")
    if not number.isdecimal() or (wanted and not wanted.isdecimal()):
        raise NotFound
    found = compare_versions(versions, int(number), since=int(wanted) if wanted else None, locale=visit.locale)
    groups = {f"rater_weights.{group}": group_of(visit, group) for group in RaterGroup}
    return page(
        visit,
        "pages/kpis/changes.html",
        kpi=kpi,
        found=found,
        changes=[ShownChange(_label(visit, one.field, groups), one) for one in found.changes],
        others=[(one.number, one.number) for one in versions if one.number < found.newer.number],
    )


def _label(visit: Visit, field: str, groups: dict[str, str]) -> str:
    label = label_of(visit, field, {})
    return f"{label}, {groups[field]}" if field in groups else label
