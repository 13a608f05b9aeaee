"""The acceptance figures of the demo organisation as a summary tells them, and who may read it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.accounts.rules import SERVICE
from app.accounts.values import Role, Viewer
from app.errors import NotFound
from app.infra.database import WriteSession
from app.infra.paging import PageRequest
from app.kpis.values import NO_PRACTICE
from app.organisation.commands import move_subject
from app.organisation.values import Move, SubjectKind
from app.releases.queries import get_explanation, get_release, get_scores, list_releases, list_scores
from app.releases.values import ScoreFilter, ScoreLevel, ScoreStatus, Withheld
from app.scoring.selfview import View
from app.summaries.competences import competence_scores
from app.summaries.gaps import GapReport, get_gap_report
from app.summaries.queries import get_arithmetic, get_summary, list_members, list_results
from app.summaries.values import Figure, SoftKpi, Summary
from tests.databases import recorded_statements
from tests.scoring.facts import agrees
from tests.summaries.built import RELEASED_AT, S1, S4, S5, TODAY, Quarter


def summary_of(session: WriteSession, made: Quarter, name: str, viewer: Viewer | None = None) -> Summary:
    who = viewer or made.viewer(Role.ANALYST, "fjellbris")
    return get_summary(session, who, made.release.id, made.subjects[name], on=TODAY)


def soft(summary: Summary, made: Quarter, name: str) -> SoftKpi:
    return next(kpi for kpi in summary.soft if kpi.kpi_id == made.kpis[name])


def figure(summary: Summary, made: Quarter, name: str) -> Figure:
    found = soft(summary, made, name).figure
    assert found is not None
    return found


def told(kpi: SoftKpi) -> dict[str, Any]:
    return {
        "+".join(group.rater_groups): (group.figure.score, group.raters, group.asked, group.voice)
        for group in kpi.groups
        if group.figure.status is ScoreStatus.OK
    }


def test_sofies_summary_holds_the_figures_of_the_scenario(session: WriteSession, released: Quarter) -> None:
    summary = summary_of(session, released, "sofie.berg")
    composite = summary.composite
    assert composite is not None
    assert composite.soft is not None
    assert composite.hard is not None
    assert (round(composite.figure.score or 0, 1), composite.figure.coverage) == (79.2, agrees(0.9))
    assert (round(composite.soft.score, 1), round(composite.hard.score, 1)) == (72.6, 84.4)
    assert composite.figure.lo is not None
    assert composite.figure.lo < 79.2 < (composite.figure.hi or 0)

    first, ownership = (soft(summary, released, name) for name in (S1, S4))
    shown = [figure(summary, released, name) for name in (S1, S4)]
    assert [(round(one.score or 0, 1), one.coverage) for one in shown] == [(77.1, agrees(0.85)), (68.2, agrees(0.7))]
    assert told(first) == {
        "customer": (agrees(81.25), 12, 12, ""),
        "mystery_shopper": (agrees(72.5), 5, 5, ""),
        "manager": (75.0, 1, 1, "Amir Haddad"),
        "self": (75.0, 1, 1, ""),
    }
    assert told(ownership)["customer"] == (agrees(72.5), 10, 12, "")
    own = [(group.view, group.gap) for group in (first.groups[-1], ownership.groups[-1])]
    assert own == [(View.IN_LINE, agrees(75 - 77.05882352941177)), (View.BLIND_SPOT, agrees(87.5 - 68.21428571428571))]
    teamwork = figure(summary, released, S5)
    assert (teamwork.status, teamwork.reason, teamwork.coverage) == (
        ScoreStatus.INSUFFICIENT,
        Withheld.TOO_LITTLE_WEIGHT,
        agrees(0.4),
    )
    assert [kpi.kpi_id for kpi in summary.withheld] == [released.kpis[S5]]

    hard = {kpi.name["en"]: kpi for kpi in summary.hard}
    assert {
        name: (round(kpi.figure.score or 0, 1), kpi.value, kpi.is_reached, kpi.left) for name, kpi in hard.items()
    } == {
        "Phone answer time": (71.1, 52.0, False, 7.0),
        "First-contact resolution": (82.7, 79.0, True, None),
        "Handling time per case": (100.0, 6.2, True, None),
    }


def test_items_add_up_to_their_kpi_and_the_lowest_of_the_development_area_is_the_next_step(
    session: WriteSession, released: Quarter
) -> None:
    summary = summary_of(session, released, "sofie.berg")
    first, ownership = (soft(summary, released, name) for name in (S1, S4))
    shown = [figure(summary, released, name) for name in (S1, S4)]
    step = summary.step
    assert step is not None
    promises = ownership.items[1]
    # The items of a KPI, each over the same groups, are worth together what the KPI is.
    assert [agrees(sum(item.figure.score or 0 for item in kpi.items) / 2) for kpi in (first, ownership)] == [
        one.score for one in shown
    ]
    assert (step.kpi_id, step.item, step.target) == (released.kpis[S4], promises, 75)
    said = {"+".join(group.rater_groups): group.items[1].figure.score or 0 for group in ownership.groups if group.items}
    assert promises.figure.score == agrees((40 * said["customer"] + 30 * said["manager"]) / 70)
    competences = [(one.competence.name["en"], one.figure.score, len(one.items)) for one in competence_scores(summary)]
    assert competences == [
        ("Following up", agrees(68.21428571428571), 2),
        ("Listening", first.items[1].figure.score, 1),
        ("Meeting customers", first.items[0].figure.score, 1),
        ("Sharing know-how", None, 1),
        ("Working together", None, 1),
    ]
    bare = (
        replace(kpi, items=tuple(replace(item, practice=NO_PRACTICE) for item in kpi.items)) for kpi in summary.soft
    )
    assert competence_scores(replace(summary, soft=tuple(bare))) == ()


def test_what_somebody_lacks_is_what_the_own_summary_says_also_where_too_many_are_below(
    session: WriteSession, released: Quarter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def report(name: str) -> GapReport:
        reader = released.viewer(Role.ANALYST, "fjellbris")
        return get_gap_report(session, reader, released.release.id, released.subjects[name], on=TODAY)

    own = {one.competence.id: one.figure for one in competence_scores(summary_of(session, released, "sofie.berg"))}
    found = report("customer-centre")
    told = {
        one.competence.id: lack.figure for one in found.gaps for lack in one.below if lack.place.name == "Sofie Berg"
    }
    assert (found.is_cut, told) == (False, own)
    assert {lack.place.kind for one in found.gaps for lack in one.below} == {SubjectKind.TEAM, SubjectKind.PERSON}
    monkeypatch.setattr("app.summaries.gaps.MOST_BELOW", 3)
    cut = report("customer-centre")
    assert (cut.is_cut, {lack.place.kind for one in cut.gaps for lack in one.below}) == (True, {SubjectKind.TEAM})
    with pytest.raises(NotFound):
        report("sofie.berg")


def test_what_two_colleagues_said_is_nowhere(session: WriteSession, released: Quarter) -> None:
    summary = summary_of(session, released, "sofie.berg")
    hidden = [group for kpi in summary.soft for group in kpi.groups if group.rater_groups == ("colleague",)]
    assert [
        (one.figure.status, one.figure.reason, one.figure.minimum, one.figure.score, one.raters, one.asked, one.items)
        for one in hidden
    ] == [(ScoreStatus.SUPPRESSED, Withheld.FEWER_THAN_K, 3, None, None, None, ())] * len(hidden)
    assert len(hidden) == 3


def test_wordings_comments_and_places_stand_in_a_summary(session: WriteSession, released: Quarter) -> None:
    summary = summary_of(session, released, "sofie.berg")
    customers = soft(summary, released, S1).groups[0]
    assert [(item.name["en"], item.closest.point if item.closest else None) for item in customers.items] == [
        ("Welcome", "5"),
        ("Tone", "5"),
    ]
    assert [(block.rater_groups, block.item_name["nb"] if block.item_name else "") for block in summary.comments] == [
        (("customer",), "Møtet"),
        (("manager",), "Møtet"),
    ]
    assert [comment.author for block in summary.comments for comment in block.comments] == [None] * 5 + ["Amir Haddad"]
    assert [place.name for place in summary.above] == ["Fjellbris Varme & Service AS", "Kundesenter", "Team Nord"]


def test_units_and_competitors_have_what_the_rules_leave_them(session: WriteSession, released: Quarter) -> None:
    team = summary_of(session, released, "team-nord")
    assert team.composite is not None
    assert told(soft(team, released, S1))["customer"] == (agrees((12 * 81.25 + 5 * 60 + 5 * 95) / 22), 22, 22, "")
    competitor = summary_of(session, released, "lunvik")
    assert (competitor.composite, [kpi.figure for kpi in competitor.soft]) == (None, [None])
    assert list(told(competitor.soft[0])) == ["mystery_shopper"]
    viewer = released.viewer(Role.VIEWER, "fjellbris")
    members = list_members(session, viewer, team, PageRequest(), kinds=[SubjectKind.PERSON], on=TODAY).items
    assert [member.place.name for member in members] == [
        "Amir Haddad",
        "Lars Moen",
        "Omar Said",
        "Sofie Berg",
        "Thea Vik",
    ]
    assert [member.composite.status if member.composite else None for member in members] == [
        None,
        ScoreStatus.OK,
        None,
        ScoreStatus.OK,
        ScoreStatus.INSUFFICIENT,
    ]
    assert summary_of(session, released, "ingrid.solheim").is_empty


def test_who_may_not_read_a_subject_learns_nothing_of_it(session: WriteSession, released: Quarter) -> None:
    readers = {
        "analyst": released.viewer(Role.ANALYST, "fjellbris"),
        "leader": released.viewer(Role.MANAGER, "team-nord"),
        "south": released.viewer(Role.VIEWER, "team-sor"),
        "admin": released.viewer(Role.ADMIN, "fjellbris"),
        "sofie": released.person("sofie.berg"),
        "nobody": Viewer("account:nobody"),
    }
    release_id, on = released.release.id, {"on": TODAY}
    reads = {
        (name, subject): _can(get_summary, session, viewer, release_id, released.subjects[subject], **on)
        for name, viewer in readers.items()
        for subject in ("sofie.berg", "lars.moen", "team-nord", "elias.dahl", "fjellbris")
    }
    assert {key for key, may in reads.items() if may} == {
        *(("analyst", subject) for subject in ("sofie.berg", "lars.moen", "team-nord", "elias.dahl", "fjellbris")),
        *(("leader", subject) for subject in ("sofie.berg", "lars.moen", "team-nord")),
        ("south", "elias.dahl"),
        ("sofie", "sofie.berg"),
    }
    sofie = released.subjects["sofie.berg"]
    for name, viewer in readers.items():
        seen = name not in {"admin", "nobody"}
        page = list_releases(session, viewer, released.company_id, PageRequest(), on=TODAY)
        assert [one.id for one in page.items] == ([release_id] if seen else []), name
        assert _can(get_release, session, viewer, release_id, **on) == seen, name
        assert _can(list_scores, session, viewer, release_id, PageRequest(), only=ScoreFilter(), **on) == seen, name
        for ask in (get_scores, get_explanation, get_arithmetic):
            assert _can(ask, session, viewer, release_id, sofie, **on) == reads[name, "sofie.berg"], name


def test_a_list_of_scores_holds_readable_subjects_only(session: WriteSession, released: Quarter) -> None:
    def listed(viewer: Viewer, only: ScoreFilter) -> list[Any]:
        found: list[Any] = []
        cursor: str | None = None
        while True:
            request = PageRequest(limit=7, cursor=cursor)
            page = list_scores(session, viewer, released.release.id, request, on=TODAY, only=only)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                return found

    leader, south = released.viewer(Role.MANAGER, "team-nord"), released.viewer(Role.VIEWER, "team-sor")
    names = {subject_id: name for name, subject_id in released.subjects.items()}
    mine = listed(leader, ScoreFilter(level=ScoreLevel.COMPOSITE))
    assert {names[one.subject_id] for one in mine} == {
        "team-nord",
        "amir.haddad",
        "sofie.berg",
        "lars.moen",
        "thea.vik",
        "omar.said",
    }
    everything = listed(leader, ScoreFilter())
    assert len({(one.subject_id, one.place) for one in everything}) == len(everything)
    assert {one.se for one in everything} == {None}
    analyst = released.viewer(Role.ANALYST, "fjellbris")
    sofie = ScoreFilter(subject_id=released.subjects["sofie.berg"], level=ScoreLevel.KPI, status=ScoreStatus.OK)
    assert [one.se is not None for one in listed(analyst, sofie)] == [True] * 5
    assert released.subjects["sofie.berg"] not in {one.subject_id for one in listed(south, ScoreFilter())}
    for other in ("not-an-id", released.subjects["elias.dahl"]):
        assert listed(leader, ScoreFilter(subject_id=other)) == []
    kpi = released.kpis[S1]
    assert {one.kpi_id for one in listed(leader, ScoreFilter(kpi_id=kpi))} == {kpi}


def test_rights_follow_the_place_where_somebody_is_today(session: WriteSession, released: Quarter) -> None:
    north, south = released.viewer(Role.MANAGER, "team-nord"), released.viewer(Role.MANAGER, "team-sor")
    sofie = released.subjects["sofie.berg"]
    move_subject(session, SERVICE, sofie, Move(released.subjects["team-sor"]), now=RELEASED_AT)
    with pytest.raises(NotFound):
        get_summary(session, north, released.release.id, sofie, on=TODAY)
    moved = get_summary(session, south, released.release.id, sofie, on=TODAY)
    assert [(place.name, place.is_readable) for place in moved.above][-1] == ("Team Nord", False)
    places = {
        place.name: [entry.name for entry in line.entries]
        for place, viewer in ((moved.above[-1], north), (moved.subject, south))
        for line in list_results(session, viewer, released.company_id, PageRequest(), on=TODAY).items
    }
    assert places == {"Team Nord": ["Team Nord"], "Sofie Berg": ["Team Sør", "Sofie Berg"]}


def test_what_is_asked_of_the_database_does_not_grow_with_what_is_read(
    session: WriteSession, released: Quarter
) -> None:
    viewer = released.viewer(Role.VIEWER, "fjellbris")
    release_id, company_id = released.release.id, released.company_id
    unit = summary_of(session, released, "team-nord", viewer)

    def members(limit: int) -> object:
        return list_members(session, viewer, unit, PageRequest(limit=limit), kinds=[SubjectKind.PERSON], on=TODAY)

    def scores(limit: int) -> object:
        return list_scores(session, viewer, release_id, PageRequest(limit=limit), on=TODAY, only=ScoreFilter())

    def results(limit: int) -> object:
        return list_results(session, viewer, company_id, PageRequest(limit=limit), on=TODAY)

    for ask in (members, scores, results):
        assert _statements(session, lambda: ask(1)) == _statements(session, lambda: ask(5)), ask  # noqa: B023 - called at once
    counts = [
        _statements(session, lambda: summary_of(session, released, name, viewer))  # noqa: B023 - called at once
        for name in ("lars.moen", "sofie.berg", "team-nord", "fjellbris")
    ]
    assert max(counts) <= 10


def _statements(session: WriteSession, work: Callable[[], object]) -> int:
    with recorded_statements(session.connection()) as asked:
        work()
    return len(asked)


def _can(ask: Callable[..., object], *what: object, **how: object) -> bool:
    try:
        ask(*what, **how)
    except NotFound:
        return False
    return True
