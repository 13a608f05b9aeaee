"""Who may do what, where: every resource with every kind of visitor, against one table.

The table says for each operation what the object's place is and which action it takes; whether somebody gets in
follows from the roles. A stranger's answer never differs from the answer about something that is not there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from app.accounts.rules import ALLOWED, Action
from app.accounts.values import Role
from tests.api.bodies import code_at, key_at, order_at, programme_at, round_at
from tests.api.elsewhere import ELSEWHERE
from tests.api.test_kpis import created, soft_kpi
from tests.api.walk import SOMEWHERE, Operation, walk
from tests.benchmarks.files import sent as their_file
from tests.client import Client
from tests.served import ONE_DATABASE, Served

Body = Callable[["World"], Any]


@dataclass(frozen=True)
class World:
    """Something of every kind in the company, by the names of path parameters; `place` is the team in the north."""

    ids: dict[str, str]
    company: str
    department: str
    place: str
    account: str


@dataclass(frozen=True)
class Case:
    """Where the object of an operation lies, and a body that would do."""

    at: str = "company"
    body: Body | None = None


def renamed(_world: World) -> Any:
    return {"name": "Nytt navn"}


def named(_world: World) -> Any:
    return {"name": {"nb": "Mål", "en": "Goal"}}


def no_rows(_world: World) -> Any:
    return {"rows": []}


CASES: dict[str, Case] = {
    "list_subjects": Case(),
    "create_subject": Case("team", lambda world: {"kind": "team", "name": "Øst", "parent_id": world.place}),
    "get_subject": Case("team"),
    "change_subject": Case("team", renamed),
    "move_subject": Case("team", lambda world: {"parent_id": world.department}),
    "close_subject": Case("team", lambda _: {}),
    "get_tree": Case("team"),
    "list_people": Case(),
    "create_person": Case("team", lambda world: {"name": "Ny", "email": "ny@x.example", "unit_id": world.place}),
    "get_person": Case("team"),
    "change_person": Case("team", lambda _: {"locale": "en"}),
    "add_manager_role": Case("team", lambda world: {"subject_id": world.ids["leader_id"]}),
    "end_manager_role": Case("team", lambda _: {}),
    "list_deputies": Case("team"),
    "appoint_deputy": Case("team", lambda world: {"deputy_id": world.ids["leader_id"], "ends_on": "2026-12-24"}),
    "end_deputy": Case("team", lambda _: {}),
    "list_goals": Case(),
    "get_goal_tree": Case(),
    "create_goal": Case(body=named),
    "get_goal": Case(),
    "change_goal": Case(body=named),
    "list_scales": Case(),
    "create_scale": Case(body=lambda _: {"kind": "points", "points": 5, "name": {"nb": "Fem", "en": "Five"}}),
    "get_scale": Case(),
    "change_scale": Case(body=lambda _: {"kind": "points", "points": 5, "name": {"nb": "Seks", "en": "Six"}}),
    "list_competences": Case(),
    "create_competence": Case(body=named),
    "get_competence": Case(),
    "change_competence": Case(body=named),
    "list_kpis": Case(),
    "create_kpi": Case(body=lambda _: {"kind": "soft", "name": {"nb": "KPI", "en": "KPI"}}),
    "get_kpi": Case(),
    "preview_kpi_form": Case(),
    "change_kpi": Case(body=lambda _: {"kind": "soft", "name": {"nb": "KPI", "en": "KPI"}}),
    "list_kpi_versions": Case(),
    "add_kpi_version": Case(body=lambda _: {"name": {"nb": "KPI", "en": "KPI"}}),
    "activate_kpi": Case(),
    "get_room": Case(),
    "swap_kpi": Case(body=lambda world: {"kpi_id": world.ids["kpi_id"], "state": "paused", "reason": "Plass"}),
    "list_kpi_steps": Case(),
    "pause_kpi": Case(body=lambda _: {"reason": "Måles to ganger"}),
    "retire_kpi": Case(body=lambda _: {"reason": "Måles to ganger"}),
    "get_course": Case("team"),
    "accept_shift": Case("team", lambda _: {"starts_on": "2026-11-23", "reason": "Ny vaktplan"}),
    "list_signals": Case(),
    "list_decision_cases": Case(),
    **{name: Case() for name in ("list_action_plans", "get_library")},
    **{name: Case() for name in ("list_benchmarks", "get_signing_key", "make_signing_key", "list_trusted_keys")},
    "trust_key": Case(body=lambda _: {"public_key": their_file()["public_key"], "name": "Nordvarme"}),
    **{name: Case(body=lambda _: {"file": their_file()}) for name in ("look_at_benchmark", "import_benchmark")},
    "list_falling_responses": Case(),
    "list_relevance": Case(),
    "get_watch": Case(),
    "list_watch_trials": Case(),
    "set_watch": Case(body=lambda _: {"method": "cusum"}),
    "list_targets": Case(),
    "set_target": Case("team", lambda world: {"subject_id": world.place, "starts_on": "2026-11-23", "target": 4}),
    "list_scorecards": Case(),
    "set_scorecard": Case(
        "team",
        lambda world: {"subject_id": world.place, "level": "team", "starts_on": "2026-11-23", "lines": []},
    ),
    "get_scorecard": Case("team"),
    "get_influence": Case("team"),
    "list_rounds": Case(),
    "create_round": Case("team", lambda world: round_at(world.place)),
    "get_round": Case("team"),
    "change_round": Case("team", lambda _: {"asked_by": "Sofie"}),
    "delete_round": Case("team"),
    "set_groups": Case("team", lambda _: {"groups": [{"rater_group": "self", "mode": "named"}]}),
    "set_round_kpis": Case("team", lambda _: {"kpis": []}),
    "set_rated_subjects": Case("team", lambda _: {"subject_ids": []}),
    "preview_round": Case("team"),
    "preview_round_form": Case("team"),
    **{name: Case("team") for name in ("clone_round", "close_round")},
    "launch_round": Case("team", lambda _: {"confirmed": False}),
    "track_round": Case("team"),
    "list_dossiers": Case(),
    "create_dossier": Case("team", lambda world: {"name": {"nb": "Tiltak"}, "scope_id": world.place}),
    "get_dossier": Case("team"),
    "change_dossier": Case("team", lambda world: {"name": {"nb": "Tiltak"}, "scope_id": world.place}),
    "list_dossier_reviews": Case("team"),
    "review_dossier": Case("team", lambda _: {"conclusion": "Fortsetter", "next_on": "2026-12-23"}),
    "list_scenarios": Case(),
    "create_scenario": Case(body=lambda world: {"name": {"nb": "Oppdrag"}, "kpi_ids": [world.ids["kpi_id"]]}),
    "get_scenario": Case(),
    "change_scenario": Case(body=lambda world: {"name": {"nb": "Oppdrag"}, "kpi_ids": [world.ids["kpi_id"]]}),
    "list_visits": Case(),
    "order_visit": Case("team", lambda world: order_at(world.ids["scenario_id"], world.place)),
    "get_standing": Case("team"),
    "list_assignments": Case("team"),
    "add_assignments": Case("team", no_rows),
    "propose_assignments": Case("team"),
    "remove_assignment": Case("team"),
    "approve_assignment": Case("team"),
    "list_conflicts": Case(),
    "mark_conflict": Case(
        "team", lambda world: {"one_id": world.ids["person_id"], "other_id": world.ids["person_id"], "reason": "Gift."}
    ),
    "lift_conflict": Case("team"),
    "get_load_cap": Case(),
    "set_load_cap": Case(body=lambda _: {"minutes": 45}),
    "list_loads": Case("team"),
    "get_usual_moderators": Case(),
    "set_usual_moderators": Case(body=lambda _: {"moderated_by": None}),
    "call_for_nominations": Case("team", lambda _: {"until": "2026-11-24T09:00:00+01:00"}),
    "list_nomination_forms": Case(),
    "list_waiting_nominations": Case(),
    "nominate": Case(
        "team",
        lambda world: {"subject_id": world.ids["leader_id"], "rater_group": "colleague", "email": "kari@x.example"},
    ),
    "approve_nomination": Case("team"),
    "refuse_nomination": Case("team", lambda _: {"reason": "Har ikke møttes."}),
    "withdraw_nomination": Case("team"),
    "list_invitations": Case("team"),
    "list_programmes": Case(),
    "create_programme": Case("team", lambda world: programme_at(world.place, world.ids["kpi_id"])),
    "record_encounters": Case(body=lambda _: {"encounters": []}),
    "import_encounters": Case(body=no_rows),
    "list_open_codes": Case(),
    "create_open_code": Case("team", lambda world: code_at(world.place, world.ids["kpi_id"])),
    "list_letters": Case(),
    "get_letter": Case(),
    "word_letter": Case(body=lambda _: {}),
    "reset_letter": Case(),
    "preview_letter": Case(body=lambda _: {}),
    "list_suppressions": Case(),
    "get_suppression": Case(),
    "add_suppression": Case(body=lambda world: {"person_id": world.ids["person_id"], "reason": "Ba om det"}),
    "lift_suppression": Case(body=lambda _: {"reason": "Er rettet"}),
    "list_readings": Case(),
    "record": Case(body=lambda _: {"readings": []}),
    "import_organisation": Case(body=no_rows),
    "import_people": Case(body=no_rows),
    "import_readings": Case(body=no_rows),
    "import_ratings": Case("team", no_rows),
    "release_round": Case("team"),
    "list_releases": Case(),
    "list_accounts": Case(),
    "create_account": Case(body=lambda _: {"email": "ny@x.example", "name": "Ny"}),
    "grant_role": Case("team", lambda world: {"role": "viewer", "subject_id": world.place}),
    "revoke_role": Case("team", lambda world: {"role": "viewer", "subject_id": world.place}),
    "reset_sign_in": Case("team", lambda _: {"reason": "Mistet telefonen"}),
    "get_sign_in_rules": Case(),
    "set_sign_in_rules": Case(body=lambda _: {"second_factor": "nobody"}),
    "list_api_keys": Case(),
    "create_api_key": Case("team", lambda world: key_at(world.place)),
    "revoke_api_key": Case("team"),
    "list_entries": Case(),
}


@pytest.fixture
def world(served: Served) -> World:
    """Made anew for each test, since half of the operations change it."""
    client, company = served.with_key(), served.company
    goal = created(client, "/goals", {"name": {"nb": "Mål", "en": "Goal"}})["id"]
    scale = created(client, "/scales", {"kind": "points", "points": 5, "name": {"nb": "Fem", "en": "Five"}})["id"]
    kpi = created(client, "/kpis", soft_kpi(goal, company.owner, scale))["id"]
    card = {"subject_id": company.north, "level": "person", "starts_on": "2026-11-23", "lines": []}
    round_id = created(client, "/rounds", round_at(company.north))["id"]
    groups = {"groups": [{"rater_group": "colleague", "mode": "confidential"}]}
    client.put(f"/api/v1/rounds/{round_id}/groups", json=groups, headers={"if-match": '"1"'})
    client.put(
        f"/api/v1/rounds/{round_id}/subjects", json={"subject_ids": [company.sofie]}, headers={"if-match": '"2"'}
    )
    row = {"rater_group": "colleague", "subject": "sofie", "external_id": "kari"}
    added = client.post(f"/api/v1/rounds/{round_id}/assignments", json={"rows": [row]})
    assert added.json()["created"] == 1, added.text
    role = created(client, f"/subjects/{company.north}/managers", {"subject_id": company.kari})
    key = client.post("/api/v1/api-keys", json=key_at(company.north)).json()
    ids = {
        "subject_id": company.north,
        "person_id": company.owner,
        "role_id": role["id"],
        "leader_id": company.sofie,
        "goal_id": goal,
        "scale_id": scale,
        "competence_id": created(client, "/competences", {"name": {"nb": "Lytte"}})["id"],
        "kpi_id": kpi,
        "scorecard_id": created(client, "/scorecards", card)["id"],
        "round_id": round_id,
        "assignment_id": client.get(f"/api/v1/rounds/{round_id}/assignments").json()["items"][0]["id"],
        "account_id": served.accounts["nobody"],
        "key_id": key["id"],
    }
    dossier = created(client, "/dossiers", {"name": {"nb": "Tiltak"}, "scope_id": company.north})
    ids["dossier_id"] = dossier["id"]
    client.post(f"/api/v1/kpis/{kpi}/activate")
    scenario = created(client, "/visit-scenarios", {"name": {"nb": "Oppdrag"}, "kpi_ids": [kpi]})
    ids["scenario_id"] = scenario["id"]
    return World(ids, company.id, company.department, company.north, served.accounts["nobody"])


ROLES = {
    **{role.value: (role, "company") for role in (Role.ADMIN, Role.ANALYST, Role.HR, Role.OBSERVER, Role.AUDITOR)},
    **{role.value: (role, "team") for role in (Role.MANAGER, Role.VIEWER)},
}
# Open to whoever reads the rules of rounds, although a key needs the scope that implies it.
OF_RULES = {"list_rounds", "get_round", "preview_round_form", "get_load_cap", "get_usual_moderators"}
OF_RULES |= {"list_dossiers", "get_dossier", "list_dossier_reviews"}


def ask(client: Client, operation: Operation, world: World) -> Any:
    case = CASES[operation.name]
    query = {"company_id": world.company} if "company_id" in NEEDS_COMPANY.get(operation.name, ()) else {}
    if operation.name == "import_ratings":
        query = {"round_id": world.ids["round_id"]}
    path = operation.path(**world.ids, letter="invitation").partition("?")[0]
    body = case.body(world) if case.body is not None else None
    return client.request(operation.method, path, json=body, params=query, headers=operation.headers)


NEEDS_COMPANY: dict[str, tuple[str, ...]] = dict.fromkeys(
    (
        *(f"list_{kind}" for kind in ("subjects", "people", "goals", "scales", "kpis", "scorecards", "rounds")),
        "list_competences",
        "create_competence",
        *("list_dossiers", "create_dossier", "list_scenarios", "create_scenario", "order_visit"),
        *("list_conflicts", "get_load_cap", "set_load_cap"),
        *("get_usual_moderators", "set_usual_moderators"),
        *("list_readings", "list_releases", "list_signals", "list_decision_cases", "list_action_plans"),
        *("list_falling_responses", "list_accounts", "list_api_keys", "list_entries"),
        *("get_sign_in_rules", "set_sign_in_rules"),
        *("create_person", "create_goal", "create_scale", "create_kpi", "set_scorecard", "create_round", "record"),
        *("import_organisation", "import_people", "import_readings", "import_encounters"),
        *("list_programmes", "create_programme", "record_encounters", "list_open_codes", "create_open_code"),
        *("list_letters", "get_letter", "word_letter", "reset_letter", "preview_letter"),
        *("list_benchmarks", "get_signing_key", "make_signing_key", "list_trusted_keys", "trust_key"),
        *("look_at_benchmark", "import_benchmark", "list_suppressions"),
        *("get_suppression", "add_suppression", "lift_suppression"),
    ),
    ("company_id",),
)


@ONE_DATABASE
def test_every_operation_stands_in_the_table(served: Served) -> None:
    found = {operation.name for operation in walk(served) if not operation.is_open}
    assert found == CASES.keys() | ELSEWHERE


@ONE_DATABASE
@pytest.mark.parametrize("name", ROLES)
def test_a_role_opens_what_it_allows_where_it_was_given(served: Served, world: World, name: str) -> None:
    role, held_at = ROLES[name]
    browser = served.signed_in(name)
    for operation in sorted(walk(served), key=lambda one: one.method != "GET"):
        if operation.name not in CASES or operation.scope is None:
            continue
        at = CASES[operation.name].at
        reaches = held_at == "company" or at == "team"
        allowed = (Action.RULES_READ if operation.name in OF_RULES else operation.scope) in ALLOWED[role]
        status = ask(browser, operation, world).status_code
        if allowed and reaches:
            assert status not in {401, 403}, f"{name} {operation.name}: {status}"
        elif not allowed:
            assert status in {403, 404} or is_empty_list(browser, operation, world), (
                f"{name} {operation.name}: {status}"
            )


@ONE_DATABASE
@pytest.mark.parametrize("name", ["foreign", "nobody"])
def test_a_stranger_learns_nothing_of_what_is_there(served: Served, world: World, name: str) -> None:
    browser = served.signed_in(name)
    made_up = World(dict.fromkeys(world.ids, SOMEWHERE), SOMEWHERE, SOMEWHERE, SOMEWHERE, SOMEWHERE)
    for operation in walk(served):
        if operation.name in CASES:
            answer = ask(browser, operation, world)
            if answer.status_code != 200:
                missing = ask(browser, operation, made_up)
                assert (answer.status_code, answer.json()) == (missing.status_code, missing.json()), operation.name
            assert answer.status_code in {200, 403, 404, 422} or operation.name in OWN, (
                f"{operation.name} {answer.text}"
            )
            if operation.name not in OWN:
                for known in (*world.ids.values(), "Fjellbris", "sofie"):
                    assert known not in answer.text, f"{operation.name} {known}"


# An administrator elsewhere may make an account; it says nothing of ours.
OWN = {"create_account"}


@ONE_DATABASE
def test_without_a_session_or_key_every_resource_asks_for_one(served: Served, world: World) -> None:
    strangers = {
        "nobody": served.anonymous(),
        "a made-up key": served.anonymous(authorization="Bearer sk_00000000_" + "x" * 43),
        "no key": served.anonymous(authorization="Bearer "),
        "another scheme": served.anonymous(authorization="Basic YTpi"),
        "a made-up cookie": served.anonymous(cookie="session=" + "x" * 43, origin="http://127.0.0.1:8000"),
    }
    for who, client in strangers.items():
        for operation in walk(served):
            if operation.name in CASES:
                answer = ask(client, operation, world)
                assert answer.status_code == 401, f"{who} {operation.name} {answer.text}"
                assert answer.headers["www-authenticate"] == "Bearer"


@ONE_DATABASE
def test_a_key_opens_what_its_scopes_say_and_no_more(served: Served, world: World) -> None:
    for scope in (Action.ORGANISATION_READ, Action.ROUNDS_WRITE, Action.RESULTS_READ):
        client = served.with_key(scope)
        for operation in walk(served):
            if operation.name in CASES and operation.scope != scope:
                answer = ask(client, operation, world)
                assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing"), (
                    f"{scope} {operation.name}"
                )


@ONE_DATABASE
def test_a_key_for_a_team_reaches_nothing_beside_it(served: Served, world: World) -> None:
    client = served.with_key(subject_id=served.company.south)
    for operation in walk(served):
        if operation.name in CASES and CASES[operation.name].at == "team":
            answer = ask(client, operation, world)
            assert answer.status_code in {403, 404}, f"{operation.name} {answer.status_code} {answer.text}"


def test_a_revoked_key_is_no_key(served: Served) -> None:
    secret = served.key()
    client = served.anonymous(authorization=f"Bearer {secret}")
    keys = client.get("/api/v1/api-keys").json()["items"]
    mine = next(one for one in keys if one["prefix"] == secret.split("_")[1])
    assert "secret" not in mine
    assert client.post(f"/api/v1/api-keys/{mine['id']}/revoke").json()["revoked_at"] is not None
    assert client.get("/api/v1/api-keys").status_code == 401


def is_empty_list(browser: Client, operation: Operation, world: World) -> bool:
    if operation.method != "GET":
        return False
    answer = ask(browser, operation, world)
    return bool(answer.status_code == 200 and answer.json().get("items") == [])
