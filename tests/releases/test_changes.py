"""What has changed since the round before: only between rounds that asked alike, with an error that holds who is in both."""

import math
from typing import Any

import pytest
from sqlalchemy import select, update

from app.infra.database import WriteSession
from app.releases.queries import load_all_scores, load_findings
from app.releases.tables import AtomRow
from app.releases.values import Release, Score
from app.rounds.queries import load_frozen_round
from app.scoring.repeated import READER_CORRELATION
from tests.crowd import CUSTOMERS, MANAGER, PEOPLE, TEAMWORK, WELCOME, Crowd, Said, crowd, everybody
from tests.scoring.facts import agrees
from tests.served import ONE_DATABASE
from tests.summaries.built import quarter

LOW, HIGH, STEADY = [2, 2, 3, 2, 2, 2], [5, 5, 5, 4, 5, 5], [3, 4, 3, 4, 3, 4]


@pytest.fixture
def made(session: WriteSession) -> Crowd:
    return crowd(session)


def change_of(made: Crowd, release: Release, name: str = "p01") -> Any:
    subject_id = made.subjects[name]
    return load_findings(made.session, release.id, [subject_id])[subject_id]["change"]


def told(made: Crowd, release: Release, kpi: str = WELCOME, name: str = "p01") -> Any:
    return next(one for one in change_of(made, release, name)["kpis"] if one["kpi_id"] == made.kpis[kpi])


def group_rows(made: Crowd, release: Release, name: str, kpi: str) -> dict[str, Score]:
    return {
        one.rater_groups[0]: one
        for one in load_all_scores(made.session, release.id)
        if (one.subject_id, one.kpi_id, one.item_id) == (made.subjects[name], made.kpis[kpi], None) and one.rater_groups
    }


@ONE_DATABASE
def test_the_first_release_has_nothing_to_be_compared_with(made: Crowd) -> None:
    assert change_of(made, made.released(3, everybody([LOW], [STEADY]))) is None


def test_a_change_is_that_of_the_shared_groups_with_an_error_that_holds_who_is_in_both(made: Crowd) -> None:
    first = made.released(3, everybody([LOW], [STEADY]))
    second = made.released(5, everybody([HIGH], [STEADY]))
    change = told(made, second)
    assert change_of(made, second)["release_id"] == first.id
    assert (change["before"], change["after"]) == (
        agrees(0.6 * 100 * (13 / 6 - 1) / 4 + 20),
        agrees(0.6 * 100 * (29 / 6 - 1) / 4 + 20),
    )
    rows = [group_rows(made, release, "p01", WELCOME) for release in (first, second)]
    square = spent = 0.0
    for group, share, n in (("customer", 0.6, 6), ("manager", 0.4, 1)):
        errors = [(share * (one[group].se or 0.0)) ** 2 for one in rows]
        square += sum(errors) - 2 * READER_CORRELATION * n / n * math.sqrt(errors[0] * errors[1])
        spent += sum(error**2 / (one[group].df or math.inf) for error, one in zip(errors, rows, strict=True))
    assert change["se"] == agrees(math.sqrt(square))
    assert change["points"] == agrees(change["after"] - change["before"])
    assert change["lo"] < change["points"] < change["hi"]
    assert change["is_real"] is (change["lo"] > 0)
    assert told(made, second, TEAMWORK)["is_real"] is False
    assert change_of(made, second)["composite"]["points"] == agrees(change["points"] / 2)


@ONE_DATABASE
def test_who_is_asked_anew_makes_a_change_less_sure(made: Crowd) -> None:
    made.released(3, everybody([LOW], [STEADY]))
    same = told(made, made.released(5, everybody([HIGH], [STEADY])))
    strangers = {key: levels for key, levels in everybody([HIGH], [STEADY]).items() if key[0] != "p01"}
    # The first six places stay empty, so that six others answer.
    strangers |= {
        ("p01", CUSTOMERS, kpi): [*[None] * 6, *levels] for kpi, levels in ((WELCOME, HIGH), (TEAMWORK, STEADY))
    }
    strangers |= {("p01", MANAGER, kpi): [3] for kpi in (WELCOME, TEAMWORK)}
    made_again = told(made, made.released(7, strangers))
    assert made_again["points"] == agrees(0)
    assert made_again["se"] > same["se"]


@ONE_DATABASE
def test_a_change_is_real_only_if_it_stands_among_all_of_the_subject(made: Crowd) -> None:
    made.released(3, everybody([[1] * 6], [STEADY], manager=2))
    release = made.released(5, everybody([[5] * 6], [STEADY], manager=5))
    change = told(made, release)
    assert (change["is_real"], change["lo"] > 5) == (True, True)
    assert change_of(made, release)["composite"]["is_real"] is True
    assert change_of(made, release, "team")["composite"]["is_real"] is True
    parts = change_of(made, release)["composite"]["parts"]
    assert sum(part["points"] for part in parts) == agrees(change_of(made, release)["composite"]["points"])


@ONE_DATABASE
def test_other_words_weights_or_groups_are_no_change_and_it_is_said_why(made: Crowd) -> None:
    made.released(3, everybody([LOW], [STEADY]))
    made.reword(WELCOME, "Noe annet?", starts_on="2026-06-01")
    reworded = made.released(5, everybody([HIGH], [STEADY]))
    assert told(made, reworded) == {"kpi_id": made.kpis[WELCOME], "reason": "other_definition"}
    assert told(made, reworded, TEAMWORK)["reason"] is None
    # Half of the card's weight can be compared, which is less than six tenths.
    assert change_of(made, reworded)["composite"] == {"reason": "too_little_shared"}


@ONE_DATABASE
def test_other_weights_of_the_rater_groups_are_no_change(made: Crowd) -> None:
    made.released(3, everybody([LOW], [STEADY]))
    release = made.released(5, everybody([HIGH], [STEADY]), weights={CUSTOMERS: 50, MANAGER: 50})
    assert {one["reason"] for one in change_of(made, release)["kpis"]} == {"other_weights"}


@ONE_DATABASE
def test_a_kpi_without_a_score_before_and_one_without_shared_groups_have_no_change(made: Crowd) -> None:
    alike = {CUSTOMERS: 50.0, MANAGER: 50.0}
    before: Said = {("p01", CUSTOMERS, WELCOME): STEADY, ("p02", CUSTOMERS, WELCOME): STEADY}
    made.released(3, before, weights=alike)
    after: Said = {("p01", MANAGER, kpi): [4] for kpi in (WELCOME, TEAMWORK)}
    release = made.released(5, {**after, ("p02", CUSTOMERS, WELCOME): HIGH}, weights=alike)
    assert told(made, release)["reason"] == "too_little_shared"
    assert told(made, release, TEAMWORK)["reason"] == "no_score_before"
    assert told(made, release, name="p02")["reason"] is None


def test_the_last_round_that_asked_alike_is_the_one_before(made: Crowd) -> None:
    first = made.released(2, everybody([LOW], [STEADY]))
    other = made.released(4, everybody([LOW], [STEADY]), weights={CUSTOMERS: 50, MANAGER: 50})
    assert change_of(made, other)["release_id"] == first.id
    third = made.released(6, everybody([HIGH], [STEADY]))
    assert change_of(made, third)["release_id"] == first.id
    # A round about an earlier month that is released later is not the one before.
    assert change_of(made, made.released(1, everybody([HIGH], [STEADY]))) is None
    assert change_of(made, made.released(7, everybody([HIGH], [STEADY])))["release_id"] == third.id


@ONE_DATABASE
def test_a_geometric_card_changes_by_its_own_rule(made: Crowd) -> None:
    made.card({WELCOME: 75, TEAMWORK: 25}, starts_on="2026-02-01", form="geometric")
    first = made.released(3, everybody([LOW], [STEADY]))
    second = made.released(5, everybody([HIGH], [STEADY]))
    composites = [
        next(
            one.score
            for one in load_all_scores(made.session, release.id)
            if one.kpi_id is None and one.subject_id == made.subjects["p01"]
        )
        for release in (first, second)
    ]
    kpis = [[told(made, second, kpi)[end] for kpi in (WELCOME, TEAMWORK)] for end in ("before", "after")]
    expected = [math.exp(0.75 * math.log(one) + 0.25 * math.log(other)) for one, other in kpis]
    change = change_of(made, second)["composite"]
    assert [change["before"], change["after"]] == agrees(expected)
    assert composites == agrees(expected)
    assert sum(part["points"] for part in change["parts"]) == agrees(expected[1] - expected[0])
    assert load_frozen_round(made.session, second.round_id).subjects[-1].form == "geometric"


@ONE_DATABASE
def test_without_who_answered_what_together_kpis_are_compared_and_cards_are_not(made: Crowd) -> None:
    first = made.released(3, everybody([LOW], [STEADY]))
    for atom in made.session.scalars(select(AtomRow).where(AtomRow.release_id == first.id)).all():
        kept = {name: part for name, part in atom.totals.items() if name != "answered"}
        made.session.execute(update(AtomRow).where(AtomRow.id == atom.id).values(totals=kept))
    release = made.released(5, everybody([HIGH], [STEADY]))
    assert told(made, release)["reason"] is None
    assert change_of(made, release)["composite"] == {"reason": "no_score_before"}


def test_an_earlier_release_that_is_damaged_keeps_no_later_one_back(made: Crowd) -> None:
    first = made.released(3, everybody([LOW], [STEADY]))
    spoilt = {"sums": {"nothing of ours": [1, 2, 3]}, "pairs": [], "answered": [], "histograms": {}}
    made.session.execute(update(AtomRow).where(AtomRow.release_id == first.id).values(totals=spoilt))
    release = made.released(5, everybody([HIGH], [STEADY]))
    assert change_of(made, release) is None
    assert len(load_findings(made.session, release.id, [made.subjects[name] for name in PEOPLE])) == 12


@ONE_DATABASE
def test_measured_kpis_change_against_the_same_goalposts_only(session: WriteSession) -> None:
    made = quarter(session, with_the_one_before=True)
    subject_id = made.subjects["sofie.berg"]
    change = load_findings(session, made.release.id, [subject_id])[subject_id]["change"]
    by_kpi = {one["kpi_id"]: one for one in change["kpis"]}
    wait, solved = (by_kpi[made.kpis[name]] for name in ("phone-answer-time", "first-contact-resolution"))
    assert (wait["before"], wait["after"]) == (agrees(75 * (180 - 90) / 135), agrees(75 * (180 - 52) / 135))
    # A single reading: nobody knows how surely, so that it is no change by itself.
    assert (wait["is_unsure"], wait["is_real"]) == (True, False)
    assert solved["points"] == agrees(75 + 25 * 4 / 13 - 75 * 5 / 20)
    assert by_kpi[made.kpis["handling-time"]] == {"kpi_id": made.kpis["handling-time"], "reason": "other_scale"}
    assert {part["kpi_id"] for part in change["composite"]["parts"]} == by_kpi.keys() - {made.kpis["handling-time"]}
    assert change["composite"]["is_unsure"] is True
    assert change["name"]["en"].startswith("Customer meetings")
