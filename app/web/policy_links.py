"""From where weights and targets are set to where others can be tried: the latest release that the viewer may read."""

from urllib.parse import urlencode

from app.accounts.rules import Action, roots
from app.http.visit import Visit
from app.infra.database import ReadSession
from app.infra.paging import PageRequest
from app.releases.queries import list_releases


def try_href(session: ReadSession, visit: Visit, company_id: str, key: str) -> str:
    """Where to try another value of a part, by its key as in `policy_forms`; empty without a release to try it on."""
    if not roots(visit.viewer, Action.RESULTS_READ):
        return ""
    latest = list_releases(session, visit.viewer, company_id, PageRequest(limit=1), on=visit.today).items
    return f"/results/{latest[0].id}/what-if?{urlencode({'edit': key})}" if latest else ""
