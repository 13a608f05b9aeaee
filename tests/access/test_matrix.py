"""Every route with everybody at every place: what its declaration says is what it does, and each says something.

The answer that each must get is worked out in `expected` alone, for all 35,000 combinations of a route, somebody and a
place. In every run the doors themselves are asked

- about each route by nobody, by somebody whom the rule stops, and by somebody who is let in at his own place: there (of
  what is read, each second), about another company's, told apart from nothing, and next door or above, by turns, where it
  is somebody who must be refused if anybody must;
- about one at least of the routes that declare the same, by each of those whom it lets in, at home, next door and above.

What is left is not asked but follows, and is looked at for each combination in `follows`: whoever is stopped at home is
stopped everywhere, and no role reaches into another company. So the part that is a sample is this alone: which of those who
are let in at home asks which of the routes that declare the same next door and above; there `accounts.rules.may` decides,
with what both routes declare. THOROUGH=1 asks all of them, in two or three minutes.

Nothing that is let in stays, since no commit is, so one organisation serves all: made once, and taken over by the other
database. Half of all routes are asked on each.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.accounts.rules import may
from app.errors import Conflict
from app.http.access import Access, declared_routes
from tests import databases
from tests.access.caller import Reply
from tests.access.expected import Answer, expected
from tests.access.further import FORM_FIRST, FURTHER, UNMADE
from tests.access.places import NOWHERE, PLAIN, Place, World, furnish
from tests.access.requests import Asked, all_asked
from tests.access.visitors import Visitor, visitors
from tests.originals import take_over
from tests.served import Clock, Served, app_over, peopled
from tests.thorough import THOROUGH

pytestmark = pytest.mark.slow


class NothingStays(Conflict):
    """What was let in would have been written."""

    code = "would_be_written"


@dataclass(frozen=True)
class Scene:
    """The organisation on one database, and who comes to its doors."""

    worlds: dict[Place, World]
    everybody: Sequence[Visitor]
    answers: dict[tuple[str, str, Place], Answer]

    def answer(self, asked: Asked, visitor: Visitor, place: Place) -> Answer:
        known = asked.name, visitor.name, place
        if known not in self.answers:
            self.answers[known] = expected(asked, visitor.viewer, place, self.worlds[place])
        return self.answers[known]

    def is_closed(self, asked: Asked) -> bool:
        """Whether a route asks who it is."""
        return self.answer(asked, self.everybody[0], Place.OWN) is not Answer.OPEN

    def comes_in(self, asked: Asked, visitor: Visitor, place: Place = Place.OWN) -> bool:
        return self.answer(asked, visitor, place) in {Answer.LET_IN, Answer.EITHER}

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
            every = [one for one in all_asked(declared_routes(scene.everybody[0].caller.app)) if scene.is_closed(one)]
            if not number:
                deviations += [sentence for asked in every for sentence in follows(scene, asked)]
            with nothing_stays():
                for asked, visitor, place in chosen(scene, every):
                    if turn_of(asked) % len(kinds) == number:
                        met += 1
                        deviations += deviations_of(scene, asked, visitor, place)
    finally:
        for kind in kinds:
            kind.kind.wipe(kind.wiped.url.render_as_string(hide_password=False))
    assert met > 2300
    assert deviations == [], "\n".join(deviations)


def scenes(kinds: Sequence[databases.Pair], now: datetime) -> Iterator[Scene]:
    """The same on every database: made on the first, row by row on the others."""
    clock = Clock(now)
    first = kinds[0].wiped
    with first.write() as session:
        served = Served(app_over(first, clock), first, clock, *peopled(session, now))
    worlds = furnish(served)
    everybody = visitors(served, worlds)
    answers: dict[tuple[str, str, Place], Answer] = {}
    yield Scene(worlds, everybody, answers)
    for other in kinds[1:]:
        take_over(other.wiped, of=first)
        app = app_over(other.wiped, clock)
        yield Scene(worlds, [visitor.at(app) for visitor in everybody], answers)


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


def deviations_of(scene: Scene, asked: Asked, visitor: Visitor, place: Place) -> Iterator[str]:
    """How a route answers otherwise than it must, in sentences."""
    wanted = scene.answer(asked, visitor, place)
    reply = scene.ask(asked, visitor, place)
    if not fits(wanted, reply, asked, scene.worlds[place]):
        if wanted is Answer.REFUSED and tells_nothing(scene, asked, visitor, place, reply):
            return
        yield f"{asked.name}: {visitor.name} about {place} is not {wanted.value}: {reply.status} {reply.code}"
    is_foreign = place is Place.OTHER and wanted is Answer.NOTHING
    if is_foreign and not tells_nothing(scene, asked, visitor, place, reply):
        yield f"{asked.name}: {visitor.name} can tell another company's from what is not there"


def tells_nothing(scene: Scene, asked: Asked, visitor: Visitor, place: Place, reply: Reply) -> bool:
    """Whether somebody cannot tell from the answer that there is anything."""
    missing = scene.ask(asked, visitor, Place.MISSING)
    return told(reply, scene.worlds[place]) == told(missing, scene.worlds[place])


_NO_ITEMS = '{"items":[]}'
_ID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Cell = tuple[Asked, Visitor, Place]


def follows(scene: Scene, asked: Asked) -> Iterator[str]:
    """Where somebody comes in elsewhere who is stopped at home, or may anything in another company; nowhere."""
    action = asked.route.access.action if asked.route.access is not None else None
    elsewhere = asked.lies(scene.worlds[Place.OTHER], action) if action is not None else []
    for visitor in scene.everybody:
        if visitor.viewer is not None and action and any(may(visitor.viewer, action, path) for path in elsewhere):
            yield f"{asked.name}: {visitor.name} may it in another company"
        if not scene.comes_in(asked, visitor):
            for place in {*places_of(asked), *(() if asked.is_chosen_inside else (Place.MISSING,))}:
                if scene.comes_in(asked, visitor, place):
                    yield f"{asked.name}: {visitor.name} comes in about {place} and not at home"


def chosen(scene: Scene, every: Sequence[Asked]) -> Iterator[Cell]:
    """Who asks which route about what."""
    if THOROUGH:
        yield from ((asked, one, place) for asked in every for one in scene.everybody for place in places_of(asked))
        return
    alike: defaultdict[Access, list[Asked]] = defaultdict(list)
    for asked in every:
        if asked.route.access is not None:
            alike[asked.route.access].append(asked)
    for declared, routes in alike.items():
        met: set[tuple[str, Place]] = set()
        for asked in routes:
            for visitor, place in cells(scene, asked, met):
                met.add((visitor.name, place))
                yield asked, visitor, place
        # Of what is about whoever asks, no role and no place decides.
        if declared.action is not None and not declared.is_own:
            yield from left(scene, routes, met)


def cells(scene: Scene, asked: Asked, met: Collection[tuple[str, Place]]) -> Iterator[tuple[Visitor, Place]]:
    """Nobody; one who is stopped; and who comes in at his own place, from place to place; by turns, whoever was not met."""
    first = turn_of(asked) // 2 % len(scene.everybody)
    turned = [*scene.everybody[first:], *scene.everybody[:first]]
    welcome = [one for one in turned if scene.comes_in(asked, one)]
    stopped = [one for one in turned if one not in welcome and one.viewer is not None]
    yield scene.everybody[0], Place.OWN
    yield from ((one, Place.OWN) for one in sorted(stopped, key=lambda one: (one.name, Place.OWN) in met)[:1])
    # What is read is opened by everybody in other tests, too: here each second page and answer is.
    is_opened = asked.method != "GET" or turn_of(asked) // 2 % 2
    skipped = {(Place.SIBLING, Place.PARENT)[turn_of(asked) // 4 % 2], *(() if is_opened else (Place.OWN,))}
    for place in places_of(asked) if welcome else ():
        if place in skipped:
            continue
        # Whoever may it here and not there tells most.
        yield (
            min(welcome, key=lambda one: (scene.comes_in(asked, one, beside(place)), (one.name, place) in met)),
            place,
        )


def left(scene: Scene, routes: Sequence[Asked], met: Collection[tuple[str, Place]]) -> Iterator[Cell]:
    """Of those whom routes that declare the same let in, and of the places, what none of these has met."""
    for number, visitor in enumerate(scene.everybody):
        for place in (Place.OWN, Place.SIBLING, Place.PARENT):
            there = [one for one in routes if place in places_of(one) and scene.comes_in(one, visitor)]
            if place is Place.OWN:
                there = there or list(routes)
            if there and (visitor.name, place) not in met:
                yield there[number % len(there)], visitor, place


def places_of(asked: Asked) -> Sequence[Place]:
    """Where that which a route is about can lie."""
    if UNMADE.intersection(asked.parts):
        return [Place.MISSING]
    if not asked.parts:
        return [Place.OWN]
    return [Place.OWN, Place.OTHER] if asked.is_wide else [Place.OWN, Place.OTHER, Place.SIBLING, Place.PARENT]


def beside(place: Place) -> Place:
    """The place at which somebody is refused who is let in here, if anybody is."""
    return place if place in {Place.SIBLING, Place.PARENT} else Place.SIBLING


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
    is_empty = reply.text == _NO_ITEMS
    return reply.status == 200 and (is_empty or asked.is_list) and not any(one in reply.text for one in known)


def told(reply: Reply, world: World) -> tuple[int, str]:
    """What is told about something, but for the ids that were sent."""
    sent = {*world.ids.values(), *world.path} - set(PLAIN.values())
    return reply.status, _ID.sub(lambda found: NOWHERE if found[0] in sent else found[0], reply.text)
