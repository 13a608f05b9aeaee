"""How somebody got there: the composite round by round, in the picture, in the table behind it, and in words."""

from datetime import date

from app.accounts.values import Role
from app.http.visit import Visit
from app.infra.database import WriteSession
from app.infra.formats import Locale
from app.main import create_app
from app.overview.queries import get_overview
from app.overview.values import Overview
from app.settings import Settings
from app.web import unit_words as words
from tests.crowd import crowd, everybody
from tests.databases import recorded_statements
from tests.shelf import NOW

LOW, HIGH = [2, 2, 2, 2, 2, 2], [5, 5, 5, 5, 5, 5]
TODAY = date(2026, 11, 23)


def visit_in(locale: Locale) -> Visit:
    settings = Settings.model_validate({"secret_key": "k" * 40, "database_url": "sqlite:///var/unused.sqlite"})
    return Visit(create_app(settings).state.service, NOW, "/", {}, locale)


def test_rounds_that_can_be_compared_are_joined_and_their_change_is_told(session: WriteSession) -> None:
    made = crowd(session)
    viewer, person = made.viewer(Role.VIEWER), made.subjects["p01"]

    def overview() -> tuple[Overview, int]:
        with recorded_statements(session.get_bind().engine) as sent:
            found = get_overview(session, viewer, person, on=TODAY)
        return found, len(sent)

    nothing, _ = overview()
    first = made.released(3, everybody([LOW], [LOW]))
    one, of_one = overview()
    second = made.released(5, everybody([HIGH], [HIGH]))
    third = made.released(7, everybody([HIGH], [HIGH]))
    found, of_three = overview()
    assert [point.told.release_id for point in found.course] == [first.id, second.id, third.id]
    assert [point.since_id for point in found.course] == [None, first.id, second.id]
    assert of_three == of_one
    assert found.standing.told is not None
    assert found.standing.told.release_id == third.id

    english, norsk = visit_in("en"), visit_in("nb")
    assert words.course_chart(english, nothing) is None
    assert words.finding_of(norsk, nothing) == "Ingen samlet poengsum ennå"
    alone, chart = words.course_chart(english, one), words.course_chart(english, found)
    assert alone is not None
    assert chart is not None
    assert (len(alone.lines), len(chart.lines), len(chart.dots), len(chart.ticks)) == (0, 2, 3, 3)
    assert chart.title.startswith("Composite score of p01, ")
    assert chart.title.endswith("No change beyond chance.")
    share = ["100%"] * 3
    changes = [row[-1] for row in words.course_rows(english, found, share)]
    assert (changes[0], changes[1].split()[0], changes[2]) == ("–", "Up", "No change beyond chance")
    assert words.course_rows(norsk, found, share)[1][-1].startswith("Opp ")
    assert len(words.course_heads(english)) == len(words.course_rows(english, found, share)[0])
