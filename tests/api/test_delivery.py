"""Letters that come back, addresses that get none, lost links and opt-outs, as other systems and raters ask for them."""

import json
from dataclasses import replace
from typing import Any

import pytest
from httpx2 import Response
from pydantic import SecretStr
from sqlalchemy import select, update

from app.http.signatures import secrets_in, signature
from app.infra.keys import key_of
from app.invitations.commands import answer_link_requests
from app.journal.tables import JournalRow
from app.mail.commands import enqueue
from app.mail.queries import load_suppressed
from app.mail.tables import OutboxRow
from app.mail.values import Letter, Mail, OutboxState, SuppressionReason
from tests.served import Served

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
GONE = "550 5.1.1 No such user"
SOFIE = "sofie@fjellbris.example"


@pytest.fixture
def sent(served: Served) -> str:
    """The Message-ID of a letter that Sofie got."""
    now = served.clock.now
    mail = Mail(Letter.RELEASE_READY, SOFIE, "Sofie", "nb", {}, "r", 0, now.replace(year=2027))
    with served.engine.write() as session:
        enqueue(session, mail, now=now)
        session.execute(update(OutboxRow).values(state=OutboxState.SENT, copies=1))
        return session.scalars(select(OutboxRow.message_id)).one()


def told(served: Served, event: Any, *, secret: str = SECRET, seconds: int = 0, kept: str | None = SECRET) -> Response:
    """An event as a provider posts it."""
    service = served.app.state.service
    settings = service.settings.model_copy(update={"mail_events_secret": SecretStr(kept) if kept else None})
    served.app.state.service = replace(service, settings=settings)
    body = json.dumps(event).encode()
    timestamp = str(int(served.clock.now.timestamp()) - seconds)
    signed = signature(secrets_in(secret)[0], "evt_1", timestamp, body)
    headers = {"webhook-id": "evt_1", "webhook-timestamp": timestamp, "webhook-signature": signed}
    answer = served.anonymous(**headers).post(
        "/api/v1/mail/events", content=body, headers={"content-type": "application/json"}
    )
    served.app.state.service = service
    return answer


def left_alone(served: Served) -> dict[str, SuppressionReason]:
    with served.engine.read() as session:
        return dict(load_suppressed(session, [SOFIE]))


# ------------------------------------------------------------ events


def test_a_bounce_leaves_the_address_alone_and_says_what_to_do(served: Served, sent: str) -> None:
    for _ in range(2):
        answer = told(served, {"kind": "bounce", "message_id": f"<{sent}@fjellbris.example>", "reply": GONE})
        assert (answer.status_code, answer.json()) == (200, {"known": True})
    [one] = served.with_key().get("/api/v1/suppressions").json()["items"]
    assert {name: one[name] for name in ("email", "reason", "note", "next_step", "person_id")} == {
        "email": SOFIE,
        "reason": "bounce",
        "note": GONE,
        "next_step": "correct_address",
        "person_id": served.company.owner,
    }


def test_a_complaint_about_an_address_counts_without_a_letter(served: Served) -> None:
    assert told(served, {"kind": "complaint", "recipient": SOFIE}).json() == {"known": True}
    assert left_alone(served) == {SOFIE: SuppressionReason.COMPLAINT}
    assert told(served, {"kind": "bounce", "message_id": "6f1d2a34"}).json() == {"known": False}


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"secret": "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}, 401),
        ({"seconds": 301}, 401),
        ({"kept": None}, 404),
    ],
)
def test_an_event_that_nobody_signed_just_now_changes_nothing(
    served: Served, sent: str, how: dict[str, Any], status: int
) -> None:
    event = {"kind": "bounce", "message_id": sent, "reply": GONE}
    assert told(served, event, **how).status_code == status
    assert left_alone(served) == {}


def test_an_event_says_what_it_must(served: Served) -> None:
    refused = told(served, {"kind": "bounce"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "message_id")
    assert told(served, {"kind": "opened", "message_id": "x"}).status_code == 422
    assert told(served, {"kind": "bounce", "message_id": "x", "ip": "1"}).status_code == 422


# ------------------------------------------------------------ the list


def test_an_address_is_put_on_the_list_and_taken_off_with_a_reason(served: Served) -> None:
    client = served.with_key()
    added = client.post("/api/v1/suppressions", json={"person_id": served.company.owner, "reason": "Er i permisjon."})
    assert (added.status_code, added.json()["reason"], added.json()["note"]) == (201, "by_hand", "Er i permisjon.")
    path = added.headers["location"]
    assert client.get(path).json() == added.json()
    lifted = client.post(f"{path}/lift", json={"reason": "Er tilbake."})
    assert (lifted.status_code, lifted.json()["note"]) == (200, "Er i permisjon.")
    assert client.get(path).status_code == 404
    with served.engine.read() as session:
        entries = session.execute(
            select(JournalRow.action, JournalRow.details)
            .where(JournalRow.action.like("address.%"))
            .order_by(JournalRow.sequence)
        )
        assert [tuple(entry) for entry in entries] == [
            ("address.left_alone", {"reason": "Er i permisjon."}),
            ("address.written_again", {"reason": "Er tilbake."}),
        ]


@pytest.mark.parametrize("path", ["/api/v1/suppressions", "/api/v1/suppressions/{person}/lift"])
def test_nothing_happens_to_an_address_without_a_reason(served: Served, path: str) -> None:
    body = {"reason": " ", **({"person_id": served.company.owner} if path.endswith("suppressions") else {})}
    refused = served.with_key().post(path.format(person=served.company.owner), json=body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "reason")


def test_what_the_person_stopped_nobody_else_starts(served: Served, sent: str) -> None:
    told(served, {"kind": "complaint", "message_id": sent})
    path = f"/api/v1/suppressions/{served.company.owner}"
    refused = served.with_key().post(f"{path}/lift", json={"reason": "Vi vil skrive."})
    assert (refused.status_code, refused.json()["code"]) == (409, "only_the_person")
    kept = served.with_key().post(
        "/api/v1/suppressions", json={"person_id": served.company.owner, "reason": "Også vi."}
    )
    assert kept.json()["reason"] == "complaint", "a wish of the person's own stays"


def test_somebody_without_an_address_or_of_another_company_is_not_put_on_the_list(served: Served) -> None:
    client = served.with_key()
    nobody = client.post("/api/v1/people", json={"name": "Uten", "external_id": "uten"}).json()["id"]
    refused = client.post("/api/v1/suppressions", json={"person_id": nobody, "reason": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "no_address")
    assert (
        served.signed_in("foreign")
        .post("/api/v1/suppressions", json={"person_id": served.company.owner, "reason": "x"})
        .status_code
        == 404
    )
    assert client.get("/api/v1/suppressions", params={"sort": "mood"}).status_code == 422


# ------------------------------------------------------------ raters


def test_asking_for_lost_links_says_the_same_for_any_address_and_has_an_end(served: Served) -> None:
    client = served.anonymous()
    answers = [client.post("/api/v1/link-requests", json={"email": email}) for email in (SOFIE, "x@x.example")]
    assert client.post("/api/v1/link-requests", json={"email": "none"}).status_code == 422
    assert {(answer.status_code, answer.text) for answer in answers} == {(202, '{"accepted":true}')}
    with served.engine.write() as session:
        assert answer_link_requests(session, now=served.clock.now) == 2
    for number in range(27):
        client.post("/api/v1/link-requests", json={"email": f"p{number}@x.example"})
    assert client.post("/api/v1/link-requests", json={"email": SOFIE}).status_code == 429


def test_an_opt_out_is_read_made_and_taken_back_by_its_link(served: Served) -> None:
    with served.engine.read() as session:
        path = f"/api/v1/opt-outs/{key_of(session).opt_out_token(served.company.owner)}"
    client = served.anonymous()
    assert client.get(path).json() == {"opted_out": False}
    assert client.put(path).json() == {"opted_out": True}
    assert (client.get(path).json(), left_alone(served)) == ({"opted_out": True}, {SOFIE: SuppressionReason.OPT_OUT})
    assert client.delete(path).json() == {"opted_out": False}
    assert left_alone(served) == {}
    other = "B" if path.endswith("A") else "A"
    for method in ("GET", "PUT", "DELETE"):
        assert client.request(method, path[:-1] + other).status_code == 404
