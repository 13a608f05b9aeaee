"""E-mail addresses and the names beside them as they come in over HTTP: threats, cases 83 to 91."""

import pytest
from httpx2 import Response
from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.infra.keys import key_of
from app.invitations.commands import invite_due_rounds, leave_alone, opt_out
from app.mail.commands import suppress
from app.mail.values import SuppressionReason
from app.organisation.tables import PersonRow
from app.rounds.commands import launch_round, propose_assignments
from tests.fjellbris import Fjellbris, address, draft_round, fjellbris
from tests.served import Served

FULLWIDTH_A = "\N{FULLWIDTH LATIN SMALL LETTER A}"


def add(served: Served, email: str, name: str = "Kari") -> Response:
    return served.with_key().post("/api/v1/people", json={"name": name, "email": email})


def stored(served: Served) -> dict[str | None, str | None]:
    """Addresses as they are kept, and the mailboxes they are."""
    with served.engine.read() as session:
        rows = session.execute(
            select(PersonRow.email, PersonRow.mailbox).where(PersonRow.email.not_like("%@fjellbris.%"))
        )
        return {row.email: row.mailbox for row in rows}


def refused_field(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["field"]


def test_83_a_domain_with_letters_of_its_own_is_kept_and_has_an_ascii_twin(served: Served) -> None:
    assert add(served, "a@blåbær.no").status_code == 201
    assert stored(served) == {"a@blåbær.no": "a@xn--blbr-roah.no"}


def test_84_letters_before_the_at_that_few_relays_take_are_refused_at_entry(served: Served) -> None:
    answer = add(served, "ølå@b.no")
    assert refused_field(answer) == (422, "email")
    assert "a to z" in answer.json()["errors"][0]["message"]


def test_85_a_fullwidth_twin_is_the_same_mailbox(served: Served) -> None:
    assert add(served, "a@b.no").status_code == 201
    assert add(served, f"{FULLWIDTH_A}@b.no").status_code in {409, 422}
    assert stored(served) == {"a@b.no": "a@b.no"}


@pytest.mark.parametrize(
    "email",
    [
        '"a b"@c.no', "a@[127.0.0.1]", "a@localhost", "a..b@c.no", "Kari <a@b.no>", "a@b.no, c@d.no",
        "a@b.no\r\nBcc: c@d.no", "a\N{ZERO WIDTH SPACE}@b.no", f"{'x' * 65}@b.no", "a@127.0.0.1",
    ],
)  # fmt: skip
def test_86_and_87_what_is_not_one_mailbox_is_refused_and_nothing_is_stored(served: Served, email: str) -> None:
    answer = add(served, email)
    assert refused_field(answer) == (422, "email")
    assert email not in answer.text
    assert stored(served) == {}


def test_88_the_ascii_twin_of_a_domain_is_the_same_mailbox(served: Served) -> None:
    assert add(served, "a@xn--blbr-roah.no").status_code == 201
    assert add(served, "a@blåbær.no").status_code in {409, 422}
    assert stored(served) == {"a@blåbær.no": "a@xn--blbr-roah.no"}


def test_89_an_address_of_a_function_is_taken_with_a_warning(served: Served) -> None:
    row = {"name": "Post", "email": "postmaster@b.no", "unit": "nord"}
    report = served.with_key().post("/api/v1/imports/people", json={"rows": [row]})
    assert report.json()["created"] == 1
    [warning] = report.json()["warnings"]
    assert "A rater should be one person." in warning


@pytest.mark.parametrize(
    "name", ["=?utf-8?q?boss?=", "boss@firm.no", "Kari <x", "Kari\r\nBcc: x", "Ka\N{ZERO WIDTH SPACE}ri", "Kari\x07"]
)
def test_91_a_name_that_could_pass_for_something_else_is_refused(served: Served, name: str) -> None:
    assert refused_field(add(served, "a@b.no", name)) == (422, "name")
    assert stored(served) == {}


# ------------------------------------------------------------ 90: addresses that are left alone


@pytest.fixture
def invited(served: Served) -> tuple[Fjellbris, str]:
    """A company with a round, and the invitation of Sofie."""
    now = served.clock.now
    with served.engine.write() as session:
        company = fjellbris(session, now)
        draft = draft_round(session, company, now)
        propose_assignments(session, SERVICE, draft.id, now=now)
        launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
        invite_due_rounds(session, now=now)
    items = served.with_key(subject_id=company.id).get(f"/api/v1/rounds/{draft.id}/invitations").json()["items"]
    return company, next(one["id"] for one in items if one["name"] == "Sofie Berg")


@pytest.mark.parametrize(
    ("reason", "code", "said"),
    [
        (SuppressionReason.OPT_OUT, "opted_out", "asked for no more letters"),
        (SuppressionReason.COMPLAINT, "opted_out", "asked for no more letters"),
        (SuppressionReason.BOUNCE, "address_bounced", "550 5.1.1 No such user"),
        (SuppressionReason.BY_HAND, "address_left_alone", "Er i permisjon."),
    ],
)
def test_90_nothing_is_sent_to_an_address_that_is_left_alone_and_the_answer_says_why(
    served: Served, invited: tuple[Fjellbris, str], reason: SuppressionReason, code: str, said: str
) -> None:
    company, invitation = invited
    _leave(served, company, reason)
    client = served.with_key(subject_id=company.id)
    for act in ("resend", "rotate"):
        refused = client.post(f"/api/v1/invitations/{invitation}/{act}")
        assert (refused.status_code, refused.json()["code"]) == (409, code), act
        assert said in refused.json()["detail"]
    [one] = client.get("/api/v1/suppressions", params={"company_id": company.id}).json()["items"]
    assert (one["email"], one["reason"]) == (address("Sofie Berg"), reason)


def test_90_an_address_that_bounced_is_tried_once_more_when_asked_for(
    served: Served, invited: tuple[Fjellbris, str]
) -> None:
    company, invitation = invited
    _leave(served, company, SuppressionReason.BOUNCE)
    client = served.with_key(subject_id=company.id)
    again = client.post(f"/api/v1/invitations/{invitation}/resend", params={"despite_bounce": "true"})
    assert (again.status_code, again.json()["delivery"], again.json()["left_alone"]) == (200, "queued", None)
    assert client.post(f"/api/v1/invitations/{invitation}/resend", params={"despite": "true"}).status_code == 422


def _leave(served: Served, company: Fjellbris, reason: SuppressionReason) -> None:
    now, sofie = served.clock.now, company.people["Sofie Berg"]
    with served.engine.write() as session:
        if reason is SuppressionReason.OPT_OUT:
            opt_out(session, key_of(session).opt_out_token(sofie), now=now)
        elif reason is SuppressionReason.BY_HAND:
            leave_alone(session, SERVICE, company.id, sofie, reason="Er i permisjon.", now=now)
        else:
            suppress(session, address("Sofie Berg"), reason, note="550 5.1.1 No such user", now=now)
