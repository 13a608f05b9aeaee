"""Coefficients of a rater group without a database: what is left out where too few, or nobody, differ."""

import numpy as np
import numpy.typing as npt
import pytest

from app.analysis.coefficients import group_lines, same_raters
from app.analysis.compose import Ratings, Voice
from app.analysis.reliable import GroupReliability
from app.kpis.values import KpiKind, RaterGroup, ScaleKind
from app.rounds.values import FrozenItem, FrozenKpi, FrozenScale
from app.scoring.consistency import Alpha, alpha
from app.scoring.reliability import Gap
from tests.scoring.facts import agrees

SUBJECTS, RATERS = 5, 4


def rated(points: npt.NDArray[np.float64]) -> GroupReliability:
    """Four colleagues, each of whom has rated the same five subjects; points by rating and item."""
    scale = FrozenScale(ScaleKind.POINTS, 5, None, None, None)
    items = tuple(
        FrozenItem(f"item-{one}", f"i{one}", {"nb": f"I{one}"}, {"nb": "?"}, scale, 1, is_reversed=False, anchors={})
        for one in range(points.shape[1])
    )
    kpi = FrozenKpi("kpi", "version", KpiKind.SOFT, {}, {}, {RaterGroup.COLLEAGUE: 1}, items, None)
    pairs = [(subject, rater) for subject in range(SUBJECTS) for rater in range(RATERS)]
    voices = tuple(Voice("release", f"r{rater}") for _, rater in pairs)
    subjects, groups = tuple(f"s{subject}" for subject, _ in pairs), ("colleague",) * len(pairs)
    ratings = Ratings("release", subjects, groups, voices, points, points.mean(axis=1), {})
    [line] = group_lines(kpi, ratings, 0.7)
    return line


def test_alpha_is_told_without_each_item_where_two_are_left() -> None:
    points = np.random.default_rng(3).integers(0, 5, (SUBJECTS * RATERS, 3)).astype(np.float64) * 25
    points[:, 2] = 50.0
    points[0, 2] = 75.0
    found, expected = rated(points), alpha(points)
    assert isinstance(expected, Alpha)
    assert [(one.item_id, one.name) for one in found.without] == [
        (f"item-{one}", {"nb": f"I{one}"}) for one in range(3)
    ]
    assert [one.value for one in found.without] == [agrees(value) for value in expected.without]
    assert rated(points[:, :2]).without == ()
    points[:, 1:] = 50.0
    assert rated(points).without[0].reason is Gap.NO_SPREAD


def test_raters_of_the_same_subjects_who_all_say_the_same_tell_nobody_apart() -> None:
    found = rated(np.full((SUBJECTS * RATERS, 2), 75.0))
    assert (found.same.subjects, found.same.raters) == (SUBJECTS, RATERS)
    assert {found.same.drawn_one.reason, found.same.fixed_mean.reason, found.of_one.reason} == {Gap.NO_SPREAD}
    assert found.uniform.spread == 0.0


@pytest.mark.parametrize(("subjects", "raters"), [(4, 3), (5, 1)])
def test_icc_2_and_3_need_two_raters_of_the_same_five_subjects(subjects: int, raters: int) -> None:
    about = np.repeat([f"s{one}" for one in range(subjects)], raters)
    by = np.tile([f"r{one}" for one in range(raters)], subjects)
    found = same_raters(about, by, np.arange(subjects * raters, dtype=np.float64))
    assert (found.subjects, found.raters, found.drawn_mean.reason) == (0, 0, Gap.TOO_FEW)
