"""The journal over HTTP: what happened, by whom."""

from fastapi import Request, Response

from app.accounts.queries import list_journal
from app.accounts.rules import Action
from app.api.resource import CompanyId, answer, company_of, resource
from app.api.schemas.accounts import EntryOut
from app.api.schemas.base import PageOut, page_out
from app.http.access import access
from app.http.lists import Slice
from app.http.visit import reading

router = resource("Journal")


@router.get("/journal", response_model=PageOut[EntryOut])
@access(Action.JOURNAL_READ)
def list_entries(request: Request, part: Slice, company_id: CompanyId = None) -> Response:
    """What happened in a company, newest first."""
    with reading(request) as (session, visit):
        page = list_journal(session, visit.viewer, company_of(session, visit, company_id), part)
    return answer(page_out(EntryOut, page))
