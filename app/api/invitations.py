"""Invitations over HTTP: how far the letters have come, sending again, extending, taking back."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.accounts.rules import Action
from app.api.resource import Key, answer, posting, resource
from app.api.schemas.assignments import ExtendIn, InvitationOut
from app.api.schemas.base import Flag, PageOut, page_out
from app.http.access import access
from app.http.lists import Slice
from app.http.visit import reading
from app.invitations import commands
from app.invitations.queries import list_invitations as page_of_invitations

router = resource("Invitations")

DespiteBounce = Annotated[Flag, Query(description="Try an address once more although letters to it came back")]


@router.get("/rounds/{round_id}/invitations", response_model=PageOut[InvitationOut])
@access(Action.ROUNDS_READ)
def list_invitations(request: Request, round_id: Key, part: Slice) -> Response:
    """Who is invited to a round and how far the letters have come, by name."""
    with reading(request) as (session, visit):
        page = page_of_invitations(session, visit.viewer, round_id, part, now=visit.now)
    return answer(page_out(InvitationOut, page))


@router.post("/invitations/{invitation_id}/resend", response_model=InvitationOut)
@access(Action.ROUNDS_WRITE)
def resend_invitation(request: Request, invitation_id: Key, *, despite_bounce: DespiteBounce = False) -> Response:
    """Send an invitation again; for a link that was taken back, with a new one."""
    with posting(request) as post:
        found = commands.resend_invitation(
            post.session, post.viewer, invitation_id, despite_bounce=despite_bounce, now=post.now
        )
        return post.answer(InvitationOut.of(found), version=found.version)


@router.post("/invitations/{invitation_id}/rotate", response_model=InvitationOut)
@access(Action.ROUNDS_WRITE)
def rotate_invitation(request: Request, invitation_id: Key) -> Response:
    """Replace the link of an invitation by a new one and send it; the old link says that there is a newer one."""
    with posting(request) as post:
        found = commands.rotate_invitation(post.session, post.viewer, invitation_id, now=post.now)
        return post.answer(InvitationOut.of(found), version=found.version)


@router.post("/invitations/{invitation_id}/extend", response_model=InvitationOut)
@access(Action.ROUNDS_WRITE)
def extend_invitation(request: Request, invitation_id: Key, sent: ExtendIn) -> Response:
    """Give one rater until later than the others; the round stays open that long."""
    with posting(request) as post:
        found = commands.extend_invitation(post.session, post.viewer, invitation_id, until=sent.until, now=post.now)
        return post.answer(InvitationOut.of(found), version=found.version)


@router.post("/invitations/{invitation_id}/void", response_model=InvitationOut)
@access(Action.ROUNDS_WRITE)
def void_invitation(request: Request, invitation_id: Key) -> Response:
    """Take a link back, say because it was passed on."""
    with posting(request) as post:
        found = commands.void_invitation(post.session, post.viewer, invitation_id, now=post.now)
        return post.answer(InvitationOut.of(found), version=found.version)
