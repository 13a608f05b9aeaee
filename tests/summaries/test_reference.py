"""A composite against its targets, the unit above and the round before: parts that add up, over what both have."""

import math
from typing import Any

import pytest

from app.errors import NotFound
from app.infra.database import WriteSession
from app.kpis.values import Form
from app.organisation.values import SubjectKind
from app.releases.queries import find_explanation
from app.rounds.values import FrozenSubject, Goalposts
from app.summaries.against import get_against, load_against
from app.summaries.reference import Reference, distance_to, target_scores
from tests.crowd import ON, TEAMWORK, WELCOME, Crowd, crowd, everybody
from tests.scoring.facts import agrees
from tests.served import ONE_DATABASE

LOW, HIGH, STEADY = [2, 2, 3, 2, 2, 2], [5, 5, 5, 4, 5, 5], [3, 4, 3, 4, 3, 4]
NAMES = {name: {"nb": name, "en": name} for name in "abc"}


@pytest.fixture
def made(session: WriteSession) -> Crowd:
    return crowd(session)


def composite(*parts: tuple[str, float, float], form: Form = Form.ARITHMETIC) -> dict[str, Any]:
    return {
        "form": form.value,
        "parts": [{"kpi_id": kpi_id, "share": share, "score": score} for kpi_id, share, score in parts],
    }


@pytest.mark.parametrize(
    ("form", "points"),
    [(Form.ARITHMETIC, [5, 6, -2]), (Form.GEOMETRIC, [4.930802, 5.521234, -2.332760])],
)
def test_the_published_example_is_taken_apart(form: Form, points: list[float]) -> None:
    found = distance_to(
        Reference.NORM,
        composite(("a", 0.5, 70), ("b", 0.3, 80), ("c", 0.2, 50), form=form),
        dict.fromkeys("abc", 60),
        NAMES,
    )
    assert found is not None
    assert [part.points for part in found.parts] == pytest.approx(points, abs=1e-6)
    assert (
        found.points == agrees(found.score - found.reference_score) == agrees(math.fsum(p.points for p in found.parts))
    )


def test_what_has_no_reference_is_left_out_and_the_rest_weighs_the_same_among_itself() -> None:
    whole = composite(("a", 0.5, 70), ("b", 0.3, 80), ("c", 0.2, 50))
    found = distance_to(Reference.NORM, whole, {"a": 60, "c": 60}, NAMES)
    assert found is not None
    assert [part.share for part in found.parts] == agrees([5 / 7, 2 / 7])
    assert found.without == (NAMES["b"],)
    assert distance_to(Reference.NORM, whole, {"x": 60}, NAMES) is None


def test_a_target_is_worth_what_its_goalposts_say() -> None:
    targets = {
        "a": Goalposts(floor=180, target=45, stretch=20),
        "b": Goalposts(floor=55, target=75),
        "c": Goalposts(None, None, None, 2, 4, 7, 12),
    }
    subject = FrozenSubject("p", None, SubjectKind.PERSON, "P", is_rated=True, card=(), targets=targets)
    assert target_scores(subject, ["a", "b", "c", "rated"]) == {"a": 75, "b": 100, "c": 100, "rated": 75}


def test_a_person_stands_against_targets_the_team_and_the_round_before(made: Crowd) -> None:
    made.released(3, everybody([LOW], [STEADY]))
    release = made.released(5, everybody([HIGH, LOW], [STEADY]))
    viewer, subject_id = made.viewer(), made.subjects["p01"]
    found = load_against(made.session, viewer, release.id, subject_id, on=ON)
    assert found.keys() == {Reference.LAST_ROUND, Reference.NORM, Reference.TARGET}
    for one in found.values():
        assert (
            math.fsum(part.points for part in one.parts)
            == agrees(one.points)
            == agrees(one.score - one.reference_score)
        )
    norm, target = found[Reference.NORM], found[Reference.TARGET]
    assert norm.place is not None
    assert (norm.place.id, norm.is_real) == (made.team_id, None)
    team = find_explanation(made.session, release.id, made.team_id)
    assert team is not None
    assert {part.kpi_id: part.reference for part in norm.parts} == {one["kpi_id"]: one["score"] for one in team["kpis"]}
    assert target.reference_score == agrees(75)
    gained = found[Reference.LAST_ROUND]
    assert [part.points for part in gained.parts] == agrees([0.5 * 0.6 * 100 * (29 - 13) / 6 / 4, 0])
    # Who reads nobody else's results has no unit to be held against.
    own = load_against(made.session, made.person("p01"), release.id, subject_id, on=ON)
    assert own.keys() == {Reference.LAST_ROUND, Reference.TARGET}
    with pytest.raises(NotFound):
        get_against(made.session, made.person("p01"), release.id, subject_id, Reference.NORM, on=ON)
    with pytest.raises(NotFound):
        load_against(made.session, made.person("p02"), release.id, subject_id, on=ON)


@ONE_DATABASE
@pytest.mark.parametrize("form", Form)
def test_a_changed_card_is_parted_by_score_and_by_weight(made: Crowd, form: Form) -> None:
    made.card({WELCOME: 50, TEAMWORK: 50}, starts_on="2026-02-01", form=form)
    first = made.released(3, everybody([LOW], [STEADY]))
    made.card({WELCOME: 75, TEAMWORK: 25}, starts_on="2026-04-01", form=form)
    release = made.released(5, everybody([HIGH], [STEADY]))
    subject_id = made.subjects["p01"]
    found = get_against(made.session, made.viewer(), release.id, subject_id, Reference.LAST_RELEASE, on=ON)
    published = [find_explanation(made.session, one.id, subject_id) for one in (first, release)]
    assert [found.reference_score, found.score] == [one["composite"]["score"] for one in published if one]
    assert math.fsum(part.points for part in found.parts) == agrees(found.points)
    welcome, teamwork = found.parts
    assert (welcome.share, teamwork.share) == (0.75, 0.25)
    # Nothing has changed about teamwork but its weight.
    assert teamwork.by_weight == agrees(teamwork.points)
    assert teamwork.points < 0 < (welcome.by_weight or 0) < welcome.points
    if form is Form.ARITHMETIC:
        assert welcome.by_weight == agrees(((welcome.score or 0) + (welcome.reference or 0)) / 2 * 0.25)


@ONE_DATABASE
def test_a_kpi_that_came_onto_the_card_has_no_part_by_score(made: Crowd) -> None:
    made.card({WELCOME: 100}, starts_on="2026-02-01")
    made.released(3, {key: levels for key, levels in everybody([LOW], [STEADY]).items() if key[2] == WELCOME})
    made.card({TEAMWORK: 40, WELCOME: 60}, starts_on="2026-04-01")
    release = made.released(5, everybody([HIGH], [STEADY]))
    found = get_against(made.session, made.viewer(), release.id, made.subjects["p01"], Reference.LAST_RELEASE, on=ON)
    parts = {part.kpi_id: part for part in found.parts}
    new = parts[made.kpis[TEAMWORK]]
    assert (new.reference, new.by_weight) == (None, agrees(new.points))
    assert math.fsum(part.points for part in found.parts) == agrees(found.points)


@ONE_DATABASE
def test_cards_that_are_put_together_otherwise_are_not_taken_apart(made: Crowd) -> None:
    made.released(3, everybody([LOW], [STEADY]))
    made.card({WELCOME: 75, TEAMWORK: 25}, starts_on="2026-04-01", form="geometric")
    release = made.released(5, everybody([HIGH], [STEADY]))
    found = load_against(made.session, made.viewer(), release.id, made.subjects["p01"], on=ON)
    assert Reference.LAST_RELEASE not in found
