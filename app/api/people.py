"""People over HTTP: employees, customers, shoppers; and who leads which unit."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from app.accounts.rules import Action
from app.api.resource import CompanyId, Key, answer, company_of, posting, resource
from app.api.schemas.base import PageOut, page_out
from app.api.schemas.organisation import (
    CloseIn,
    ManagerRoleIn,
    ManagerRoleOut,
    PersonChangeIn,
    PersonIn,
    PersonOut,
    or_empty,
)
from app.http.access import access
from app.http.lists import Slice
from app.http.versions import expected_version
from app.http.visit import reading, writing
from app.organisation import enrol, lead, queries
from app.organisation.values import NewPerson, PersonChange, PersonFilter

router = resource("People")


async def _chosen(
    unit_id: Annotated[str | None, Query(description="Who hangs in this unit or below it")] = None,
    prefix: Annotated[str, Query(max_length=200, description="The beginning of the name or address")] = "",
) -> PersonFilter:
    return PersonFilter(unit_id, prefix)


Chosen = Annotated[PersonFilter, Depends(_chosen)]


@router.get("/people", response_model=PageOut[PersonOut])
@access(Action.ORGANISATION_READ)
def list_people(request: Request, part: Slice, chosen: Chosen, company_id: CompanyId = None) -> Response:
    """The people known to a company, by name."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = queries.list_people(session, visit.viewer, company, part, on=visit.today, only=chosen)
    return answer(page_out(PersonOut, page))


@router.post("/people", status_code=201, response_model=PersonOut)
@access(Action.ORGANISATION_WRITE)
def create_person(request: Request, sent: PersonIn, company_id: CompanyId = None) -> Response:
    """Make a person known; with a unit, an employee who can be rated there."""
    new = NewPerson(
        name=sent.name or "",
        email=sent.email or "",
        external_id=sent.external_id or "",
        locale=sent.locale or "",
        unit_id=sent.unit_id or "",
        starts_on=sent.starts_on,
    )
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        person = enrol.create_person(post.session, post.viewer, company, new, now=post.now)
        return post.created(PersonOut.of(person), f"/people/{person.id}", version=person.version)


@router.get("/people/{person_id}", response_model=PersonOut)
@access(Action.ORGANISATION_READ)
def get_person(request: Request, person_id: Key) -> Response:
    """One person."""
    with reading(request) as (session, visit):
        person = queries.get_person(session, visit.viewer, person_id, on=visit.today)
    return answer(PersonOut.of(person), version=person.version)


@router.patch("/people/{person_id}", response_model=PersonOut)
@access(Action.ORGANISATION_WRITE)
def change_person(request: Request, person_id: Key, sent: PersonChangeIn) -> Response:
    """Change name, address, external id or language of a person."""
    change = PersonChange(*(or_empty(sent, name) for name in ("name", "email", "external_id", "locale")))
    expected = expected_version(request)
    with writing(request) as (session, visit):
        person = enrol.change_person(session, visit.viewer, person_id, change, expected_version=expected, now=visit.now)
    return answer(PersonOut.of(person), version=person.version)


@router.post("/subjects/{subject_id}/managers", status_code=201, response_model=ManagerRoleOut)
@access(Action.ORGANISATION_WRITE)
def add_manager_role(request: Request, subject_id: Key, sent: ManagerRoleIn) -> Response:
    """Let a person lead a unit from a day on: manager of all below it, with sight of their results."""
    with posting(request) as post:
        role = lead.add_manager_role(
            post.session, post.viewer, subject_id, sent.subject_id, starts_on=sent.starts_on, now=post.now
        )
        return post.answer(ManagerRoleOut.of(role), status=201)


@router.post("/manager-roles/{role_id}/end", response_model=ManagerRoleOut)
@access(Action.ORGANISATION_WRITE)
def end_manager_role(request: Request, role_id: Key, sent: CloseIn) -> Response:
    """End what a person leads; from that day on the rights are gone."""
    with posting(request) as post:
        role = lead.end_manager_role(post.session, post.viewer, role_id, ends_on=sent.ends_on, now=post.now)
        return post.answer(ManagerRoleOut.of(role))
