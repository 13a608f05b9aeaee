"""Who reads comments before their release: the usual readers of a company, and whether anybody has that role. Reads only."""

from datetime import date

from app.accounts.queries import load_readers
from app.accounts.values import Role, Viewer
from app.errors import FieldError, NotFound
from app.infra.database import ReadSession
from app.organisation.queries import list_companies, path_of
from app.rounds.tables import UsualModeratorsRow

NOBODY_MODERATES = "Comments are read before they are released, but nobody has that role there. Give it to somebody, or leave the field empty."


def get_usual_moderators(session: ReadSession, viewer: Viewer, company_id: str) -> str | None:
    """Who reads comments first in what a company sets up anew, for who sees anything of it; None: nobody does."""
    if company_id not in {company.id for company in list_companies(session, viewer)}:
        raise NotFound
    return load_usual_moderators(session, company_id)


def load_usual_moderators(session: ReadSession, company_id: str) -> str | None:
    """The same, whoever asks."""
    row = session.get(UsualModeratorsRow, company_id)
    return row.moderated_by if row is not None else None


def moderator_problems(session: ReadSession, scope_id: str, moderated_by: str | None, *, on: date) -> list[FieldError]:
    """What is wrong with a promise that comments at a place are read first: nobody may read all of them there."""
    if moderated_by is None or load_readers(session, path_of(session, scope_id, on=on), [Role.MODERATOR]):
        return []
    return [FieldError("moderated_by", NOBODY_MODERATES)]
