"""What a course says in sentences, in both languages: nothing is left unsaid, and nothing unfilled."""

import itertools
import math
from datetime import date
from pathlib import Path

import pytest

from app.followup.values import Basis, Chance, Finding, KpiName, Prompt, Red
from app.http.visit import Visit
from app.infra.formats import Locale
from app.kpis.values import KpiKind
from app.organisation.values import SubjectKind
from app.papers.prompt_words import questions_of
from app.scoring.charts import Side
from app.scoring.contradictions import Question
from app.scoring.courses import State
from app.scoring.projection import Projection, Whole
from app.scoring.results import Interval
from app.scoring.round_signals import Cause
from app.scoring.steps import Length
from app.summaries.values import Place
from app.web import course_words as words
from tests.journeys.service import Running
from tests.shelf import NOW, Shelf, demo

pytestmark = pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)

SOFT = KpiName("soft", KpiKind.SOFT, {"nb": "Førsteinntrykk", "en": "First impression"}, {}, 1)
HARD = KpiName("hard", KpiKind.HARD, {"nb": "Salg", "en": "Sales"}, {"nb": "kr", "en": "NOK"}, 0)
TEAM, PERSON = Place("t", SubjectKind.TEAM, "Nord"), Place("p", SubjectKind.PERSON, "Sofie")
DAY = date(2026, 11, 16)


@pytest.fixture
def visits(shelf: Shelf, tmp_path: Path) -> dict[Locale, Visit]:
    service = Running.on(shelf.show(demo), NOW, tmp_path).app.state.service
    locales: tuple[Locale, ...] = ("nb", "en")
    return {locale: Visit(service, NOW, "/", {}, locale) for locale in locales}


def test_a_heading_says_where_it_went(visits: dict[Locale, Visit]) -> None:
    gain = Finding(State.IN_CONTROL, 27, 20, Side.HIGH, DAY, DAY, is_gain=True)
    red = Red(Interval(50, math.inf), 5, DAY)
    told = [
        words.title_of(visits["en"], SOFT, place, finding, line)
        for place, finding, line in (
            (TEAM, gain, None),
            (PERSON, gain, red),
            (TEAM, Finding(State.SIGNAL, 27, 20, Side.HIGH), red),
            (PERSON, Finding(State.IN_CONTROL, 27, 20), None),
            (TEAM, Finding(State.LEARNING, 2, 20), Red(Interval(50, math.inf), 5, None)),
        )
    ]
    assert told == [
        "First impression is better than before in Nord",
        "First impression is beyond its red line for Sofie",
        "First impression is rising in Nord",
        "First impression is steady for Sofie",
        "First impression in Nord",
    ]
    assert words.lead_of(visits["en"], gain, Length.WEEK, None).startswith("If it lasts, accept it as the new level.")
    rounds = [
        words.lead_of(visits["en"], Finding(State.SIGNAL, 3, 2, Side.LOW, DAY, DAY, cause=cause), Length.QUARTER, None)
        for cause in Cause
    ]
    assert sorted(rounds) == [
        "It is a fall of at least 15 points that chance does not explain.",
        "It is the second real fall from one round to another.",
    ]


def test_the_chance_of_a_target_is_told_in_steps_of_five(visits: dict[Locale, Visit]) -> None:
    projection = Projection(227.5, 9.229224, 5.0, 0.0, 0.221591, 12)
    chance = Chance(date(2026, 10, 1), date(2026, 12, 31), Whole.TOTAL, Interval(235, math.inf), projection)
    assert words.chance_of(visits["nb"], HARD, chance, Length.WEEK).endswith("om lag 20\N{NO-BREAK SPACE}%.")
    english = words.chance_of(visits["en"], HARD, chance, Length.WEEK)
    assert english.startswith("The total of ")
    assert english.endswith("The chance that the target is reached is about 20%.")


def test_alerts_are_counted_in_words(visits: dict[Locale, Visit]) -> None:
    assert [words.alerts_of(visits["en"], count) for count in range(3)] == ["no alert", "one alert", "2 alerts"]
    assert [words.by_chance(visits["en"], count) for count in (0.01, 1.25)] == ["less than 0.1", "about 1.3"]
    assert [words.count_of(visits["nb"], count, Length.QUARTER) for count in (1, 2)] == ["ett kvartal", "2 kvartaler"]


def test_every_question_is_asked_in_both_languages(visits: dict[Locale, Visit]) -> None:
    own = {Question.BLIND_SPOT: 27.5, Question.HIDDEN_STRENGTH: -27.5}
    prompts = [Prompt(question, Basis.LEVEL, (SOFT,), (gap,), 2.75) for question, gap in own.items()]
    for (question, basis), (one, other) in itertools.product(
        itertools.product([one for one in Question if one not in own], Basis), [(-20.0, 9.4), (20.0, -9.4)]
    ):
        prompts.append(Prompt(question, basis, (SOFT, HARD), (one, other), 1.0))
    told = {locale: questions_of(visit, prompts) for locale, visit in visits.items()}
    assert (
        told["en"][0] == "The own rating of First impression is 27.5 points above that of the others: what do they see?"
    )
    assert all(sentence.endswith("?") and "{" not in sentence for sentence in told["nb"] + told["en"])
    assert all(one != other for one, other in zip(told["nb"], told["en"], strict=True))
    cost = Prompt(Question.COST_OF_RESULT, Basis.CHANGE, (SOFT, HARD), (-12.0, 14.0), 2.4)
    assert questions_of(visits["en"], [cost]) == [
        "Sales is 14.0 points better than last time and First impression 12.0 points worse: what did it cost?"
    ]
