"""A benchmark file through the doors: out of a release, in from another company, beside us and the competitors."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import func, select

from app.accounts.values import Role
from app.benchmarks.intake import parse_file
from app.benchmarks.rules import document_of, signed_bytes
from app.infra.formats import score
from app.infra.signing import is_signed
from app.organisation.values import SubjectKind
from app.releases.tables import ScoreRow
from tests.benchmarks.files import FINGERPRINT, LINE, signed
from tests.client import Client
from tests.followup.reader import Reader
from tests.journeys.service import Running, ok
from tests.shelf import NOW, Shelf, demo
from tests.web.markup import Element, tree

IMPORT = "/benchmarks/import"
SHOPPED = LINE._replace(
    kpi={"en": "First impression"}, rater_groups=("mystery_shopper",), score=70.5, lo=66.0, hi=75.25
)
TEAMS = SHOPPED._replace(level=SubjectKind.TEAM, units=4, rater_groups=("customer",))

ALONE = SHOPPED._replace(level=SubjectKind.DEPARTMENT, units=5, rater_groups=("direct_report",))


@pytest.fixture
def service(shelves: Callable[[str], Shelf], tmp_path: Path) -> Iterator[Running]:
    shelf = shelves("sqlite")
    yield Running.on(shelf.take(demo), NOW, tmp_path)
    shelf.put_back()


def release_of(service: Running) -> str:
    """The release of the whole company's quarter, which has the most figures."""
    with service.engine.read() as session:
        of = ScoreRow.release_id
        return session.execute(select(of).group_by(of).order_by(func.count().desc()).limit(1)).scalar_one()


def uploaded(browser: Client, raw: bytes) -> Response:
    page = tree(browser.get(f"{IMPORT}?lang=en").text)
    token = page.one("main").one("input", name="csrf_token").attributes["value"]
    fields = {"csrf_token": token, "act": "check"}
    return browser.post(f"{IMPORT}?lang=en", data=fields, files={"file": ("their.json", raw)})


def stored(browser: Client, looked_at: Element, **changed: str) -> Response:
    """Send the form of the look as a browser does, with something changed in it."""
    (form,) = (one for one in looked_at.all("form") if one.attributes.get("action") == IMPORT)
    sent = {one.attributes["name"]: one.attributes["value"] for one in form.all("input", type="hidden")}
    for choice in form.all("select"):
        chosen = [one.attributes["value"] for one in choice.all("option") if "selected" in one.attributes]
        sent[choice.attributes["name"]] = chosen[0] if chosen else ""
    return browser.post(f"{IMPORT}?lang=en", data={**sent, "act": "store", **changed})


def test_a_release_becomes_a_file_that_anybody_can_check(service: Running) -> None:
    release, owner = release_of(service), service.signed_in("ragnhild.torp")
    reader = Reader(owner)
    offer = f"/results/{release}/benchmark"
    page = reader.page(offer)
    chosen = page.one("main").all("input", name="kpi_id")
    token = page.one("main").one("input", name="csrf_token").attributes["value"]
    assert owner.post(offer, data={"csrf_token": token}).status_code == 422
    answer = owner.post(offer, data={"csrf_token": token, "kpi_id": [chosen[0].attributes["value"]]})
    assert answer.headers["content-disposition"].endswith('.json"')
    file = parse_file(answer.json())
    assert is_signed(file.public_key, signed_bytes(file), file.signature)
    assert {line.kpi_id for line in file.lines} == {chosen[0].attributes["value"]}
    system = service.system()
    told = ok(system.get(f"/api/v1/releases/{release}/benchmark"))
    assert len(told["lines"]) == len(page.one("tbody").all("tr"))
    assert all("score" not in one for one in told["kept"])
    again = parse_file(ok(system.post(f"/api/v1/releases/{release}/benchmark", json={"kpi_ids": None})))
    assert (again.public_key, len(again.lines)) == (file.public_key, len(told["lines"]))
    assert "made here" in uploaded(owner, answer.content).text
    assert ok(system.get("/api/v1/signing-key"))["fingerprint"] in reader.page("/benchmarks/keys").words


def brought_in(service: Running, owner: Client) -> Any:
    """The file of another company, looked at and then stored, as the API tells of it."""
    system = service.system()
    raw = json.dumps(document_of(signed(SHOPPED, TEAMS, ALONE))).encode()
    looked_at = tree(uploaded(owner, raw).text)
    assert FINGERPRINT in looked_at.words
    assert "Nothing has been stored yet" in looked_at.words
    refused = stored(owner, looked_at)
    assert (refused.status_code, "Nobody here trusts the key" in refused.text) == (409, True)
    before = ok(system.get("/api/v1/benchmarks"))["items"]
    made = stored(owner, looked_at, trust=FINGERPRINT)
    (found,) = (one for one in ok(system.get("/api/v1/benchmarks"))["items"] if one not in before)
    assert (found["source"], "Nordvarme" in str(before)) == ("Nordvarme", False)
    assert made.headers["location"] == f"/benchmarks/{found['id']}?done=stored"
    assert [one["kpi_id"] for one in found["mapping"]] == [LINE.kpi_id]
    return found


def test_lines_of_another_company_stand_beside_us_and_the_competitors_in_the_same_words(service: Running) -> None:
    release, company = release_of(service), service.subject("fjellbris")
    owner, system = service.signed_in("ragnhild.torp"), service.system()
    found, reader = brought_in(service, owner), Reader(owner)
    comparison = reader.page(f"/results/{release}/subjects/{company}/comparison")
    contests = ok(system.get(f"/api/v1/releases/{release}/competitors"))["contests"]
    lines = [rival for one in contests for rival in one["rivals"]]
    assert {one["source"]["kind"] for one in lines} == {"round", "benchmark"}
    assert all(one["source"]["released_on"] and one["source"]["name"] for one in (*lines, *contests))
    northern = next(one for one in lines if one["name"] == "Nordvarme" and one["units"] == 1)
    assert (northern["score"], northern["lo"], northern["hi"], northern["raters"]) == (70.5, 66.0, 75.25, 240)
    rows = [row.words for row in comparison.all("tr", class_="chart-rival")]
    assert len(rows) == len(lines) + len(contests)
    assert all("Source: " in row and ", released " in row for row in rows)
    assert any("Nordvarme, mean of 4 teams" in row for row in rows)
    assert "has no figure by direct reports at this level" in comparison.words
    table = owner.get(f"/results/{release}/competitors.csv?lang=en").text.splitlines()
    assert len(table) == 1 + len(lines) + len(contests)
    assert all(line.split(";")[8] and line.split(";")[11] for line in table[1:])
    csv = system.get(f"/api/v1/releases/{release}/competitors.csv").text
    assert f";{northern['score']};{northern['lo']};" in csv
    assert score(70.5, "en") in comparison.words

    path = f"/benchmarks/{found['id']}"
    assert reader.send(f"{path}/mapping", on=path) == (303, f"{path}?done=mapped")
    assert reader.send(f"{path}/withdraw") == (303, f"{path}?done=withdrawn")
    assert "This file is withdrawn." in reader.page(path).words
    viewer = Reader(service.signed_in("vera.visning", role=Role.VIEWER))
    assert viewer.page(path).one("main").all("form") == []
    assert [viewer.client.get(one).status_code for one in (IMPORT, f"{path}/withdraw", "/benchmarks/keys/new")] == [
        403
    ] * 3
    assert service.signed_in("amir.haddad").get(path).status_code == 404


WRONG = {
    b'{"a": 1, "a": 2}': "A key stands twice",
    b'{"version": NaN}': "NaN and Infinity",
    b"{": "cannot be read",
    b"[]": "This is no benchmark file.",
    b"\xff\xfe{\x00}\x00": "UTF-8",
    b" " * 102_401: "at most 100 kB",
    b'{"format": "soft-kpi-benchmark", "version": 7}': "This version cannot be read here. Ask for a file of version 1",
}


def test_a_wrong_file_brings_the_form_back_with_a_plain_sentence_and_stores_nothing(service: Running) -> None:
    owner, system = service.signed_in("ragnhild.torp"), service.system()
    known = [ok(system.get(f"/api/v1/{one}")) for one in ("benchmarks", "trusted-keys")]
    document: dict[str, Any] = document_of(signed())
    more = {
        json.dumps(document | {"source": "Sørvarme"}).encode(): "The signature does not fit",
        json.dumps(document | {"version": 10**30}).encode(): "This version cannot be read here",
        json.dumps(document | {"people": []}).encode(): "not known here",
    }
    for raw, sentence in (WRONG | more).items():
        answer = uploaded(owner, raw)
        assert 400 <= answer.status_code < 500, raw[:40]
        page = tree(answer.text).one("main")
        assert (sentence in page.words, len(page.all("input", name="file"))) == (True, 1), raw[:40]
    for sent, status in (
        ({"file": document | {"source": "Sørvarme"}}, 422),
        ({"file": document, "fingerprint": "0" * 64}, 409),
        ({"file": document}, 409),
        ({"file": document, "mapping": [{"kpi_id": "other", "own_kpi_id": LINE.kpi_id}]}, 422),
        ({"file": []}, 422),
    ):
        assert system.post("/api/v1/benchmarks", json=sent).status_code == status, sent
    assert [ok(system.get(f"/api/v1/{one}")) for one in ("benchmarks", "trusted-keys")] == known


def test_a_system_looks_trusts_brings_in_maps_and_withdraws(service: Running) -> None:
    system, base = service.system(), "/api/v1/benchmarks"
    sent = {"file": document_of(signed(SHOPPED))}
    look = ok(system.post(f"{base}/look", json=sent))
    assert (look["trust"], look["fingerprint"], look["known"]) == ("unknown", FINGERPRINT, None)
    own = look["proposals"][0]["own_kpi_id"]
    key = ok(system.post("/api/v1/trusted-keys", json={"public_key": sent["file"]["public_key"], "name": "North"}))
    made = ok(system.post(base, json=sent))
    assert (made["mapping"], made["key"]["name"]) == ([{"kpi_id": LINE.kpi_id, "own_kpi_id": own}], "North")
    assert ok(system.post(base, json=sent)) == made == ok(system.get(f"{base}/{made['id']}"))
    version = {"if-match": f'"{made["version"]}"'}
    mapped = ok(system.put(f"{base}/{made['id']}/mapping", json={"mapping": []}, headers=version))
    assert mapped["mapping"] == []
    assert ok(system.post(f"/api/v1/trusted-keys/{key['id']}/end"))["ended_at"]
    assert ok(system.get(f"{base}/{made['id']}"))["is_shown"] is False
    assert ok(system.post(f"{base}/{made['id']}/withdrawal"))["withdrawn_at"]
    assert system.get("/api/v1/signing-key").status_code == 404
    assert ok(system.post("/api/v1/signing-key"))["fingerprint"] != FINGERPRINT
    owner = Reader(service.signed_in("ragnhild.torp"))
    status, page = owner.send("/benchmarks/keys", name="", public_key="short")
    assert isinstance(page, Element)
    assert (status, "This is no public key." in page.words) == (422, True)
    trusted = {"name": "North", "public_key": sent["file"]["public_key"]}
    assert owner.send("/benchmarks/keys", **trusted) == (303, "/benchmarks/keys?done=trusted")
    assert owner.send(f"/benchmarks/keys/{key['id']}/end", on="/benchmarks/keys")[0] == 303
    assert owner.send("/benchmarks/keys/new") == (303, "/benchmarks/keys?done=made")
    assert "North" in owner.page("/benchmarks").words or "Nordvarme" in owner.page("/benchmarks").words
