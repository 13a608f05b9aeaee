"""Nobody reads the own feedback before it opens, by any door and by any right; everybody else reads as before."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial

import pytest

from app.accounts.values import Role, Viewer
from app.analysis.queries import get_severity
from app.decisions.commands import open_case
from app.decisions.queries import get_case, list_cases
from app.decisions.values import CaseDraft
from app.errors import AppError, NotFound
from app.followup.relations import get_prompts
from app.infra.database import WriteSession
from app.infra.paging import PageRequest
from app.organisation.values import SubjectKind
from app.overview.rows import load_latest_composites
from app.plans.commands import make_plan
from app.plans.queries import get_plan, list_plans
from app.plans.values import PlanDraft
from app.releases.gate import load_waiting
from app.releases.queries import (
    find_release,
    get_explanation,
    get_release,
    get_scores,
    get_traced,
    list_releases,
    list_scores,
)
from app.releases.retrace import retrace
from app.releases.rules import OpensLater
from app.releases.trace import FigureKey
from app.releases.values import Release, ScoreFilter
from app.summaries.against import load_against
from app.summaries.entries import Coming
from app.summaries.queries import (
    get_arithmetic,
    get_coming,
    get_summary,
    list_members,
    list_results,
    load_coming,
    load_entries,
)
from app.summaries.ranked import Wanted
from app.summaries.standings import get_comparison
from app.talks.queries import get_talk
from tests.followup.watched import S1, TODAY, Watching
from tests.shelf import NOW, Shelf, demo
from tests.talks.waiting import LATEST, QUARTER, amir, hold, sofie

ALL = PageRequest(limit=200)
Door = Callable[[], object]
OWN = {
    *("summary", "scores", "explanation", "arithmetic", "against", "figure", "prompts", "talk", "list of scores"),
    *("results", "entries", "overview", "course", "what is coming", "again"),
}
ALONE = {"release", "releases"}
"""Doors that who reads others as well goes through for those."""
AS_READER = {"members", "comparison", "severity"}


@pytest.fixture
def session(shelf: Shelf) -> Iterator[WriteSession]:
    with shelf.show(demo).write() as session:
        yield session
        session.rollback()


@pytest.fixture
def known(session: WriteSession) -> Watching:
    return Watching.of(session)


def quarter(known: Watching) -> Release:
    found = find_release(known.session, known.release_of(QUARTER))
    assert found is not None
    return found


def open_doors(known: Watching, viewer: Viewer, *, on: date = TODAY) -> set[str]:
    """By which doors somebody comes to the results of Sofie Berg in the third quarter."""
    doors = passed(known, viewer, on)
    for name, (part, door) in told(known, viewer, on).items():
        doors[name] = partial(_is_named, part, door)
    return {name for name, door in doors.items() if _leads_in(door)}


def passed(known: Watching, viewer: Viewer, on: date) -> dict[str, Door]:
    """Doors that are open or closed as a whole."""
    release, who = quarter(known), known.subjects["sofie.berg"]
    session, at = known.session, (known.session, viewer, release.id, who)
    return {
        "summary": lambda: get_summary(*at, on=on),
        "scores": lambda: get_scores(*at, on=on),
        "explanation": lambda: get_explanation(*at, on=on),
        "arithmetic": lambda: get_arithmetic(*at, on=on),
        "against": lambda: load_against(*at, on=on),
        "figure": lambda: get_traced(*at, FigureKey(known.kpis[S1], (), None), on=on),
        "prompts": lambda: get_prompts(*at, on=on),
        "talk": lambda: get_talk(*at, on=on),
        "release": lambda: get_release(session, viewer, release.id, on=on),
        "what is coming": lambda: not isinstance(get_coming(session, viewer, release.round_id, who, on=on), Coming),
        "again": lambda: who in retrace(session, viewer, release.id, on=on, subject_id=who).seen,
    }


def told(known: Watching, viewer: Viewer, on: date) -> dict[str, tuple[str, Door]]:
    """Doors behind which the results stand among others, and by what they are known there."""
    release, who, company = quarter(known), known.subjects["sofie.berg"], known.company_id
    team, centre = known.subjects["team-nord"], known.subjects["customer-centre"]
    session, only = known.session, ScoreFilter(subject_id=who)

    def members() -> object:
        summary = get_summary(session, viewer, release.id, team, on=on)
        return list_members(session, viewer, summary, ALL, kinds=[SubjectKind.PERSON], on=on).items

    def results() -> object:
        lines = list_results(session, viewer, company, ALL, on=on).items
        return [line.entries for line in lines if line.release.id == release.id]

    compared = Wanted(SubjectKind.PERSON)
    return {
        "list of scores": (who, lambda: list_scores(session, viewer, release.id, ALL, on=on, only=only).items),
        "releases": (release.id, lambda: list_releases(session, viewer, company, ALL, on=on).items),
        "results": (who, results),
        "entries": (who, lambda: load_entries(session, viewer, release, on=on)),
        "overview": (release.id, lambda: load_latest_composites(session, viewer, [who], on=on)),
        "course": (release.id, lambda: known.course(S1, "sofie.berg", viewer=viewer, length="quarter", on=on)),
        "members": (who, members),
        "comparison": (who, lambda: get_comparison(session, viewer, release.id, centre, compared, on=on)),
        "severity": (who, lambda: get_severity(session, viewer, release.id, known.kpis[S1], on=on)),
    }


def _is_named(part: str, door: Door) -> bool:
    return part in str(door())


def _leads_in(door: Door) -> bool:
    try:
        return bool(door())
    except AppError:
        return False


def test_every_door_to_the_own_results_is_closed_until_they_open(session: WriteSession, known: Watching) -> None:
    alone, analyst = sofie(known), sofie(known, Role.ANALYST)
    others = {"leader": amir(known), "analyst": known.who(Role.ANALYST)}
    before = {name: open_doors(known, viewer) for name, viewer in others.items()}
    assert (open_doors(known, alone), open_doors(known, analyst)) == (OWN | ALONE, OWN | ALONE | AS_READER)
    assert all({"summary", "members", "course"} <= doors for doors in before.values())

    hold(session, known, "sofie.berg")
    assert (open_doors(known, alone), open_doors(known, analyst)) == (set(), ALONE)
    assert {name: open_doors(known, viewer) for name, viewer in others.items()} == before
    # On the day itself, and what is about the team all the time.
    assert open_doors(known, alone, on=LATEST) == OWN | ALONE
    team = get_summary(session, analyst, quarter(known).id, known.subjects["team-nord"], on=TODAY)
    assert team.composite is not None
    lars = known.person("lars.moen")
    assert get_summary(session, lars, quarter(known).id, known.subjects["lars.moen"], on=TODAY).composite is not None


def test_who_waits_is_told_until_when(session: WriteSession, known: Watching) -> None:
    hold(session, known, "sofie.berg")
    release, who, viewer = quarter(known), known.subjects["sofie.berg"], sofie(known)
    with pytest.raises(OpensLater) as refused:
        get_summary(session, viewer, release.id, who, on=TODAY)
    assert (refused.value.opens_on, refused.value.round_id) == (LATEST, release.round_id)
    found = get_coming(session, viewer, release.round_id, who, on=TODAY)
    assert isinstance(found, Coming)
    assert (found.opens_on, found.subject.name) == (LATEST, "Sofie Berg")
    for one in (viewer, sofie(known, Role.ANALYST)):
        [coming] = [line for line in load_coming(session, one, known.company_id, on=TODAY) if line.opens_on]
        assert (coming.round.id, [place.id for place in coming.entries]) == (release.round_id, [who])
    assert load_waiting(session, known.who(Role.ANALYST), on=TODAY) == ()
    assert load_waiting(session, viewer, [known.subjects["lars.moen"]], on=TODAY) == ()
    assert [one.opens_on for one in load_waiting(session, viewer, on=TODAY)] == [LATEST]


def test_what_was_written_about_somebody_since_the_release_waits_as_well(
    session: WriteSession, known: Watching
) -> None:
    who, leader, person = known.subjects["sofie.berg"], amir(known), sofie(known)
    case = open_case(session, leader, CaseDraft(known.kpis[S1], who, "Trengs støtte?"), now=NOW)
    draft = PlanDraft(known.kpis[S1], who, known.subjects["amir.haddad"], "Vi øver.", 5.0, LATEST, ())
    plan = make_plan(session, leader, draft, now=NOW)

    def read(viewer: Viewer, on: date) -> tuple[int, int]:
        cases = list_cases(session, viewer, known.company_id, ALL, on=on).items
        plans = list_plans(session, viewer, known.company_id, ALL, on=on).items
        return sum(one.id == case.id for one in cases), sum(one.id == plan.id for one in plans)

    assert read(person, TODAY) == (1, 1)
    hold(session, known, "sofie.berg")
    assert (read(person, TODAY), read(leader, TODAY), read(person, LATEST)) == ((0, 0), (1, 1), (1, 1))
    with pytest.raises(NotFound):
        get_case(session, person, case.id, on=TODAY)
    with pytest.raises(NotFound):
        get_plan(session, person, plan.id, on=TODAY)
    # What somebody is to see to is his to read.
    own = make_plan(session, leader, PlanDraft(draft.kpi_id, who, who, "Øv.", 5.0, LATEST, ()), now=NOW)
    assert get_plan(session, person, own.id, on=TODAY).id == own.id
