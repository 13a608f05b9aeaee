"""The pages and resources of analysis over HTTP: for analysts, and as if they were not there for everybody else."""

from datetime import datetime, timedelta

import pytest

from app.accounts.commands import create_account, grant_role
from app.accounts.rules import SERVICE
from app.accounts.values import NewAccount, Role
from app.infra.database import Database
from app.infra.formats import points_range, score
from app.organisation.queries import path_of
from tests.analysis.built import released, sheets
from tests.served import ONE_DATABASE
from tests.web.desk import Browser, Desk, desk_of, form_of, wrong_fields
from tests.web.markup import tree

PAGES = ("scores", "changes", "raters", "reliability", "notes/new")


@pytest.fixture
def analysed(engine: Database, now: datetime) -> tuple[Desk, str, Browser]:
    """The desk with a released round, and the browser of who analyses all of it."""
    desk = desk_of(engine, now)
    with engine.write() as session:
        release = released(session, desk.company, sheets(), now)
        account = create_account(session, SERVICE, NewAccount("analyst@konto.example", "Analyst", "en"), now=now)
        path = path_of(session, desk.company.id, on=now.date())
        grant_role(session, SERVICE, account.id, Role.ANALYST, path, now=now)
        desk.accounts["analyst"] = account.id
    return desk, release.id, desk.browser("analyst")


@ONE_DATABASE
def test_an_analyst_compares_raters_and_leaves_a_note(analysed: tuple[Desk, str, Browser]) -> None:
    desk, release, analyst = analysed
    base, kpi = f"/results/{release}/analysis", desk.company.kpis["first impression"]
    [link] = [one for one in analyst.page("/results").all("a") if "/analysis/" in one.attributes["href"]]
    page = analyst.page(link.attributes["href"])
    assert page.one("h1").words == "Analysis: First impression"
    assert "Nobody has said yet how the raters came to their subjects." in page.words
    form = form_of(page, f"{base}/assignment")
    assert form == {"kpi_id": [kpi], "answer": ["unknown"]}
    assert analyst.post(f"{base}/assignment", {"kpi_id": kpi, "answer": "perhaps"}).status_code == 422
    done = analyst.post(f"{base}/assignment", {"kpi_id": kpi, "answer": "unrelated"})
    assert (done.status_code, done.headers["location"]) == (303, f"{base}/scores?kpi_id={kpi}&done=answered")
    page = analyst.page(done.headers["location"])
    sofie = next(row for row in page.all("tr") if "Sofie Berg" in row.words)
    told = analyst.get(f"/api/v1/releases/{release}/severity/{kpi}").json()["subjects"]
    one = next(each for each in told if each["name"] == "Sofie Berg")
    fair = one["fair"]
    assert [cell.words for cell in sofie.all("td")][:4] == [
        f"{score(one['released'], 'en')} {points_range(one['lo'], one['hi'])}",
        f"{score(one['plain'], 'en')} 12 ratings",
        f"{score(fair['score'], 'en')} {points_range(fair['lo'], fair['hi'])}",
        f"{fair['reliability']:.2f}, solid",
    ]

    read_the_model(analyst, release, kpi)
    reliability = analyst.page(f"{base}/reliability?kpi_id={kpi}&wished=0.9&lang=nb")
    assert "3 som alle har vurdert de samme 10 på 2 punkter" in reliability.words
    told = analyst.get(f"/api/v1/releases/{release}/reliability/{kpi}").json()["groups"]
    same = next(one for one in told if one["rater_group"] == "mystery_shopper")["same"]
    row = next(row for row in reliability.all("tr") if "vurdert de samme 10" in row.words)
    assert [cell.words[:4] for cell in row.all("td")] == [
        f"{same[form]['value']:.2f}".replace(".", ",")
        for form in ("drawn_one", "drawn_mean", "fixed_one", "fixed_mean")
    ]
    assert analyst.get(f"{base}/reliability?wished=2").status_code == 422
    leave_a_note(analyst, base, kpi, desk.company.subjects["Sofie Berg"])


@ONE_DATABASE
def test_an_analyst_reads_what_has_changed(analysed: tuple[Desk, str, Browser]) -> None:
    desk, release, analyst = analysed
    kpi = desk.company.kpis["first impression"]
    first = analyst.page(f"/results/{release}/analysis/changes?kpi_id={kpi}")
    assert "No subject has been compared with an earlier round here." in first.words
    later = desk.clock.now + timedelta(days=40)
    with desk.engine.write() as session:
        second = released(session, desk.company, sheets(2), later, name="Vinter", month=12).id
    told = analyst.get(f"/api/v1/releases/{second}/changes/{kpi}").json()
    [since] = told["rounds"]
    page = analyst.page(f"/results/{second}/analysis/changes?kpi_id={kpi}")
    pairs = f"({since['pairs']} pairs)"
    assert f"Since Høst: scores of the same raters correlate by {since['correlation']:.2f} {pairs}." in page.words
    for name, error in (("Elias Dahl", True), ("Lars Moen", False)):  # of Lars' colleagues there are three
        one = next(each for each in told["subjects"] if each["name"] == name)
        row = next(row for row in page.all("tr") if name in row.words)
        before, after, points, se, index, _ = (cell.words for cell in row.all("td"))
        assert (before, after) == (score(one["before"], "en"), score(one["after"], "en"))
        assert points.lstrip("+\N{MINUS SIGN}").startswith(f"{abs(one['points']):.1f}")
        assert (se, index.lstrip("+\N{MINUS SIGN}")) == (
            (f"{one['se']:.1f}", f"{abs(one['index']):.2f}") if error else ("–", "–")
        )
        assert (one["se"] is not None, one["lo"].is_integer()) == (error, not error)


def read_the_model(analyst: Browser, release: str, kpi: str) -> None:
    """Raters, rater groups and tests: the page, the API and the file say the same."""
    raters = analyst.page(f"/results/{release}/analysis/raters?kpi_id={kpi}")
    assert [one in raters.words for one in ("Stricter", "Amir Haddad", "kunde-1")] == [True, True, False]
    [part] = analyst.get(f"/api/v1/releases/{release}/severity/{kpi}").json()["components"]
    test, customers = part["tests"]["raters"], next(one for one in part["groups"] if one["rater_group"] == "customer")
    assert (test["p_value"] < 0.001, test["statistic"] > 10, "raters under 0.001" in raters.words) == (True, True, True)
    row = next(row for row in raters.all("tr") if [one.words for one in row.all("th")] == ["Customers"])
    assert row.all("td")[1].words == f"{customers['level']:.1f} error {customers['level_se']:.1f}"
    assert f"error {customers['se']:.1f}" in row.words

    [href] = [one.attributes["href"] for one in raters.all("a") if ".csv" in one.attributes["href"]]
    table = [line.split(";") for line in analyst.get(href).content.decode("utf-8-sig").splitlines()]
    by = {(row[1], row[2]): row[3:] for row in table}
    told = by["Variance between raters", ""]
    assert [float(told[place]) for place in (0, 4, 5)] == [
        part["variances"]["raters"],
        test["statistic"],
        test["p_value"],
    ]
    against = by["Against all groups", "Customers"]
    assert [float(cell) for cell in against[:4]] == [customers[name] for name in ("points", "se", "lo", "hi")]
    assert by["Severity", "Amir Haddad"][0] != ""


def leave_a_note(analyst: Browser, base: str, kpi: str, subject: str) -> None:
    about = {"kpi_id": kpi, "subject_id": subject}
    refused = analyst.post(f"{base}/notes/new", {**about, "choice": "fair", "reason": ""})
    assert (refused.status_code, [where for where, _ in wrong_fields(tree(refused.text))]) == (422, ["#reason"])
    shown = analyst.page(f"{base}/notes/new?kpi_id={kpi}&subject_id={about['subject_id']}")
    assert form_of(shown, f"{base}/notes/new") == {**{name: [one] for name, one in about.items()}, "reason": [""]}
    noted = analyst.post(f"{base}/notes/new", {**about, "choice": "fair", "reason": "A strict customer."})
    assert "Bruk den rettferdige poengsummen: A strict customer." in analyst.page(noted.headers["location"]).words


@ONE_DATABASE
def test_for_everybody_else_there_is_nothing(analysed: tuple[Desk, str, Browser]) -> None:
    desk, release, analyst = analysed
    kpi, sofie = desk.company.kpis["first impression"], desk.company.subjects["Sofie Berg"]
    asked = f"?kpi_id={kpi}&subject_id={sofie}"
    note = {"subject_id": sofie, "kpi_id": kpi, "choice": "plain", "reason": "So."}
    pages = [f"/results/{release}/analysis/{name}{asked}" for name in PAGES]
    reads = [f"/api/v1/releases/{release}/{name}" for name in ("assignment-answer", f"severity/{kpi}")]
    reads += [f"/api/v1/releases/{release}/{name}/{kpi}" for name in ("reliability", "changes", "score-notes")]
    assert {analyst.get(path).status_code for path in pages + reads} == {200}
    for who in ("owner", "second", "reader", "admin", "stranger", "teammate"):
        other = desk.browser(who)
        for path in pages + reads:
            answer, missing = other.get(path), other.get(path.replace(release, sofie))
            assert (answer.status_code, missing.status_code) == (404, 404), f"{who} {path}"
        answered = other.client.put(
            f"/api/v1/releases/{release}/assignment-answer", json={"answer": "unrelated"}, headers={"if-match": '"0"'}
        )
        noted = other.client.post(f"/api/v1/releases/{release}/score-notes", json=note)
        posted = other.post(f"/results/{release}/analysis/assignment", {"kpi_id": kpi, "answer": "unrelated"})
        on_page = other.post(f"/results/{release}/analysis/notes/new", note)
        assert {one.status_code for one in (answered, noted, posted, on_page)} == {404}, who
        assert "/analysis/" not in other.get("/results").text
    kept = analyst.client.put(
        f"/api/v1/releases/{release}/assignment-answer", json={"answer": "unrelated"}, headers={"if-match": '"0"'}
    )
    assert (kept.status_code, kept.headers["etag"]) == (200, '"1"')
    assert analyst.client.post(f"/api/v1/releases/{release}/score-notes", json=note).status_code == 201
    assert analyst.get(f"/api/v1/releases/{release}/score-notes/{kpi}").json()["items"][0]["reason"] == "So."
    severity = analyst.get(f"/api/v1/releases/{release}/severity/{kpi}").json()
    assert len(severity["raters"]) == 22
    assert {len(one["rater_groups"]) for one in severity["raters"]} == {1}
