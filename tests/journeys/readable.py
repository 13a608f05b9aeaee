"""Everything that people and systems without the analyst's role can read: every GET address, answer by answer."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from httpx2 import Response

from app.accounts.rules import SCOPES, Action
from app.accounts.values import Role
from app.http.access import Who, declared_routes
from tests.client import Client
from tests.journeys.service import Running, ok

Answer = tuple[int, tuple[tuple[str, str], ...], bytes]
Readers = Mapping[str, tuple[Client, Sequence[str]]]

EVERY_PAGE = ("every page",)

_PLACE = re.compile(r"{(\w+)}")
# Random for every request, whatever is read.
_OWN_HEADERS = {"x-request-id"}
# The local mailbox page lies outside the promise.
_NO_PAGES = {"api", "mailbox"}
# What a page offers to take along is made of what the page shows, and takes ten times as long to make.
_TAKEN_ALONG = (".pdf", ".xlsx")
_TAKE_ALONG = {"manager", "system"}
NOT_ANALYSING = tuple(action for action in SCOPES if action is not Action.RESULTS_ANALYSE)
WATCHED = ("first-impression", "phone-answer-time")
NOWHERE = "6f1d2a34-8f0b-4c7a-b1de-55c2a6f0d9e2"


def readers(service: Running, *only: str) -> Readers:
    """Who reads, and which families of addresses: people pages, systems the API."""
    everybody = {
        "manager": (service.signed_in("ragnhild.torp"), EVERY_PAGE),
        "team leader": (service.signed_in("amir.haddad"), ("", "results", "rounds")),
        "viewer": (service.signed_in("vera.visning", role=Role.VIEWER), ("", "results")),
        "administrator": (service.signed_in("admin", role=Role.ADMIN), ("", "rounds", "admin")),
        "rated person": (service.signed_in("sofie.berg"), ("", "results")),
        "system": (service.system(*NOT_ANALYSING), ("api",)),
    }
    return {name: everybody[name] for name in only or everybody}


def read_all(service: Running, ids: Mapping[str, Sequence[str]], who: Readers) -> dict[tuple[str, str], Answer]:
    """Every answer by reader and address; equal dictionaries mean that nobody can tell two services apart.

    Files are taken along by who reads most, at each door.
    """
    return {
        (name, address): answer_of(client.get(address))
        for name, (client, families) in who.items()
        for address in addresses(service, ids, families)
        if name in _TAKE_ALONG or not address.endswith(_TAKEN_ALONG)
    }


def answer_of(answer: Response) -> Answer:
    """All of an answer that must not tell two services apart."""
    headers = tuple(sorted((key, value) for key, value in answer.headers.items() if key not in _OWN_HEADERS))
    # Two failures look alike and tell nothing.
    assert answer.status_code < 500, answer.request.url
    return answer.status_code, headers, answer.content


def differing(one: Mapping[tuple[str, str], Answer], other: Mapping[tuple[str, str], Answer]) -> list[tuple[str, str]]:
    """Who reads something else where."""
    assert one.keys() == other.keys()
    return [key for key in one if one[key] != other[key]]


def addresses(service: Running, ids: Mapping[str, Sequence[str]], families: Sequence[str]) -> Iterator[str]:
    """Every GET address of some families behind a sign-in, for everything in `ids`."""
    for route in declared_routes(service.app):
        family = route.path.split("/")[1]
        is_wanted = family in families or (families is EVERY_PAGE and family not in _NO_PAGES)
        if not is_wanted or "GET" not in route.methods or route.access is None or route.access.who is not Who.SIGNED_IN:
            continue
        places = _PLACE.findall(route.path)
        for values in product(*(ids[place] for place in places)):
            filled = route.path.format(**dict(zip(places, values, strict=True)))
            yield f"{filled}?limit=200" if filled.endswith("/scores") else filled


def ids_of(service: Running, *, round_id: str, release_id: str = NOWHERE) -> dict[str, Sequence[str]]:
    """Something for every place of an address; who is rated, where, and what nobody is rated on alike."""
    system = service.system()

    def first(path: str) -> Any:
        items = ok(system.get(f"/api/v1/{path}", params={"limit": 1}))["items"]
        return items[0]["id"] if items else NOWHERE

    return {
        "round_id": [round_id],
        "release_id": [release_id],
        "subject_id": [service.subject(one) for one in ("sofie.berg", "jonas.eide", "team-nord", "fjellbris")],
        "unit_id": [service.subject(one) for one in ("team-nord", "fjellbris")],
        "reference": ["target", "norm", "last_round"],
        "kpi_id": [ok(system.get("/api/v1/kpis", params={"external_id": one}))["items"][0]["id"] for one in WATCHED],
        "goal_id": [first("goals")],
        "scale_id": [first("scales")],
        "competence_id": [first("competences")],
        "scorecard_id": [first("scorecards")],
        "person_id": [first("people")],
        "reading_id": [first("readings")],
        "account_id": [first("accounts")],
        "key_id": [first("api-keys")],
        **{key: [NOWHERE] for key in ("role_id", "deputy_id", "conflict_id", "shift_id", "comment_id", "passkey_id")},
        "assignment_id": [first(f"rounds/{round_id}/assignments")],
        "invitation_id": [first(f"rounds/{round_id}/invitations")],
        "dossier_id": [first("dossiers")],
        **{key: [NOWHERE] for key in ("scenario_id", "visit_id", "evidence_id")},
        "language": ["nb"],
        "pack": ["service"],
        "programme_id": [first("programmes")],
        "code_id": [first("open-codes")],
        "case_id": [first("decision-cases")],
        "plan_id": [first("action-plans")],
        "queue_id": [NOWHERE],
        "benchmark_id": [NOWHERE],
        "number": ["1"],
        "kind": ["people"],
        "letter": ["invitation", "reminder"],
        "role": ["viewer"],
    }
