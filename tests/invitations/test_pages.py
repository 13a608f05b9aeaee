"""What a letter leads to besides rating, over HTTP: stopping letters, and getting the same link once more."""

import re
from datetime import timedelta

import pytest
from httpx2 import Response
from sqlalchemy import select, update

from app.accounts.rules import SERVICE
from app.infra.keys import key_of
from app.invitations.commands import answer_link_requests, invite_due_rounds
from app.mail.tables import OutboxRow, SuppressionRow
from app.mail.values import OutboxState
from app.rounds.commands import launch_round, propose_assignments
from tests.databases import recorded_statements
from tests.fjellbris import address, draft_round, fjellbris
from tests.invitations.post import secret_of
from tests.served import OWN_PAGE, Served

ONE_CLICK = {"content-type": "application/x-www-form-urlencoded", "user-agent": "a mail program"}


@pytest.fixture
def token(served: Served) -> str:
    """Sofie's opt-out link; she is invited, and the letter waits."""
    now = served.clock.now
    with served.engine.write() as session:
        company = fjellbris(session, now)
        draft = draft_round(session, company, now)
        propose_assignments(session, SERVICE, draft.id, now=now)
        launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
        invite_due_rounds(session, now=now)
        return key_of(session).opt_out_token(company.people["Sofie Berg"])


def suppressed(served: Served) -> list[str]:
    with served.engine.read() as session:
        return list(session.scalars(select(SuppressionRow.mailbox)))


def said(answer: Response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2]).split())


def test_opening_an_opt_out_link_stops_nothing_however_often(served: Served, token: str) -> None:
    scanner = served.anonymous()
    with recorded_statements(served.engine.engine) as statements:
        for _ in range(5):
            assert scanner.head(f"/opt-out/{token}").status_code == 200
            assert "Ingen flere brev?" in said(scanner.get(f"/opt-out/{token}"))
    assert [line for line in statements if not line.startswith(("SELECT", "WITH", "BEGIN"))] == []
    assert suppressed(served) == []


def test_the_button_stops_letters_and_another_one_brings_them_back(served: Served, token: str) -> None:
    rater = served.anonymous(**OWN_PAGE)
    assert "Brevene er slått av" in said(rater.post(f"/opt-out/{token}"))
    assert suppressed(served) == [address("Sofie Berg")]
    back = rater.post(f"/opt-out/{token}/undo")
    assert (back.status_code, back.headers["location"]) == (303, f"/opt-out/{token}?again=1")
    shown = rater.get(back.headers["location"])
    assert "Brevene er slått på igjen" in said(shown)
    # Whose letters they are stands on top, in either language.
    assert ("Fjellbris" in shown.text, f"/opt-out/{token}?again=1&amp;lang=en" in shown.text) == (True, True)
    assert suppressed(served) == []


def test_whoever_has_stopped_the_letters_is_offered_them_again(served: Served, token: str) -> None:
    rater = served.anonymous(**OWN_PAGE)
    rater.post(f"/opt-out/{token}")
    again = rater.get(f"/opt-out/{token}")
    assert "Brevene er slått av" in said(again)
    assert f'action="/opt-out/{token}/undo"' in again.text


def test_asking_for_links_again_and_again_has_an_end(served: Served, token: str) -> None:
    rater = served.anonymous(**OWN_PAGE)
    answers = [rater.post("/link", data={"email": f"p{n}@x.example"}).status_code for n in range(31)]
    assert answers == [303] * 30 + [429]


def test_one_click_in_a_mail_program_is_enough(served: Served, token: str) -> None:
    program = served.anonymous(**ONE_CLICK)
    assert program.post(f"/opt-out/{token}", content="List-Unsubscribe=One-Click").status_code == 200
    assert suppressed(served) == [address("Sofie Berg")]


def test_a_link_that_is_none_of_ours_stops_nobody(served: Served, token: str) -> None:
    rater = served.anonymous(**OWN_PAGE)
    other = "B" if token.endswith("A") else "A"
    for path in (f"/opt-out/{token[:-1]}{other}", "/opt-out/x"):
        assert (rater.get(path).status_code, rater.post(path).status_code) == (404, 404)
        assert rater.post(f"{path}/undo").status_code == 404
    assert suppressed(served) == []


def test_a_lost_link_is_sent_again_and_nobody_learns_whether_it_was(served: Served, token: str) -> None:
    rater = served.anonymous(**OWN_PAGE)
    assert "Lost the link?" in said(rater.get("/link"))
    with served.engine.write() as session:
        session.execute(update(OutboxRow).values(state=OutboxState.SENT))
    served.clock.pass_by(timedelta(hours=1))
    answers = [rater.post("/link", data={"email": email}) for email in (address("Sofie Berg"), "nobody@x.example", "")]
    assert {(answer.status_code, answer.headers["location"]) for answer in answers} == {(303, "/link/sent")}
    assert "the links are on their way" in said(rater.get("/link/sent"))
    with served.engine.write() as session:
        answer_link_requests(session, now=served.clock.now)
        waiting = session.scalars(select(OutboxRow.recipient).where(OutboxRow.state == OutboxState.QUEUED)).all()
    assert waiting == [address("Sofie Berg")]


def test_an_unknown_link_leads_to_getting_it_again(served: Served, token: str) -> None:
    answer = served.anonymous().get(f"/r/{'A' * 32}")
    assert answer.status_code == 404
    assert 'href="/link"' in answer.text


def test_a_closed_round_and_one_that_waits_say_when(served: Served, token: str) -> None:
    with served.engine.write() as session:
        sofie = session.scalars(select(OutboxRow).where(OutboxRow.recipient == address("Sofie Berg"))).one()
        link = f"/r/{secret_of(session, sofie)}"
    rater = served.anonymous(**{"accept-language": "nb"})
    assert rater.get(link).status_code == 200
    served.clock.pass_by(timedelta(days=15))
    late = rater.get(link)
    assert late.status_code == 410
    assert "Runden stengte mandag 7. desember kl. 10.00." in said(late).replace("\xa0", " ")
    served.clock.pass_by(timedelta(days=-16))
    early = rater.get(link)
    assert early.status_code == 403
    assert "Runden åpner mandag 23. november kl. 10.00." in said(early).replace("\xa0", " ")
