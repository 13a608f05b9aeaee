"""Acceptance 8: whoever attacks what the demo shows gets nothing, links outlive their scanners, and what may not start does not."""

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from app.accounts.rules import SERVICE
from app.demo.calendar import RELEASED
from app.demo.ratings import past_ratings
from app.demo.soft_kpis import SOFT
from app.dossiers.rules import NO_DISCUSSION_PARTNER
from app.infra.keys import key_of
from app.infra.paging import PageRequest
from app.invitations.queries import list_invitations
from app.organisation.queries import load_people_of, load_tree
from app.organisation.values import UNIT_KINDS, SubjectId
from app.releases.values import ScoreLevel
from app.rounds.queries import find_round_by_key, load_salt
from tests.attack.played import release
from tests.attack.solving import HELD, attack, sums_of
from tests.client import Client
from tests.demo.known import groups_of, played_quarter, whole_team
from tests.demo.test_promised import items
from tests.followup.reader import Reader
from tests.journeys.readable import NOT_ANALYSING, answer_of
from tests.journeys.scenario import ROUND, S1, S5, kpi_ids
from tests.journeys.service import Running, ok
from tests.shelf import NOW, Shelf, demo
from tests.web.markup import Element

TIMES = 20
TEACHING = "team-nord"
Line = Mapping[str, Any]


@pytest.fixture
def service(shelf: Shelf, tmp_path: Path) -> Running:
    return Running.on(shelf.take(demo), NOW, tmp_path)


Key = tuple[str, str, tuple[str, ...], str]


def key(line: Line) -> Key:
    return line["subject_id"], line["kpi_id"] or "", tuple(line["rater_groups"]), line["item_id"] or ""


def all_of(reader: Client, path: str, **chosen: str) -> list[Line]:
    """Every line of a list that comes in parts."""
    found: list[Line] = []
    asked = {"limit": "200", **chosen}
    while True:
        part = ok(reader.get(path, params=asked))
        found += part["items"]
        if part["next_cursor"] is None:
            return found
        asked["cursor"] = part["next_cursor"]


# One database will do: figures are computed outside of it, and tests/attack reads random rounds on both.
@pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)
def test_what_the_demo_shows_gives_nobody_away_and_what_may_not_start_does_not(service: Running) -> None:
    reader, ragnhild = service.system(*NOT_ANALYSING), Reader(service.signed_in("ragnhild.torp"))
    release_id, round_id, links = behind_the_doors(service)
    path = f"/api/v1/releases/{release_id}"
    shown = all_of(reader, f"{path}/scores")
    by_key = {key(line): line for line in shown}
    withheld = [line for line in shown if line["status"] != "ok" and line["kpi_id"] and not line["item_id"]]
    sofie = [line for line in withheld if line["subject_id"] == service.subject("sofie.berg")]
    assert {(kpi_of(service, line), *line["rater_groups"]) for line in sofie} >= {(S1, "colleague"), (S5, "colleague")}

    no_sum_is_solved(service, by_key)
    no_filter_tells_more(reader, path, by_key, service)
    no_file_holds_more(reader, path, by_key, service)
    no_arithmetic_tells_what_is_withheld(reader, ragnhild, release_id, sofie)
    no_order_tells_what_is_withheld(reader, ragnhild, service.company_id)
    both_languages_say_the_same(ragnhild, release_id, service)

    watched = (
        f"{path}/scores?limit=200",
        *(f"{path}/{kind}/{service.subject(TEACHING)}" for kind in ("summaries", "explanations")),
        *(f"/api/v1/rounds/{round_id}{part}" for part in ("", "/tracking")),
        *(f"/rounds/{round_id}{part}" for part in ("", "/tracker")),
    )
    before = looked_at(watched, reader, ragnhild.client)
    answered = a_scanner_leaves_the_link_usable(service, links)
    assert answered.startswith("kunde")
    somebody_leaves(service, "lars.moen", of=TEACHING)
    assert looked_at(watched, reader, ragnhild.client) == before

    a_seventh_kpi_waits_until_one_is_paused(service, ragnhild)
    no_visit_starts_without_its_dossier(service)


def behind_the_doors(service: Running) -> tuple[str, str, dict[str, str]]:
    """The released quarter, the open round, and the links of its letters by address."""
    with service.engine.read() as session:
        open_ = find_round_by_key(session, service.company_id, "2026-q4-team-nord")
        assert open_ is not None
        salt = load_salt(session, open_.id) or b""
        invited = list_invitations(session, SERVICE, open_.id, PageRequest(limit=200), now=NOW).items
        links = {one.email or "": key_of(session).rating_token(salt, one.id, 0) for one in invited}
    rounds = {one["external_id"]: one["id"] for one in items(service, "rounds?state=released&limit=200")}
    quarter = rounds[f"{RELEASED.year}-q{RELEASED.number}"]
    [found] = [one for one in items(service, "releases?limit=200") if one["round_id"] == quarter]
    return found["id"], open_.id, links


def kpi_of(service: Running, line: Line) -> str:
    return {kpi_id: name for name, kpi_id in kpi_ids(service).items()}[line["kpi_id"]]


def looked_at(paths: Sequence[str], reader: Client, browser: Client) -> list[Any]:
    return [answer_of((reader if one.startswith("/api") else browser).get(one)) for one in paths]


# ------------------------------------------------------------ unit minus members


def no_sum_is_solved(service: Running, by_key: Mapping[Key, Line]) -> None:
    """What is published of the groups is what the rules foresee, and an attacker who knows who was asked solves nothing."""
    with service.engine.read() as session:
        tree = load_tree(session, service.company_id, on=RELEASED.after.first)
        names = {one: person.external_id or "" for one, person in load_people_of(session, tree.subjects).items()}
        rows = [row.cells for row in past_ratings(tree, names)]
    places = {str(one): place for place, one in enumerate(tree.subjects)}
    played = played_quarter(rows, tree, {row["subject"]: places[service.subject(row["subject"])] for row in rows})
    published = release(played)
    kpis, ids = kpi_ids(service), list(places)
    foreseen = {
        (ids[row.figure.subject], kpis[list(SOFT)[row.measure]], groups_of(row.figure.groups), ""): row
        for row in published.rows
    }
    read = {where: line for where, line in by_key.items() if where[2] and not where[3] and line["status"] == "ok"}
    assert {where: (line["raters"], line["score"]) for where, line in read.items()} == {
        where: (foreseen[where].sheets, pytest.approx(foreseen[where].mean, abs=1e-9)) for where in read
    }
    # A unit shows less than it may: what is not on its card.
    assert {tree.subjects[SubjectId(where[0])].kind for where in foreseen.keys() - read.keys()} <= set(UNIT_KINDS)
    sums = sums_of(played, published)
    assert attack(played, sums) == HELD
    # The same attacker, given the total of a team with the two colleagues in it who stand nowhere, has them at once.
    assert attack(played, [*sums, whole_team(played, places[service.subject(TEACHING)])]) != HELD


# ------------------------------------------------------------ filters, files, arithmetic, order, languages


def no_filter_tells_more(reader: Client, path: str, by_key: Mapping[Key, Line], service: Running) -> None:
    """Each filter leaves lines out and changes none; of what is withheld there is a reason and no figure."""
    sofie, first = service.subject("sofie.berg"), kpi_ids(service)[S1]
    filters: Sequence[tuple[Mapping[str, str], Any]] = (
        ({"subject_id": sofie, "kpi_id": first}, lambda one: (one["subject_id"], one["kpi_id"]) == (sofie, first)),
        ({"level": ScoreLevel.GROUP, "kpi_id": first}, lambda one: one["kpi_id"] == first and is_group(one)),
        ({"status": "suppressed"}, lambda one: one["status"] == "suppressed"),
    )
    for chosen, fits in filters:
        found = all_of(reader, f"{path}/scores", **chosen)
        assert {key(one): one for one in found} == {where: one for where, one in by_key.items() if fits(one)}
    silent = [one for one in by_key.values() if one["status"] == "suppressed"]
    assert {one[name] for one in silent for name in ("score", "lo", "hi", "raters")} == {None}


def is_group(line: Line) -> bool:
    return bool(line["rater_groups"]) and not line["item_id"]


def no_file_holds_more(reader: Client, path: str, by_key: Mapping[Key, Line], service: Running) -> None:
    sofie, team = service.subject("sofie.berg"), service.subject(TEACHING)
    known = {repr(one["score"]) for one in by_key.values() if one["score"] is not None}
    parts = ok(reader.get(f"{path}/summaries/{sofie}"))["composite"]
    known |= {repr(parts[name]["score"]) for name in ("soft", "hard")}
    rows = rows_of(reader, f"{path}/summaries/{sofie}.csv")
    for row in rows:
        assert (row["score"] in known) == (row["status"] in {"ok", ""}), row
        assert row["score"] != "" or {row[name] for name in ("lo", "hi", "raters")} == {""}
    assert ["colleague", "fewer_than_k"] in [[row["rater_groups"], row["reason"]] for row in rows]
    release_id = path.rpartition("/")[2]
    for row in rows_of(reader, f"/api/v1/overview/{team}/heat-map.csv?release_id={release_id}"):
        assert {cell for cell in row.values() if re.fullmatch(r"[\d.]+", cell)} <= known
        assert row["Unit or person"] != "Sofie Berg" or row["Teamwork"].startswith("Withheld: only 40%")


def rows_of(reader: Client, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(reader.get(path).content.decode("utf-8-sig").splitlines(), delimiter=";"))


def no_arithmetic_tells_what_is_withheld(
    reader: Client, ragnhild: Reader, release_id: str, lines: Sequence[Line]
) -> None:
    """The arithmetic of a withheld figure ends at the reason and the minimum that everybody knows."""
    for line in lines:
        asked = f"kpi_id={line['kpi_id']}" + "".join(f"&group={group}" for group in line["rater_groups"])
        found = ok(reader.get(f"/api/v1/releases/{release_id}/explanations/{line['subject_id']}?{asked}"))
        assert {found["figure"][name] for name in ("score", "lo", "hi", "raters")} == {None}
        [silent] = [found["document"]] if line["rater_groups"] else found["document"]["withheld"]
        assert silent == {"rater_groups": ["colleague"], "weight": ANY, "reason": "fewer_than_k", "minimum": 3}
        told = {one["rater_groups"][0]: one["score"] for one in found["terms"]}
        assert told.get("colleague") is None
    page = f"/results/{release_id}/subjects/{lines[0]['subject_id']}/figure?kpi={lines[0]['kpi_id']}&group=colleague"
    words = ragnhild.page(page).one("main").words
    assert ("fewer than 3" in words.casefold(), re.findall(r"\d+\.\d", words)) == (True, [])


def no_order_tells_what_is_withheld(reader: Client, ragnhild: Reader, company_id: str) -> None:
    """Sorted by a column, what is withheld stands last both ways, in the order that it has anyhow."""
    plain = ok(reader.get(f"/api/v1/overview/{company_id}/heat-map"))
    for place, column in enumerate(plain["columns"]):
        silent = [row["place"]["name"] for row in plain["rows"] if not has_score(row["cells"][place])]
        for sort in (column["id"], f"-{column['id']}"):
            rows = ok(reader.get(f"/api/v1/overview/{company_id}/heat-map?sort={sort}"))["rows"]
            assert [row["place"]["name"] for row in rows][len(rows) - len(silent) :] == silent


def has_score(cell: Line | None) -> bool:
    return cell is not None and cell["figure"]["score"] is not None


def both_languages_say_the_same(ragnhild: Reader, release_id: str, service: Running) -> None:
    """Every figure of a summary stands on the page of either language, in the same order."""
    for name in ("sofie.berg", "jonas.eide", TEACHING):
        path = f"/results/{release_id}/subjects/{service.subject(name)}"
        nb, en = (digits(ragnhild.page(path, lang=language)) for language in ("nb", "en"))
        assert nb == en
        assert len(en) > 200, name


def digits(page: Element) -> str:
    """Without the year, which one language has in the name of the quarter and the other has twice."""
    return "".join(re.findall(r"\d", page.one("main").words.replace("2026", "")))


# ------------------------------------------------------------ scanners, time, leavers


def a_scanner_leaves_the_link_usable(service: Running, links: Mapping[str, str]) -> str:
    """Twenty looks at a link leave no answer, and then its customer answers. Who that was."""
    scanner = service.anybody(**{"user-agent": "Mail scanner"})
    forms = ((who, token, ok(scanner.get(f"/api/v1/forms/{token}"))) for who, token in sorted(links.items()))
    who, token, form = next(
        one
        for one in forms
        if one[0].startswith("kunde") and not any(about["is_answered"] for about in one[2]["subjects"])
    )
    paths = (f"/r/{token}", f"/api/v1/forms/{token}")
    seen = {scanner.request(method, path).status_code for path in paths for method in ("HEAD", "GET") * (TIMES // 2)}
    again = ok(scanner.get(f"/api/v1/forms/{token}"))
    assert (seen, again["subjects"]) == ({200}, form["subjects"])
    fields = [item["field"] for one in form["subjects"] for item in one["items"]]
    sent = {"submission_id": form["submission_id"], "answers": dict.fromkeys(fields, "4")}
    ok(service.anybody().put(f"/api/v1/forms/{token}", json=sent))
    assert all(one["is_answered"] for one in ok(scanner.get(f"/api/v1/forms/{token}"))["subjects"])
    return who


def somebody_leaves(service: Running, who: str, *, of: str) -> None:
    """A figure without him would be his by subtraction."""
    there = service.system().get(f"/api/v1/subjects/{service.subject(who)}")
    assert ok(there)["parent_id"] == service.subject(of)
    moved = {"parent_id": service.subject("team-sor"), "starts_on": NOW.date().isoformat()}
    ok(service.system().post(f"/api/v1/subjects/{service.subject(who)}/move", json=moved))


# ------------------------------------------------------------ what may not start


def a_seventh_kpi_waits_until_one_is_paused(service: Running, ragnhild: Reader) -> None:
    system, centre = service.system(), service.subject("customer-centre")
    kpis = kpi_ids(service)
    [card] = [one for one in items(service, f"scorecards?subject_id={centre}&limit=200") if one["level"] == "person"]
    lines = [{"kpi_id": one["kpi_id"], "weight": one["weight"]} for one in card["lines"]]
    assert len(lines) == 6
    seven = [*lines, {"kpi_id": kpis["quote-to-order"], "weight": 5}]
    head = {"subject_id": centre, "level": "person", "starts_on": NOW.date().isoformat()}
    sent = {**head, "lines": seven}
    refused = system.post("/api/v1/scorecards", json=sent)
    assert (refused.status_code, refused.json()["code"]) == (409, "card_full")
    fields = {f"weight.{one['kpi_id']}": str(one["weight"]) for one in seven}
    edit = "/scorecards/edit"
    status, page = ragnhild.send(edit, on=f"{edit}?subject_id={centre}&level=person", **head, **fields)
    assert isinstance(page, Element)
    assert (status, page.one("div", role="alert").words) == (
        409,
        "The card has 6 KPIs. Pause one before you add another.",
    )
    ok(system.post(f"/api/v1/kpis/{kpis[S5]}/pause", json={"reason": "Ventilert i ledergruppen."}))
    assert len(ok(system.post("/api/v1/scorecards", json=sent))["lines"]) == 7


def no_visit_starts_without_its_dossier(service: Running) -> None:
    """A dossier that lost a sentence lets no shopper out; written again, it does."""
    system, kpis = service.system(), kpi_ids(service)
    day = NOW.date().isoformat()
    about = {"scope_id": service.subject("team-privat"), "period_start": day, "period_end": day}
    times = {"opens_at": "2026-11-24T08:00:00Z", "closes_at": "2026-12-04T15:00:00Z"}
    path = f"/api/v1/rounds/{ok(system.post('/api/v1/rounds', json={**ROUND, **about, **times}))['id']}"
    for part, sent in (
        ("groups", {"groups": [{"rater_group": "mystery_shopper", "mode": "report", "k": 3}]}),
        ("kpis", {"kpis": [{"kpi_id": kpis["needs-discovery"]}]}),
        ("subjects", {"subject_ids": [service.subject("jonas.eide")]}),
    ):
        ok(system.put(f"{path}/{part}", json=sent, headers={"if-match": system.get(path).headers["etag"]}))
    visits = [
        {
            "rater_group": "mystery_shopper",
            "subject": "jonas.eide",
            "email": f"besok{one}@besok.example",
            "occasion": f"v{one}",
        }
        for one in range(1, 6)
    ]
    ok(system.post(f"{path}/assignments", json={"rows": visits}))
    [dossier] = items(service, "dossiers")
    whole = {name: value for name, value in dossier.items() if name not in {"id", "company_id", "lacking", "version"}}
    for content, status in (({**whole, "discussed_with": None}, 422), (whole, 200)):
        put = f"/api/v1/dossiers/{dossier['id']}"
        ok(system.put(put, json=content, headers={"if-match": system.get(put).headers["etag"]}))
        answer = system.post(f"{path}/launch", json={"confirmed": True})
        assert answer.status_code == status, answer.text
        if status == 422:
            [problem] = answer.json()["errors"]
            assert problem["message"] == NO_DISCUSSION_PARTNER
