"""Saying no on the pages of a link: the question first, a reason, and on with the others; opening says nothing."""

from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.invitations.commands import invite_due_rounds
from app.kpis.values import RaterGroup
from app.rounds.commands import launch_round
from app.rounds.queries import load_round
from app.rounds.tables import AssignmentRow
from tests.client import Client
from tests.played_round import PlayedRound
from tests.served import ADDRESS
from tests.web.desk import Desk
from tests.web.markup import tree


def test_a_rater_says_no_to_everybody_asked_about(desk: Desk) -> None:
    groups = (RaterGroup.COLLEAGUE,)
    round_id = desk.draft(rated=("Sofie Berg", "Thea Vik"), groups=groups)
    now = desk.clock.now
    with desk.engine.write() as session:
        launch_round(session, SERVICE, round_id, confirmed=True, now=now)
        invite_due_rounds(session, now=now)
        token = PlayedRound(session, desk.company, load_round(session, round_id), now).link_of("Lars Moen")
    client = Client(desk.app, ADDRESS, follow_redirects=False, headers={"accept-language": "en"})
    for left in (1, 0):
        form = tree(client.get(f"/r/{token}?lang=en").text)
        href = next(link.attributes["href"] for link in form.all("a") if "/decline/" in link.attributes["href"])
        page = tree(client.get(f"{href}?lang=en").text)
        assert "nor the managers are told that it was you" in page.words
        assert client.post(href, data={"reason": "rude"}).status_code == 422
        with desk.engine.read() as session:
            said = session.scalars(select(AssignmentRow.id).where(AssignmentRow.declined.is_not(None))).all()
            assert len(said) == 1 - left
        answer = client.post(href, data={"reason": "no_time"})
        assert answer.headers["location"] == f"/r/{token}/declined"
        assert client.get(href).status_code == 404
        assert ("Rate the last one" in client.get(f"{answer.headers['location']}?lang=en").text) is (left == 1)
    assert "Nothing is left to answer" in client.get(f"/r/{token}?lang=en").text
    gone = client.post(f"/api/v1/forms/{token}/decline", json={"assignment_id": round_id, "reason": "other"})
    wrong = client.post(f"/api/v1/forms/{token}/decline", json={"assignment_id": round_id, "reason": "rude"})
    assert (gone.status_code, wrong.status_code) == (404, 422)
    admin = desk.browser("admin")
    assert "Has declined: I do not have the time" in admin.page(f"/rounds/{round_id}/assignments").words
    assert "A rater, not named" in admin.page("/admin/journal").words
    assert "Has declined" not in desk.browser("owner").page(f"/rounds/{round_id}/assignments").words
