"""Queries of dossiers: one, a list, all of a company, and those whose review comes near."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from app.accounts.rules import Action, require
from app.accounts.values import Viewer
from app.dossiers import rules
from app.dossiers.tables import DossierReviewRow, DossierRow
from app.dossiers.values import Dossier, DossierId, DossierReview
from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.ids import is_id
from app.infra.paging import Page, PageRequest, page_of, sliced
from app.organisation.queries import load_paths, path_of


def get_dossier(session: ReadSession, viewer: Viewer, dossier_id: str, *, on: date) -> Dossier:
    """A dossier, for who may read rules of rounds at its scope and for the employees whom it covers; NotFound otherwise."""
    found = find_dossier(session, dossier_id)
    if found is None:
        raise NotFound
    path = path_of(session, found.content.scope_id, on=on)
    if not rules.may_read(viewer, path, _own_paths(session, viewer, on)):
        require(viewer, Action.RULES_READ, path)
    return found


def list_dossiers(
    session: ReadSession, viewer: Viewer, company_id: str, request: PageRequest, *, on: date
) -> Page[Dossier]:
    """The dossiers of a company that the viewer may read, the latest first."""
    if not is_id(company_id):
        raise NotFound
    own = _own_paths(session, viewer, on)
    scopes = session.scalars(select(DossierRow.scope_id).where(DossierRow.company_id == company_id).distinct())
    paths = load_paths(session, scopes.all(), on=on)
    readable = [scope for scope, path in paths.items() if rules.may_read(viewer, path, own)]
    query = select(DossierRow.created_at, DossierRow.id, DossierRow).where(
        DossierRow.company_id == company_id, DossierRow.scope_id.in_(readable)
    )
    rows = session.execute(sliced(query, [DossierRow.created_at, DossierRow.id], request, descending=True))
    page = page_of(rows, request, key=lambda row: row[:2])
    return page.map(lambda row: row[2].value())


def list_reviews(session: ReadSession, dossier_id: str) -> Sequence[DossierReview]:
    """The reviews of a dossier that was asked for before, the latest first."""
    query = select(DossierReviewRow).where(DossierReviewRow.dossier_id == dossier_id)
    rows = session.scalars(query.order_by(DossierReviewRow.reviewed_at.desc(), DossierReviewRow.id))
    return tuple(row.value() for row in rows)


def find_dossier(session: ReadSession, dossier_id: str) -> Dossier | None:
    """A dossier, whoever asks."""
    row = session.get(DossierRow, dossier_id) if is_id(dossier_id) else None
    return row.value() if row is not None else None


def load_dossiers(session: ReadSession, company_id: str) -> tuple[Dossier, ...]:
    """All dossiers of a company, the latest first, whoever asks."""
    query = select(DossierRow).where(DossierRow.company_id == company_id)
    rows = session.scalars(query.order_by(DossierRow.created_at.desc(), DossierRow.id))
    return tuple(row.value() for row in rows)


def load_to_review(session: ReadSession, *, until: date) -> tuple[Dossier, ...]:
    """The dossiers whose review is due by a day, for the worker."""
    query = select(DossierRow).where(DossierRow.review_on <= until).order_by(DossierRow.review_on, DossierRow.id)
    return tuple(row.value() for row in session.scalars(query))


def load_dossier(session: ReadSession, dossier_id: str) -> Dossier:
    """A dossier that is known to be there, as it is in the database now."""
    session.expire_all()
    return session.get_one(DossierRow, DossierId(dossier_id)).value()


def _own_paths(session: ReadSession, viewer: Viewer, on: date) -> list[Sequence[str]]:
    return list(load_paths(session, viewer.own_subjects, on=on).values()) if viewer.own_subjects else []
