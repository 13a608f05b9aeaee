"""The goal tree: what serves a goal, what serves none, and whether it is on course, as far as figures of the company tell."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from app.accounts.rules import SERVICE, Action
from app.accounts.values import Role
from app.infra.database import WriteSession
from app.kpis.commands import create_goal, pause_kpi
from app.kpis.intake import parse_goal
from app.kpis.values import KpiKind
from app.releases.tables import ScoreRow
from app.strategy.queries import get_goal_tree
from app.strategy.values import GoalCourse, GoalLine
from tests.followup.reader import Reader
from tests.followup.watched import H6, S1, TODAY, Watching
from tests.journeys.service import Running, ok
from tests.shelf import NOW, Shelf, demo


@pytest.fixture
def session(shelf: Shelf) -> Iterator[WriteSession]:
    with shelf.show(demo).write() as session:
        yield session
        session.rollback()


@pytest.fixture
def known(session: WriteSession) -> Watching:
    return Watching.of(session)


def by_name(known: Watching, role: Role = Role.ANALYST) -> dict[str, GoalLine]:
    tree = get_goal_tree(known.session, known.who(role), known.company_id, locale="en", on=TODAY)
    return {line.goal.external_id or "": line for line in tree.goals}


def rate(known: Watching, score: float, *kpi_ids: str) -> None:
    """Have all figures of the company, or of some KPIs, say the same."""
    query = update(ScoreRow).where(ScoreRow.subject_id == known.company_id, ScoreRow.score.is_not(None))
    if kpi_ids:
        query = query.where(ScoreRow.kpi_id.in_(kpi_ids))
    known.session.execute(query.values(score=score, lo=0.0, hi=100.0))


def test_a_goal_is_on_course_when_each_of_its_kpis_is_at_its_target(session: WriteSession, known: Watching) -> None:
    rate(known, 75.0)
    service = by_name(known)["service"]
    # Handling time has no figure of the company, and as long as that counts nobody can tell.
    assert (service.course, [one.kpi.id for one in service.untold]) == (GoalCourse.UNKNOWN, [known.kpis[H6]])
    pause_kpi(session, SERVICE, known.kpis[H6], reason="Hviler.", now=NOW)
    assert by_name(known)["service"].course is GoalCourse.ON
    rate(known, 74.9, known.kpis[S1])
    goals = by_name(known)
    assert (goals["service"].course, [one.kpi.id for one in goals["service"].off]) == (GoalCourse.OFF, [known.kpis[S1]])
    # What is off below is off above as well, though nothing hangs there.
    assert (goals["growth"].course, goals["growth"].kpis, goals["growth"].is_orphan) == (GoalCourse.OFF, (), False)
    assert next((name, line.depth) for name, line in goals.items()) == ("growth", 0)
    assert goals["sales"].depth == 1


def test_without_figures_nobody_can_tell_and_old_ones_say_nothing(session: WriteSession, known: Watching) -> None:
    later = TODAY.replace(year=TODAY.year + 2)
    tree = get_goal_tree(session, known.who(Role.ANALYST), known.company_id, locale="nb", on=later)
    assert {line.course for line in tree.goals} == {GoalCourse.UNKNOWN}
    session.execute(delete(ScoreRow).where(ScoreRow.subject_id == known.company_id))
    assert {line.course for line in by_name(known).values()} == {GoalCourse.UNKNOWN}


def test_a_goal_that_no_kpi_serves_is_an_orphan_until_one_does(session: WriteSession, known: Watching) -> None:
    assert not any(line.is_orphan for line in by_name(known).values())
    draft = parse_goal({"name": {"nb": "Omdømme", "en": "Reputation"}, "external_id": "reputation"})
    create_goal(session, SERVICE, draft, company_id=known.company_id, now=NOW)
    alone = by_name(known)["reputation"]
    assert (alone.is_orphan, alone.course, alone.kpis) == (True, GoalCourse.UNKNOWN, ())


def test_figures_are_for_who_reads_the_results_of_the_company(session: WriteSession, known: Watching) -> None:
    for viewer in (known.who(Role.ADMIN), known.who(Role.MANAGER, "team-nord")):
        tree = get_goal_tree(session, viewer, known.company_id, locale="nb", on=TODAY)
        assert {line.course for line in tree.goals} == {None}
        assert not any(one.figure for line in tree.goals for one in line.kpis)
    key = known.key(Action.KPIS_READ, Action.RESULTS_READ)
    tree = get_goal_tree(session, key, known.company_id, locale="nb", on=TODAY)
    told = {one.kpi.kind for line in tree.goals for one in line.kpis if one.figure is not None}
    assert told == {KpiKind.SOFT}


def test_the_tree_says_the_same_on_the_page_and_over_http(shelf: Shelf, tmp_path: Path) -> None:
    service = Running.on(shelf.take(demo), NOW, tmp_path)
    chief = Reader(service.signed_in("chief", role=Role.ANALYST))
    items = ok(service.system("kpis:read", "results:read", "readings:read").get("/api/v1/goal-tree"))["items"]
    words = {"on_course": "On course", "off_course": "Off course", "unknown": "Cannot be told"}
    rows = chief.page("/goals").one("main").all("tbody")[0].all("tr")
    told = {item["name"]["en"]: words[item["course"]] for item in items}
    assert len(rows) == len(told)
    for row in rows:
        name = next(name for name in told if row.words.startswith(name))
        assert told[name] in row.words
    assert "Kurs" in chief.page("/goals", lang="nb").one("thead").words
    admin = Reader(service.signed_in("admin2", role=Role.ADMIN))
    assert "Course" not in admin.page("/goals").one("thead").words
