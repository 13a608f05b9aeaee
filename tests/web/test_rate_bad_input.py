"""Whatever is sent to a rater's form: a plain sentence, nothing stored, nothing typed lost. Numbers are the catalogue's.

One round serves all that is refused, since nothing of it may change the round.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from httpx2 import Response

from app.accounts.rules import SERVICE
from app.infra.database import Database
from app.invitations.commands import void_invitation
from app.invitations.queries import find_link
from app.main import create_app
from app.rounds.commands import close_round
from tests.client import Client
from tests.databases import Pair, open_database
from tests.open_round import AMIR, SOFIE, OpenRound, open_round
from tests.served import ADDRESS, Clock, settings_of
from tests.web.markup import Element, tree

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ENCODED = "application/x-www-form-urlencoded"
TYPED = "Hun tok seg tid <b>og</b> hilste."
SUBMISSION = "submission-1"
CHOOSE = f"{SOFIE}, Welcome: Choose one of the answers. (1-5)"
STRANGE = "This field does not belong to the form."
REOPEN = "Open the form again and send it from there. (8-64)"
UNREADABLE = "The form could not be read. Open the page again and repeat it."


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, database_pairs: Callable[[str], Pair]) -> Iterator[OpenRound]:
    engine = open_database(database_pairs(request.param).kind.copy("rate_bad_input"))
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


def browser_at(engine: Database, now: datetime, *, host: str = "testclient") -> Client:
    app = create_app(settings_of(engine), database=engine, clock=Clock(now))
    headers = {"accept-language": "en", "cookie": "lang=en"}
    return Client(app, ADDRESS, follow_redirects=False, headers=headers, client=(host, 50000))


def link(opened: OpenRound) -> str:
    return f"/r/{opened.links[AMIR]}"


def field(opened: OpenRound, number: object = 1) -> str:
    return f"{opened.subject(AMIR).assignment_id}.{number}"


def summary(answer: Response) -> list[str]:
    """What the list on top of a refused form says."""
    (box,) = [one for one in tree(answer.text).walk() if "error-summary" in one.classes]
    return [item.words for item in box.all("li")]


def message(answer: Response) -> str:
    return tree(answer.text).one("p", class_="lead").words


def typed(answer: Response, name: str) -> str:
    area: Element = tree(answer.text).one("textarea", name=name)
    return "".join(one for one in area.content if isinstance(one, str))


# ------------------------------------------------------------ 1 to 6, 8 to 10, 14, 19: what is answered


def test_01_an_empty_body_is_said_to_be_empty(opened: OpenRound, rater: Client, untouched: None) -> None:
    answer = rater.post(link(opened), content=b"", headers={"content-type": ENCODED})
    assert answer.status_code == 400
    assert message(answer) == "The form arrived empty. Open the link again and answer there."


@pytest.mark.parametrize("comment", [None, "", "  ", " \u3164\u200b "], ids=["2", "2 blank", "19 spaces", "19 filler"])
def test_02_19_a_form_without_an_answer_says_that_nothing_is_answered(
    opened: OpenRound, rater: Client, untouched: None, comment: str | None
) -> None:
    sent = {"submission": SUBMISSION} | ({} if comment is None else {field(opened, "comment"): comment})
    answer = rater.post(link(opened), data=sent)
    assert answer.status_code == 422
    assert summary(answer) == ["Nothing is answered yet. Choose at least one answer, or could not observe."]


@pytest.mark.parametrize(
    "value",
    ["", "0", "6", "-1", "5.0", " 5", "5 ", "+5", "05", "5\n", "1_0", "0x5", "５", "٣", "1e0", "NaN", "NA", "nei"],
)
def test_03_to_06_only_the_exact_values_of_the_scale_are_answers(
    opened: OpenRound, rater: Client, untouched: None, value: str
) -> None:
    sent = {"submission": SUBMISSION, field(opened): value, field(opened, 2): "4", field(opened, "comment"): TYPED}
    answer = rater.post(link(opened), data=sent)
    assert answer.status_code == 422
    assert summary(answer) == [CHOOSE]
    assert is_checked(answer, field(opened, 2), "4")
    assert typed(answer, field(opened, "comment")).strip() == TYPED
    assert tree(answer.text).one("input", name="submission").attributes["value"] == SUBMISSION


def is_checked(answer: Response, name: str, value: str) -> bool:
    return "checked" in tree(answer.text).one("input", name=name, value=value).attributes


def test_07_an_answer_that_comes_twice_is_no_answer(opened: OpenRound, rater: Client, untouched: None) -> None:
    for name in (field(opened), field(opened, "comment"), "submission"):
        plain = f"submission={SUBMISSION}&{field(opened)}=5&{field(opened, 'comment')}=a"
        answer = rater.post(link(opened), content=f"{plain}&{name}=submission-2", headers={"content-type": ENCODED})
        assert answer.status_code == 400
        assert message(answer) == f"The field {name} was sent twice."


def test_08_09_fields_that_the_form_does_not_have_are_refused(
    opened: OpenRound, rater: Client, untouched: None
) -> None:
    other = opened.subject(opened.customers[0]).assignment_id
    for name in ("role", "round_id", "subject", field(opened, 99), field(opened, 3), f"{other}.1", "x" * 5_000):
        answer = rater.post(link(opened), data={"submission": SUBMISSION, field(opened): "5", name: "5"})
        assert (answer.status_code, summary(answer)) == (422, [STRANGE]), name[:40]
        assert is_checked(answer, field(opened), "5")


@pytest.mark.parametrize("sign", ["\x00", "\x01", "\x0b", "\x1b", "\x7f", "\x85"])
def test_14_control_characters_in_a_comment_are_refused_and_the_comment_is_kept(
    opened: OpenRound, rater: Client, untouched: None, sign: str
) -> None:
    sent = {"submission": SUBMISSION, field(opened): "5", field(opened, "comment"): f"Bra{sign}uke"}
    answer = rater.post(link(opened), data=sent)
    assert answer.status_code == 422
    assert summary(answer) == [f"{SOFIE}, Comment: Remove the control characters. (0-2000)"]
    assert "Bra" in typed(answer, field(opened, "comment"))
    assert is_checked(answer, field(opened), "5")


def test_10_a_comment_that_is_too_long_says_how_long_it_is(opened: OpenRound, rater: Client, untouched: None) -> None:
    for length in (2_001, 9_000):
        long = "å" * length
        answer = rater.post(
            link(opened), data={"submission": SUBMISSION, field(opened): "5", field(opened, "comment"): long}
        )
        assert answer.status_code == 422
        assert summary(answer) == [f"{SOFIE}, Comment: Use at most 2000 characters. There are {length}. (0-2000)"]
        assert typed(answer, field(opened, "comment")).strip() == long


def test_a_comment_alone_asks_for_an_answer_and_is_kept(opened: OpenRound, rater: Client, untouched: None) -> None:
    answer = rater.post(link(opened), data={"submission": SUBMISSION, field(opened, "comment"): TYPED})
    assert summary(answer) == [f"{SOFIE}, Comment: Choose at least one answer as well, or could not observe."]
    assert typed(answer, field(opened, "comment")).strip() == TYPED


@pytest.mark.parametrize("given", [None, "", "short", "x" * 65, "submission 1", "submission-ø"])
def test_a_submit_without_its_number_gets_one_with_the_form(
    opened: OpenRound, rater: Client, untouched: None, given: str | None
) -> None:
    sent = {field(opened): "5"} | ({} if given is None else {"submission": given})
    answer = rater.post(link(opened), data=sent)
    assert (answer.status_code, summary(answer)) == (422, [REOPEN])
    assert len(tree(answer.text).one("input", name="submission").attributes["value"]) == 36


# ------------------------------------------------------------ 11 to 13, 20 to 23: how it is sent


def test_11_ten_million_characters_are_too_large(opened: OpenRound, rater: Client, untouched: None) -> None:
    answer = rater.post(link(opened), data={"submission": SUBMISSION, field(opened, "comment"): "x" * 10_000_000})
    assert (answer.status_code, message(answer)) == (413, "This is larger than the 512 kB allowed here.")


@pytest.mark.parametrize(
    ("number", "body", "sentence"),
    [
        ("12", b"&".join(b"f%d=1" % place for place in range(5_000)), "The form has more than 2000 fields."),
        ("13 value", b"submission=submission-1&comment=%ff", "The form is not valid UTF-8."),
        ("13 name", b"%c3=1", "The form is not valid UTF-8."),
        ("14 name", b"a%00=1", "The name of a field holds control characters."),
    ],
    ids=lambda part: part if isinstance(part, str) and len(part) < 10 else "",
)
def test_12_13_what_no_browser_sends_is_not_read(
    opened: OpenRound, rater: Client, untouched: None, number: str, body: bytes, sentence: str
) -> None:
    answer = rater.post(link(opened), content=body, headers={"content-type": ENCODED})
    assert (answer.status_code, message(answer)) == (400, sentence)


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "text/plain",
        f"{ENCODED}; charset=utf-16",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "",
    ],
)
def test_20_21_another_type_of_content_is_refused(opened: OpenRound, rater: Client, untouched: None, kind: str) -> None:
    answer = rater.post(
        link(opened), content=f"submission={SUBMISSION}&{field(opened)}=5", headers={"content-type": kind}
    )
    assert (answer.status_code, message(answer)) == (415, f"Send this as {ENCODED}.")


def test_22_a_semicolon_does_not_separate_fields(opened: OpenRound, rater: Client, untouched: None) -> None:
    body = f"submission={SUBMISSION};{field(opened)}=5"
    answer = rater.post(link(opened), content=body, headers={"content-type": ENCODED})
    assert (answer.status_code, summary(answer)) == (422, [REOPEN])


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"origin": "https://evil.example"},
        {"origin": "https://127.0.0.1:8000.evil.example"},
    ],
    ids=["site", "origin", "look-alike"],
)
def test_23_a_form_from_a_foreign_page_is_refused(
    opened: OpenRound, rater: Client, untouched: None, headers: Mapping[str, str]
) -> None:
    answer = rater.post(link(opened), data={"submission": SUBMISSION, field(opened): "5"}, headers=headers)
    assert answer.status_code == 403
    assert message(answer) == "This did not come from a page of this service. Open the page again and repeat it."


# ------------------------------------------------------------ 24 to 30: when, and what changes nothing


def test_25_unknown_and_malformed_links_look_alike(opened: OpenRound) -> None:
    rater = browser_at(opened.engine, NOW)
    known = opened.links[AMIR]
    paths = [f"/r/{token}" for token in ("A" * 32, f"{known[:-1]}!", known.swapcase(), "x", "A" * 300, "é" * 32)]
    sent = {"submission": SUBMISSION}
    for answers in ([rater.get(path) for path in paths], [rater.post(path, data=sent) for path in paths]):
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.text for answer in answers}) == 1
        assert message(answers[0]).startswith("This link leads nowhere.")
        assert tree(answers[0].text).one("a", hreflang="nb").attributes["href"] == "?lang=nb"


def test_25_after_thirty_misses_in_ten_minutes_a_guesser_waits_and_nobody_else(opened: OpenRound) -> None:
    guesser = browser_at(opened.engine, NOW, host="203.0.113.7")
    other = Client(guesser.app, ADDRESS, client=("203.0.113.8", 50000))
    for place in range(30):
        assert guesser.get(f"/r/{place:032}").status_code == 404
    for path in (
        f"/r/{30:032}",
        link(opened),
        f"/r/{opened.links[AMIR]}/thanks",
        f"/api/v1/forms/{opened.links[AMIR]}",
    ):
        answer = guesser.get(path)
        assert answer.status_code == 429, path
        assert 0 < int(answer.headers["retry-after"]) <= 600
    assert other.get(link(opened)).status_code == 200


def test_27_a_link_that_is_not_open_yet_says_when_it_opens(opened: OpenRound, untouched: None) -> None:
    early = browser_at(opened.engine, NOW - timedelta(days=1))
    for answer in (
        early.get(link(opened)),
        early.post(link(opened), data={"submission": SUBMISSION, field(opened): "5"}),
    ):
        assert answer.status_code == 403
        assert message(answer) == "The round opens Monday 23 November at 10:00. Keep the letter and open the link then."


def test_24_28_30_a_link_whose_time_is_over_says_so_and_twice_the_same_is_once(engine: Database) -> None:
    opened = open_round(engine, NOW)
    sent = {"submission": SUBMISSION, field(opened): "5"}
    rater = browser_at(opened.engine, NOW)
    late = browser_at(opened.engine, opened.round.closes_at + timedelta(minutes=30))
    for answer in (late.get(link(opened)), late.post(link(opened), data=sent)):
        assert answer.status_code == 410
        assert message(answer).startswith("The round closed Monday 7 December at 10:00. What was sent before counts")
    assert opened.stored() == []
    in_grace = browser_at(opened.engine, opened.round.closes_at + timedelta(minutes=29))
    told = " ".join(tree(in_grace.get(link(opened)).text).one("p", class_="lead").words.split())
    assert "What you send before Monday 7 December at 10:30 still counts." in told
    assert in_grace.post(link(opened), data=sent).status_code == 303
    thanks = " ".join(tree(in_grace.get(f"{link(opened)}/thanks").text).one("p", class_="lead").words.split())
    assert thanks.endswith("You can change it until Monday 7 December at 10:30.")
    assert rater.post(link(opened), data=sent).status_code == 303
    assert opened.stored() == [(SUBMISSION, [5.0], [])]
    again = rater.get(link(opened), params={field(opened, 2): "1", field(opened, "comment"): TYPED, "submission": "x"})
    assert again.status_code == 200
    assert TYPED not in again.text
    assert [box for box in tree(again.text).all("input", type="radio") if "checked" in box.attributes] == []
    assert opened.stored() == [(SUBMISSION, [5.0], [])]


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", 200), ("OPTIONS", 405), ("PUT", 405), ("PATCH", 405), ("DELETE", 405)]
)
def test_29_other_methods_change_nothing(
    opened: OpenRound, rater: Client, untouched: None, method: str, status: int
) -> None:
    body = f"submission=submission-9&{field(opened)}=1"
    answer = rater.request(method, link(opened), content=body, headers={"content-type": ENCODED})
    assert answer.status_code == status
    assert (answer.content == b"") == (method == "HEAD")


def test_14_to_18_marks_families_and_right_to_left_are_kept_within_reason(engine: Database) -> None:
    opened = open_round(engine, NOW)
    family = "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
    arabic = "\N{ARABIC LETTER MEEM}\N{ARABIC LETTER REH}"
    zalgo = "e" + "\N{COMBINING RING BELOW}" * 40
    comment = f"{family}\t{arabic}\u202e {zalgo}\u200b\r\nTakk"
    customer = opened.customers[-1]
    sent = opened.fields(customer, ("4", "na"), submission="submission-marks", comment=comment)
    assert browser_at(engine, NOW).post(f"/r/{opened.links[customer]}", data=sent).status_code == 200
    comments = [f"{family}\t{arabic} e{zalgo[1:9]}\nTakk"]
    assert opened.stored() == [("submission-marks", [4.0, None], comments)]


def test_26_a_link_that_was_taken_back_and_one_of_a_closed_round_lead_no_further(engine: Database) -> None:
    opened = open_round(engine, NOW)
    rater = browser_at(opened.engine, NOW)
    customer = opened.customers[0]
    with opened.engine.write() as session:
        invitation = find_link(session, opened.links[customer], now=NOW).invitation_id
        void_invitation(session, SERVICE, invitation, now=NOW)
    before = opened.stored()
    for answer in (
        rater.get(f"/r/{opened.links[customer]}"),
        rater.post(f"/r/{opened.links[customer]}", data=opened.fields(customer, ("5", "5"))),
    ):
        assert answer.status_code == 410
        assert message(answer).startswith("This link is no longer in use.")
    with opened.engine.write() as session:
        close_round(session, SERVICE, opened.round.id, now=NOW)
    answer = rater.post(link(opened), data={"submission": "submission-2", field(opened): "1"})
    assert (answer.status_code, message(answer)[:17]) == (410, "The round closed ")
    assert opened.stored() == before
