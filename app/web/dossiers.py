"""The pages of dossiers to read: the list, one of them, and the same on paper in either language."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from fastapi import Request, Response

from app.accounts.rules import SERVICE, Action, may, roots
from app.deferred import dataclass
from app.dossiers import queries
from app.dossiers.rules import LONGEST_UNTIL_REVIEW, REMINDED_BEFORE, gaps
from app.dossiers.values import Dossier, DossierReview, Measure
from app.errors import NotFound
from app.http.access import SIGNED_IN, access
from app.http.routes import Pages
from app.http.visit import Visit, reading
from app.infra.database import ReadSession
from app.infra.formats import choose_locale
from app.organisation.paths import load_subjects, path_of
from app.organisation.queries import load_people
from app.organisation.values import PersonId, SubjectId
from app.web.lists import company_of, next_href, slice_of
from app.web.render import Flash, flash_for, page, said
from app.words import in_locale

router = Pages()

DONE = {
    "created": Flash("good", "The measure is on record."),
    "changed": Flash("good", "The change is stored."),
    "reviewed": Flash("good", "The review is on record.", "A reminder goes out two weeks before the next one."),
}
MEASURES: Mapping[Measure, str] = {
    Measure.MYSTERY_VISITS: "Mystery visits",
    Measure.CUSTOMER_RATINGS: "Ratings of employees by customers",
}


@dataclass(frozen=True, slots=True)
class DossierView:
    """A dossier with what a reader wants beside it; `state` is a word and the kind of its badge."""

    dossier: Dossier
    name: str
    unit: str
    measures: Sequence[str]
    state: tuple[str, str]
    gaps: Sequence[str]
    responsible: str = ""
    reviews: Sequence[DossierReview] = ()
    may_write: bool = False

    @property
    def href(self) -> str:
        """Where its page is."""
        return f"/dossiers/{self.dossier.id}"


@router.get("/dossiers")
@access(SIGNED_IN)
def show_dossiers(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        found = queries.list_dossiers(session, visit.viewer, company.id, slice_of(visit), on=visit.today)
        units = load_subjects(session, {one.content.scope_id for one in found.items}, on=visit.today)
    names = {str(unit_id): unit.name for unit_id, unit in units.items()}
    return page(
        visit,
        "pages/dossiers/list.html",
        flash=flash_for(visit, DONE),
        lines=[_view(visit, one, names.get(one.content.scope_id, "")) for one in found.items],
        older=next_href(visit, found),
        may_write=bool(roots(visit.viewer, Action.ROUNDS_WRITE)),
    )


@router.get("/dossiers/{dossier_id}")
@access(SIGNED_IN)
def show_dossier(request: Request, dossier_id: str) -> Response:
    with reading(request) as (session, visit):
        view = view_of(session, visit, dossier_id)
    return page(visit, "pages/dossiers/dossier.html", flash=flash_for(visit, DONE), view=view)


@router.get("/dossiers/{dossier_id}/paper/{language}")
@access(SIGNED_IN)
def show_paper(request: Request, dossier_id: str, language: str) -> Response:
    """The same page in the language asked for, to be printed; the reader's own language stays."""
    if language not in {"nb", "en"}:
        raise NotFound
    with reading(request) as (session, visit):
        printed = replace(visit, locale=choose_locale(language))
        view = view_of(session, printed, dossier_id)
    return page(printed, "pages/dossiers/paper.html", view=view, printed_on=printed.today)


def view_of(session: ReadSession, visit: Visit, dossier_id: str) -> DossierView:
    """A dossier that the viewer may read, with everything that its page shows."""
    found = queries.get_dossier(session, visit.viewer, dossier_id, on=visit.today)
    content = found.content
    unit = load_subjects(session, [content.scope_id], on=visit.today).get(SubjectId(content.scope_id))
    responsible = content.responsible_id or ""
    person = load_people(session, [responsible] if responsible else []).get(PersonId(responsible))
    path = path_of(session, content.scope_id, on=visit.today)
    return replace(
        _view(visit, found, unit.name if unit else ""),
        responsible=(person.name or person.email or "") if person else "",
        reviews=queries.list_reviews(session, found.id),
        may_write=may(visit.viewer, Action.ROUNDS_WRITE, path),
    )


def cover_names(session: ReadSession, visit: Visit, ids: Sequence[str]) -> Mapping[str, str]:
    """What some dossiers are called, for pages that point to them."""
    found = [queries.get_dossier(session, SERVICE, one, on=visit.today) for one in ids]
    return {one.id: in_locale(one.content.name, visit.locale) for one in found}


def furthest_review(today: date) -> date:
    """The last day on which a review may be due."""
    return today + LONGEST_UNTIL_REVIEW


def _view(visit: Visit, found: Dossier, unit: str) -> DossierView:
    content = found.content
    return DossierView(
        found,
        in_locale(content.name, visit.locale),
        unit,
        [said(visit, MEASURES[measure]) for measure in Measure if measure in content.measures],
        _state(found, visit.today),
        [said(visit, gap.message) for gap in gaps(content)],
    )


def _state(found: Dossier, today: date) -> tuple[str, str]:
    content = found.content
    if gaps(content):
        return "Incomplete", "watch"
    if content.ends_on is not None and content.ends_on < today:
        return "Over", "neutral"
    if content.review_on is not None and content.review_on < today:
        return "Review overdue", "bad"
    if content.review_on is not None and content.review_on - REMINDED_BEFORE <= today:
        return "Review soon", "watch"
    return "Complete", "good"
