"""Who is here, when, in which language: `reading(request)` and `writing(request)` open the request's one session.

The viewer is built in that same session from the session cookie or the Bearer key: grants of the account, units
that the mailbox leads today, the subjects it is. What a viewer may do is asked of `accounts.rules` further in.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from typing import TypeVar

from fastapi import Request

from app.accounts.factors import is_factor_due
from app.accounts.issue import touch_api_key
from app.accounts.keys import find_api_key
from app.accounts.proofs import FactorWanted
from app.accounts.queries import find_session
from app.accounts.rules import writes_nowhere
from app.accounts.sessions import touch_session
from app.accounts.values import Account, ApiKey, SignInSession, Viewer
from app.deferred import dataclass
from app.errors import AppError, Forbidden, NotFound, Unauthenticated, Unavailable
from app.http.access import Access, Who, access_of
from app.http.cookies import COMPANY, LANGUAGE, session_secret
from app.http.origin import csrf_token
from app.http.refusals import PersonWanted, ScopeMissing
from app.http.service import Service, service_of
from app.infra.addresses import mailbox_of
from app.infra.database import ReadSession, WriteSession
from app.infra.formats import Locale, choose_locale, local_day
from app.infra.templates import translate
from app.journal.commands import note_deputy
from app.organisation.queries import list_companies, viewer_of_account, viewer_of_key
from app.organisation.values import Subject
from app.settings import Settings

T = TypeVar("T")

_TOUCH_EVERY = timedelta(minutes=1)
_MOMENT = "softkpi.moment"
_SEEN = "softkpi.seen"


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, as the code behind a route sees it."""

    service: Service
    now: datetime
    path: str
    query: Mapping[str, str]
    locale: Locale
    chosen_locale: Locale | None = None
    somebody: Viewer | None = None
    account: Account | None = None
    sign_in: SignInSession | None = None
    owes_factor: bool = False
    key: ApiKey | None = None
    csrf_token: str = ""
    companies: tuple[Subject, ...] = ()
    company: Subject | None = None

    @property
    def viewer(self) -> Viewer:
        """Who is asking; raises Unauthenticated on a public page when nobody is signed in."""
        if self.somebody is None:
            raise Unauthenticated
        return self.somebody

    @property
    def organisation(self) -> str:
        """The name on top of every page; empty where nobody is signed in."""
        return self.company.name if self.company is not None else ""

    @property
    def settings(self) -> Settings:
        """The settings of the installation."""
        return self.service.settings

    @property
    def is_worth_noting(self) -> bool:
        """Whether the session was last seen over a minute ago, or the key on another day."""
        if self.sign_in is not None:
            return self.now - self.sign_in.seen_at > _TOUCH_EVERY
        return self.key is not None and self.key.last_used_on != self.now.date()

    @property
    def today(self) -> date:
        """The calendar day where the people are."""
        return local_day(self.now, zone=self.settings.zone)


@contextmanager
def reading(request: Request) -> Iterator[tuple[ReadSession, Visit]]:
    """A read session and the visit; that the session or key was used is noted afterwards, now and then."""
    service = service_of(request)
    with service.database.read() as session:
        visit = _visit_in(session, request, service)
        yield session, visit
    if visit.is_worth_noting:
        # A busy database must not fail a page for the sake of a clock.
        with suppress(Unavailable), service.database.write() as write_session:
            _note_use(write_session, visit)


@contextmanager
def writing(request: Request) -> Iterator[tuple[WriteSession, Visit]]:
    """A write session and the visit; committed when the block ends well, before any answer leaves."""
    service = service_of(request)
    with service.database.write() as session:
        visit = _visit_in(session, request, service)
        if visit.somebody is not None and visit.somebody.stands_in_for:
            note_deputy(session, visit.somebody.stands_in_for)
        if visit.is_worth_noting:
            _note_use(session, visit)
        yield session, visit


def written_together(request: Request, work: Callable[[WriteSession, datetime], T]) -> T:
    """What `work` returns once it is committed: for what many send at once through links, which say nothing of sessions."""
    now = moment_of(request)
    return service_of(request).database.write_together(lambda session: work(session, now))


def _note_use(session: WriteSession, visit: Visit) -> None:
    if visit.sign_in is not None:
        touch_session(session, visit.sign_in.id, now=visit.now)
    if visit.key is not None:
        touch_api_key(session, visit.key.id, on=visit.now.date())


def passing(request: Request) -> Visit:
    """The visit without a database: for public pages, where nobody is looked up."""
    service, chosen = service_of(request), chosen_language_of(request)
    return Visit(
        service=service,
        now=moment_of(request),
        path=request.scope["path"],
        query=request.query_params,
        locale=chosen or choose_locale(request.headers.get("accept-language")),
        chosen_locale=chosen,
        csrf_token=csrf_token(service, session_secret(request, service.settings)),
    )


def meet(request: Request) -> None:
    """Look up who asks for an address where nothing is, so that `met` knows; nothing where that fails."""
    service = service_of(request)
    if not session_secret(request, service.settings):
        return
    request.state.is_page = True
    with suppress(AppError), service.database.read() as session:
        _visit_of_person(session, request, service, Access(Who.SIGNED_IN))


def met(request: Request) -> Visit:
    """The visit as far as it came, without a database: for errors, whose pages have the menu of who is signed in."""
    seen: Visit | None = request.scope.get(_SEEN)
    return seen or passing(request)


def moment_of(request: Request) -> datetime:
    """The one `now` of a request."""
    moment: datetime | None = request.scope.get(_MOMENT)
    if moment is None:
        moment = request.scope[_MOMENT] = service_of(request).clock()
    return moment


def chosen_language_of(request: Request) -> Locale | None:
    """The language that the reader chose here, by link or earlier; None without a choice."""
    for wish in (request.query_params.get("lang"), request.cookies.get(LANGUAGE)):
        if wish in {"nb", "en"}:
            return choose_locale(wish)
    return None


def language_of(request: Request, *, account: Account | None = None) -> Locale:
    """The language to answer in: the chosen one, the account's, the browser's."""
    preferred = account.locale if account is not None else request.headers.get("accept-language")
    return chosen_language_of(request) or choose_locale(preferred)


def said(visit: Visit, message: str, **values: object) -> str:
    """A sentence that code holds in English, in the visitor's language."""
    return translate(visit.service.templates, message, visit.locale, **values)


def bearer_of(request: Request) -> str | None:
    """The key in the Authorization header; None without a Bearer key."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" and key.strip() else None


def _visit_in(session: ReadSession, request: Request, service: Service) -> Visit:
    declared = access_of(request.scope["endpoint"])
    if declared.who is not Who.SIGNED_IN:
        return passing(request)
    # A page takes no key: what a proxy in front of us wants to know stands in the same header.
    if "authorization" in request.headers and not _is_page(request):
        return _visit_of_key(session, request, service, declared)
    return _visit_of_person(session, request, service, declared)


def _visit_of_person(session: ReadSession, request: Request, service: Service, declared: Access) -> Visit:
    now, secret = moment_of(request), session_secret(request, service.settings)
    found = find_session(session, secret, now=now) if secret else None
    if found is None:
        raise Unauthenticated
    sign_in, account = found
    locale = language_of(request, account=account)
    viewer = viewer_of_account(
        session, account, mailbox_of(account.email), on=local_day(now, zone=service.settings.zone)
    )
    owes_factor = not sign_in.is_strong and is_factor_due(session, viewer)
    if owes_factor and not declared.before_factor:
        raise FactorWanted
    # Only pages are about one company at a time; a resource is told which.
    companies = list_companies(session, viewer) if _is_page(request) else ()
    seen = request.scope[_SEEN] = Visit(
        service=service,
        now=now,
        path=request.scope["path"],
        query=request.query_params,
        locale=locale,
        chosen_locale=chosen_language_of(request),
        somebody=viewer,
        account=account,
        sign_in=sign_in,
        owes_factor=owes_factor,
        csrf_token=csrf_token(service, secret),
        companies=companies,
        company=_chosen_company(request, companies),
    )
    if declared.action is not None and not declared.is_own and writes_nowhere(viewer, declared.action):
        raise Forbidden if viewer.grants else NotFound
    return seen


def _is_page(request: Request) -> bool:
    return getattr(request.state, "is_page", False)


def _chosen_company(request: Request, companies: Sequence[Subject]) -> Subject | None:
    """The company that somebody chose here, by link or earlier; else the first he sees."""
    for wish in (request.query_params.get("company"), request.cookies.get(COMPANY)):
        for company in companies:
            if company.id == wish:
                return company
    return companies[0] if companies else None


def _visit_of_key(session: ReadSession, request: Request, service: Service, declared: Access) -> Visit:
    now, presented = moment_of(request), bearer_of(request)
    key = find_api_key(session, presented, now=now) if presented and presented.isascii() else None
    if key is None:
        raise Unauthenticated("This key is not valid, or not any more.")
    if not declared.by_key:
        raise PersonWanted
    if declared.scope is not None and declared.scope not in key.scopes:
        raise ScopeMissing(scope=declared.scope)
    locale = choose_locale(request.headers.get("accept-language", "en"))
    return Visit(
        service=service,
        now=now,
        path=request.scope["path"],
        query=request.query_params,
        locale=locale,
        somebody=viewer_of_key(session, key, on=local_day(now, zone=service.settings.zone)),
        key=key,
    )
