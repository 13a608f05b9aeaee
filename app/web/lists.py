"""What every list of the pages shares: whose company it is, which slice is shown, and the way to the next one."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from app.errors import NotFound
from app.http.lists import parse_slice
from app.http.visit import Visit
from app.infra.database import ReadSession
from app.infra.paging import DEFAULT_LIMIT, MAX_LIMIT, Page, PageRequest
from app.organisation.queries import list_companies
from app.organisation.values import Subject

T = TypeVar("T")
_PASSING = frozenset({"cursor", "done", "lang"})


def company_of(session: ReadSession, visit: Visit) -> Subject:
    """The company that the pages are about: the one named in the address or chosen before, else the first."""
    company = visit.company or next(iter(list_companies(session, visit.viewer)), None)
    wanted = visit.query.get("company")
    if company is None or (wanted and company.id != wanted):
        raise NotFound
    return company


def slice_of(visit: Visit, *, sort: str = "", usual: int = DEFAULT_LIMIT) -> PageRequest:
    """The slice that the address asks for; as long as `usual` where it does not say."""
    return parse_slice(visit.query.get("limit", str(usual)), visit.query.get("cursor"), sort)


def next_href(visit: Visit, page: Page[Any]) -> str:
    """The address of the next slice; empty on the last one."""
    if page.next_cursor is None:
        return ""
    kept = {name: value for name, value in visit.query.items() if name not in _PASSING}
    return f"{visit.path}?{urlencode({**kept, 'cursor': page.next_cursor})}"


def every(ask: Callable[[PageRequest], Page[T]]) -> tuple[T, ...]:
    """All items of a short list, such as goals to choose from, slice after slice."""
    found: list[T] = []
    cursor: str | None = None
    while True:
        page = ask(PageRequest(limit=MAX_LIMIT, cursor=cursor))
        found.extend(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return tuple(found)
