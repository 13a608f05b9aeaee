"""What the KPIs of a card decide is read off the last release that scored with it, by whoever may read that."""

import pytest

from app.accounts.rules import SERVICE
from app.accounts.values import Role, Viewer
from app.infra.database import WriteSession
from app.kpis.queries import get_scorecard
from app.kpis.values import Scorecard
from app.scoring.influence import Uninfluenced, Warned
from app.summaries.influence import CardInfluence, find_influence
from tests.crowd import ON, PEOPLE, TEAMWORK, WELCOME, Crowd, crowd, everybody
from tests.scoring.facts import agrees
from tests.served import ONE_DATABASE

LEVELS, STEADY = [[1] * 6, [3] * 6, [5] * 6], [[3] * 6, [3, 3, 3, 3, 3, 4]]


@pytest.fixture
def made(session: WriteSession) -> Crowd:
    return crowd(session)


def card_of(made: Crowd, card_id: str) -> Scorecard:
    return get_scorecard(made.session, SERVICE, card_id, on=ON)


def influence(made: Crowd, card_id: str, viewer: Viewer | None = None) -> CardInfluence:
    found = find_influence(made.session, viewer or made.viewer(), card_of(made, card_id), on=ON)
    assert found is not None
    return found


def test_a_kpi_on_which_people_hardly_differ_decides_hardly_anything(made: Crowd) -> None:
    card_id = made.card({WELCOME: 50, TEAMWORK: 50})
    first = influence(made, card_id)
    assert (first.release_id, first.subjects, first.reason) == (None, 0, Uninfluenced.TOO_FEW_SUBJECTS)
    release = made.released(3, everybody(LEVELS, STEADY))
    found = influence(made, card_id)
    assert (found.release_id, found.subjects, found.reason) == (release.id, 12, None)
    shares = {one.kpi_id: one for one in found.kpis}
    welcome, teamwork = shares[made.kpis[WELCOME]], shares[made.kpis[TEAMWORK]]
    assert welcome.share + teamwork.share == agrees(1)
    assert (welcome.weight, teamwork.weight, teamwork.warning) == (0.5, 0.5, Warned.TOO_LITTLE)
    # Two in three are 30 points from the middle on the one, one in two 2.5 on the other: 900 * 2/3 against 6.25/4.
    assert teamwork.share == agrees(6.25 / 4 / (600 + 6.25 / 4))


@ONE_DATABASE
def test_another_card_is_not_judged_by_this_one(made: Crowd) -> None:
    made.released(3, everybody(LEVELS, STEADY))
    heavier = made.card({WELCOME: 80, TEAMWORK: 20}, starts_on="2026-04-01")
    assert influence(made, heavier).release_id is None
    geometric = made.card({WELCOME: 50, TEAMWORK: 50}, starts_on="2026-05-01", form="geometric")
    assert influence(made, geometric).release_id is None
    release = made.released(6, everybody(LEVELS, STEADY))
    assert influence(made, geometric).release_id == release.id


@ONE_DATABASE
def test_few_people_and_equal_people_decide_nothing(made: Crowd) -> None:
    card_id = made.card({WELCOME: 50, TEAMWORK: 50})
    nine = {key: said for key, said in everybody(LEVELS, STEADY).items() if key[0] in PEOPLE[:9]}
    made.released(3, nine)
    few = influence(made, card_id)
    assert (few.subjects, few.reason, few.kpis) == (9, Uninfluenced.TOO_FEW_SUBJECTS, ())
    made.released(5, everybody(LEVELS[:1], STEADY[:1]))
    assert influence(made, card_id).reason is Uninfluenced.NO_DIFFERENCE


@ONE_DATABASE
def test_only_who_reads_results_is_told(made: Crowd) -> None:
    card = card_of(made, made.card({WELCOME: 50, TEAMWORK: 50}))
    made.released(3, everybody(LEVELS, STEADY))
    told = [find_influence(made.session, one, card, on=ON) for one in (made.viewer(Role.ADMIN), made.person("p01"))]
    assert told == [None, None]
    assert influence(made, card.id, made.viewer(Role.MANAGER, at="team")).subjects == 12
