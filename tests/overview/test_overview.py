"""The overview of a unit: who needs help with what, where everybody stands, and nothing that is withheld or waits."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.accounts.rules import Action
from app.accounts.values import Grant, Role, Viewer
from app.decisions.commands import open_case, open_due_cases
from app.decisions.values import CaseDraft
from app.errors import Invalid, NotFound
from app.infra.database import WriteSession
from app.organisation.values import SubjectKind
from app.overview.queries import get_heat_map, get_overview
from app.overview.values import HeatMap, Overview
from app.plans.commands import make_plan
from app.plans.values import PlanDraft
from app.releases.tables import HeldSummaryRow
from app.releases.values import Withheld
from app.rounds.queries import find_round_by_key
from app.scoring.bands import Band
from app.scoring.charts import Side
from tests.databases import recorded_statements
from tests.followup.reader import Reader
from tests.followup.watched import H1, S1, TODAY, Watching
from tests.journeys.service import Running, ok
from tests.shelf import NOW, Shelf, demo

LATER = TODAY + timedelta(days=30)


@pytest.fixture
def session(shelf: Shelf) -> Iterator[WriteSession]:
    with shelf.show(demo).write() as session:
        yield session
        session.rollback()


@pytest.fixture
def known(session: WriteSession) -> Watching:
    return Watching.of(session)


def test_a_manager_sees_who_needs_help_with_what_and_what_waits(session: WriteSession, known: Watching) -> None:
    nord, place = known.who(Role.MANAGER, "team-nord"), known.subjects["team-nord"]

    def overview() -> Overview:
        return get_overview(session, nord, place, on=TODAY)

    found = overview()
    assert found.standing.figure is not None
    assert (round(found.standing.figure.score or 0, 1), found.standing.figure.coverage) == (77.7, 0.9)
    # Thea's is of October, which the others were not rated in.
    people = [branch.standing for branch in found.branches]
    assert [one.place.name for one in people] == ["Amir Haddad", "Lars Moen", "Omar Said", "Sofie Berg", "Thea Vik"]
    assert [round(one.figure.score or 0, 1) for one in people if one.figure] == [75.0, 73.2, 73.2, 79.2, 86.1]
    assert [str(point.told.period_start) for point in found.course] == ["2026-04-01", "2026-07-01"]
    [moving] = found.off_course
    assert (moving.signal.kpi.id, moving.signal.subject.id, moving.case_id) == (known.kpis[S1], place, None)
    assert (moving.signal.finding.side, moving.may_ask) == (Side.LOW, True)
    # Amir's own figures are no worse than the target beyond doubt; those of the team's phones are.
    assert (found.short[0].place.name, found.short[0].kpi.id) == ("Omar Said", known.kpis[H1])
    assert all(one.figure.hi is not None and one.figure.hi < one.target for one in found.short)

    case = open_case(session, nord, CaseDraft(known.kpis[S1], place, "Skal vi øve mer?"), now=NOW)
    sofie = known.subjects["sofie.berg"]
    wanted = PlanDraft(known.kpis[S1], sofie, known.subjects["amir.haddad"], "Vi øver.", 5.0, LATER, ())
    plan = make_plan(session, nord, wanted, now=NOW)
    found = overview()
    assert [one.id for one in found.cases] == [case.id]
    assert (found.off_course[0].case_id, [one.id for one in found.plans]) == (case.id, [plan.id])
    # What waits in another team is nobody's business here, and what waits here is seen from above.
    sor = get_overview(session, known.who(Role.MANAGER, "team-sor"), known.subjects["team-sor"], on=TODAY)
    assert (sor.cases, sor.plans) == ((), ())
    above = get_overview(session, known.who(Role.ANALYST), known.subjects["customer-centre"], on=TODAY)
    assert ([one.id for one in above.cases], above.off_course[0].may_ask) == ([case.id], False)
    assert [one.place.name for branch in above.branches for one in branch.below] == []
    whole = get_overview(session, known.who(Role.ANALYST), known.company_id, on=TODAY)
    centre = next(one for one in whole.branches if one.standing.place.id == known.subjects["customer-centre"])
    assert [one.place.name for one in centre.below] == ["Team Nord", "Team Sør"]


def test_of_many_the_nearest_are_told_of_and_what_waits_further_down_all_the_same(
    session: WriteSession, known: Watching
) -> None:
    place = known.subjects["team-nord"]
    open_case(session, known.who(Role.MANAGER, "team-nord"), CaseDraft(known.kpis[S1], place, "Mer?"), now=NOW)

    def overview(most: int | None) -> Overview:
        return get_overview(session, known.who(Role.ANALYST), known.company_id, most=most, on=TODAY)

    whole = overview(None)
    first = len(whole.branches)
    near = overview(first)
    assert ([one.below for one in near.branches], near.told_of, near.in_all) == ([()] * first, first, whole.told_of)
    assert [one.standing for one in near.branches] == [one.standing for one in whole.branches]
    assert place in {one.signal.subject.id for one in whole.off_course}
    assert place not in {one.signal.subject.id for one in near.off_course}
    assert [one.subject.id for one in near.cases] == [place]
    assert (near.cases, near.plans, near.course) == (whole.cases, whole.plans, whole.course)


def rows_of(found: HeatMap) -> dict[str, list[object]]:
    """Score or reason of every cell, by name."""
    return {
        row.place.name: [
            None if cell is None else cell.figure.reason or round(cell.figure.score or 0, 1) for cell in row.cells
        ]
        for row in (*([found.unit] if found.unit else []), *found.rows)
    }


def test_people_stand_side_by_side_with_what_is_withheld_and_why(session: WriteSession, known: Watching) -> None:
    nord, place = known.who(Role.MANAGER, "team-nord"), known.subjects["team-nord"]

    def map_(sort: str = "", release_id: str | None = None) -> HeatMap:
        return get_heat_map(session, nord, place, sort=sort, release_id=release_id, on=TODAY)

    found = map_()
    assert found.told is not None
    assert [kpi.name["en"] for kpi in found.columns][:3] == ["First impression", "Case ownership", "Teamwork"]
    few = Withheld.TOO_LITTLE_WEIGHT
    assert rows_of(found)["Sofie Berg"][:4] == [77.1, 68.2, few, None]
    assert rows_of(found)["Team Nord"][2] is few
    bands = {kpi.id: cell and cell.band for kpi, cell in zip(found.columns, found.rows[3].cells, strict=True)}
    assert (bands[known.kpis[S1]], bands[known.kpis[H1]]) == (Band.TARGET, Band.SHORT)
    by_phone = map_(f"-{known.kpis[H1]}").rows
    assert [row.place.name for row in by_phone] == ["Thea Vik", "Sofie Berg", "Lars Moen", "Omar Said", "Amir Haddad"]
    assert map_(release_id=found.told.release_id) == found
    for wrong in ("-", "nothing", "--name"):
        with pytest.raises(Invalid):
            map_(wrong)
    with pytest.raises(NotFound):
        map_(release_id=known.company_id)


def test_nobody_reads_an_overview_beyond_the_results_that_may_be_read(session: WriteSession, known: Watching) -> None:
    subjects = known.subjects
    nord = known.who(Role.MANAGER, "team-nord")
    for viewer, place in (
        (nord, "team-sor"),
        (nord, "customer-centre"),
        (known.person("sofie.berg"), "team-nord"),
        (known.person("sofie.berg"), "lars.moen"),
        (known.who(Role.ADMIN), "team-nord"),
        (known.who(Role.ANALYST), "lunvik"),
    ):
        for ask in (get_overview, get_heat_map):
            with pytest.raises(NotFound):
                ask(session, viewer, subjects[place], on=TODAY)
    own = get_overview(session, known.person("sofie.berg"), subjects["sofie.berg"], on=TODAY)
    assert (own.branches, own.standing.figure is not None, [one.is_readable for one in own.above]) == (
        (),
        True,
        [False] * 3,
    )
    with pytest.raises(NotFound):
        get_heat_map(session, known.person("sofie.berg"), subjects["sofie.berg"], on=TODAY)
    people = frozenset(subjects[one] for one in ("amir.haddad", "sofie.berg", "lars.moen"))
    units = frozenset({known.company_id, subjects["team-nord"]})
    hr = Viewer("account:hr", grants=(Grant(Role.HR, known.company_id),), units=units)
    shown = get_overview(session, hr, subjects["team-nord"], on=TODAY)
    assert {branch.standing.place.id for branch in shown.branches} & people == set()
    assert {row.place.id for row in get_heat_map(session, hr, subjects["team-nord"], on=TODAY).rows} & people == set()
    # Another role lets him read the people of a team as well, and himself he reads always.
    both = replace(hr, grants=(*hr.grants, Grant(Role.VIEWER, subjects["team-nord"])))
    assert people <= {row.place.id for row in get_heat_map(session, both, subjects["team-nord"], on=TODAY).rows}
    himself = replace(hr, own_subjects=frozenset({subjects["sofie.berg"]}))
    told = get_heat_map(session, himself, subjects["team-nord"], on=TODAY)
    assert {row.place.id for row in told.rows} == {subjects["sofie.berg"]}
    # A key that reads results and no readings is told of no hard KPI that moves.
    key = get_overview(session, known.key(Action.RESULTS_READ), subjects["team-nord"], on=TODAY)
    assert {one.signal.kpi.kind.value for one in key.off_course} == {"soft"}


def test_own_results_that_wait_stand_nowhere_in_the_overview_of_the_own_team(
    session: WriteSession, known: Watching
) -> None:
    amir, place = known.subjects["amir.haddad"], known.subjects["team-nord"]
    viewer = Viewer(
        "account:amir", grants=(Grant(Role.MANAGER, place),), own_subjects=frozenset({amir}), above=frozenset()
    )

    def told() -> tuple[bool, bool]:
        found = get_overview(session, viewer, place, on=TODAY)
        own = next(branch.standing for branch in found.branches if branch.standing.place.id == amir)
        map_ = get_heat_map(session, viewer, place, on=TODAY)
        return own.figure is not None, amir in {row.place.id for row in map_.rows}

    assert told() == (True, True)
    round_ = find_round_by_key(session, known.company_id, "2026-q3")
    assert round_ is not None
    session.add(HeldSummaryRow(round_id=round_.id, subject_id=amir, opens_on=LATER, latest_on=LATER))
    session.flush()
    assert told() == (False, False)
    own = get_overview(session, viewer, amir, on=TODAY)
    assert (own.standing.figure, own.course, own.short) == (None, (), ())


@pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)
def test_an_overview_takes_as_many_statements_for_a_company_as_for_a_team(
    shelf: Shelf, session: WriteSession, known: Watching
) -> None:
    chief = known.who(Role.ANALYST)

    def statements(place: str) -> int:
        with recorded_statements(shelf.show(demo).engine) as sent:
            get_overview(session, chief, place, on=TODAY)
            get_heat_map(session, chief, place, on=TODAY)
        return len(sent)

    team, centre = statements(known.subjects["team-nord"]), statements(known.subjects["customer-centre"])
    assert statements(known.company_id) <= max(team, centre)
    sofie = known.subjects["sofie.berg"]
    with_plans = []
    for _ in range(3):
        wanted = PlanDraft(known.kpis[S1], sofie, known.subjects["amir.haddad"], "Vi øver.", 5.0, LATER, ())
        make_plan(session, known.who(Role.MANAGER), wanted, now=NOW)
        session.flush()
        with_plans.append(statements(known.subjects["team-nord"]))
    assert len(set(with_plans)) == 1, "the plans are read at once"
    assert with_plans[0] > team


@pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)
def test_pages_files_and_api_tell_the_same(shelf: Shelf, tmp_path: Path) -> None:
    service = Running.on(shelf.take(demo), NOW, tmp_path)
    with service.engine.write() as session:
        open_due_cases(session, now=NOW)
    place = service.subject("team-nord")
    amir = Reader(service.signed_in("amir.haddad"))
    assert amir.client.get("/overview").headers["location"] == f"/overview/{place}"
    main = amir.page(f"/overview/{place}").one("main")
    system = service.system("results:read", "readings:read", subject="team-nord")
    told = ok(system.get(f"/api/v1/overview/{place}"))
    assert round(told["standing"]["figure"]["score"], 1) == 77.7
    assert "77.7. Probably between 74 and 81" in main.words
    [case] = told["cases"]
    first = main.all("table")[0].all("tbody")[0].all("tr")[0]
    assert "First impression is falling in Team Nord" in first.words
    assert first.all("a")[-1].attributes["href"] == f"/decisions/{case['id']}"
    assert told["off_course"][0]["case_id"] == case["id"]
    svg = next(one for one in main.all("svg") if one.attributes.get("role") == "img")
    assert "Composite score of Team Nord" in svg.words
    nb = amir.page(f"/overview/{place}", lang="nb").one("main").words
    assert "Førsteinntrykk faller i Team Nord" in nb
    assert "77,7. Trolig mellom 74 og 81" in nb
    _compare_maps(amir, system, place)


def _compare_maps(amir: Reader, system: Any, place: str) -> None:
    page = amir.page(f"/overview/{place}/heat-map?sort=-composite").one("main")
    scroll = next(one for one in page.all("div") if one.attributes.get("class") == "figures-scroll")
    assert (scroll.attributes["role"], scroll.attributes["tabindex"]) == ("region", "0")
    heads = scroll.all("thead")[0].all("th")
    assert [head.attributes.get("aria-sort") for head in heads][:2] == [None, "descending"]
    assert [head.all("a")[0].attributes["href"].split("sort=")[1] for head in heads][:2] == ["name", "composite"]
    shown = [row.all("th")[0].words for body in scroll.all("tbody") for row in body.all("tr")]
    told = ok(system.get(f"/api/v1/overview/{place}/heat-map?sort=-composite"))
    assert shown == ["Team Nord", *(row["place"]["name"] for row in told["rows"])]
    assert shown[1] == "Thea Vik"
    sofie = next(row for body in scroll.all("tbody") for row in body.all("tr") if "Sofie" in row.words)
    assert "Withheld only 40% of the weight can be shown, 50% is needed" in sofie.words
    raw = amir.client.get(f"/overview/{place}/heat-map.csv?sort=-composite&lang=en")
    lines = list(csv.reader(io.StringIO(raw.content.decode("utf-8-sig")), delimiter=";"))
    assert [line[0] for line in lines[1:]] == shown
    assert float(lines[2][1]) == told["rows"][0]["whole"]["figure"]["score"]
    assert "Withheld: only 40% of the weight can be shown, 50% is needed" in lines[3]
    assert (
        system.get(f"/api/v1/overview/{place}/heat-map.csv?sort=-composite", headers={"accept-language": "en"}).content
        == raw.content
    )
    book = amir.client.get(f"/overview/{place}/heat-map.xlsx?sort=-composite").content
    assert book == system.get(f"/api/v1/overview/{place}/heat-map.xlsx?sort=-composite").content
    assert system.get(f"/api/v1/overview/{place}/heat-map?sort=nothing").status_code == 422
    assert amir.client.get(f"/overview/{place}/heat-map?sort=nothing").status_code == 422
    assert SubjectKind(told["rows"][0]["place"]["kind"]) is SubjectKind.PERSON
