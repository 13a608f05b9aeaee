"""People as a form names them: by e-mail address or external id, with the first of them offered while typing."""

from app.accounts.rules import Action, may
from app.http.visit import Visit
from app.infra.addresses import mailbox_of, parse_email
from app.infra.database import ReadSession
from app.infra.paging import MAX_LIMIT, PageRequest
from app.organisation.queries import find_person, list_people
from app.organisation.values import Person

NOBODY = "Nobody is known here by this address or external id."


def find_known(session: ReadSession, company_id: str, typed: str) -> Person | None:
    """The person of a company with this address or external id."""
    try:
        mailbox = mailbox_of(parse_email(typed.strip()))
    except ValueError:
        return find_person(session, company_id, external_id=typed.strip())
    return find_person(session, company_id, mailbox=mailbox)


def name_of(person: Person) -> str:
    """What a form calls a person: the address, or the external id of whoever has none."""
    return person.email or person.external_id or ""


def known_people(session: ReadSession, visit: Visit, company_id: str) -> list[tuple[str, str]]:
    """The first people that the viewer sees, as what to type and the name; nobody for who reads no organisation."""
    if not (may(visit.viewer, Action.ORGANISATION_READ, (company_id,)) or visit.viewer.grants):
        return []
    page = list_people(session, visit.viewer, company_id, PageRequest(limit=MAX_LIMIT), on=visit.today)
    return [(name_of(one), one.name or "") for one in page.items if one.subject_id is not None and name_of(one)]
