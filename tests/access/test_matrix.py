"""Every route with everybody at every place: what its declaration says is what it does, and each says something.

The answer that each must get is worked out in `expected` alone. Nothing that is let in stays, since no commit is, so one
organisation serves all: made once, and taken over by the other database. Each route is met at each place, every time by
somebody else of those whom it could tell apart, and half of all routes on each database.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

from sqlalchemy import event
from sqlalchemy.orm import Session

from app.errors import Conflict
from app.http.access import declared_routes
from tests import databases
from tests.access.caller import Reply
from tests.access.expected import Answer, expected
from tests.access.further import FORM_FIRST, FURTHER, UNMADE
from tests.access.places import NOWHERE, PLAIN, Place, World, furnish
from tests.access.requests import Asked, all_asked
from tests.access.visitors import Visitor, visitors
from tests.originals import take_over
from tests.served import Clock, Served, app_over, peopled


class NothingStays(Conflict):
    """What was let in would have been written."""

    code = "would_be_written"


@dataclass(frozen=True)
class Scene:
    """The organisation on one database, and who comes to its doors."""

    worlds: dict[Place, World]
    everybody: Sequence[Visitor]

    def answer(self, asked: Asked, visitor: Visitor, place: Place) -> Answer:
        return expected(asked, visitor.viewer, place, self.worlds[place])

    def ask(self, asked: Asked, visitor: Visitor, place: Place) -> Reply:
        world = self.worlds[place]
        return visitor.caller.call(asked.method, asked.address(world), asked.body(world))


def test_every_route_answers_everybody_as_it_is_declared(
    database_pairs: Callable[[str], databases.Pair], now: datetime
) -> None:
    kinds = [database_pairs(kind) for kind in ("sqlite", "postgresql")]
    deviations: list[str] = []
    met = 0
    try:
        for number, scene in enumerate(scenes(kinds, now)):
            with nothing_stays():
                for asked in all_asked(declared_routes(scene.everybody[0].caller.app)):
                    if turn_of(asked) % len(kinds) == number:
                        met += 1
                        deviations += deviations_of(scene, asked)
    finally:
        for kind in kinds:
            kind.kind.wipe(kind.wiped.url.render_as_string(hide_password=False))
    assert met > 550
    assert deviations == [], "\n".join(deviations)


def scenes(kinds: Sequence[databases.Pair], now: datetime) -> Iterator[Scene]:
    """The same on every database: made on the first, row by row on the others."""
    clock = Clock(now)
    first = kinds[0].wiped
    with first.write() as session:
        served = Served(app_over(first, clock), first, clock, *peopled(session, now))
    worlds = furnish(served)
    everybody = visitors(served, worlds)
    yield Scene(worlds, everybody)
    for other in kinds[1:]:
        take_over(other.wiped, of=first)
        app = app_over(other.wiped, clock)
        yield Scene(worlds, [visitor.at(app) for visitor in everybody])


def turn_of(asked: Asked) -> int:
    """Whose turn it is at a route, and on which database: by its name, so that no other route changes it."""
    return crc32(asked.name.encode())


@contextmanager
def nothing_stays() -> Iterator[None]:
    def refuse(_session: object) -> None:
        raise NothingStays

    event.listen(Session, "before_commit", refuse)
    try:
        yield
    finally:
        event.remove(Session, "before_commit", refuse)


def deviations_of(scene: Scene, asked: Asked) -> Iterator[str]:
    """How a route answers otherwise than it must, in sentences."""
    for visitor, place in cells(scene, asked):
        wanted = scene.answer(asked, visitor, place)
        reply = scene.ask(asked, visitor, place)
        if not fits(wanted, reply, asked, scene.worlds[place]):
            if wanted is Answer.REFUSED and tells_nothing(scene, asked, visitor, place, reply):
                continue
            yield f"{asked.name}: {visitor.name} about {place} is not {wanted.value}: {reply.status} {reply.code}"
        is_foreign = place is Place.OTHER and wanted is Answer.NOTHING
        if is_foreign and not tells_nothing(scene, asked, visitor, place, reply):
            yield f"{asked.name}: {visitor.name} can tell another company's from what is not there"


def tells_nothing(scene: Scene, asked: Asked, visitor: Visitor, place: Place, reply: Reply) -> bool:
    """Whether somebody cannot tell from the answer that there is anything."""
    missing = scene.ask(asked, visitor, Place.MISSING)
    return told(reply, scene.worlds[place]) == told(missing, scene.worlds[place])


def cells(scene: Scene, asked: Asked) -> Iterator[tuple[Visitor, Place]]:
    """Who asks about what: nobody; one who is stopped at the door; and who comes in at his own place, from place to place."""
    turn = turn_of(asked) // 2
    first = turn % len(scene.everybody)
    turned = [*scene.everybody[first:], *scene.everybody[:first]]
    if scene.answer(asked, turned[0], Place.OWN) is Answer.OPEN:
        return
    comes_in = {Answer.LET_IN, Answer.EITHER}
    welcome = [one for one in turned if scene.answer(asked, one, Place.OWN) in comes_in]
    stopped = [one for one in turned if one not in welcome and one.viewer is not None]
    yield from ((one, Place.OWN) for one in (scene.everybody[0], *stopped[:1]))
    if not welcome:
        return
    # Whoever may it here and not next door tells most.
    reaches = min(welcome, key=lambda one: scene.answer(asked, one, Place.SIBLING) is not Answer.REFUSED)
    if UNMADE.intersection(asked.parts):
        yield reaches, Place.MISSING
        return
    # What is read is opened by everybody in other tests, too: here each second page and answer is.
    if asked.method != "GET" or turn % 2:
        yield reaches, Place.OWN
    if asked.parts:
        yield reaches, Place.OTHER
    if asked.parts and not asked.is_wide:
        yield reaches, (Place.SIBLING, Place.PARENT)[turn // 2 % 2]


def fits(wanted: Answer, reply: Reply, asked: Asked, world: World) -> bool:
    """Whether an answer is of the kind that was wanted."""
    is_refused = reply.status in {403, 404} or shows_nothing(reply, asked, world)
    to_sign_in = reply.headers.get("location", "").startswith("/sign-in")
    expectations = {
        Answer.SIGN_IN: reply.status == 401 or to_sign_in,
        Answer.NO_KEY: reply.code == "person_wanted",
        Answer.NO_SCOPE: reply.code == "scope_missing",
        Answer.LET_IN: reply.status not in {401, 403, 404} or asked.name in FURTHER,
        Answer.EITHER: reply.status != 401,
    }
    is_form_first = reply.status == 422 and asked.name in FORM_FIRST
    return reply.status < 500 and expectations.get(wanted, is_refused or is_form_first)


def shows_nothing(reply: Reply, asked: Asked, world: World) -> bool:
    """Whether what was asked for is answered with nothing of what is there."""
    known = {one for name, one in world.ids.items() if name not in PLAIN and name not in asked.parts}
    return asked.is_list and reply.status == 200 and not any(one in reply.text for one in known)


def told(reply: Reply, world: World) -> tuple[int, str]:
    """What is told about something, but for the ids that were sent."""
    text = reply.text
    for one in {*world.ids.values(), *world.path} - set(PLAIN.values()):
        text = text.replace(one, NOWHERE)
    return reply.status, text
