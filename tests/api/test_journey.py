"""One rating from the organisation to the feedback summary, by another system, through nothing but the API."""

from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from re import findall
from typing import Any

import pytest

from app.dispatch import Post
from app.infra.smtp import FolderTransport
from app.infra.templates import build_environment
from app.mail.letters import Writer
from app.worker import run_once
from tests.api.test_kpis import created, soft_kpi
from tests.client import Client
from tests.dossiers.plain import complete
from tests.served import ADDRESS, Served

ORGANISATION = "external_id;kind;name;parent_external_id\nost;team;Team Øst;kundesenter\n"
PEOPLE = "external_id;name;email;unit;leads\n" + "".join(
    f"{number};{name} Øst;{name.lower()}@ost.example;ost;{leads}\n"
    for number, (name, leads) in enumerate((("Ida", "ost"), ("Per", ""), ("Liv", ""), ("Jon", "")), start=1)
)
CUSTOMERS = "rater_group,subject,email\n" + "".join(f"customer,2,kunde{n}@kunder.example\n" for n in range(1, 6))


@pytest.fixture
def client(served: Served) -> Client:
    return served.with_key()


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return Post(FolderTransport(tmp_path), Writer(build_environment(), "kpi@fjellbris.example"), ADDRESS)


def upload(client: Client, path: str, text: str, **query: str) -> Any:
    answer = client.post(f"/api/v1{path}", files={"file": ("fil.csv", text.encode(), "text/csv")}, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def put(client: Client, path: str, body: Any) -> Any:
    version = client.get(f"/api/v1{path.rpartition('/')[0]}").headers["etag"]
    answer = client.put(f"/api/v1{path}", json=body, headers={"if-match": version})
    assert answer.status_code == 200, answer.text
    return answer.json()


def done(client: Client, path: str, body: Any = None) -> Any:
    answer = client.post(f"/api/v1{path}", json=body)
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


def links_in(folder: Path) -> dict[str, str]:
    """The rating link of each address, out of the letters."""
    found = {}
    for file in sorted(folder.glob("*.eml")):
        mail = message_from_bytes(file.read_bytes(), policy=policy.default)
        text = mail.get_body(("plain",))
        assert text is not None
        found[str(mail["To"].addresses[0].addr_spec)] = findall(r"/r/([A-Za-z0-9_-]{32})", text.get_content())[0]
    return found


def company_of_four(client: Client) -> dict[str, str]:
    """A team of four by import; ids of the subjects by external id."""
    dry = upload(client, "/imports/organisation", ORGANISATION, dry_run="true")
    assert (dry["dry_run"], dry["created"]) == (True, 1)
    assert upload(client, "/imports/organisation", ORGANISATION)["created"] == 1
    assert upload(client, "/imports/organisation", ORGANISATION) | {"rows": []} == dry | {
        "dry_run": False,
        "created": 0,
        "unchanged": 1,
        "rows": [],
    }
    assert upload(client, "/imports/people", PEOPLE)["created"] == 4
    people = client.get("/api/v1/people", params={"limit": 200}).json()["items"]
    return {one["external_id"]: one["subject_id"] for one in people if one["subject_id"]}


def two_kpis(client: Client, owner: str, company_id: str) -> tuple[str, str]:
    goal = created(client, "/goals", {"name": {"nb": "Fornøyde kunder", "en": "Satisfied customers"}})
    scale = created(client, "/scales", {"kind": "points", "points": 5, "name": {"nb": "Fem", "en": "Five"}})
    soft = created(client, "/kpis", soft_kpi(goal["id"], owner, scale["id"]))
    about = soft_kpi(goal["id"], owner, scale["id"])
    hard = created(
        client,
        "/kpis",
        {
            **{name: about[name] for name in ("purpose", "criterion", "decision_rule", "goal_id", "owner_id")},
            "kind": "hard",
            "name": {"nb": "Svartid", "en": "Answer time"},
            "external_id": "answer-time",
            "unit": {"nb": "s", "en": "s"},
            "direction": "lower",
            "aggregation": "median",
            "cadence": "month",
        },
    )
    created(
        client, f"/kpis/{hard['id']}/targets", {"starts_on": "2026-11-23", "floor": 180, "target": 45, "stretch": 20}
    )
    for kpi in (soft, hard):
        done(client, f"/kpis/{kpi['id']}/activate")
    lines = [{"kpi_id": soft["id"], "weight": 60, "required": True}, {"kpi_id": hard["id"], "weight": 40}]
    created(
        client,
        "/scorecards",
        {"subject_id": company_id, "level": "person", "starts_on": "2026-11-23", "lines": lines},
    )
    return soft["id"], hard["id"]


def put_dossier_on_record(client: Client, responsible: str) -> None:
    """In two steps and with a review: what a round asks for is said until it is there."""
    bare = created(client, "/dossiers", {"name": {"nb": "Kunders vurdering"}})
    path = f"/dossiers/{bare['id']}"
    assert ("purpose" in bare["lacking"], "review_on" in bare["lacking"]) == (True, True)
    changed = client.put(f"/api/v1{path}", json=complete(responsible), headers={"if-match": '"1"'})
    assert (changed.status_code, changed.json()["lacking"]) == (200, [])
    reviewed = created(client, f"{path}/reviews", {"conclusion": "Fortsetter.", "next_on": "2027-02-01"})
    assert reviewed["review_on"] == "2027-02-01"
    assert client.get(f"/api/v1{path}/reviews").json()["items"][0]["conclusion"] == "Fortsetter."
    assert [one["id"] for one in client.get("/api/v1/dossiers").json()["items"]] == [bare["id"]]


def drafted(client: Client, company_id: str, soft: str, rated: str) -> str:
    made = created(
        client,
        "/rounds",
        {
            "scope_id": company_id,
            "name": {"nb": "Høst", "en": "Autumn"},
            "purpose": {"nb": "Slik møter vi kundene", "en": "How we meet customers"},
            "asked_by": "Ida Øst",
            "period_start": "2026-10-01",
            "period_end": "2026-10-31",
            "opens_at": "2026-11-23T10:00:00+01:00",
            "closes_at": "2026-11-27T16:00:00+01:00",
            "release_mode": "manual",
        },
    )
    path = f"/rounds/{made['id']}"
    groups = [{"rater_group": group, "mode": "confidential", "k": 3} for group in ("customer", "colleague")]
    put(client, f"{path}/groups", {"groups": groups})
    put(client, f"{path}/kpis", {"kpis": [{"kpi_id": soft}]})
    put(client, f"{path}/subjects", {"subject_ids": [rated]})
    assert done(client, f"{path}/assignments/propose")["created"] == 2
    assert upload(client, f"{path}/assignments", CUSTOMERS)["created"] == 5
    return path


def rate(served: Served, token: str, answer: str) -> Any:
    rater = served.anonymous()
    form = rater.get(f"/api/v1/forms/{token}").json()
    (subject,) = form["subjects"]
    answers = {item["field"]: answer for item in subject["items"]}
    sent = {"submission_id": form["submission_id"], "answers": answers}
    return rater.put(f"/api/v1/forms/{token}", json=sent)


def test_one_rating_travels_from_the_organisation_to_the_summary(
    served: Served, client: Client, post: Post, tmp_path: Path
) -> None:
    people = company_of_four(client)
    soft, hard = two_kpis(client, served.company.owner, served.company.id)
    path = drafted(client, served.company.id, soft, people["2"])

    preview = client.get(f"/api/v1{path}/preview").json()
    assert (preview["can_publish"], preview["letters"]) == (True, 7)
    refused = client.post(f"/api/v1{path}/launch", json={"confirmed": True})
    assert (refused.status_code, [one["field"] for one in refused.json()["errors"]]) == (422, ["dossier"])
    put_dossier_on_record(client, served.company.owner)
    assert done(client, f"{path}/launch", {"confirmed": True})["state"] == "open"
    run_once(served.engine, post, now=served.clock.now)
    links = links_in(tmp_path)
    assert len(links) == 7
    assert {one["delivery"] for one in client.get(f"/api/v1{path}/invitations").json()["items"]} == {"sent"}

    for number, answer in enumerate(("5", "4", "4", "3"), start=1):
        assert rate(served, links[f"kunde{number}@kunder.example"], answer).status_code == 200
    assert rate(served, links["kunde5@kunder.example"], "na").json()["rated"] == ["Per Øst"]
    for name in ("liv", "jon"):
        assert rate(served, links[f"{name}@ost.example"], "5").status_code == 200
    assert rate(served, links["kunde1@kunder.example"], "4").status_code == 200

    reading = {"kpi": "answer-time", "subject": "2", "start": "2026-10-01", "end": "2026-10-31", "value": 45}
    assert done(client, "/readings", {"readings": [reading]})["created"] == 1
    assert done(client, "/readings", {"readings": [reading]})["unchanged"] == 1

    served.clock.pass_by(timedelta(days=5))
    late = f"/api/v1/forms/{links['kunde2@kunder.example']}"
    sent = {"submission_id": "0123456789", "answers": {"a.1": "1"}}
    assert [served.anonymous().get(late).status_code, served.anonymous().put(late, json=sent).status_code] == [410] * 2
    assert done(client, f"{path}/close")["state"] == "closed"
    release = done(client, f"{path}/release")
    assert done(client, f"{path}/release") == release

    check_figures(client, f"/releases/{release['id']}", people["2"], soft, hard)


def check_figures(client: Client, path: str, subject_id: str, soft: str, hard: str) -> None:
    answer = client.get(f"/api/v1{path}/scores/{subject_id}").json()
    assert answer["scale"] == {"min": 0, "max": 100}
    scores = {(one["kpi_id"], tuple(one["rater_groups"]), one["item_id"] is None): one for one in answer["items"]}
    # Customers 4 4 4 3, so 68.75; two colleagues are too few: the KPI stands on customers alone, 60 % of its weight.
    customers = scores[soft, ("customer",), True]
    assert (customers["status"], customers["score"], customers["raters"]) == ("ok", 68.75, 4)
    assert scores[soft, ("colleague",), True]["status"] == "suppressed"
    assert (scores[soft, (), True]["score"], scores[soft, (), True]["coverage"]) == (68.75, 0.6)
    assert scores[hard, (), True]["score"] == 75.0
    composite = scores[None, (), True]
    assert composite["score"] == pytest.approx(0.6 * 68.75 + 0.4 * 75.0, abs=1e-9)

    summary = client.get(f"/api/v1{path}/summaries/{subject_id}").json()
    assert summary["composite"]["figure"]["score"] == composite["score"]
    assert [kpi["figure"]["score"] for kpi in summary["soft"]] == [68.75]
    assert [(kpi["value"], kpi["is_reached"]) for kpi in summary["hard"]] == [(45.0, True)]
    assert client.get(f"/api/v1{path}/explanations/{subject_id}").status_code == 200


def test_nobody_without_a_reading_role_sees_a_figure(
    served: Served, client: Client, post: Post, tmp_path: Path, sign_in: Callable[[str], Client]
) -> None:
    people = company_of_four(client)
    soft, _ = two_kpis(client, served.company.owner, served.company.id)
    path = drafted(client, served.company.id, soft, people["2"])
    put_dossier_on_record(client, served.company.owner)
    done(client, f"{path}/launch", {"confirmed": True})
    run_once(served.engine, post, now=served.clock.now)
    for token in links_in(tmp_path).values():
        rate(served, token, "4")
    served.clock.pass_by(timedelta(days=5))
    done(client, f"{path}/close")
    release = done(client, f"{path}/release")["id"]
    of_her = ("scores/{}", "summaries/{}", "summaries/{}.csv", "explanations/{}", "explanations/{}/against/target")
    about = [f"/{what.format(people['2'])}" for what in (*of_her, "rankings/{}", "competitors")]
    expected = {
        "analyst": [200] * 9,
        # Managers and viewers of another team see that there is a release, and none of its figures about this one.
        "manager": [200, 200, *[404] * 7],
        "viewer": [200, 200, *[404] * 7],
        "admin": [404] * 9,
        "foreign": [404] * 9,
        "nobody": [404] * 9,
    }
    for name, statuses in expected.items():
        browser = sign_in(name)
        answers = [browser.get(f"/api/v1/releases/{release}{part}") for part in ("", "/scores", *about)]
        assert [answer.status_code for answer in answers] == statuses, name
        assert (people["2"] in answers[1].text) == (name == "analyst"), name
    assert served.with_key("rounds:read").get(f"/api/v1/releases/{release}").status_code == 403
