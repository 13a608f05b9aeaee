"""Codes and moderation through the pages and over HTTP: what is sent, shown once, looked up, decided and read at last."""

import re

import pytest

from app.accounts.rules import SERVICE
from app.http.service import MISSES
from app.infra.database import WriteSession
from app.kpis.values import RaterGroup
from app.releases.commands import release_round
from app.releases.queries import find_release_of
from app.worker import lay_out_due
from tests.client import Client
from tests.moderation.built import CLOSED, SOFIE, WRITTEN, give_moderator
from tests.played_round import PlayedRound, customers_of, play
from tests.served import ADDRESS, ONE_DATABASE, OWN_PAGE
from tests.web.desk import Desk, form_of, wrong_fields
from tests.web.markup import Element, tree

RINGS, NAMES, PRIVATE, *_ = WRITTEN
CODE = re.compile(r"\b(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}\b")


@pytest.fixture
def played(desk: Desk) -> PlayedRound:
    """Committed: five customers of Sofie's and one of them asked about Lars, too."""
    with desk.engine.write() as session:
        desk.accounts["moderator"] = give_moderator(session, desk.company, desk.clock.now)
        groups = [RaterGroup.MANAGER, RaterGroup.CUSTOMER]
        return play(session, desk.company, desk.clock.now, groups=groups, customers={SOFIE: 5}, moderated_by="HR")


def in_session(played: PlayedRound, session: WriteSession) -> PlayedRound:
    return PlayedRound(session, played.company, played.round, played.now)


def rater(desk: Desk) -> Client:
    headers = {"accept-language": "en", "cookie": "lang=en", **OWN_PAGE}
    return Client(desk.app, ADDRESS, follow_redirects=False, headers=headers)


def sent_by(desk: Desk, played: PlayedRound, customer: str, comment: str) -> tuple[str, dict[str, list[str]]]:
    with desk.engine.write() as session:
        here = in_session(played, session)
        return f"/r/{here.link_of(customer)}", here.posted(customer, {SOFIE: ("4", "5")}, comment=comment)


def told(desk: Desk, code: str) -> Element:
    answer = rater(desk).post("/receipt", data={"code": code})
    assert (answer.status_code, code in answer.text) == (200, False), "a code that was typed in stands on no page"
    return tree(answer.text)


@ONE_DATABASE
def test_from_the_code_on_the_page_to_what_became_of_each_comment(desk: Desk, played: PlayedRound) -> None:
    codes, path = everybody_sends(desk, played)
    assert "HR reads your comment before it is released" in tree(rater(desk).get(path).text).words
    assert "Received" in told(desk, codes[0].lower()).words

    round_id = played.round.id
    desk.clock.pass_by(CLOSED)
    admin, moderator = desk.browser("admin"), desk.browser("moderator")
    assert moderator.get(f"/comments/{round_id}").status_code == 409
    assert "No comment waits" in moderator.page("/comments").words
    assert admin.post(f"/rounds/{round_id}/close").status_code == 303
    assert lay_out_due(desk.engine, desk.clock.now) == 1
    assert lay_out_due(desk.engine, desk.clock.now) == 0
    moderate(desk, round_id)
    assert "Not all comments have been looked at." in admin.page(f"/rounds/{round_id}/release").words
    for who in ("owner", "reader", "admin", "teammate"):
        assert desk.browser(who).get(f"/comments/{round_id}").status_code in {403, 404}, who

    with desk.engine.write() as session:
        release_round(session, SERVICE, round_id, now=desk.clock.now)
        found = find_release_of(session, round_id)
    assert found is not None
    page = desk.browser("owner").page(f"/results/{found.id}/subjects/{desk.company.subjects[SOFIE]}")
    assert "Fikk svar med en gang. Edited for anonymity" in " ".join(page.words.split())
    assert "Withheld: 1 comment – about health or private life" in page.words
    assert "Withheld: 1 comment – not looked at before the release" in page.words
    headings = [told(desk, code).one("h2").words for code in codes]
    assert headings == ["Released as written", "Released edited", "Withheld", "Released as written", "Withheld"]
    assert rater(desk).post("/api/v1/receipts", json={"code": codes[2]}).json() == {
        "state": "withheld",
        "reason": "private",
    }


def everybody_sends(desk: Desk, played: PlayedRound) -> tuple[list[str], str]:
    """Four on the page, the last over HTTP; the codes, and where that one's form is."""
    codes = [code_on_page(desk, played, customer, text) for customer, text in by_customer(desk, 3)]
    *_, (last, said), (over_http, other) = by_customer(desk, 5)
    codes.append(code_on_page(desk, played, last, said))
    path, posted = sent_by(desk, played, over_http, other)
    body = {"submission_id": posted.pop("submission")[0], "answers": {name: one[0] for name, one in posted.items()}}
    answer = rater(desk).put(f"/api/v1/forms/{path.removeprefix('/r/')}", json=body).json()
    assert [one["subject_name"] for one in answer["codes"]] == [SOFIE]
    codes.append(answer["codes"][0]["code"])
    return codes, path


def by_customer(desk: Desk, count: int) -> list[tuple[str, str]]:
    return list(zip(customers_of(desk.company, SOFIE, 5), WRITTEN, strict=True))[:count]


def code_on_page(desk: Desk, played: PlayedRound, customer: str, text: str) -> str:
    """Send the form, and reload what comes: the answer to the POST itself shows the code, no address ever does."""
    path, posted = sent_by(desk, played, customer, text)
    answer = rater(desk).post(path, data=posted)
    code: str
    (code,) = CODE.findall(answer.text)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert f'href="{path}/thanks"' in answer.text
    assert CODE.findall(rater(desk).post(path, data=posted).text) == [code]
    assert CODE.findall(rater(desk).get(f"{path}/thanks").text) == []
    return code


def moderate(desk: Desk, round_id: str) -> None:
    """On the pages, and one over HTTP; the last comment is left."""
    moderator = desk.browser("moderator")
    assert "Not looked at" in moderator.page("/comments").words
    queue = moderator.page(f"/comments/{round_id}")
    ids = {card.one("blockquote").words: card.attributes["id"][2:] for card in queue.all("section", class_="card")}
    assert ids.keys() == set(WRITTEN)
    here = f"/comments/{round_id}"
    assert moderator.post(f"{here}/{ids[RINGS]}", {"verdict": "released"}).headers["location"] == f"{here}?done=decided"
    edit = f"{here}/{ids[NAMES]}/edit"
    as_it_is = form_of(moderator.page(edit), edit)
    refused = moderator.post(edit, as_it_is)
    assert (refused.status_code, [place for place, _ in wrong_fields(tree(refused.text))]) == (422, ["#reason"])
    refused = moderator.post(edit, {**as_it_is, "reason": "names_others"})
    assert [place for place, _ in wrong_fields(tree(refused.text))] == ["#text"]
    assert moderator.post(edit, {"text": "Fikk svar med en gang.", "reason": "names_others"}).status_code == 303
    assert "Fikk svar med en gang." in moderator.page(here).words
    withhold = f"{here}/{ids[PRIVATE]}/withhold"
    assert moderator.post(withhold, form_of(moderator.page(withhold), withhold)).status_code == 422
    assert moderator.post(withhold, {"reason": "private"}).status_code == 303
    assert moderator.get(f"/comments/{desk.company.id}/{ids[PRIVATE]}/withhold").status_code == 404
    assert moderator.post(f"{here}/{ids[PRIVATE]}", {"verdict": "withheld"}).status_code == 422

    api = moderator.client
    (listed,) = api.get("/api/v1/comments").json()["items"]
    assert listed == api.get(f"/api/v1/rounds/{round_id}/comments").json()
    assert [one["verdict"] for one in listed["comments"]].count("waiting") == 2
    decision = f"/api/v1/comments/{ids[WRITTEN[3]]}/decision"
    assert api.post(decision, json={"verdict": "released"}, headers=OWN_PAGE).status_code == 204
    assert api.post(decision, json={"verdict": "withheld"}, headers=OWN_PAGE).status_code == 422
    assert (
        desk.browser("owner").client.post(decision, json={"verdict": "released"}, headers=OWN_PAGE).status_code == 403
    )


@ONE_DATABASE
def test_unknown_codes_are_answered_alike_and_guesses_are_counted(desk: Desk) -> None:
    assert rater(desk).get("/receipt").status_code == 200
    guesser = rater(desk)
    empty = guesser.post("/receipt", data={"code": ""})
    assert (empty.status_code, [place for place, _ in wrong_fields(tree(empty.text))]) == (422, ["#code"])
    unknown = ["0000-0000-0000-0000", "7K3M", "x" * 100, "<script>", "æøå", "7k3m x9qt 4hbw zp2d"]
    answers = [guesser.post("/receipt", data={"code": code}) for code in unknown]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert "This code is not known." in tree(answers[0].text).words
    over_http = [guesser.post("/api/v1/receipts", json={"code": code}) for code in unknown]
    assert {(answer.status_code, answer.json()["code"]) for answer in over_http} == {(404, "unknown_receipt")}
    assert guesser.post("/receipt", data={"code": "x"}, headers={"sec-fetch-site": "cross-site"}).status_code == 403

    for _ in range(MISSES - 2 * len(unknown)):
        assert guesser.post("/receipt", data={"code": "0000"}).status_code == 404
    assert guesser.post("/receipt", data={"code": "0000"}).status_code == 429
    assert guesser.post("/api/v1/receipts", json={"code": "0000"}).status_code == 429
