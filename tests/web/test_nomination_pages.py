"""Proposing raters on the pages, signed in: proposed, taken back, refused with a reason that the proposer reads."""

from datetime import timedelta

from app.infra.keys import key_of
from app.kpis.values import RaterGroup
from tests.fjellbris import address
from tests.web.desk import Desk, wrong_fields
from tests.web.markup import tree


def test_a_rated_person_proposes_and_the_manager_decides(desk: Desk) -> None:
    groups = (RaterGroup.MANAGER, RaterGroup.COLLEAGUE)
    round_id, sofie = desk.draft(rated=("Sofie Berg",), groups=groups), desk.company.subjects["Sofie Berg"]
    desk.clock.now -= timedelta(days=2)
    owner, teammate = desk.browser("owner"), desk.browser("teammate")
    assert "Nothing waits" in teammate.page("/nominations").words
    wrong = owner.post(f"/rounds/{round_id}/nominations", {"until": "2026-11-30T10:00"})
    assert wrong_fields(tree(wrong.text))[0][0] == "#until"
    called = owner.post(f"/rounds/{round_id}/nominations", {"until": "2026-11-22T10:00"})
    assert called.headers["location"].endswith("done=called")
    assert "They can propose until" in owner.page(f"/rounds/{round_id}/assignments").words

    path = f"/nominations/for/{round_id}/{sofie}"
    new = {"rater_group": "colleague", "email": address("Mina Olsen")}
    assert wrong_fields(tree(teammate.post(path, new | {"email": "nobody@x.example"}).text))[0][0] == "#email"
    for name in ("Mina Olsen", "Oda Strand"):
        assert teammate.post(path, new | {"email": address(name)}).headers["location"] == "/nominations?done=proposed"
    page = teammate.page("/nominations")
    back = next(
        form.attributes["action"] for form in page.all("form") if form.attributes["action"].endswith("withdraw")
    )
    assert teammate.post(back).headers["location"] == "/nominations?done=withdrawn"

    waiting = owner.page("/nominations").one("tbody").one("tr")
    refuse = next(
        form.attributes["action"] for form in waiting.all("form") if form.attributes["action"].endswith("refuse")
    )
    assert owner.post(refuse, {"reason": ""}).status_code == 422
    assert owner.post(refuse, {"reason": "For få møter."}).status_code == 303
    assert owner.post(refuse.replace("refuse", "approve")).status_code == 409
    assert "Refused: For få møter." in teammate.page("/nominations").words


def test_the_same_over_http_signed_in_and_by_the_link(desk: Desk) -> None:
    groups = (RaterGroup.MANAGER, RaterGroup.COLLEAGUE)
    round_id, sofie = desk.draft(rated=("Sofie Berg",), groups=groups), desk.company.subjects["Sofie Berg"]
    desk.clock.now -= timedelta(days=2)
    owner, teammate, api = desk.browser("owner"), desk.browser("teammate"), f"/api/v1/rounds/{round_id}/nominations"
    new = {"rater_group": "colleague"}
    assert owner.client.post(f"{api}/call", json={"until": "2026-11-22T09:00:00Z"}).status_code == 204
    with desk.engine.read() as session:
        token = key_of(session).nomination_token(round_id, desk.company.people["Sofie Berg"])
    given = teammate.client.post(api, json={"subject_id": sofie, **new, "email": address("Henrik Lie")})
    by_link = teammate.client.post(f"/api/v1/nomination-forms/{token}", json=new | {"email": address("Elias Dahl")})
    assert (given.status_code, by_link.status_code) == (204, 204)
    form = teammate.client.get(f"/api/v1/nomination-forms/{token}").json()
    assert {one["name"] for one in form["nominations"] if one["state"] == "waiting"} == {"Henrik Lie", "Elias Dahl"}
    assert (
        teammate.client.post(f"/api/v1/nomination-forms/{token}", json=new | {"rater_group": "boss"}).status_code == 422
    )
    for method in (teammate.client.get, teammate.client.head):
        assert method(f"/api/v1/nomination-forms/{token[:-2]}xx").status_code == 404
    waiting = {one["name"]: one["id"] for one in owner.client.get("/api/v1/nominations").json()["items"]}
    assert waiting.keys() == {"Henrik Lie", "Elias Dahl"}

    # The same refusal once more, as after a lost answer.
    once = {"idempotency-key": "refusal-1"}
    refuse = f"/api/v1/nominations/{waiting['Henrik Lie']}/refuse"
    replies = [owner.client.post(refuse, json={"reason": "Har ikke møttes."}, headers=once) for _ in range(2)]
    assert [(one.status_code, one.headers.get("idempotency-replayed")) for one in replies] == [
        (204, None),
        (204, "true"),
    ]
    assert owner.client.post(refuse, json={"reason": "En annen."}, headers=once).status_code == 409
    taken_back = f"/api/v1/nomination-forms/{token}/nominations/{waiting['Elias Dahl']}"
    assert [teammate.client.delete(taken_back).status_code for _ in range(2)] == [204, 404]
    [own] = teammate.client.get("/api/v1/nomination-forms").json()["items"]
    assert [(one["name"], one["state"]) for one in own["nominations"]] == [("Henrik Lie", "refused")]
    assert owner.client.get("/api/v1/nomination-forms").json()["items"] == []
    assert teammate.get(f"/n/{token[:-2]}xx").status_code == 404
