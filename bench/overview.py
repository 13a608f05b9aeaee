"""The pages that everybody opens in a large company, against the same pages of the company when it was small."""

import gc
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import text

from app.accounts.commands import create_account, grant_role
from app.accounts.rules import SERVICE
from app.accounts.sign_in import start_link, use_sign_in_link
from app.accounts.values import NewAccount, Role
from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.garbage import pass_over_what_is_loaded
from app.infra.keys import key_of
from app.infra.logs import configure_logs
from app.main import create_app
from app.settings import Settings
from bench.asked import Site, taken_in_turns
from bench.crowd import LONG_AGO, Crowd, Released
from bench.forms import kind, opened
from bench.launch import launched, previewed
from bench.report import Line
from bench.server import SECRET
from bench.world import found
from tests.postgres import Server

FEW_TEAMS, TEAMS = 2, 200
"""Fifty people each."""

ABOUT_ALL = 9
"""Released rounds in which everybody is rated, of two hundred; the others are about one department each."""

TIMES, TURNS = 40, 4
"""How often each page is asked for, and in how many turns between the two companies."""
SMALL = "softkpi_bench_small"
LONGEST_WAIT = 3
"""Seconds for which somebody waits for a page and still thinks that it will come."""
OF_HR = ("My week", "overview of the company", "results")
"""What HR opens most."""


def overview(url: str, folder: Path, *, teams: int = TEAMS) -> Iterator[Line]:
    """What a processor spends on each page with 100 people and 2 released rounds, and with 10,000 and 200; and its p95."""
    database = opened(url)
    crowd = Crowd(database, found(database, kpis=2, items=2))
    leader, hr = _reader(crowd, Role.MANAGER), _reader(crowd, Role.HR)
    crowd.grow(FEW_TEAMS)
    crowd.release_department(0)
    paths = _paths(crowd, crowd.release_everybody(ended=LONG_AGO))
    pages = {name: (leader, path) for name, path in paths.items()}
    pages |= {f"{name} for HR": (hr, paths[name]) for name in OF_HR}
    crowd.settle()
    with _copied(database, folder) as kept:
        yield from _grown(crowd, teams, leader, pages, [_site(kept), _site(database)])
    database.dispose()


def _grown(
    crowd: Crowd, teams: int, leader: str, pages: Mapping[str, tuple[str, str]], sites: Sequence[Site]
) -> Iterator[Line]:
    """The lines, while the company of the second site grows and that of the first stays small."""
    large = sites[-1]
    crowd.grow(teams)
    crowd.settle()
    early, early_seen = launched(crowd), previewed(large, crowd, leader)
    rounds = _grow(crowd, teams)
    # As the service does when it has started: what building the company left behind is no part of a page.
    gc.collect()
    pass_over_what_is_loaded()
    on = kind(crowd.database)
    for name, (secret, path) in pages.items():
        few, much = taken_in_turns(sites, secret, path, times=TIMES, turns=TURNS)
        yield Line(
            "-",
            f"{name}, {teams * 50:,} people and {rounds} releases, {on}, processor time",
            f"{few.processor:.1f} ms, p95 {few.wall:.1f} ms, with 100 and 2",
            f"{much.processor:.1f} ms, p95 {much.wall:.1f} ms",
            much.processor / few.processor,
            most=2.0,
        )
    late, late_seen = launched(crowd), previewed(large, crowd, leader)
    about = f"a round about {teams * 50:,} people after {rounds} rounds, {on}"
    yield _later(f"launch of {about}, processor time", early, late)
    yield _later(f"preview of {about}, processor time", early_seen.processor / 1000, late_seen.processor / 1000)
    waited = late_seen.wall / 1000
    what = f"preview of {about}: p95 ÷ {LONGEST_WAIT} s"
    yield Line("-", what, f"{LONGEST_WAIT} s", f"{waited:.1f} s", waited / LONGEST_WAIT, most=1.0)


def _later(what: str, early: float, late: float) -> Line:
    """Seconds after two rounds and after all of them."""
    return Line("-", what, f"{early:.1f} s after 2", f"{late:.1f} s", late / early, most=2.0)


def _grow(crowd: Crowd, teams: int) -> int:
    """The rounds about all teams, which are there; how many rounds there are."""
    departments = len(crowd.departments)
    left = teams - FEW_TEAMS - ABOUT_ALL
    # First what is computed, then the copies: rounds close by look at each other's raters.
    everybody, each = crowd.release_everybody(), [crowd.release_department(number) for number in range(departments)]
    crowd.repeat(everybody, ABOUT_ALL - 1)
    for number, one in enumerate(each):
        crowd.repeat(one, left // departments - 1 + (number < left % departments))
    crowd.settle()
    with crowd.database.read() as session:
        return int(session.scalar(text("SELECT count(*) FROM release")) or 0)


@contextmanager
def _copied(database: Database, folder: Path) -> Iterator[Database]:
    """A second database with what is in the first by now."""
    database.dispose()
    own = database.url
    if database.is_sqlite:
        with closing(sqlite3.connect(str(own.database))) as one, closing(sqlite3.connect(folder / SMALL)) as copy:
            one.backup(copy)
        copied = opened(f"sqlite:///{folder / SMALL}")
        yield copied
        copied.dispose()
        return
    server = Server(own.set(database="postgres").render_as_string(hide_password=False))
    try:
        copied = opened(server.create(SMALL, template=str(own.database)))
        yield copied
        copied.dispose()
    finally:
        server.drop(SMALL)


def _paths(crowd: Crowd, released: Released) -> dict[str, str]:
    """The pages, of somebody who is rated in both kinds of rounds and of the units above."""
    with crowd.database.read() as session:
        query = "SELECT id FROM subject WHERE company_id = :company AND external_id = 'P0'"
        person = session.scalar(text(query), {"company": crowd.world.company_id})
    company = crowd.world.company_id
    return {
        "My week": "/",
        "overview of the company": f"/overview/{company}",
        "overview of a department": f"/overview/{crowd.departments[0]}",
        "overview of a person": f"/overview/{person}",
        "results": "/results",
        "summary": f"/results/{released.release_id}/subjects/{person}",
        "heat map of the company": f"/overview/{company}/heat-map",
        "heat map of a team": f"/overview/{crowd.teams[0]}/heat-map",
    }


def _reader(crowd: Crowd, role: Role) -> str:
    """The session of somebody who has a role in the company."""
    now = utc_now()
    with crowd.database.write() as session:
        account = create_account(session, SERVICE, NewAccount(f"{role}@bench.example", role), now=now)
        grant_role(session, SERVICE, account.id, role, (crowd.world.company_id,), now=now)
        token = key_of(session).sign_in_token(start_link(session, account.id, now=now))
        return use_sign_in_link(session, token, client="Bench", now=now).secret


def _site(database: Database) -> Site:
    configure_logs("json", "error")
    url = database.url.render_as_string(hide_password=False)
    settings = Settings.model_validate({"database_url": url, "secret_key": SECRET, "worker": False})
    return Site(create_app(settings, database=database), database)
