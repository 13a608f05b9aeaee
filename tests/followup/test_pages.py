"""Courses, signals, links and the watch as people read them, and what a refused form keeps."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from app.accounts.values import Role
from app.infra.database import WriteSession
from app.infra.formats import score
from app.infra.ids import new_id
from app.rounds.tables import AssignmentRow, RoundRow
from app.rounds.values import AssignmentSource
from tests.followup.months import release_month
from tests.followup.reader import Reader
from tests.followup.watched import H1, H4, S1, Watching
from tests.journeys.service import Running, ok
from tests.shelf import NOW, Shelf, demo
from tests.web.desk import wrong_fields
from tests.web.markup import Element, tree

# What the pages ask of the database is asked of both kinds by the tests beside this one.
pytestmark = pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)


@dataclass
class Stage:
    """The demo, served, with the addresses that are looked at."""

    service: Running
    known: Watching

    def reader(self, role: Role, at: str = "") -> Reader:
        return Reader(self.service.signed_in(f"{role}.{at}", role=role, at=at))

    def course(self, kpi: str = S1, subject: str = "team-nord") -> str:
        return f"/kpis/{self.known.kpis[kpi]}/course/{self.known.subjects[subject]}"


@pytest.fixture
def stage(shelf: Shelf, tmp_path: Path) -> Iterator[Stage]:
    service = Running.on(shelf.take(demo), NOW, tmp_path)
    with service.engine.read() as session:
        yield Stage(service, Watching.of(session))


def silence(session: WriteSession, *, since: date) -> None:
    """Make rounds of past ratings ones that asked; from a day on three times as many customers kept silent."""
    session.execute(update(AssignmentRow).values(source=AssignmentSource.LIST))
    recent = select(RoundRow.id).where(RoundRow.period_start >= since)
    asked = select(AssignmentRow).where(AssignmentRow.round_id.in_(recent), AssignmentRow.rater_group == "customer")
    columns = [column.key for column in AssignmentRow.__table__.c]
    copies = [
        {name: getattr(row, name) for name in columns}
        | {"id": new_id(session), "occasion": f"more-{number}", "answered": False}
        for row in session.scalars(asked).all()
        for number in range(3)
    ]
    session.execute(insert(AssignmentRow), copies)


def facts(page: Element) -> dict[str, str]:
    return {term.words: told.words for term, told in zip(page.all("dt"), page.all("dd"), strict=True)}


def badges(page: Element) -> list[str]:
    return badges_of(page.one("main"))


def badges_of(part: Element) -> list[str]:
    return [badge.words for badge in part.all("span", class_="badge")]


def test_a_signal_leads_to_its_course_which_says_the_same_as_the_api_in_both_languages(stage: Stage) -> None:
    viewer = stage.reader(Role.VIEWER, "team-nord")
    [link] = viewer.page("/signals").one("table").all("a")
    assert (link.words, link.attributes["href"]) == (
        "First impression is falling in Team Nord",
        f"{stage.course()}?series=week",
    )
    page = viewer.page(stage.course())
    assert page.one("h1").words == link.words
    assert "The customers, item Welcome. The fall exceeds the week-to-week noise." in page.words
    assert (badges(page), facts(page)["Usual level"], facts(page)["Red line"]) == (["Signal"], "81.1", "50.0")
    assert facts(page)["Probably since"] == "26 October 2026"
    assert [tab.words for tab in page.one("nav", class_="tabs").all("a")] == ["By week", "By quarter"]
    told = ok(viewer.client.get(f"/api/v1/kpis/{stage.known.kpis[S1]}/courses/{stage.known.subjects['team-nord']}"))
    rows = page.all("table")[0].all("tr")[1:]
    assert [row.all("td")[0].words for row in rows] == [score(one["value"], "en") for one in told["points"]]
    assert [row.all("td")[-1].words for row in rows[-2:]] == ["In control", "Signal"]
    titles = [title.words for title in page.one("main").all("title")]
    assert "First impression in Team Nord, 27 weeks: centre 81.1, limit 78.5, signal 16 November 2026" in titles
    assert "In the year before today this gave one alert in 7 weeks that could be judged" in page.words
    assert page.all("a", href=f"{stage.course()}/accept") == [], "who only reads accepts nothing"
    a_group_that_dries_up_is_told_on_the_page_as_over_the_api(stage, viewer)

    norsk = viewer.page(stage.course(), lang="nb")
    assert norsk.one("h1").words == "Førsteinntrykk faller i Team Nord"
    assert [row.all("td")[0].words.replace(",", ".") for row in norsk.all("table")[0].all("tr")[1:]] == [
        row.all("td")[0].words for row in rows
    ]


def a_group_that_dries_up_is_told_on_the_page_as_over_the_api(stage: Stage, viewer: Reader) -> None:
    assert ok(viewer.client.get("/api/v1/falling-responses"))["items"] == [], "past ratings asked nobody"
    with stage.service.engine.write() as session:
        silence(session, since=date(2026, 10, 19))
    [fall] = ok(viewer.client.get("/api/v1/falling-responses"))["items"]
    assert (fall["subject"]["name"], fall["series"], fall["rater_group"], fall["since"]) == (
        "Team Nord",
        "week",
        "customer",
        "2026-10-19",
    )
    [row] = viewer.page("/signals", lang="nb").one("section", class_="section").all("tr")[1:]
    assert [cell.words for cell in row.all("td")] == [
        "Team Nord",
        "19. oktober 2026",
        *(f"{fall[when]:.0%}".replace("%", " %") for when in ("before", "after")),
    ]


def test_every_kind_of_course_has_a_page(stage: Stage) -> None:
    analyst = stage.reader(Role.ANALYST)
    quarter = Reader(analyst.client).client.get(stage.course(), params={"series": "quarter", "lang": "en"})
    assert tree(quarter.text).one("h1").words == "First impression in Team Nord"
    assert "Rounds are compared from the second one on; 1 is known." in tree(quarter.text).words
    hard = analyst.page(stage.course(H1))
    assert (hard.one("h1").words, badges(hard)) == ("Phone answer time is steady in Team Nord", ["In control"])
    assert facts(hard)["Red line"] == "180 s"
    person = analyst.page(stage.course(H4, "jonas.eide"))
    assert "The usual level is still being learnt: " in person.words
    assert "From 8 months on, the chance to reach the target stands here." in person.words
    assert "is it the right work?" in person.words
    nothing = analyst.page(stage.course(S1, "team-privat"))
    assert nothing.one("div", class_="empty").one("h2").words == "No figures yet"
    release = stage.known.release_of("2026-q3")
    talk = analyst.page(f"/results/{release}/subjects/{stage.known.subjects['jonas.eide']}")
    assert "is it the right work?" in talk.words
    assert stage.course(H4, "jonas.eide") in [link.attributes["href"] for link in talk.all("a")]
    analyst.page(f"{stage.course()}x", status=404)
    stage.reader(Role.ADMIN).page(stage.course(), status=404)


def test_months_are_compared_from_the_second_one_on(stage: Stage) -> None:
    with stage.service.engine.write() as session:
        for first, level in ((date(2026, 8, 1), 5), (date(2026, 9, 1), 4), (date(2026, 10, 1), 3)):
            release_month(session, stage.known, first, level, now=NOW)
    reader = stage.reader(Role.VIEWER, "team-nord")
    answer = reader.client.get(stage.course(), params={"series": "month", "lang": "en"})
    page = tree(answer.text)
    assert (answer.status_code, page.one("h1").words) == (200, "First impression is falling in Team Nord")
    assert "It is a fall of at least 15 points that chance does not explain." in page.words
    rows = [[cell.words for cell in row.all("td")] for row in page.one("main").all("table")[0].all("tr")[1:]]
    assert [(row[0], row[2], row[3]) for row in rows] == [
        ("87.5", "–", "–"),
        ("62.5", "−25.0", "Signal"),
        ("37.5", "−25.0", "Signal"),
    ]
    assert facts(page)["Probably since"] == "1 October 2026"


def test_a_new_level_is_accepted_with_a_reason_and_taken_back(stage: Stage) -> None:
    manager, path = stage.reader(Role.MANAGER, "team-nord"), f"{stage.course()}/accept"
    assert manager.page(stage.course()).all("a", href=path) != []
    assert manager.page(path).one("input", name="starts_on").attributes["value"] == "2026-10-26"
    status, refused = manager.send(path, starts_on="2020-01-01", reason="Ny vaktplan")
    assert isinstance(refused, Element)
    assert (status, wrong_fields(refused)[0][0]) == (422, "#starts_on")
    assert refused.one("textarea", name="reason").words == "Ny vaktplan"
    assert manager.send(path, starts_on="2026-10-26", reason="Ny vaktplan") == (
        303,
        f"{stage.course()}?done=accepted",
    )
    page = manager.page(f"{stage.course()}?done=accepted")
    assert (badges(page), "Ny vaktplan" in page.words) == (["Learning"], True)
    assert manager.page("/signals").all("table") == []
    [back] = [link.attributes["href"] for link in page.all("a") if link.words == "Take back"]
    stage.reader(Role.VIEWER, "team-nord").page(back, status=403)
    assert manager.send(back) == (303, f"{stage.course()}?done=taken_back")
    assert badges(manager.page(stage.course())) == ["Signal"]
    assert manager.client.get(back).headers["location"] == stage.course()
    told = stage.reader(Role.ADMIN).page("/admin/journal").words
    assert "Accepted a new level of a KPI" in told
    assert "Took an accepted level back" in told


def test_a_watch_is_chosen_beside_what_it_would_have_given(stage: Stage) -> None:
    admin, path = stage.reader(Role.ADMIN), f"/kpis/{stage.known.kpis[S1]}/watch"
    reader = stage.reader(Role.VIEWER, "team-nord")
    page = reader.page(path)
    assert [[cell.words for cell in row.all("td")] for row in page.one("table").all("tr")[1:]] == [
        ["1", "less than 0.1", "7"],
        ["1", "less than 0.1", "7"],
    ]
    assert page.one("main").all("form") == []
    assert "Those who read results see here how many alerts there would have been." in admin.page(path).words
    assert admin.page(path).one("input", name="red_line").attributes["value"] == "50"
    status, refused = admin.send(path, method="cusum", season="none", baseline="5", red_line="74,5", version="1")
    assert isinstance(refused, Element)
    assert (status, [where for where, _ in wrong_fields(refused)]) == (422, ["#baseline"])
    assert refused.one("input", name="red_line").attributes["value"] == "74,5"
    sent = {"method": "ewma", "season": "none", "baseline": "20", "red_line": "74,5", "version": "1"}
    assert admin.send(path, **sent) == (303, f"/kpis/{stage.known.kpis[S1]}?done=watch")
    assert admin.send(path, **sent)[0] == 412
    course = reader.page(stage.course())
    assert badges(course) == ["Signal", "Red line"]
    assert (
        "Beyond the red line (74.5) since 9 November 2026. It is over once the figures are back at 79.5."
        in course.words
    )
    rows = reader.page("/signals").one("table").all("tr")[1:]
    assert [(row.one("a").words, badges_of(row)) for row in rows] == [
        ("First impression is falling in Team Nord", ["Red line", "Signal"]),
        ("First impression is beyond its red line in Team Nord", ["Red line"]),
    ]
    assert admin.send(path, **{**sent, "season": "weeks", "version": "2"})[0] == 303
    unseasoned = reader.page(stage.course())
    assert "0 of 20 weeks are known" in unseasoned.words, "no week has one a year before it yet"
    assert len(unseasoned.one("main").all("circle")) >= 27, "the figures are drawn all the same"
    hard = f"/kpis/{stage.known.kpis[H1]}/watch"
    assert admin.page(hard).all("input", name="red_line") == []
    places = [link.words for link in reader.page(f"/kpis/{stage.known.kpis[S1]}").all("a")]
    assert "Team Nord" in places


def test_a_link_is_told_with_its_number_its_interval_and_its_doubts(stage: Stage) -> None:
    page = stage.reader(Role.ANALYST).page("/relevance")
    assert "A link is no proof of a cause." in page.words
    [row] = [row for row in page.one("table").all("tr")[1:] if "Phone answer time" in row.words]
    assert row.one("th").words == "First impression before Phone answer time 24 pairs from one place"
    assert "Chance alone explains it." in row.words
    assert "All of it comes from one place." in row.words
    assert re.search(r"−0\.\d\d and 0\.\d\d", row.words), "an interval that holds 0"
    assert "One week later" in row.words
    assert "First impression before First-contact resolution: 5 pairs" in page.words
    assert "33 pairs of KPIs have no figures side by side yet." in page.words
    stage.reader(Role.VIEWER).page("/relevance", status=403)
