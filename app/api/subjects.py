"""The subject tree over HTTP: company, departments, teams, persons, competitors."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from app.accounts.rules import Action
from app.api.resource import CompanyId, Key, answer, company_of, posting, resource
from app.api.schemas.base import Day, PageOut, page_out
from app.api.schemas.organisation import (
    CloseIn,
    MoveIn,
    SubjectChangeIn,
    SubjectIn,
    SubjectOut,
    TreeNodeOut,
    TreeOut,
    or_empty,
)
from app.http.access import access
from app.http.lists import Slice
from app.http.versions import expected_version
from app.http.visit import reading, writing
from app.organisation import commands, queries
from app.organisation.values import Move, NewSubject, SubjectChange, SubjectFilter, SubjectId, SubjectKind, Tree

router = resource("Subjects")


async def _chosen(
    kind: SubjectKind | None = None,
    parent_id: str | None = None,
    prefix: Annotated[str, Query(max_length=200, description="The beginning of the name")] = "",
) -> SubjectFilter:
    return SubjectFilter(kind, parent_id, prefix)


Chosen = Annotated[SubjectFilter, Depends(_chosen)]
OnDay = Annotated[Day | None, Query(description="As it was, or will be, on this day; today when left out")]


@router.get("/subjects", response_model=PageOut[SubjectOut])
@access(Action.ORGANISATION_READ)
def list_subjects(
    request: Request, part: Slice, chosen: Chosen, company_id: CompanyId = None, on: OnDay = None
) -> Response:
    """The subjects of a company on a day, by name."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = queries.list_subjects(session, visit.viewer, company, part, on=on or visit.today, only=chosen)
    return answer(page_out(SubjectOut, page))


@router.post("/subjects", status_code=201, response_model=SubjectOut)
@access(Action.ORGANISATION_WRITE)
def create_subject(request: Request, sent: SubjectIn) -> Response:
    """Make a department, team, person or competitor under a parent, from a day on."""
    new = NewSubject(sent.kind, sent.name, sent.parent_id, sent.external_id or "", starts_on=sent.starts_on)
    with posting(request) as post:
        subject = commands.create_subject(post.session, post.viewer, new, now=post.now)
        return post.created(SubjectOut.of(subject), f"/subjects/{subject.id}", version=subject.version)


@router.get("/subjects/{subject_id}", response_model=SubjectOut)
@access(Action.ORGANISATION_READ)
def get_subject(request: Request, subject_id: Key, on: OnDay = None) -> Response:
    """One subject with its path on a day."""
    with reading(request) as (session, visit):
        subject = queries.get_subject(session, visit.viewer, subject_id, on=on or visit.today)
    return answer(SubjectOut.of(subject), version=subject.version)


@router.patch("/subjects/{subject_id}", response_model=SubjectOut)
@access(Action.ORGANISATION_WRITE)
def change_subject(request: Request, subject_id: Key, sent: SubjectChangeIn) -> Response:
    """Change name or external id of a subject; a person's own name follows."""
    change, expected = SubjectChange(or_empty(sent, "name"), or_empty(sent, "external_id")), expected_version(request)
    with writing(request) as (session, visit):
        subject = commands.change_subject(
            session, visit.viewer, subject_id, change, expected_version=expected, now=visit.now
        )
    return answer(SubjectOut.of(subject), version=subject.version)


@router.post("/subjects/{subject_id}/move", response_model=SubjectOut)
@access(Action.ORGANISATION_WRITE)
def move_subject(request: Request, subject_id: Key, sent: MoveIn) -> Response:
    """Hang a subject under another parent from a day on."""
    move = Move(sent.parent_id, sent.starts_on)
    with posting(request) as post:
        subject = commands.move_subject(post.session, post.viewer, subject_id, move, now=post.now)
        return post.answer(SubjectOut.of(subject), version=subject.version)


@router.post("/subjects/{subject_id}/close", response_model=SubjectOut)
@access(Action.ORGANISATION_WRITE)
def close_subject(request: Request, subject_id: Key, sent: CloseIn) -> Response:
    """End a subject's place in the tree, with what it leads; a unit must be empty first."""
    with posting(request) as post:
        subject = commands.close_subject(post.session, post.viewer, subject_id, on=sent.ends_on, now=post.now)
        return post.answer(SubjectOut.of(subject), version=subject.version)


@router.get("/subjects/{subject_id}/tree", response_model=TreeOut)
@access(Action.ORGANISATION_READ)
def get_tree(request: Request, subject_id: Key, on: OnDay = None) -> Response:
    """A subject and everything below it on a day, parents before children, with who leads what."""
    with reading(request) as (session, visit):
        day = on or visit.today
        subject = queries.get_subject(session, visit.viewer, subject_id, on=day)
        tree = queries.load_tree(session, subject.company_id, on=day)
    below = tree.subtree(subject.id) if subject.id in tree.subjects else ()
    return answer(TreeOut(on=day, items=[_node(tree, one) for one in below]))


def _node(tree: Tree, subject_id: SubjectId) -> TreeNodeOut:
    subject = tree.subjects[subject_id]
    return TreeNodeOut(
        id=subject.id,
        kind=subject.kind,
        name=subject.name,
        external_id=subject.external_id,
        parent_id=subject.parent_id,
        leaders=list(tree.leaders(subject.id)),
    )
