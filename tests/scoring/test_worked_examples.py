"""Every example of docs/scoring.md is what the code computes, number by number."""

import math
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from app.scoring.composite import CardEntry, Form, Scorecard, score_composites
from app.scoring.discoveries import discoveries
from app.scoring.explain import against, change, geometric_parts, parts, printed
from app.scoring.firm import Told, firmness_of_all
from app.scoring.goalposts import Goalposts, RangeGoalposts, score_metric
from app.scoring.influence import effective_shares
from app.scoring.intervals import poisson_rate, wilson
from app.scoring.levels import mean_of_units
from app.scoring.metrics import Aggregation, Method, known, measure
from app.scoring.observed import judged_items
from app.scoring.promoter import net_promoter
from app.scoring.ranks import joint_interval, joint_ranks
from app.scoring.raters import rater_score
from app.scoring.recovered import Known, distances, interval_within
from app.scoring.reliability import between_variance, reliability
from app.scoring.results import Composite, GroupScore, Interval, KpiScore, Uncertainty
from app.scoring.scales import point_scale, slider
from app.scoring.selfview import view_of
from app.scoring.strengths import Deviation, Strengths, standouts
from app.scoring.trend import Change, Definition, Measurement, change_between
from app.scoring.visits import VisitsTogether, together
from tests.scoring import readings
from tests.scoring.people import score, soft, told
from tests.scoring.worked_warnings import WARNINGS

PAGE = Path(__file__).parents[2] / "docs" / "scoring.md"
OPENINGS = r"Example(?:, continued)?(?:,[^:]*)?: "


def examples() -> list[str]:
    """Every paragraph of the page that is an example, without its opening words and its line breaks."""
    paragraphs = PAGE.read_text().split("\n\n")
    return [" ".join(re.sub(OPENINGS, "", text, count=1).split()) for text in paragraphs if text.startswith("Example")]


def answers() -> str:
    five = point_scale(5)
    return (
        f"4 of 5 points is {five.points(4):g}, reversed {five.points(4, is_reversed=True):g}; "
        f"5 on a slider from 0 to 20 is {slider(0, 20).points(5):g}."
    )


def judged() -> str:
    points = [[50.0]] * 8 + [[math.nan]] * 4
    unseen = [[False]] * 8 + [[True]] * 3 + [[False]]
    found = judged_items([0] * 12, points, unseen, n_atoms=1).judged(0)
    assert (found.not_observed, found.skipped) == (3, 1)
    return (
        'twelve sheets, of which eight have a number, three say "could not observe" and one is open: '
        f"{found.could} of {found.of} could judge."
    )


def promoters() -> str:
    found = net_promoter([10, 9, 9, 8, 7, 6, 10, 3, 9, 10])
    assert found is not None
    return (
        f"10, 9, 9, 8, 7, 6, 10, 3, 9, 10 give {found.score:.1f} with a standard error of {found.se:.6f} and "
        f"{found.interval.lo:.2f} to {found.interval.hi:.2f}."
    )


def raters() -> str:
    both, second, first = (rater_score(points, [1, 2]) for points in ([50, 75], [None, 75], [50, None]))
    assert first is None
    return (
        f"items that weigh 1 and 2; 50 and 75 give {both:.6f}; 75 on the second alone gives {second:g}; 50 on the first "
        "alone is no score, since that is a third of the weight."
    )


def subject() -> KpiScore:
    said = {"manager": [75.0], "peers": [50.0, 75, 75, 50], "customers": [80.0, 90]}
    return told(score(said, {"manager": 0.5, "peers": 0.3, "customers": 0.2}, least={"customers": 3}))


def subject_score() -> str:
    found = subject()
    manager, peers = (f"{group.share:.3f}".lstrip("0") for group in found.groups)
    return (
        "weights .5, .3 and .2 for manager, colleagues and customers; the manager says 75, four colleagues 50, 75, 75 and "
        f"50, two customers are too few to be shown. The weights become {manager} and {peers} and the score "
        f"{found.score}, coverage {100 * found.coverage:g} %."
    )


def standard_error() -> str:
    found = subject()
    assert found.groups[1].uncertainty.se ** 2 * 4 == pytest.approx((3200 + 625) / 11)
    assert found.groups[0].uncertainty.se ** 2 == pytest.approx(400)
    return (
        f"v is 400 for the manager and (3200 + 625)/11 for the colleagues; SE {found.uncertainty.se:.6f} with "
        f"{found.uncertainty.df:.6f} degrees of freedom."
    )


def interval() -> str:
    found = subject()
    return (
        f"N = {found.uncertainty.kish_n:.6f}, and the interval is {found.interval.lo:.6f} to {found.interval.hi:.6f}."
    )


def visits() -> str:
    unlike, alike = together([80, 70, 30]), together([80, 80, 80])
    assert isinstance(unlike, VisitsTogether)
    assert isinstance(alike, VisitsTogether)
    ends = [f"{one.lo:g} to {one.hi:g}" for one in (unlike.interval, alike.interval) if one is not None]
    assert unlike.extreme == 2
    return (
        f"80, 70 and 30 have the mean {unlike.mean:g}, {ends[0]}, and the last one pulls by {unlike.largest_pull:g}; "
        f"80, 80 and 80 have {ends[1]}."
    )


def ratio() -> str:
    found = readings.told(measure(Aggregation(Method.RATIO, per=100), readings.days([9, 30], [10, 50])))
    mean = (100 * 9 / 10 + 100 * 30 / 50) / 2
    return f"9 of 10 and 30 of 50 in time are {found.value:g} %, not the {mean:g} % that the mean of 90 % and 60 % would be."


def figures() -> str:
    mean = readings.told(measure(Aggregation(Method.MEAN), readings.days([62.5, 81.25, 70, 90])))
    share, rate = wilson(8, 10), poisson_rate(7, 3.5)
    return (
        f"62.5, 81.25, 70 and 90 have the mean {mean.value} with a standard error of {mean.se:.6f}; 8 of 10 is a share of "
        f".8, {share.lo:.6f} to {share.hi:.6f}; 7 events in 3.5 years are 2 a year, {rate.lo:.6f} to {rate.hi:.6f}."
    ).replace(" 0.", " .")


def goalposts() -> str:
    higher, lower, between = Goalposts(50, 80, 100), Goalposts(20, 10, 5), RangeGoalposts(2, 4, 7, 12)
    ends = between.map_interval(Interval(3, 9.5))
    told_higher = ", ".join(f"{value} gives {higher.points(value):g}" for value in (72, 40, 95, 120))
    told_lower = ", ".join(f"{value} gives {lower.points(value):g}" for value in (12, 7))
    return (
        f"floor 50, target 80, stretch 100: {told_higher}. Floor 20, target 10, stretch 5: {told_lower}. "
        f"Best from 4 to 7, nothing at 2 and 12: 3 gives {between.points(3):g}, 9.5 gives {between.points(9.5):g}, and an "
        f"interval of 3 to 9.5 becomes {ends.lo:g} to {ends.hi:g}."
    )


WEIGHTS, SCORES, NORM = [0.5, 0.3, 0.2], [70.0, 80.0, 50.0], [60.0] * 3


def composite(form: Form) -> float:
    hard = {(0, kpi): score_metric(kpi, known(value), Goalposts(0, 100)) for kpi, value in enumerate(SCORES)}
    card = Scorecard(tuple(CardEntry(kpi, weight) for kpi, weight in enumerate(WEIGHTS)), form)
    found = score_composites(soft({}, []), {0: card}, hard)[0]
    assert isinstance(found, Composite)
    return found.score


def composites() -> str:
    arithmetic, geometric = composite(Form.ARITHMETIC), composite(Form.GEOMETRIC)
    return f"weights .5, .3, .2 and scores 70, 80, 50: {arithmetic:g} arithmetic, {geometric:.6f} geometric."


def signed(values: list[float], digits: str) -> str:
    first, *rest = values
    return format(first, digits) + "".join(f" {'-' if part < 0 else '+'} {format(abs(part), digits)}" for part in rest)


def explained() -> str:
    gap = against(WEIGHTS, SCORES, NORM)
    logs = geometric_parts(WEIGHTS, SCORES, NORM)
    total, thirds = printed(10.0, [10 / 3] * 3)
    return (
        f"the composite above is {signed(parts(WEIGHTS, SCORES), 'g')}; against 60 on all three it is "
        f"{math.fsum(gap):g} better, {signed([round(part, 9) for part in gap], 'g')}; the geometric one is "
        f"{math.fsum(logs):.6f} better, {signed(logs, '.6f')}. Three parts of 3.333… are printed as "
        f"{' + '.join(map(str, thirds))} = {total}."
    )


def reweighted() -> str:
    found = change([50, 50], [60, 80], [75, 25], [60, 90])
    by_score, by_weight = (
        math.fsum(column) for column in zip(*[(p.by_score, p.by_weight) for p in found], strict=True)
    )
    return (
        "from weights 50 : 50 and scores 60, 80 to 75 : 25 and 60, 90 the composite falls by "
        f"{-(by_score + by_weight):g}: scores add {by_score:g}, weights take {-by_weight:g}."
    )


def recovered() -> str:
    parts = [Known(70.0, 70 - 40, 79 - 70), Known(50.0, 50 - 10, 62 - 50)]
    score = math.fsum(one.score / 2 for one in parts)
    ends = interval_within(score, *distances([0.5, 0.5], parts))
    return (
        f"half of 70 (40 to 79) and half of 50 (10 to 62) from different raters is {score:g}, "
        f"{ends.lo:g} to {ends.hi:g}."
    )


def effective() -> str:
    found = effective_shares([1, 1], [[50 + 10 * a, 50 + 20 * b] for a in (-1, 1) for b in (-1, 1)] * 3)
    assert isinstance(found, list)
    return (
        "two KPIs of equal weight that vary independently, one by 10 points and one by 20, decide "
        f"{100 * found[0]:g} % and {100 * found[1]:g} %."
    )


def ranks() -> str:
    scores, errors = [70, 70, 60], [1, 1, 1]
    places = [f"{first} to {last}" if first < last else str(first) for first, last in joint_ranks(scores, errors)]
    z = joint_interval(scores, errors)[0].hi - 70
    return (
        f"scores 70, 70 and 60 with a standard error of 1 each: z = {z:.6f}, proven places "
        f"{places[0]}, {places[1]} and {places[2]}."
    )


def units() -> str:
    found = mean_of_units([Told(60.0, 3.0), Told(70.0, 4.0), Told(80.0, 0.0)])
    error = Fraction(math.isqrt(3**2 + 4**2), found.units)
    return (
        f"units with 60, 70 and 80 points and errors of 3, 4 and 0: mean {found.score:g}, SE {error}, "
        f"interval {found.interval.lo:g} to {found.interval.hi:g}."
    )


def selves() -> str:
    words = {"blind_spot": "a blind spot", "in_line": "in line", "hidden_strength": "a hidden strength"}
    high, middle, low = (words[view_of(own, 58, Interval(44, 71)).value] for own in (80, 70, 40))
    return f"others 58, 44 to 71; self 80 is {high}; self 70 is {70 - 58} points higher but {middle}; self 40 is {low}."


def strengths() -> str:
    mean = (82 + 70 + 58) / 3
    rows = [Deviation(kpi, s, s - mean, se) for kpi, (s, se) in enumerate([(82.0, 5.0), (70.0, 5.0), (58.0, 8.0)])]
    found = standouts(rows)
    assert isinstance(found, Strengths)
    best, least = found.strengths[0], found.development_areas[0]
    assert (best.kpi, best.is_tentative, least.kpi, least.is_tentative) == (0, False, 2, True)
    deviations = [f"{row.deviation:g}" for row in rows]
    return (
        f"scores 82, 70 and 58 with errors of D of 5, 5 and 8: D is {deviations[0]}, {deviations[1]} and {deviations[2]}, "
        f"the bounds are {best.bound:.3f} and {least.bound:.3f}. The first is a strength; the last is a tentative "
        "development area."
    )


def firm() -> str:
    scores, errors = [40.0 + 5 * place for place in range(10)], [6.0] * 9 + [20.0]
    found, vs = (
        firmness_of_all([Told(*one) for one in zip(scores, errors, strict=True)]),
        between_variance(scores, errors),
    )
    assert found is not None
    assert isinstance(vs, float)
    nine, last = (f"{reliability(vs, error):.2f}".lstrip("0") for error in (6, 20))
    assert set(found[:9]) == {"solid"}
    return (
        f"scores 40, 45 … 80 with an error of 6 and one of 85 with an error of 20: vs is {vs:.1f}; nine are solid ({nine}), "
        f"the tenth is {found[9].value} ({last})."
    )


def trend() -> str:
    def one_group(mean: float, n: int, v: float) -> Measurement:
        error, ends = Uncertainty(math.sqrt(v / n), 7.0 + n, n), Interval(0, 100)
        group = GroupScore(("peers",), mean, n, 1, 1, error, ends)
        return Measurement(Definition("1", "1", {"a": 1}, {"peers": 1}), KpiScore(0, mean, 1, n, error, ends, (group,)))

    found = change_between(one_group(62.5, 4, 3825 / 11), one_group(75, 5, 300), {("peers",): 4})
    assert isinstance(found, Change)
    moved = found.difference
    return (
        f"62.5 from 4 raters (v {3825 / 11:.4f}) to 75 from 5 (v 300), four of them in both rounds: d = "
        f"{moved.points}, SE {moved.se:.6f} with {moved.df:.6f} degrees of freedom, {moved.interval.lo:.6f} to "
        f"{moved.interval.hi:.6f}, index {moved.index:.6f}: {'' if moved.is_changed else 'not '}changed."
    )


def lists() -> str:
    p = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.324,
        0.4262,
        0.5719,
        0.6528,
        0.759,
        1,
    ]
    number = {4: "four", 9: "nine"}
    stand, below = number[sum(discoveries(p, rate=0.05))], number[sum(one < 0.05 for one in p)]
    return f"of the fifteen p values of their paper, {stand} stand at 5 %, where {below} are below .05."


WORKED = [
    *[answers, judged, promoters, raters, subject_score, standard_error, interval, visits, ratio, figures, goalposts],
    *[composites, explained, reweighted, recovered, effective, ranks, units, selves, strengths, firm, trend, lists],
    *WARNINGS,
]


@pytest.mark.parametrize(("place", "worked"), list(enumerate(WORKED)), ids=[worked.__name__ for worked in WORKED])
def test_an_example_of_the_page_is_what_the_code_computes(place: int, worked: Callable[[], str]) -> None:
    assert examples()[place] == worked()


def test_every_example_of_the_page_is_computed() -> None:
    assert len(examples()) == len(WORKED)
