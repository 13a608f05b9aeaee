"""The lists of results: released rounds with the places where the viewer may read, and rounds under way."""

from fastapi import Request, Response

from app.accounts.rules import Action, roots
from app.accounts.values import Viewer
from app.analysis.queries import find_analysable
from app.errors import NotFound
from app.followup.rules import SINGLY
from app.http.access import SIGNED_IN, access
from app.http.routes import Pages
from app.http.visit import reading
from app.releases.queries import RELEASE_ORDERS, get_release
from app.scoring.steps import length_of
from app.summaries.queries import list_results, load_coming, load_entries
from app.web.lists import company_of, next_href, slice_of
from app.web.render import page, said, see_other
from app.web.sorting import Column, heads_of, sort_of

router = Pages()


A_PAGE = 30
"""Rounds at once: a year of months and what is about single units beside them."""
_COLUMNS = (("Round", ""), ("Period", "period"), ("Read about", ""), ("Released", "sealed_at"))


@router.get("/results")
@access(SIGNED_IN)
def show_results(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        sort = sort_of(visit, RELEASE_ORDERS)
        released = list_results(
            session, visit.viewer, company.id, slice_of(visit, sort=sort, usual=A_PAGE), on=visit.today
        )
        coming = load_coming(session, visit.viewer, company.id, on=visit.today)
        ids = [line.release.id for line in released.items]
        analysed = find_analysable(session, visit.viewer, ids, on=visit.today)
    weekly = [line for line in released.items if length_of(line.round.period_start, line.round.period_end) in SINGLY]
    return page(
        visit,
        "pages/results/list.html",
        released=[line for line in released.items if line not in weekly],
        weekly=weekly,
        coming=coming,
        analysed=analysed,
        heads=heads_of(visit, [Column(said(visit, label), key) for label, key in _COLUMNS], sort or "-sealed_at"),
        older=next_href(visit, released),
        reads_none=reads_none(visit.viewer),
    )


def reads_none(viewer: Viewer) -> bool:
    """Whether somebody has a role, and none that reads figures of others, as administrators and observers have."""
    return bool(viewer.grants) and not roots(viewer, Action.RESULTS_READ)


@router.get("/results/{release_id}")
@access(SIGNED_IN)
def open_release(request: Request, release_id: str) -> Response:
    """On to the first place where the viewer may read."""
    with reading(request) as (session, visit):
        release = get_release(session, visit.viewer, release_id, on=visit.today)
        entries = load_entries(session, visit.viewer, release, on=visit.today)
    if not entries:
        raise NotFound
    return see_other(f"/results/{release.id}/subjects/{entries[0].id}")
