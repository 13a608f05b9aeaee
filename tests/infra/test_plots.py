"""Places on a plot say no more than the words beside it."""

import pytest

from app.infra import plots
from app.infra.plots import Span


@pytest.mark.parametrize(
    ("position", "place"),
    [(77.05882352941177, "77.1%"), (0, "0.0%"), (100, "100.0%"), (-4.2, "0.0%"), (130, "100.0%"), (69.24999999999999, "69.3%")],
)  # fmt: skip
def test_a_mark_stands_where_its_printed_figure_says(position: float, place: str) -> None:
    assert plots.at(position) == place


def test_an_interval_is_drawn_in_whole_points_outward() -> None:
    assert plots.between(64.2, 86.1) == Span(start="64.0%", end="87.0%", width="23.0%")
    assert plots.between(-2, 103.4) == Span(start="0.0%", end="100.0%", width="100.0%")


def test_two_groups_that_read_alike_are_drawn_alike() -> None:
    assert plots.between(64.21, 86.13) == plots.between(64.79, 86.88)


def test_an_in_range_kpi_has_room_beside_its_limits() -> None:
    axis = plots.range_axis(2, 4, 7, 12, 6.2)
    assert axis.track == Span(start="8.3%", end="91.7%", width="83.3%")
    assert axis.best == Span(start="25.0%", end="50.0%", width="25.0%")
    assert axis.value == "43.3%"


def test_a_value_far_outside_its_range_stands_at_the_end_of_the_axis() -> None:
    assert plots.range_axis(2, 4, 7, 12, 40).value == "100.0%"
    assert plots.range_axis(2, 4, 7, 12, -40).value == "0.0%"


def test_an_in_range_kpi_without_a_value_has_no_mark() -> None:
    assert plots.range_axis(2, 4, 7, 12, None).value is None
