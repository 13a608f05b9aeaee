"""Open codes over HTTP: made, answered by whoever holds the address, read apart, what is parked decided."""

from typing import Annotated

from fastapi import Path, Request, Response

from app.accounts.rules import Action
from app.api.resource import CompanyId, Key, answer, company_of, posting, resource
from app.api.schemas.base import PageOut
from app.api.schemas.forms import SubmissionIn
from app.api.schemas.open_codes import (
    OpenCodeChangeIn,
    OpenCodeIn,
    OpenCodeOut,
    OpenFormOut,
    OpenReceiptOut,
    OpenResultOut,
    ParkedOpenListOut,
    ParkedOpenOut,
)
from app.api.schemas.parked import DecisionIn
from app.http.access import access, by_link
from app.http.device import device_of
from app.http.lists import Slice
from app.http.versions import expected_version
from app.http.visit import reading, writing
from app.open_answers import commands, queries
from app.open_answers.intake import parse_code
from app.responses.intake import parse_decision
from app.rounds.intake import read_moderators
from app.rounds.moderators import load_usual_moderators

router = resource("Open answers")

CodeToken = Annotated[str, Path(description="The secret in the address of a code")]


@router.get("/open-codes", response_model=PageOut[OpenCodeOut])
@access(Action.ROUNDS_READ)
def list_open_codes(request: Request, part: Slice, company_id: CompanyId = None) -> Response:
    """The QR codes of a company."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = queries.list_codes(session, visit.viewer, company, part, now=visit.now)
    return answer(PageOut(items=[OpenCodeOut.at(one) for one in page.items], next_cursor=page.next_cursor))


@router.post("/open-codes", status_code=201, response_model=OpenCodeOut)
@access(Action.ROUNDS_WRITE)
def create_open_code(request: Request, sent: OpenCodeIn, company_id: CompanyId = None) -> Response:
    """Make a QR code for a unit; whoever scans it may answer."""
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        draft = parse_code(sent.given(), moderators=load_usual_moderators(post.session, company))
        made = commands.create_code(post.session, post.viewer, company, draft, now=post.now)
        return post.created(OpenCodeOut.at(made), f"/open-codes/{made.id}", version=made.version)


@router.get("/open-codes/{code_id}", response_model=OpenCodeOut)
@access(Action.ROUNDS_READ)
def get_open_code(request: Request, code_id: Key) -> Response:
    """One QR code."""
    with reading(request) as (session, visit):
        found = queries.get_code(session, visit.viewer, code_id, now=visit.now)
    return answer(OpenCodeOut.at(found), version=found.version)


@router.patch("/open-codes/{code_id}", response_model=OpenCodeOut)
@access(Action.ROUNDS_WRITE)
def change_open_code(request: Request, code_id: Key, sent: OpenCodeChangeIn) -> Response:
    """Say who reads the comments first that come in from now on; null: nobody does."""
    expected, wanted = expected_version(request), read_moderators(sent.given())
    with writing(request) as (session, visit):
        found = commands.change_moderators(
            session, visit.viewer, code_id, wanted, expected_version=expected, now=visit.now
        )
    return answer(OpenCodeOut.at(found), version=found.version)


@router.post("/open-codes/{code_id}/close", response_model=OpenCodeOut)
@access(Action.ROUNDS_WRITE)
def close_open_code(request: Request, code_id: Key) -> Response:
    """Take a QR code down for good."""
    with posting(request) as post:
        found = commands.close_code(post.session, post.viewer, code_id, now=post.now)
        return post.answer(OpenCodeOut.at(found), version=found.version)


@router.get("/open-codes/{code_id}/results", response_model=PageOut[OpenResultOut])
@access(Action.RESULTS_READ)
def list_open_results(request: Request, code_id: Key, part: Slice) -> Response:
    """What open answers said, period by period: labelled, apart, and in no score."""
    with reading(request) as (session, visit):
        page = queries.list_results(session, visit.viewer, code_id, part, now=visit.now)
    items = [OpenResultOut.at(one) for one in page.items]
    return answer(PageOut(items=items, next_cursor=page.next_cursor))


@router.get("/open-codes/{code_id}/parked-answers", response_model=ParkedOpenListOut)
@access(Action.RESULTS_ANALYSE)
def list_parked_open_answers(request: Request, code_id: Key) -> Response:
    """The suspicious open answers of periods that are over and not computed yet."""
    with reading(request) as (session, visit):
        found = queries.list_parked_open(session, visit.viewer, code_id, now=visit.now)
    return answer(ParkedOpenListOut(items=[ParkedOpenOut.of(one) for one in found]))


@router.post("/parked-open-answers/{answer_id}/decision", status_code=204)
@access(Action.RESULTS_ANALYSE)
def decide_parked_open_answer(request: Request, answer_id: Key, sent: DecisionIn) -> Response:
    """Let a parked open answer count, leave it out, or park it again, until its period is computed."""
    wanted = parse_decision(sent.given())
    with posting(request) as post:
        commands.decide_parked_open(post.session, post.viewer, answer_id, wanted, now=post.now)
        return post.done()


@router.get("/open-forms/{token}", response_model=OpenFormOut)
@by_link("whoever scans the code may answer; that anybody can is what its results say")
def get_open_form(request: Request, token: CodeToken) -> Response:
    """What a code asks; reading it changes nothing."""
    with reading(request) as (session, visit):
        form = queries.load_open_form(session, token, now=visit.now)
    return answer(OpenFormOut.about(form))


@router.put("/open-forms/{token}", response_model=OpenReceiptOut)
@by_link("whoever scans the code may answer; that anybody can is what its results say")
def submit_open_form(request: Request, token: CodeToken, sent: SubmissionIn) -> Response:
    """Hand in one open answer; it is final."""
    with writing(request) as (session, visit):
        code = commands.submit_open_answer(session, token, sent.posted(), device=device_of(request), now=visit.now)
    return answer(OpenReceiptOut(code=code))
