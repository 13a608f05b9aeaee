"""Proposals of raters over HTTP: the call, a rated person's own signed in or by link, approving and refusing."""

from typing import Annotated

from fastapi import Path, Request, Response

from app.accounts.rules import Action
from app.api.resource import Key, answer, posting, resource
from app.api.schemas.base import PageOut, page_out
from app.api.schemas.nominations import (
    CallIn,
    NominationAboutIn,
    NominationFormOut,
    NominationFormsOut,
    NominationIn,
    NominationOut,
    RefusalIn,
)
from app.errors import NotFound
from app.http.access import access, by_link
from app.http.lists import Slice
from app.http.visit import reading, writing
from app.rounds import commands
from app.rounds.nominations import find_nominator, list_nominations, load_nomination_forms

router = resource("Proposed raters")

Token = Annotated[str, Path(description="The secret of a nomination link")]


@router.post("/rounds/{round_id}/nominations/call", status_code=204)
@access(Action.ROUNDS_WRITE)
def call_for_nominations(request: Request, round_id: Key, sent: CallIn) -> Response:
    """Ask everybody rated in a draft to propose colleagues and customers; each gets a letter with a link."""
    with posting(request) as post:
        commands.call_for_nominations(post.session, post.viewer, round_id, until=sent.until, now=post.now)
        return post.done()


@router.get("/nominations", response_model=PageOut[NominationOut])
@access(Action.ROUNDS_READ)
def list_waiting_nominations(request: Request, part: Slice, round_id: str | None = None) -> Response:
    """The proposals that wait for you: in drafts, about people where you set up rounds, and not about yourself."""
    with reading(request) as (session, visit):
        page = list_nominations(session, visit.viewer, part, round_id=round_id, now=visit.now)
    return answer(page_out(NominationOut, page))


@router.post("/rounds/{round_id}/nominations", status_code=204)
@access(Action.ROUNDS_WRITE, own=True)
def nominate(request: Request, round_id: Key, sent: NominationAboutIn) -> Response:
    """Propose somebody as your own rater, signed in as who is rated; the same again changes nothing."""
    with posting(request) as post:
        commands.nominate(post.session, post.viewer, round_id, sent.subject_id, sent.proposed(), now=post.now)
        return post.done()


@router.post("/nominations/{nomination_id}/approve", status_code=204)
@access(Action.ROUNDS_WRITE)
def approve_nomination(request: Request, nomination_id: Key) -> Response:
    """Make whom a rated person proposes a rater of the draft, who counts towards the minimum."""
    with posting(request) as post:
        commands.approve_nomination(post.session, post.viewer, nomination_id, now=post.now)
        return post.done()


@router.post("/nominations/{nomination_id}/refuse", status_code=204)
@access(Action.ROUNDS_WRITE)
def refuse_nomination(request: Request, nomination_id: Key, sent: RefusalIn) -> Response:
    """Say no to a proposal, with a reason that the rated person reads."""
    with posting(request) as post:
        commands.refuse_nomination(post.session, post.viewer, nomination_id, reason=sent.reason, now=post.now)
        return post.done()


@router.delete("/nominations/{nomination_id}", status_code=204)
@access(Action.ROUNDS_WRITE, own=True)
def withdraw_nomination(request: Request, nomination_id: Key) -> Response:
    """Take a proposal of your own back that nobody has decided yet."""
    with writing(request) as (session, visit):
        commands.withdraw_nomination(session, visit.viewer, nomination_id)
    return Response(status_code=204)


@router.get("/nomination-forms", response_model=NominationFormsOut)
@access(Action.ROUNDS_READ, own=True)
def list_nomination_forms(request: Request) -> Response:
    """What you may propose in drafts that are about you, signed in, and what is proposed so far."""
    with reading(request) as (session, visit):
        forms = load_nomination_forms(session, visit.viewer.own_subjects, now=visit.now)
    return answer(NominationFormsOut(items=[NominationFormOut.of_form(one) for one in forms]))


@router.get("/nomination-forms/{token}", response_model=NominationFormOut)
@by_link("the link is the right to propose; reading it changes nothing")
def get_nomination_form(request: Request, token: Token) -> Response:
    """What a nomination link lets a rated person propose, and what is proposed so far."""
    with reading(request) as (session, visit):
        found = find_nominator(session, token)
        forms = load_nomination_forms(session, found[2].own_subjects, round_id=found[0], now=visit.now) if found else ()
    if not forms:
        raise NotFound
    return answer(NominationFormOut.of_form(forms[0]))


@router.post("/nomination-forms/{token}", status_code=204)
@by_link("the link is the right to propose")
def nominate_by_link(request: Request, token: Token, sent: NominationIn) -> Response:
    """Propose somebody as the own rater; the same again changes nothing."""
    with writing(request) as (session, visit):
        found = find_nominator(session, token)
        if found is None:
            raise NotFound
        round_id, person, viewer = found
        commands.nominate(session, viewer, round_id, person.subject_id or "", sent.proposed(), now=visit.now)
    return Response(status_code=204)


@router.delete("/nomination-forms/{token}/nominations/{nomination_id}", status_code=204)
@by_link("the link is the right to take a proposal back")
def withdraw_by_link(request: Request, token: Token, nomination_id: Key) -> Response:
    """Take a proposal back that nobody has decided yet."""
    with writing(request) as (session, _):
        found = find_nominator(session, token)
        if found is None:
            raise NotFound
        commands.withdraw_nomination(session, found[2], nomination_id)
    return Response(status_code=204)
