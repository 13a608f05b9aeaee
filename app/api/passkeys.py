"""One's own passkeys over HTTP: which there are, and removing one. They are made by a browser, on its page."""

from datetime import datetime

from fastapi import Request, Response
from pydantic import Field

from app.accounts.commands import remove_passkey
from app.accounts.factors import list_passkeys
from app.api.resource import Key, answer, resource
from app.api.schemas.base import Out, example
from app.http.access import personal
from app.http.visit import reading, writing

router = resource("Accounts")

_OWN = "passkeys are for the person alone whom they let in"


class PasskeyOut(Out):
    """A passkey of whoever is signed in."""

    model_config = example(
        id="0b6f1c8e-6d3a-4f5e-9a51-2f4f8f1f7f10",
        name="Firefox, Linux",
        created_at="2026-11-23T09:00:00Z",
        last_used_at=None,
        doubted_at=None,
    )

    id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None
    doubted_at: datetime | None = Field(
        description="When its counter went back, as that of a copy does; it opens nothing since"
    )


class PasskeysOut(Out):
    """The passkeys of whoever is signed in, the oldest first."""

    model_config = example(items=[])

    items: list[PasskeyOut]


@router.get("/account/passkeys", response_model=PasskeysOut)
@personal(_OWN)
def list_own_passkeys(request: Request) -> Response:
    """Your passkeys, the oldest first."""
    with reading(request) as (session, visit):
        found = list_passkeys(session, visit.viewer)
    return answer(PasskeysOut(items=[PasskeyOut.of(one) for one in found]))


@router.delete("/account/passkeys/{passkey_id}", status_code=204)
@personal(_OWN)
def remove_own_passkey(request: Request, passkey_id: Key) -> Response:
    """Remove one of your passkeys; every other browser of yours is signed out."""
    with writing(request) as (session, visit):
        here = visit.sign_in.id if visit.sign_in is not None else None
        remove_passkey(session, visit.viewer, passkey_id, here=here, now=visit.now)
    return Response(status_code=204)
