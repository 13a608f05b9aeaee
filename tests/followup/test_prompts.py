"""Figures that speak against each other become the first question of the talk, and only where they are sure."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.accounts.rules import SERVICE
from app.accounts.values import Role
from app.errors import NotFound
from app.followup.prompts import Standing, Together, prompts_of
from app.followup.relations import get_prompts, name_of
from app.followup.values import Basis, Prompt
from app.kpis.values import Aggregation, Cadence, Direction, Kpi, KpiId, KpiKind, KpiState, KpiVersion, Rollup
from app.releases.values import Score, ScoreStatus, Withheld
from app.rounds.values import FrozenKpi, FrozenMeasure, Goalposts
from app.scoring.contradictions import Question
from tests.followup.told import frozen
from tests.followup.watched import H4, H5, TODAY, Watching
from tests.scoring.facts import agrees

POSTS = Goalposts(floor=150, target=300, stretch=420)
GOALS = {"service": "growth", "sales": "growth", "growth": None}


def kpi(name: str, aggregation: Aggregation | None = None, *, goal: str | None = "sales") -> Kpi:
    version: dict[str, Any] = {
        "id": f"{name}-1",
        "number": 1,
        "starts_on": date(2026, 1, 1),
        "name": {"en": name},
        "purpose": {},
        "criterion": {},
        "decision_rule": None,
        "rater_weights": {},
        "items": (),
        "unit": {},
        "direction": None if aggregation is None else Direction.HIGHER,
        "aggregation": aggregation,
        "percentile": None,
        "per": 1.0,
        "cadence": None,
        "rollup": Rollup.POOLED,
        "prorate": False,
        "decimals": 0,
    }
    kind = KpiKind.SOFT if aggregation is None else KpiKind.HARD
    return Kpi(KpiId(name), "company", kind, KpiState.ACTIVE, goal, None, None, KpiVersion(**version), 1)  # type: ignore[arg-type]


KPIS = {one.id: one for one in (kpi("talk"), kpi("sales", Aggregation.MEAN), kpi("orders", Aggregation.RATIO))}


def together(*others: Kpi) -> Together:
    known: dict[str, Kpi] = {str(one.id): one for one in (*KPIS.values(), *others)}
    return Together(known, {name: name_of(one) for name, one in known.items()}, GOALS)


def score(kpi_id: str, value: float | None, half: float = 3.0, **more: Any) -> Score:
    status = ScoreStatus.OK if value is not None else ScoreStatus.SUPPRESSED
    ends = (None, None) if value is None else (value - half, value + half)
    reason = None if value is not None else Withheld.FEWER_THAN_K
    return Score("jonas", kpi_id, None, more.pop("groups", ()), status, reason, value, *ends, **more)


def hard(name: str) -> FrozenKpi:
    measure = FrozenMeasure(
        {},
        Direction.HIGHER,
        KPIS[KpiId(name)].current.aggregation or Aggregation.SUM,
        None,
        1.0,
        Cadence.MONTH,
        Rollup.POOLED,
        prorate=False,
        decimals=0,
    )
    return replace(frozen(), kpi_id=name, kind=KpiKind.HARD, measure=measure)


def standing(*scores: Score, targets: dict[str, Goalposts] | None = None, version: str = "1") -> Standing:
    known = {"talk": replace(frozen(version), kpi_id="talk"), "sales": hard("sales"), "orders": hard("orders")}
    return Standing("release", scores, known, targets if targets is not None else {"sales": POSTS, "orders": POSTS})


def asked(found: tuple[Prompt, ...]) -> list[tuple[Question, Basis, list[str]]]:
    return [(one.question, one.basis, [name.id for name in one.kpis]) for one in found]


def test_good_sales_with_weak_conversion_and_weak_talk_ask_two_questions() -> None:
    now = standing(score("talk", 55.0), score("sales", 84.4), score("orders", 34.6))
    found = prompts_of(now, None, together())
    assert asked(found) == [
        (Question.COST_OF_RESULT, Basis.LEVEL, ["talk", "sales"]),
        (Question.MORE_AT_LESS_YIELD, Basis.LEVEL, ["sales", "orders"]),
    ]
    assert found[0].differences == (agrees(-20.0), agrees(9.4))


def test_what_is_not_sure_is_not_said() -> None:
    for doubtful in (
        standing(score("talk", 55.0, 25.0), score("sales", 84.4)),
        standing(score("talk", None), score("sales", 84.4)),
        standing(score("talk", 55.0), score("sales", 84.4, details={"certainty": "unknown"})),
        standing(score("talk", 55.0), score("sales", 77.0)),
    ):
        assert prompts_of(doubtful, None, together()) == ()


def test_a_target_that_is_worth_everything_cannot_be_beaten() -> None:
    only = {"sales": Goalposts(floor=150, target=300)}
    assert prompts_of(standing(score("talk", 55.0), score("sales", 100.0), targets=only), None, together()) == ()
    inside = {"sales": Goalposts(low=1, best_low=2, best_high=3, high=4)}
    assert prompts_of(standing(score("talk", 90.0), score("sales", 60.0), targets=inside), None, together()) != ()


def test_kpis_of_other_goals_do_not_speak_against_each_other() -> None:
    apart = together(kpi("talk", goal="service"))
    assert prompts_of(standing(score("talk", 55.0), score("sales", 84.4)), None, apart) == ()
    above = together(kpi("talk", goal="growth"))
    assert len(prompts_of(standing(score("talk", 55.0), score("sales", 84.4)), None, above)) == 1


def test_changes_since_last_time_are_told_apart_from_levels() -> None:
    before = standing(score("talk", 80.0), score("sales", 70.0))
    found = prompts_of(standing(score("talk", 68.0), score("sales", 84.0)), before, together())
    assert (Question.COST_OF_RESULT, Basis.CHANGE, ["talk", "sales"]) in asked(found)
    change = next(one for one in found if one.basis is Basis.CHANGE)
    assert change.differences == (agrees(-12.0), agrees(14.0))


@pytest.mark.parametrize(
    "before",
    [
        standing(score("talk", 80.0), score("sales", 70.0), version="0"),
        standing(score("talk", 80.0), score("sales", 70.0), targets={"sales": Goalposts(floor=1, target=2, stretch=3)}),
        standing(score("talk", 80.0)),
    ],
)
def test_what_was_asked_or_measured_otherwise_has_not_changed(before: Standing) -> None:
    found = prompts_of(standing(score("talk", 68.0), score("sales", 84.0)), before, together())
    assert [one for one in found if one.basis is Basis.CHANGE] == []


def test_an_own_rating_far_from_the_others_asks_a_question_of_its_own() -> None:
    now = standing(score("talk", 60.0), score("talk", 87.5, groups=("self",)))
    [found] = prompts_of(now, None, together())
    assert (found.question, found.differences) == (Question.BLIND_SPOT, (agrees(27.5),))
    hidden = standing(score("talk", None), score("talk", 87.5, groups=("self",)))
    assert prompts_of(hidden, None, together()) == ()


def test_a_kpi_that_is_gone_is_not_asked_about() -> None:
    now = standing(score("talk", 55.0), score("sales", 84.4))
    known = together()
    fewer = replace(known, kpis={"sales": known.kpis["sales"]})
    assert prompts_of(now, None, fewer) == ()


# ------------------------------------------------------------ of the demo


def test_jonas_sells_well_and_converts_badly(watching: Watching) -> None:
    release_id = watching.release_of("2026-q3")
    viewer = watching.who(Role.VIEWER, "team-privat")
    found = get_prompts(watching.session, viewer, release_id, watching.subjects["jonas.eide"], on=TODAY)
    assert (found.before_id, found.subject.name) == (None, "Jonas Eide")
    [sales] = [one for one in found.prompts if one.question is Question.MORE_AT_LESS_YIELD]
    assert [name.id for name in sales.kpis] == [watching.kpis[H4], watching.kpis[H5]]
    assert [round(points, 1) for points in sales.differences] == [9.4, -40.4]


def test_weeks_are_compared_with_the_week_before(watching: Watching) -> None:
    found = get_prompts(
        watching.session, SERVICE, watching.release_of("2026-w47-team-nord"), watching.subjects["team-nord"], on=TODAY
    )
    assert found.before_id == watching.release_of("2026-w46-team-nord")


def test_prompts_are_read_by_who_reads_the_results(watching: Watching) -> None:
    release_id, jonas = watching.release_of("2026-q3"), watching.subjects["jonas.eide"]
    assert get_prompts(watching.session, watching.person("jonas.eide"), release_id, jonas, on=TODAY).prompts
    for viewer in (watching.who(Role.ADMIN), watching.who(Role.VIEWER, "team-nord"), watching.person("sofie.berg")):
        with pytest.raises(NotFound):
            get_prompts(watching.session, viewer, release_id, jonas, on=TODAY)
    weekly = watching.release_of("2026-w47-team-nord")
    found = get_prompts(watching.session, SERVICE, weekly, watching.subjects["amir.haddad"], on=TODAY)
    assert (found.before_id, found.prompts) == (None, ()), "he leads there, and nothing is told of him that week"
    for wrong in ("x", weekly):
        with pytest.raises(NotFound):
            get_prompts(watching.session, SERVICE, wrong, jonas, on=TODAY)
