"""What is held about whoever is signed in, over HTTP."""

from fastapi import Request, Response
from pydantic import Field

from app.api.resource import answer, resource
from app.api.schemas.base import Out, example
from app.held.queries import list_held
from app.held.values import Kind
from app.http.access import personal
from app.http.visit import reading

router = resource("Accounts")


class HoldingOut(Out):
    """How many records of a kind name somebody."""

    model_config = example(kind="results", count=3)

    kind: Kind
    count: int


class HeldOut(Out):
    """Every kind of record that names whoever is signed in."""

    model_config = example(items=[{"kind": "results", "count": 3}])

    items: list[HoldingOut] = Field(description="One for each kind, also where there is none")


@router.get("/account/held", response_model=HeldOut)
@personal("what is held about somebody is for that person alone")
def list_what_is_held(request: Request) -> Response:
    """Every kind of record that names whoever is signed in, and how many there are; nothing of what stands in them."""
    with reading(request) as (session, visit):
        found = list_held(session, visit.viewer)
    return answer(HeldOut(items=[HoldingOut.of(one) for one in found]))
