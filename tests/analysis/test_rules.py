"""What is decided before anything is read: who is listed, how finely, and what is taken from outside."""

import pytest

from app.analysis.intake import parse_answer, parse_note, parse_wished
from app.analysis.rules import coarsely, is_listed, together
from app.errors import Invalid
from app.scoring.obstacles import Assignment


def test_rounds_are_compared_only_where_every_one_of_them_may_be() -> None:
    both = [Assignment.UNRELATED, Assignment.UNRELATED]
    assert together(both) is Assignment.UNRELATED
    assert together([*both, Assignment.UNKNOWN]) is Assignment.UNKNOWN
    assert together([Assignment.UNKNOWN, Assignment.BY_MERIT]) is Assignment.BY_MERIT


def test_a_rater_without_a_name_is_listed_from_three_subjects_on() -> None:
    assert [is_listed(subjects, is_named=False) for subjects in (1, 2, 3)] == [False, False, True]
    assert is_listed(1, is_named=True)


def test_a_rater_without_a_name_is_told_in_whole_points_with_ends_outward() -> None:
    assert coarsely(12.5, 3.2, 21.8) == (12.0, 3.0, 22.0)
    assert str(coarsely(-0.2, -0.4, 0.0)[0]) == "0.0"


@pytest.mark.parametrize("given", [{}, {"answer": "perhaps"}, {"answer": "unknown", "more": "1"}])
def test_an_answer_is_one_of_three(given: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        parse_answer(given)


@pytest.mark.parametrize("field", ["subject_id", "kpi_id", "choice", "reason"])
def test_a_note_says_about_what_and_why(field: str) -> None:
    whole = {"subject_id": "s", "kpi_id": "k", "choice": "fair", "reason": "Because"}
    assert parse_note(whole).reason == "Because"
    with pytest.raises(Invalid) as refused:
        parse_note({**whole, field: ""}, posted=True)
    assert [one.field for one in refused.value.errors] == [field]


def test_a_wished_reliability_lies_where_raters_can_be_counted() -> None:
    assert parse_wished({"wished": ""}, posted=True) == 0.7
    assert parse_wished({"wished": 0.95}) == 0.95
    for given in (0, 0.05, 1, 2):
        with pytest.raises(Invalid):
            parse_wished({"wished": given})
