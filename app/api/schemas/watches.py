"""The watch of a KPI as it is set and answered, and what it would have given in the last year."""

from typing import Annotated

from pydantic import Field

from app.api.schemas.base import OTHER_ID, Id, In, Out, example, one_of
from app.followup.values import Method, WatchTrial
from app.scoring.back_test import BackTest
from app.scoring.seasons import Season

LAST_YEAR = {"alerts": 1, "judged": 7, "learning": 20, "by_chance": 0.007}


class LastYearOut(Out):
    """What the watch gave in the year that ended today, and what chance alone would have given."""

    model_config = example(**LAST_YEAR)

    alerts: int
    judged: int
    learning: int
    by_chance: float

    @classmethod
    def told(cls, tested: BackTest) -> "LastYearOut":
        """A back-test as it is answered."""
        return cls(alerts=tested.count, judged=tested.judged, learning=tested.learning, by_chance=tested.by_chance)


class WatchIn(In):
    """How a KPI is to be watched."""

    model_config = example(method="ewma", season="none", baseline=20, red_line=50)

    method: Annotated[str, one_of(Method)]
    season: Annotated[str, one_of(Season)] | None = None
    baseline: int | None = Field(None, description="Figures to learn from, 20 to 200")
    red_line: float | None = Field(None, description="Of a soft KPI, in points, 0 to 100; a hard one has its floor")


class WatchOut(Out):
    """How a KPI is watched."""

    model_config = example(kpi_id=OTHER_ID, method="ewma", season="none", baseline=20, red_line=50.0)

    kpi_id: Id
    method: Method
    season: Season
    baseline: int
    red_line: float | None


class WatchTrialOut(Out):
    """What a method would have given in the year that ended today, over the units that may be read."""

    model_config = example(method="ewma", units=3, run_length=1002.36, last_year=LAST_YEAR)

    method: Method
    units: int
    run_length: float = Field(description="Mean number of steps until a false alarm, on the bad side")
    last_year: LastYearOut

    @classmethod
    def told(cls, trial: WatchTrial) -> "WatchTrialOut":
        """A trial as it is answered."""
        return cls(
            method=trial.method,
            units=trial.units,
            run_length=trial.run_length,
            last_year=LastYearOut.told(trial.tested),
        )


class WatchTrialsOut(Out):
    """One trial for each method."""

    model_config = example(items=[])

    items: list[WatchTrialOut]
