"""In which order rows stand, which rounds make a course, and what is short of its target beyond doubt."""

from datetime import UTC, date, datetime, timedelta

from app.followup.values import KpiName
from app.kpis.values import KpiKind
from app.organisation.values import Subject, SubjectId, SubjectKind
from app.overview.rules import course_of, in_order, nearest, shortest
from app.overview.values import HeatCell, HeatRow, Short, ToldRound
from app.releases.values import ScoreStatus, Withheld
from app.summaries.values import Figure, Place

KPI = KpiName("k", KpiKind.SOFT, {"en": "Welcome"}, {}, 1)
NOTHING = Figure(ScoreStatus.SUPPRESSED, Withheld.FEWER_THAN_K)


def figure(score: float, *, within: float = 2.0) -> Figure:
    return Figure(ScoreStatus.OK, None, score, score - within, score + within)


def row(name: str, whole: float | None, kpi: float | None) -> HeatRow:
    cells = [None if one is None else HeatCell(figure(one)) for one in (whole, kpi)]
    return HeatRow(Place(name, SubjectKind.PERSON, name), cells[0] or HeatCell(NOTHING), (cells[1],))


def test_rows_without_a_score_stand_last_whichever_way_they_are_sorted() -> None:
    rows = [row("Anna", 70, None), row("Åse", None, 90), row("Bo", 80, 60)]

    def names(sort: str) -> list[str]:
        return [one.place.name for one in in_order(rows, ["k"], sort)]

    assert names("") == ["Anna", "Åse", "Bo"]
    assert names("-name") == ["Åse", "Bo", "Anna"]
    assert (names("composite"), names("-composite")) == (["Anna", "Bo", "Åse"], ["Bo", "Anna", "Åse"])
    assert (names("k"), names("-k")) == (["Bo", "Åse", "Anna"], ["Åse", "Bo", "Anna"])


def test_a_course_is_made_of_the_latest_twelve_rounds_and_of_weeks_only_where_there_is_nothing_else() -> None:
    start = date(2024, 1, 1)

    def told(place: int, days: int) -> ToldRound:
        first = start + timedelta(days=30 * place)
        sealed = datetime(2026, 1, 1, tzinfo=UTC)
        return ToldRound(f"r{place}", f"o{place}", {}, first, first + timedelta(days=days - 1), sealed)

    months = [told(place, 30) for place in range(14)]
    weeks = [told(place, 7) for place in range(3)]
    assert course_of([*weeks, *months]) == tuple(months[2:])
    assert course_of(weeks) == tuple(weeks)


def test_of_many_below_a_unit_whole_levels_are_near_and_the_first_one_in_part() -> None:
    def below(*path: str) -> Subject:
        steps = tuple(map(SubjectId, ("c", *path)))
        return Subject(steps[-1], steps[0], SubjectKind.TEAM, path[-1], None, steps[-2], steps, 1)

    company = Subject(SubjectId("c"), SubjectId("c"), SubjectKind.COMPANY, "c", None, None, (SubjectId("c"),), 1)
    every = [below("a"), below("a", "a1"), below("a", "a1", "x"), below("b"), below("b", "b1")]

    def near(most: int) -> list[str]:
        return [one.name for one in nearest(company, every, most)]

    assert near(5) == ["a", "a1", "x", "b", "b1"]
    assert near(4) == ["a", "a1", "b", "b1"]
    assert near(3) == ["a", "b"], "half a level would look like the whole"
    assert near(1) == ["a"]


def test_only_what_lies_under_its_target_with_its_whole_interval_is_short_of_it() -> None:
    def short(name: str, one: Figure, target: float = 75.0) -> Short:
        return Short(Place(name, SubjectKind.PERSON, name), KPI, one, target, may_ask=True)

    found = shortest(
        [short("near", figure(74)), short("far", figure(60)), short("hard", figure(95), 100.0), short("none", NOTHING)]
    )
    assert [one.place.name for one in found] == ["far", "hard"]
