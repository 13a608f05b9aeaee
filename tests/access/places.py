"""One organisation with something of every kind at each place, so that every route can be tried with everybody everywhere.

Made through the resources themselves, by a key that may everything; `World.ids` are named like the parts of addresses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from app.infra.ids import new_id
from app.invitations.tables import InvitationRow
from app.rounds.tables import NominationRow
from tests.api.bodies import code_at, key_at, order_at, programme_at, round_at
from tests.api.test_kpis import created, soft_kpi
from tests.client import Client
from tests.dossiers.plain import complete
from tests.served import Served

NOWHERE = "6f1d2a34-8f0b-4c7a-b1de-55c2a6f0d9e2"
# The same everywhere, and no secret.
PLAIN = {
    "letter": "invitation",
    "role": "viewer",
    "number": "1",
    "kind": "people",
    "locale": "nb",
    "pack": "service",
    "language": "nb",
    "reference": "target",
}
SINCE = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAYS = {"starts_on": "2026-11-23", "ends_on": "2026-12-24"}


class Place(StrEnum):
    """Where an object lies, seen from the team in the north."""

    OWN = "own"
    SIBLING = "sibling"
    PARENT = "parent"
    OTHER = "other company"
    MISSING = "missing"


@dataclass(frozen=True)
class World:
    """Something of every kind at one place, and who is rated there; empty where nothing is.

    `path` leads from the company down to it, `below` are paths to where the visitors of the same company
    have their roles, and to who is one of them.
    """

    path: tuple[str, ...]
    ids: Mapping[str, str]
    person: str = ""
    below: tuple[tuple[str, ...], ...] = ()

    @property
    def company(self) -> str:
        return self.path[0] if self.path else NOWHERE


MISSING = World((), {})


@dataclass(frozen=True)
class Home:
    """What a world is made from: whose key makes it, where, and who lives there."""

    client: Client
    path: tuple[str, ...]
    defined: Mapping[str, str]
    person: str
    person_id: str
    external_id: str
    below: tuple[tuple[str, ...], ...]


def furnish(served: Served) -> dict[Place, World]:
    """The worlds of the company and of the other one."""
    company = served.company
    own, foreign = served.with_key(), served.with_key(subject_id=served.other_company)
    team = created(foreign, "/subjects", {"kind": "team", "name": "Ute", "parent_id": served.other_company})["id"]
    names = created(
        own, "/people", {"name": "Ida", "email": "ida@x.example", "external_id": "ida", "unit_id": company.id}
    )
    other = created(
        foreign, "/people", {"name": "Ulf", "email": "ulf@x.example", "external_id": "ulf", "unit_id": team}
    )
    people = {one["subject_id"]: one["id"] for one in own.get("/api/v1/people").json()["items"]}
    defined, elsewhere = (
        _definitions(own, company.id, company.owner),
        _definitions(foreign, served.other_company, other["id"]),
    )
    north = (company.id, company.department, company.north)
    below = (north, (*north, company.sofie))
    homes = {
        Place.OWN: Home(own, north, defined, company.sofie, company.owner, "sofie", below),
        Place.SIBLING: Home(
            own,
            (*north[:2], company.south),
            defined,
            company.kari,
            people[company.kari],
            "kari",
            (),
        ),
        Place.PARENT: Home(own, north[:1], defined, names["subject_id"], names["id"], "ida", below),
        Place.OTHER: Home(
            foreign,
            (served.other_company, team),
            elsewhere,
            other["subject_id"],
            other["id"],
            "ulf",
            (),
        ),
    }
    return {Place.MISSING: MISSING, **{place: _furnished(served, home) for place, home in homes.items()}}


def _person(client: Client, name: str, unit_id: str) -> str:
    """Somebody more; the subject."""
    body = {"name": name, "email": f"{name.casefold()}@x.example", "unit_id": unit_id}
    found: str = created(client, "/people", body)["subject_id"]
    return found


def _definitions(client: Client, company_id: str, owner: str) -> dict[str, str]:
    """What applies to a whole company."""
    where = {"company_id": company_id}

    def made(path: str, body: Any) -> str:
        answer = client.post(f"/api/v1{path}", json=body, params=where)
        assert answer.status_code == 201, f"{path} {answer.text}"
        found: str = answer.json()["id"]
        return found

    goal = made("/goals", {"name": {"nb": "Mål", "en": "Goal"}})
    scale = made("/scales", {"kind": "points", "points": 5, "name": {"nb": "Fem", "en": "Five"}})
    kpi = made("/kpis", {**soft_kpi(goal, owner, scale), "external_id": "first"})
    client.post(f"/api/v1/kpis/{kpi}/activate")
    client.post("/api/v1/dossiers", json=complete(owner), params=where)
    scenario = made("/visit-scenarios", {"name": {"nb": "Oppdrag"}, "kpi_ids": [kpi]})
    competence = made("/competences", {"name": {"nb": "Å lytte", "en": "To listen"}})
    return {
        "goal_id": goal,
        "scale_id": scale,
        "kpi_id": kpi,
        "scenario_id": scenario,
        "competence_id": competence,
    }


def _furnished(served: Served, home: Home) -> World:
    place, kpi = home.path[-1], home.defined["kpi_id"]

    def made(path: str, body: Any) -> str:
        found: str = created(home.client, path, body)["id"]
        return found

    round_id = made("/rounds", round_at(place))
    here = {
        **PLAIN,
        **home.defined,
        "subject_id": place,
        "unit_id": place,
        "person_id": home.person_id,
        "rated_id": home.person,
        "round_id": round_id,
        "key_id": made("/api-keys", key_at(place)),
        "dossier_id": made("/dossiers", {"name": {"nb": "Tiltak"}, "scope_id": place}),
        "programme_id": made("/programmes", programme_at(place, kpi)),
        "code_id": made("/open-codes", code_at(place, kpi)),
        "case_id": made("/decision-cases", {"subject_id": place, "kpi_id": kpi, "question": "Hva nå?"}),
        "scorecard_id": made(
            "/scorecards", {"subject_id": place, "level": "person", "starts_on": "2026-11-23", "lines": []}
        ),
        "visit_id": _ordered(served, home),
        "release_id": _released(home.client, home),
    }
    return World(home.path, here | _peopled(home) | _asked(served, round_id, home), home.person, home.below)


def _ordered(served: Served, home: Home) -> str:
    """A visit, by somebody else: who reads results there orders none."""
    orders = served.with_key("rounds:write", "rounds:read", subject_id=home.path[0])
    found: str = created(orders, "/visits", order_at(home.defined["scenario_id"], home.path[-1]))["id"]
    return found


def _peopled(home: Home) -> dict[str, str]:
    """Who leads the place, stands in there, has a plan, and may look at it."""
    client, place = home.client, home.path[-1]
    leader, deputy = (_person(client, f"{name}{place[:8]}", place) for name in ("Liv", "Dag"))
    role = created(client, f"/subjects/{place}/managers", {"subject_id": leader})["id"]
    stands_in = created(client, f"/subjects/{leader}/deputies", {"deputy_id": deputy, **DAYS})["id"]
    account = created(client, "/accounts", {"email": f"{place[:8]}@x.example", "name": "Ny"})["id"]
    client.post(f"/api/v1/accounts/{account}/grants", json={"role": "viewer", "subject_id": place})
    plan = {
        "subject_id": place,
        "kpi_id": home.defined["kpi_id"],
        "owner_id": leader,
        "what": "Øve",
        "expected": 5.0,
        "check_on": "2026-12-31",
        "actions": [{"text": "Øve", "due_on": "2026-12-04"}],
    }
    planned = created(client, "/action-plans", plan)
    return {
        "leader_id": leader,
        "role_id": role,
        "deputy_id": stands_in,
        "account_id": account,
        "plan_id": planned["id"],
        "action_id": planned["actions"][0]["id"],
    }


def _released(client: Client, home: Home) -> str:
    """A round of the past about the one person there, imported and released."""
    past = {"opens_at": "2026-11-02T10:00:00+01:00", "closes_at": "2026-11-06T16:00:00+01:00"}
    round_id = created(client, "/rounds", round_at(home.path[-1]) | past)["id"]
    path = f"/api/v1/rounds/{round_id}"
    client.put(
        f"{path}/groups", json={"groups": [{"rater_group": "manager", "mode": "named"}]}, headers={"if-match": '"1"'}
    )
    kpis = client.put(
        f"{path}/kpis",
        json={"kpis": [{"kpi_id": home.defined["kpi_id"], "weights": {"manager": 1}}]},
        headers={"if-match": '"2"'},
    )
    assert kpis.status_code == 200, kpis.text
    row = {"subject": home.external_id, "rater": "leder", "rater_group": "manager", "item": "M1", "value": "4"}
    imported = client.post("/api/v1/imports/ratings", json={"rows": [row]}, params={"round_id": round_id})
    assert imported.status_code == 200, imported.text
    found: str = client.post(f"{path}/release").json()["id"]
    return found


def _asked(served: Served, round_id: str, home: Home) -> dict[str, str]:
    """Somebody proposed, invited and assigned, without the days and letters that it takes."""
    with served.engine.write() as session:
        ids = {name: new_id(session) for name in ("nomination_id", "invitation_id")}
        session.add_all(
            [_proposed(ids["nomination_id"], round_id, home), _invited(ids["invitation_id"], round_id, home)]
        )
    path = f"/rounds/{round_id}"
    home.client.put(
        f"/api/v1{path}/groups",
        json={"groups": [{"rater_group": "self", "mode": "named"}]},
        headers={"if-match": '"1"'},
    )
    home.client.put(f"/api/v1{path}/subjects", json={"subject_ids": [home.person]}, headers={"if-match": '"2"'})
    home.client.post(f"/api/v1{path}/assignments/propose", json={})
    ids["assignment_id"] = home.client.get(f"/api/v1{path}/assignments").json()["items"][0]["id"]
    return ids


def _proposed(nomination_id: str, round_id: str, home: Home) -> NominationRow:
    return NominationRow(
        id=nomination_id,
        round_id=round_id,
        subject_id=home.person,
        rater_group="colleague",
        email="per@x.example",
        mailbox="per@x.example",
        name=None,
        nominated_by="key",
        state="waiting",
        reason=None,
        decided_by=None,
    )


def _invited(invitation_id: str, round_id: str, home: Home) -> InvitationRow:
    return InvitationRow(
        id=invitation_id,
        round_id=round_id,
        person_id=home.person_id,
        locale="nb",
        token_hash=invitation_id.encode(),
        rotation=0,
        reminded=0,
        created_at=SINCE,
        voided_at=None,
        extended_until=None,
        version=1,
    )
