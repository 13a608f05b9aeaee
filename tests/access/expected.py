"""What a route must answer whom about what, from its declaration alone: stated once, for all routes."""

from collections.abc import Collection
from enum import Enum

from app.accounts.rules import may
from app.accounts.values import Viewer
from app.http.access import Access, Who
from tests.access.places import Place, World
from tests.access.requests import Asked


class Answer(Enum):
    """How somebody fares at a door."""

    OPEN = "asked for nothing"
    SIGN_IN = "sent to the sign-in"
    NO_KEY = "refused as no person"
    NO_SCOPE = "refused for the scopes"
    NOTHING = "told that there is nothing"
    REFUSED = "refused, or shown nothing of it"
    LET_IN = "let in"
    EITHER = "let in where it is about whoever asks, else refused"


def expected(asked: Asked, viewer: Viewer | None, place: Place, world: World) -> Answer:
    """The answer to a viewer (None: nobody is signed in) who asks about something at a place.

    In the order in which a request passes: who is it, may a key come and does it carry the scope, is there anything of
    the kind in the company, may the viewer do this where it lies.
    """
    declared = asked.route.access
    assert declared is not None, f"{asked.name} declares nothing"
    if declared.who is not Who.SIGNED_IN:
        return Answer.OPEN
    if viewer is None or (viewer.scopes is not None and asked.is_page):
        return Answer.SIGN_IN
    if viewer.scopes is not None and (stopped := _stops_key(declared, viewer.scopes)):
        return stopped
    if place in {Place.OTHER, Place.MISSING} and not asked.is_chosen_inside:
        return Answer.NOTHING
    return _further_in(asked, declared, viewer, world)


def _further_in(asked: Asked, declared: Access, viewer: Viewer, world: World) -> Answer:
    if declared.action is None or declared.is_own or not world.path:
        return Answer.EITHER
    if not any(may(viewer, declared.action, path) for path in asked.lies(world, declared.action)):
        return Answer.REFUSED
    # Of a whole company only who may it there is sure to get in.
    is_sure = not (asked.is_list or asked.is_chosen_inside) or may(viewer, declared.action, world.path[:1])
    return Answer.LET_IN if is_sure else Answer.EITHER


def _stops_key(declared: Access, scopes: Collection[str]) -> Answer | None:
    if not declared.by_key:
        return Answer.NO_KEY
    return Answer.NO_SCOPE if declared.scope is not None and declared.scope not in scopes else None
