"""What a rater without a key can ask for over HTTP: the lost links once more, and no more letters."""

from typing import Annotated

from fastapi import Path, Request, Response

from app.api.resource import answer, resource
from app.api.schemas.delivery import LinkRequestIn, LinkRequestOut, OptOutOut
from app.http.access import by_link, public
from app.http.service import limit_asking
from app.http.visit import reading, writing
from app.invitations import commands
from app.invitations.queries import find_opt_out, has_opted_out

router = resource("Delivery")

Token = Annotated[str, Path(description="The secret of an opt-out link, as it stands in every letter")]


@router.post("/link-requests", status_code=202, response_model=LinkRequestOut)
@public("whoever has lost the link has nothing to show; does and says the same for everybody")
def request_links(request: Request, sent: LinkRequestIn) -> Response:
    """Ask for the links of all open rounds again, to the address itself; the answer is the same for any address."""
    limit_asking(request)
    with writing(request) as (session, visit):
        commands.ask_for_links(session, sent.email, now=visit.now)
    return answer(LinkRequestOut(accepted=True), status=202)


@router.get("/opt-outs/{token}", response_model=OptOutOut)
@by_link("the link in a letter is the right")
def get_opt_out(request: Request, token: Token) -> Response:
    """Whether the owner of an opt-out link gets letters; reading it changes nothing."""
    with reading(request) as (session, _):
        opted_out = has_opted_out(session, find_opt_out(session, token))
    return answer(OptOutOut(opted_out=opted_out))


@router.put("/opt-outs/{token}", response_model=OptOutOut)
@by_link("the link in a letter is the right")
def opt_out(request: Request, token: Token) -> Response:
    """Send the owner of an opt-out link no more letters, in any round."""
    with writing(request) as (session, visit):
        commands.opt_out(session, token, now=visit.now)
    return answer(OptOutOut(opted_out=True))


@router.delete("/opt-outs/{token}", response_model=OptOutOut)
@by_link("the link in a letter is the right, in both directions")
def opt_in(request: Request, token: Token) -> Response:
    """Send the owner of an opt-out link letters again."""
    with writing(request) as (session, _):
        commands.opt_in(session, token)
    return answer(OptOutOut(opted_out=False))
