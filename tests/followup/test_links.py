"""A behaviour that moves before a result is found within units, with its doubts, by who analyses."""

import itertools

import pytest

from app.accounts.rules import SERVICE, Action
from app.accounts.values import Role
from app.errors import Forbidden, NotFound
from app.followup.relations import list_links
from app.followup.values import LinkedKpis
from app.infra.formats import DEFAULT_ZONE
from app.metrics.commands import record_readings
from app.metrics.intake import parse_readings
from app.metrics.values import Source
from app.scoring.relevance import Doubt, Lack, Relevance, Untold
from app.scoring.steps import Length
from tests.followup.watched import H1, H4, S1, TODAY, Watching
from tests.shelf import NOW, Shelf, demo


def of(found: tuple[LinkedKpis, ...], kpi_id: str) -> LinkedKpis:
    return next(pair for pair in found if kpi_id in {pair.soft.id, pair.hard.id})


def test_weeks_of_a_team_are_set_beside_its_weeks_of_readings(watching: Watching) -> None:
    found = list_links(watching.session, watching.who(Role.ANALYST), watching.kpis[S1], on=TODAY)
    pair = of(found, watching.kpis[H1])
    assert (pair.length, pair.lags, pair.stands) == (Length.WEEK, (1, 2, 3), False)
    assert isinstance(pair.found, Relevance)
    assert (pair.found.link.n, pair.found.link.units) == (24, 1)
    assert set(pair.found.doubts) == {Doubt.CHANCE, Doubt.TRIED, Doubt.ONE_UNIT}
    assert pair.found.link.interval.lo < 0 < pair.found.link.interval.hi
    assert isinstance(of(found, watching.kpis[H4]).found, Untold)


def test_a_result_that_follows_the_behaviour_is_found_and_its_one_unit_said(shelf: Shelf) -> None:
    with shelf.take(demo).write() as session:
        watching = Watching.of(session)
        told = watching.course(S1, "team-nord").series.told
        # The better the first impression, the shorter the wait a week later.
        rows = [
            {
                "kpi": H1,
                "subject": "team-nord",
                "start": after.first.isoformat(),
                "end": after.last.isoformat(),
                "value": 150 - (before.value or 0) + number % 2 / 4,
            }
            for number, (before, after) in enumerate(itertools.pairwise(told))
        ]
        batch = parse_readings(rows, zone=DEFAULT_ZONE)
        record_readings(session, SERVICE, batch, company_id=watching.company_id, source=Source.API, now=NOW)
        analyst = watching.who(Role.ANALYST)
        found = list_links(session, analyst, watching.kpis[S1], on=TODAY)
        pair = of(found, watching.kpis[H1])
        assert isinstance(pair.found, Relevance)
        assert (pair.found.link.lag, pair.stands) == (1, True)
        assert pair.found.link.r > 0.99, "less waiting is better, so the link is a positive one"
        assert pair.found.link.interval.lo > 0
        assert pair.found.doubts == (Doubt.TRIED, Doubt.ONE_UNIT)
        assert found[0] is pair

        [chosen] = list_links(session, analyst, watching.kpis[S1], other_id=watching.kpis[H1], lags=(1,), on=TODAY)
        assert isinstance(chosen.found, Relevance)
        assert (chosen.lags, chosen.found.doubts) == ((1,), (Doubt.ONE_UNIT,))
        turned = list_links(session, analyst, watching.kpis[H1], lags=(1,), on=TODAY)
        assert turned[0].soft.id == watching.kpis[S1]
        assert {pair.hard.id for pair in turned} == {watching.kpis[H1]}


def test_a_behaviour_of_one_quarter_has_no_link_to_tell(watching: Watching) -> None:
    found = list_links(watching.session, watching.who(Role.ANALYST), watching.kpis[H1], on=TODAY)
    untold = [pair for pair in found if isinstance(pair.found, Untold)]
    assert {pair.found.lack for pair in untold if isinstance(pair.found, Untold)} == {Lack.FEW}
    assert [pair for pair in untold if pair.stands] == []
    assert len(found) == 6


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MANAGER, Role.VIEWER])
def test_only_who_analyses_is_told(watching: Watching, role: Role) -> None:
    with pytest.raises(Forbidden):
        list_links(watching.session, watching.who(role), watching.kpis[S1], on=TODAY)


def test_who_analyses_one_team_sees_links_of_that_team_only(watching: Watching) -> None:
    viewer = watching.who(Role.ANALYST, "team-sor")
    found = list_links(watching.session, viewer, watching.kpis[S1], on=TODAY)
    assert {pair.length for pair in found} == {Length.QUARTER}
    with pytest.raises(NotFound):
        list_links(watching.session, watching.person("sofie.berg"), watching.kpis[S1], on=TODAY)


def test_a_key_needs_results_and_readings(watching: Watching) -> None:
    scopes = (Action.KPIS_READ, Action.RESULTS_ANALYSE)
    with pytest.raises(Forbidden):
        list_links(watching.session, watching.key(*scopes), watching.kpis[S1], on=TODAY)
    assert list_links(watching.session, watching.key(*scopes, Action.READINGS_READ), watching.kpis[S1], on=TODAY)


def test_a_kpi_of_the_same_kind_or_none_at_all_is_not_there(watching: Watching) -> None:
    for other in (watching.kpis[S1], "x"):
        with pytest.raises(NotFound):
            list_links(watching.session, SERVICE, watching.kpis[S1], other_id=other, on=TODAY)
