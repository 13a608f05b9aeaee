"""Whatever is put to a rater's form as JSON: a problem that names field and range, and nothing is stored."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx2 import Response

from app.accounts.rules import SERVICE
from app.infra.database import Database
from app.invitations.commands import void_invitation
from app.invitations.queries import find_link
from app.main import create_app
from tests.client import Client
from tests.databases import Pair, open_database
from tests.open_round import AMIR, OpenRound, open_round
from tests.served import ADDRESS, Clock, settings_of

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SUBMISSION = "submission-1"
CHOOSE = "Choose one of the answers."
STRANGE = "This field does not belong to the form."


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, database_pairs: Callable[[str], Pair]) -> Iterator[OpenRound]:
    engine = open_database(database_pairs(request.param).kind.copy("form_bad_input"))
    yield open_round(engine, NOW)
    engine.dispose()


@pytest.fixture(scope="module")
def rater(opened: OpenRound) -> Client:
    return browser_at(opened.engine, NOW)


@pytest.fixture
def untouched(opened: OpenRound) -> Iterator[None]:
    """Nothing is stored and nothing marked by what the test sends."""
    before = (opened.stored(), opened.marks())
    yield
    assert (opened.stored(), opened.marks()) == before


def browser_at(engine: Database, now: datetime) -> Client:
    app = create_app(settings_of(engine), database=engine, clock=Clock(now))
    return Client(app, ADDRESS, headers={"accept-language": "en"})


def path(opened: OpenRound) -> str:
    return f"/api/v1/forms/{opened.links[AMIR]}"


def field(opened: OpenRound, number: object = 1) -> str:
    return f"{opened.subject(AMIR).assignment_id}.{number}"


def refused(answer: Response) -> list[tuple[str, str, str]]:
    """Field, sentence and range of every refusal of a problem."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (422, "invalid")
    return [(one["field"], one["message"], one["allowed"]) for one in problem["errors"]]


def put(rater: Client, opened: OpenRound, answers: Any, **more: Any) -> Response:
    return rater.put(path(opened), json={"submission_id": SUBMISSION, "answers": answers, **more})


# ------------------------------------------------------------ what is answered


@pytest.mark.parametrize("value", ["", "0", "6", "-1", "5.0", " 5", "+5", "1_0", "0x5", "５", "٣", "NaN", "<script>"])
def test_only_the_exact_values_of_the_scale_are_answers(
    opened: OpenRound, rater: Client, untouched: None, value: str
) -> None:
    answer = put(rater, opened, {field(opened): value, field(opened, 2): "4"})
    assert refused(answer) == [(field(opened), CHOOSE, "1-5")]
    assert "<script>" not in answer.text


@pytest.mark.parametrize("value", [5, 5.0, True, None, ["5"], {"value": "5"}], ids=repr)
def test_an_answer_is_text(opened: OpenRound, rater: Client, untouched: None, value: Any) -> None:
    ((name, sentence, allowed),) = refused(put(rater, opened, {field(opened): value}))
    assert (name, sentence, allowed) == (f"answers.{field(opened)}", "Write this as text.", "text")


def test_nothing_answered_is_said_plainly(opened: OpenRound, rater: Client, untouched: None) -> None:
    for answers in ({}, {field(opened, "comment"): " \u3164 "}):
        answer = put(rater, opened, answers)
        assert (answer.status_code, answer.json()["code"]) == (422, "nothing_answered")
        assert answer.json()["detail"].startswith("Nothing is answered yet.")


def test_fields_that_the_form_does_not_have_are_refused_by_name(
    opened: OpenRound, rater: Client, untouched: None
) -> None:
    other = opened.subject(opened.customers[0]).assignment_id
    for name in ("role", "submission_id", field(opened, 99), f"{other}.1", f"{other}.comment"):
        assert refused(put(rater, opened, {field(opened): "5", name: "5"})) == [(name, STRANGE, "")]
    ((name, _, _),) = refused(put(rater, opened, {"x" * 5_000: "5"}))
    assert name == "x" * 80


def test_no_other_key_is_taken(opened: OpenRound, rater: Client, untouched: None) -> None:
    for key in ("role", "rater_id", "round_id", "token"):
        ((name, _, _),) = refused(put(rater, opened, {field(opened): "5"}, **{key: "x"}))
        assert name == key


def test_a_comment_that_is_too_long_or_holds_control_characters_is_refused(
    opened: OpenRound, rater: Client, untouched: None
) -> None:
    comment = field(opened, "comment")
    for text, sentence in (
        ("å" * 2_001, "Use at most 2000 characters. There are 2001."),
        ("a\x0bb", "Remove the control characters."),
        ("a\x85b", "Remove the control characters."),
    ):
        assert refused(put(rater, opened, {field(opened): "5", comment: text})) == [(comment, sentence, "0-2000")]


@pytest.mark.parametrize("given", [None, 7, "", "short", "x" * 65, "submission 1"])
def test_a_submit_needs_its_number(opened: OpenRound, rater: Client, untouched: None, given: Any) -> None:
    sent = {"answers": {field(opened): "5"}} | ({} if given is None else {"submission_id": given})
    ((name, _, _),) = refused(rater.put(path(opened), json=sent))
    assert name in {"submission_id", "submission"}


# ------------------------------------------------------------ how it is sent


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"null", 400),
        (b"[]", 422),
        (b'"text"', 422),
        (b'{"submission_id": "submission-1", "answers": {"a": NaN}}', 400),
        (b'{"submission_id": "submission-1", "submission_id": "submission-2", "answers": {}}', 400),
        (b'{"submission_id": "submission-1", "answers": {"a": "1", "a": "2"}}', 400),
        (b'{"submission_id": "submission-1", "answers": {"a": "\\ud800"}}', 400),
        (b'{"submission_id": "submission-1", "answers": {"a": "\\u0000"}}', 400),
        (b'{"submission_id": "submission-1", "answers": {"a": "\xff"}}', 400),
        (b'{"submission_id": "submission-1", "answers": {}} {}', 400),
        (b"[" * 100_000, 400),
        (b"\xef\xbb\xbf{}", 415),
        ('{"submission_id": "submission-1"}'.encode("utf-16"), 415),
        (b'{"submission_id": "submission-1", "answers": {"a": "' + b"x" * 300_000 + b'"}}', 413),
    ],
    ids=lambda part: str(part)[:60],
)
def test_what_is_no_sound_json_is_not_read(
    opened: OpenRound, rater: Client, untouched: None, body: bytes, status: int
) -> None:
    answer = rater.put(path(opened), content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert len(answer.text) < 2_000


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", ""])
def test_another_type_of_content_is_refused(opened: OpenRound, rater: Client, untouched: None, kind: str) -> None:
    body = json.dumps({"submission_id": SUBMISSION, "answers": {field(opened): "5"}})
    answer = rater.put(path(opened), content=body, headers={"content-type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "wrong_media_type")


def test_an_answer_from_a_foreign_page_is_refused(opened: OpenRound, rater: Client, untouched: None) -> None:
    sent = {"submission_id": SUBMISSION, "answers": {field(opened): "5"}}
    answer = rater.put(path(opened), json=sent, headers={"origin": "https://evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")


def test_answers_in_the_address_and_other_methods_change_nothing(
    opened: OpenRound, rater: Client, untouched: None
) -> None:
    assert rater.get(path(opened), params={field(opened): "5"}).status_code == 422
    assert (rater.head(path(opened)).status_code, rater.head(path(opened)).content) == (200, b"")
    for method in ("POST", "PATCH", "DELETE", "OPTIONS"):
        sent = {"submission_id": SUBMISSION, "answers": {field(opened): "5"}}
        assert rater.request(method, path(opened), json=sent).status_code == 405


# ------------------------------------------------------------ which link, and when


def test_unknown_and_malformed_links_look_alike(opened: OpenRound) -> None:
    rater = browser_at(opened.engine, NOW)
    sent = {"submission_id": SUBMISSION, "answers": {}}
    tokens = ["A" * 32, opened.links[AMIR].swapcase(), "x", "A" * 300, "é" * 32, "%00"]
    for answers in (
        [rater.get(f"/api/v1/forms/{token}") for token in tokens],
        [rater.put(f"/api/v1/forms/{token}", json=sent) for token in tokens],
    ):
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.text for answer in answers}) == 1


def test_after_thirty_misses_a_guesser_waits(opened: OpenRound) -> None:
    guesser = browser_at(opened.engine, NOW)
    sent = {"submission_id": SUBMISSION, "answers": {field(opened): "5"}}
    for place in range(30):
        assert guesser.get(f"/api/v1/forms/{place:032}").status_code == 404
    answer = guesser.put(path(opened), json=sent)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
    assert 0 < int(answer.headers["retry-after"]) <= 600


def test_before_the_opening_after_the_close_and_without_a_link_nothing_is_taken(engine: Database) -> None:
    opened = open_round(engine, NOW)
    sent = {"submission_id": SUBMISSION, "answers": {field(opened): "5"}}
    early = browser_at(engine, NOW - timedelta(days=1)).put(path(opened), json=sent)
    assert (early.status_code, early.json()["code"]) == (403, "not_yet_open")
    assert "Monday 23\xa0November at 10:00" in early.json()["detail"]
    late = browser_at(engine, opened.round.closes_at + timedelta(minutes=30)).put(path(opened), json=sent)
    assert (late.status_code, late.json()["code"]) == (410, "link_closed")
    with engine.write() as session:
        invitation = find_link(session, opened.links[AMIR], now=NOW).invitation_id
        void_invitation(session, SERVICE, invitation, now=NOW)
    void = browser_at(engine, NOW).put(path(opened), json=sent)
    assert (void.status_code, void.json()["code"]) == (410, "link_void")
    assert (opened.stored(), opened.marks()) == ([], 0)


def test_the_same_submit_twice_is_once_and_another_one_replaces_it(engine: Database) -> None:
    opened = open_round(engine, NOW)
    rater = browser_at(engine, NOW)
    answers = {field(opened): "5", field(opened, 2): "na"}
    first, second = (put(rater, opened, answers).json() for _ in range(2))
    assert first == second | {"open": first["open"]}
    assert opened.stored() == [(SUBMISSION, [5.0, None], [])]
    assert put(rater, opened, {field(opened): "1"}, submission_id="submission-2").status_code == 200
    assert opened.stored() == [("submission-2", [1.0], [])]
    assert opened.marks() == 1
