"""A score that cannot be told is one of a closed set of reasons, each of which is really given."""

from app.scoring.composite import CardEntry, Scorecard, score_composites
from app.scoring.goalposts import Goalposts, score_metric
from app.scoring.metrics import Aggregation, Method, known, measure
from app.scoring.results import NotScored, Reason
from app.scoring.rollup import Readings, RollUp, unit_figure
from tests.scoring.people import score, soft
from tests.scoring.readings import days

HARD = {(0, 0): score_metric(0, known(50), Goalposts(0, 100))}
REQUIRED = Scorecard((CardEntry(0, 8), CardEntry(1, 2, required=True)))
TOO_LIGHT = Scorecard((CardEntry(0, 5), CardEntry(1, 5)))
RATIO = Aggregation(Method.RATIO)


def reason(found: object) -> Reason:
    assert isinstance(found, NotScored)
    return found.reason


def test_every_reason_is_given_by_what_it_stands_for() -> None:
    """All but `suppressed`, which whoever decides about disclosure gives: the core sees released groups only."""
    given = {
        reason(score({"peers": [50]}, {"peers": 1, "manager": 2})),
        reason(score_composites(soft({}, []), {0: TOO_LIGHT}, HARD)[0]),
        reason(score_composites(soft({}, []), {0: REQUIRED}, HARD)[0]),
        reason(measure(RATIO, days([1], [2]), expected=2)),
        reason(measure(RATIO, [])),
        reason(measure(RATIO, days([1], [0]))),
        reason(unit_figure(RollUp.NONE, RATIO, Readings(()), [Readings(tuple(days([1], [2])))])),
    }
    assert given == set(Reason) - {Reason.SUPPRESSED}


def test_what_was_there_is_told_with_the_reason() -> None:
    assert score({"peers": [50]}, {"peers": 1, "manager": 3}) == NotScored(Reason.INSUFFICIENT, 0.25)
    assert score_composites(soft({}, []), {0: TOO_LIGHT}, HARD) == {0: NotScored(Reason.INSUFFICIENT, 0.5)}
    assert score_composites(soft({}, []), {0: REQUIRED}, HARD) == {0: NotScored(Reason.REQUIRED_MISSING, 0.8)}
    assert measure(RATIO, days([1], [2]), expected=4) == NotScored(Reason.INCOMPLETE, 0.25)
    assert measure(RATIO, []) == NotScored(Reason.NO_VALUE, 0)
