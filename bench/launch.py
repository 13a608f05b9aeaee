"""A round about everybody in a large company: its preview, and its launch, of which nothing stays."""

import time
from contextlib import suppress

from app.accounts.rules import SERVICE
from app.infra.clock import utc_now
from app.infra.database import WriteSession
from app.organisation.ensure import ensure_raters, ensure_subjects
from app.organisation.values import NewRater
from app.rounds.assign import insert_assignments
from app.rounds.commands import delete_round, launch_round, set_rated_subjects
from app.rounds.values import AssignmentSource, NewAssignment, Round
from bench.asked import Site, Taken, of_server, taken
from bench.crowd import SHEETS, Crowd, keys_of
from bench.world import GROUPS, draft

PREVIEWS = 3


class _TakenBack(Exception):
    """Leaves a transaction without a commit."""


def launched(crowd: Crowd) -> float:
    """Seconds of processor for the launch of a round about everybody, its preview and the database included.

    The same people are asked the same as in the rounds before.
    """
    spent = 0.0
    with suppress(_TakenBack), crowd.database.write() as session:
        round_ = _round(session, crowd)
        begun = _spent(crowd)
        launch_round(session, SERVICE, round_.id, confirmed=True, now=utc_now())
        spent = _spent(crowd) - begun
        raise _TakenBack
    return spent


def previewed(site: Site, crowd: Crowd, secret: str) -> Taken:
    """What the page takes that shows, before a round about everybody is started, what it can publish.

    The draft is as that of `launched`; it stays while the page is asked for.
    """
    with crowd.database.write() as session:
        round_ = _round(session, crowd)
    seen = taken(site, secret, f"/rounds/{round_.id}/start", times=PREVIEWS)
    with crowd.database.write() as session:
        delete_round(session, SERVICE, round_.id, now=utc_now())
    return seen


def _spent(crowd: Crowd) -> float:
    return time.process_time() + of_server(crowd.database)


def _round(session: WriteSession, crowd: Crowd) -> Round:
    """A draft about everybody, with as many raters each as in the rounds before, and the same."""
    world, now = crowd.world, utc_now()
    keys = [key for team in range(len(crowd.teams)) for key in keys_of(team)]
    rated = ensure_subjects(session, world.company_id, keys, parent_id=world.company_id, now=now)
    names = [f"R{number}" for number in range(len(keys) * SHEETS)]
    raters = ensure_raters(session, world.company_id, [NewRater(key=one, external_id=one) for one in names], now=now)
    round_ = draft(session, world, "Once more")
    set_rated_subjects(session, SERVICE, round_.id, list(rated.values()), now=now)
    wanted = [
        NewAssignment(raters[name], rated[keys[number % len(keys)]], GROUPS[number // len(keys) % len(GROUPS)])
        for number, name in enumerate(names)
    ]
    insert_assignments(session, round_, wanted, source=AssignmentSource.LIST, actor="bench")
    return round_
