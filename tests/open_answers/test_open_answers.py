"""Open answers: a source of its own, parked where suspicious, computed once, and never mixed into any score."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.errors import Forbidden, Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.paging import PageRequest
from app.infra.versions import StaleVersion
from app.journal.queries import list_entries_about
from app.moderation.rules import NotInModeration, ReadsResults
from app.moderation.values import QueueSource, Ruling, Verdict
from app.open_answers import rules
from app.open_answers.commands import (
    change_moderators,
    close_code,
    create_code,
    decide_parked_open,
    submit_open_answer,
)
from app.open_answers.intake import parse_code
from app.open_answers.queries import list_parked_open, list_results, load_due_periods, load_open_form
from app.open_answers.review import get_either_comment, get_either_queue, list_every_queue, rule_on_either
from app.open_answers.seal import compute_due_periods
from app.open_answers.tables import OpenAnswerRow
from app.open_answers.values import OpenCode
from app.receipts.queries import get_outcome
from app.receipts.tables import ReceiptRow
from app.receipts.values import WithheldReason
from app.responses.rules import ReviewOver
from app.responses.tables import AnonymousSheetRow, SheetRow
from app.responses.values import ParkState
from tests.fjellbris import Fjellbris, fjellbris
from tests.kpis.plain import words
from tests.moderation.built import give_moderator

ALL = PageRequest()
DECEMBER = datetime(2026, 12, 1, 9, tzinfo=UTC)


@pytest.fixture
def company(session: WriteSession, now: datetime) -> Fjellbris:
    return fjellbris(session, now)


def given(company: Fjellbris, **changes: Any) -> dict[str, Any]:
    return {
        "subject_id": company.subjects["Team Nord"],
        "name": words("Disken i nord", "The counter in the north"),
        "kpi_ids": [company.kpis["first impression"]],
        **changes,
    }


@pytest.fixture
def code(session: WriteSession, company: Fjellbris, now: datetime) -> OpenCode:
    return create_code(session, SERVICE, company.id, parse_code(given(company)), now=now)


def scan(
    session: WriteSession,
    code: OpenCode,
    now: datetime,
    device: str,
    values: tuple[str, str] = ("5", "4"),
    *,
    after: float = 20,
    comment: str = "",
) -> str | None:
    """Somebody scans the code and answers so many seconds later; the receipt code, sent twice and the same."""
    form = load_open_form(session, code.token, now=now)
    sent = {f"open.{item.number}": [value] for item, value in zip(form.subject.items, values, strict=True)}
    sent |= {"submission": [f"from-{device}-{after:.0f}-{now:%d%H%M}"], "begun": [form.begun]}
    if comment:
        sent["open.comment"] = [comment]
    at = now + timedelta(seconds=after)
    first, again = (submit_open_answer(session, code.token, sent, device=device, now=at) for _ in range(2))
    assert first == again
    return first


def test_open_answers_are_computed_once_apart_from_every_score(
    session: WriteSession, code: OpenCode, now: datetime
) -> None:
    for number, values in enumerate([("5", "5"), ("5", "4"), ("4", "4"), ("3", "3"), ("1", "na"), ("5", "5")]):
        scan(session, code, now + timedelta(minutes=20 * number), f"phone-{number}", values, comment=f"Nr. {number}")
    assert session.scalar(select(func.count()).select_from(OpenAnswerRow)) == 6
    assert load_due_periods(session, now=now + timedelta(days=7)) == ()
    assert compute_due_periods(session, now=DECEMBER) == 1
    assert compute_due_periods(session, now=DECEMBER) == 0
    [result] = list_results(session, SERVICE, code.id, ALL, now=DECEMBER).items
    assert (result.start, result.end, result.answers) == (date(2026, 11, 1), date(2026, 11, 30), 6)
    [score] = result.scores
    # 100, 87.5, 75, 50, 0 (of one question) and 100: 412.5 in six.
    assert (score.answers, score.score, score.lo, score.hi) == (6, 68.75, 31.0, 92.0)
    assert sorted(one.text for one in result.comments) == [f"Nr. {number}" for number in range(6)]
    assert list(result.withheld) == []
    # Nothing is left of the answers, and nothing of them ever stood among the sheets that are scored.
    stored = [
        session.scalar(select(func.count()).select_from(one)) for one in (OpenAnswerRow, SheetRow, AnonymousSheetRow)
    ]
    assert stored == [0, 0, 0]


def test_an_answer_stored_after_its_period_was_computed_changes_nothing_and_holds_up_no_other_code(
    session: WriteSession, company: Fjellbris, code: OpenCode, now: datetime
) -> None:
    for number in range(5):
        scan(session, code, now + timedelta(minutes=20 * number), f"phone-{number}")
    assert compute_due_periods(session, now=DECEMBER) == 1
    other = create_code(session, SERVICE, company.id, parse_code(given(company)), now=now)
    lost = [
        scan(session, late, now + timedelta(days=2), "phone-late", ("1", "1"), comment="Sent.")
        for late in (code, other)
    ]
    compute_due_periods(session, now=DECEMBER)
    assert fates(session, lost) == [("withheld", "too_few")] * 2
    [result] = list_results(session, SERVICE, code.id, ALL, now=DECEMBER).items
    # Five times 87.5, as published.
    assert (result.answers, result.scores[0].score) == (5, 87.5)
    assert len(list_results(session, SERVICE, other.id, ALL, now=DECEMBER).items) == 1
    assert session.scalar(select(func.count()).select_from(OpenAnswerRow)) == 0
    assert load_due_periods(session, now=DECEMBER) == ()


def fates(session: WriteSession, codes: Sequence[str | None]) -> list[tuple[str, str | None]]:
    """What receipt codes tell."""
    found = [get_outcome(session, code or "") for code in codes]
    return [(one.state, one.reason) for one in found]


def test_fewer_than_k_show_nothing_not_even_how_many(session: WriteSession, code: OpenCode, now: datetime) -> None:
    codes = [
        scan(session, code, now + timedelta(minutes=20 * number), f"phone-{number}", comment="Fint")
        for number in range(4)
    ]
    assert fates(session, codes) == [("received", None)] * 4
    compute_due_periods(session, now=DECEMBER)
    assert fates(session, codes) == [("withheld", "too_few")] * 4
    [result] = list_results(session, SERVICE, code.id, ALL, now=DECEMBER).items
    assert (result.answers, result.scores[0].score, result.scores[0].answers, list(result.comments)) == (
        None,
        None,
        None,
        [],
    )


def test_what_looks_made_up_is_parked_and_the_analyst_decides(
    session: WriteSession, company: Fjellbris, code: OpenCode, now: datetime
) -> None:
    for number in range(8):
        scan(session, code, now, f"phone-{number}")
    scan(session, code, now + timedelta(hours=1), "phone-0")
    scan(session, code, now + timedelta(hours=1), "hasty", after=1)
    analyst = Viewer("account:a", grants=(Grant(Role.ANALYST, company.id),))
    assert list_parked_open(session, analyst, code.id, now=now) == []
    parked = list_parked_open(session, analyst, code.id, now=DECEMBER)
    assert sorted(one.reasons for one in parked) == [("burst",), ("burst",), ("same_device",), ("too_fast",)]
    hasty = next(one for one in parked if one.reasons == ("too_fast",))
    with pytest.raises(ReviewOver):
        decide_parked_open(session, analyst, hasty.id, ParkState.COUNTED, now=now)
    with pytest.raises(Forbidden):
        list_parked_open(session, Viewer("m", grants=(Grant(Role.MANAGER, company.id),)), code.id, now=DECEMBER)
    # The period waits three days for whoever decides.
    assert load_due_periods(session, now=DECEMBER) == ()
    for wanted in (ParkState.LEFT_OUT, ParkState.COUNTED):
        decide_parked_open(session, analyst, hasty.id, wanted, now=DECEMBER)
    later = DECEMBER + timedelta(days=3)
    assert compute_due_periods(session, now=later) == 1
    [result] = list_results(session, SERVICE, code.id, ALL, now=later).items
    assert result.answers == 7


def test_a_code_hangs_at_a_unit_until_it_is_taken_down(
    session: WriteSession, company: Fjellbris, code: OpenCode, now: datetime
) -> None:
    for change in ({"subject_id": company.subjects["Sofie Berg"]}, {"kpi_ids": [company.kpis["coaching"]]}):
        with pytest.raises(Invalid):
            create_code(session, SERVICE, company.id, parse_code(given(company, **change)), now=now)
    wrong: tuple[dict[str, Any], ...] = ({"k": 4}, {"kpi_ids": []}, {"name": {"nb": "Bare norsk"}}, {"subject_id": ""})
    for lacking in wrong:
        with pytest.raises(Invalid):
            parse_code(given(company, **lacking))
    with pytest.raises(rules.UnknownCode):
        load_open_form(session, "x" * 16, now=now)
    for _ in range(2):
        close_code(session, SERVICE, code.id, now=now)
    with pytest.raises(rules.CodeClosed):
        load_open_form(session, code.token, now=now)
    told = [one.action for one in list_entries_about(session, "open_code", code.id)]
    assert told == ["open_code.created", "open_code.closed"]


SAID = ("Hyggelig.", "Raskt.", "Kari var flink med meg.", "Jeg er syk.", "Kom gjerne igjen.", "")
RULINGS = {
    "Hyggelig.": Ruling(Verdict.RELEASED),
    "Raskt.": Ruling(Verdict.RELEASED),
    "Kari var flink med meg.": Ruling(Verdict.EDITED, WithheldReason.NAMES_OTHERS, "Var flink med meg."),
    "Jeg er syk.": Ruling(Verdict.WITHHELD, WithheldReason.PRIVATE),
}


@pytest.fixture
def hr(company: Fjellbris) -> Viewer:
    return Viewer("account:hr", grants=(Grant(Role.MODERATOR, company.id),))


@pytest.fixture
def codes() -> dict[str, str | None]:
    """The receipt code of each comment."""
    return {}


@pytest.fixture
def looked_at(session: WriteSession, company: Fjellbris, now: datetime, codes: dict[str, str | None]) -> OpenCode:
    """A code whose comments are looked at first: five comments, an answer without any, and one that is parked."""
    wish = parse_code(given(company), moderators="HR")
    with pytest.raises(Invalid) as refused:
        create_code(session, SERVICE, company.id, wish, now=now)
    assert [error.field for error in refused.value.errors] == ["moderated_by"], "nobody has the role there"
    give_moderator(session, company, now)
    code = create_code(session, SERVICE, company.id, wish, now=now)
    for number, text in enumerate(SAID):
        codes[text] = scan(session, code, now + timedelta(minutes=20 * number), f"phone-{number}", comment=text)
    codes["Parkert."] = scan(session, code, now + timedelta(hours=3), "hasty", after=1, comment="Parkert.")
    return code


def test_comments_wait_for_who_reads_no_results_once_the_period_is_over(
    session: WriteSession, company: Fjellbris, looked_at: OpenCode, hr: Viewer, now: datetime
) -> None:
    assert list_every_queue(session, hr, now=now + timedelta(days=5)) == []
    [queue] = list_every_queue(session, hr, now=DECEMBER)
    assert (queue.id, queue.source, queue.waiting) == (looked_at.id, QueueSource.OPEN_CODE, 5)
    assert queue.until == datetime(2026, 12, 7, 23, tzinfo=UTC)
    assert {one.text for one in queue.comments} == set(SAID) - {""}, "neither what is parked nor what says nothing"
    for close in (Role.MANAGER, Role.VIEWER, Role.ANALYST):
        both = Viewer("account:b", grants=(Grant(Role.MODERATOR, company.id), Grant(close, company.id)))
        assert list_every_queue(session, both, now=DECEMBER) == []
        with pytest.raises(ReadsResults):
            get_either_queue(session, both, looked_at.id, now=DECEMBER)
        with pytest.raises(ReadsResults):
            rule_on_either(session, both, queue.comments[0].id, Ruling(Verdict.RELEASED), now=DECEMBER)
    plain = parse_code(given(company, moderated_by=""), moderators="HR")
    unmoderated = create_code(session, SERVICE, company.id, plain, now=now)
    with pytest.raises(NotInModeration):
        get_either_queue(session, hr, unmoderated.id, now=DECEMBER)


def test_comments_are_shown_as_it_was_decided_and_what_nobody_has_looked_at_is_withheld(
    session: WriteSession, looked_at: OpenCode, hr: Viewer, codes: dict[str, str | None]
) -> None:
    assert codes.pop("") is None, "nothing was written"
    marks = set(session.scalars(select(ReceiptRow.comment)))
    assert fates(session, [*codes.values()]) == [("received", None)] * 6
    [queue] = list_every_queue(session, hr, now=DECEMBER)
    found = {one.text: one.id for one in queue.comments}
    for text, ruling in RULINGS.items():
        rule_on_either(session, hr, found[text], ruling, now=DECEMBER)
        assert get_either_comment(session, hr, found[text], now=DECEMBER).ruling == ruling
    # One is left: three days for what is parked are not enough, seven are.
    last = DECEMBER + timedelta(days=7)
    assert load_due_periods(session, now=DECEMBER + timedelta(days=6)) == ()
    assert load_due_periods(session, now=last) == ((looked_at.id, date(2026, 11, 1)),)
    assert compute_due_periods(session, now=last) == 1
    [result] = list_results(session, SERVICE, looked_at.id, ALL, now=last).items
    shown = {(one.text, one.is_edited) for one in result.comments}
    assert shown == {("Hyggelig.", False), ("Raskt.", False), ("Var flink med meg.", True)}
    assert [(one.reason, one.comments) for one in result.withheld] == [("not_looked_at", 1), ("private", 1)]
    # What is parked counts in nothing, and nobody is told that it was.
    fate = {"Jeg er syk.": ("withheld", "private"), "Kari var flink med meg.": ("edited", None)}
    fate |= {"Kom gjerne igjen.": ("withheld", "not_looked_at"), "Parkert.": ("withheld", "too_few")}
    assert fates(session, [*codes.values()]) == [fate.get(text, ("released", None)) for text in codes]
    left = session.execute(select(ReceiptRow.comment, ReceiptRow.round_id, ReceiptRow.keep_until)).all()
    assert (len(marks), set(map(tuple, left))) == (6, {(None, None, date(2027, 12, 31))})
    with pytest.raises(NotFound):
        rule_on_either(session, hr, found["Raskt."], Ruling(Verdict.RELEASED), now=last)
    told = [one.action for one in list_entries_about(session, "open_code", looked_at.id)]
    assert told == ["open_code.created"] + ["comment.moderated"] * 4


def test_a_period_is_computed_at_once_when_every_comment_is_looked_at(
    session: WriteSession, company: Fjellbris, hr: Viewer, now: datetime
) -> None:
    give_moderator(session, company, now)
    code = create_code(session, SERVICE, company.id, parse_code(given(company, moderated_by="HR")), now=now)
    for number in range(5):
        text = f"Nr. {number}" if number < 3 else ""
        scan(session, code, now + timedelta(minutes=20 * number), f"phone-{number}", comment=text)
    assert load_due_periods(session, now=DECEMBER) == ()
    first, *others = get_either_queue(session, hr, code.id, now=DECEMBER).comments
    rule_on_either(session, hr, first.id, Ruling(Verdict.WITHHELD, WithheldReason.INSULT), now=DECEMBER)
    for one in others:
        rule_on_either(session, hr, one.id, Ruling(Verdict.RELEASED), now=DECEMBER)
    assert compute_due_periods(session, now=DECEMBER) == 1
    [result] = list_results(session, SERVICE, code.id, ALL, now=DECEMBER).items
    # Two are left, fewer than are ever shown.
    assert (list(result.comments), [(one.reason, one.comments) for one in result.withheld]) == (
        [],
        [("insult", 1), ("too_few", 2)],
    )


def test_who_reads_first_is_changed_and_each_comment_leaves_as_its_form_promised(
    session: WriteSession, company: Fjellbris, hr: Viewer, code: OpenCode, now: datetime
) -> None:
    def say(number: int, text: str) -> str | None:
        return scan(session, code, now + timedelta(minutes=20 * number), f"phone-{number}", comment=text)

    written = [say(number, "Som skrevet.") for number in range(3)]
    with pytest.raises(Invalid):
        change_moderators(session, SERVICE, code.id, "HR", now=now)
    give_moderator(session, company, now)
    with pytest.raises(StaleVersion):
        change_moderators(session, SERVICE, code.id, "HR", expected_version=2, now=now)
    changed = [change_moderators(session, SERVICE, code.id, "HR", now=now) for _ in range(2)]
    assert [(one.moderated_by, one.version) for one in changed] == [("HR", 2)] * 2
    promised = [say(number, "Lest først.") for number in range(3, 5)]
    assert change_moderators(session, SERVICE, code.id, None, now=now).moderated_by is None
    written.append(say(5, "Som skrevet."))
    assert load_due_periods(session, now=DECEMBER) == (), "what was promised to be read first waits, whoever reads now"
    queue = get_either_queue(session, hr, code.id, now=DECEMBER)
    assert [one.text for one in queue.comments if one.ruling.verdict is Verdict.WAITING] == ["Lest først."] * 2
    first = next(one for one in queue.comments if one.ruling.verdict is Verdict.WAITING)
    rule_on_either(session, hr, first.id, Ruling(Verdict.RELEASED), now=DECEMBER)
    last = DECEMBER + timedelta(days=7)
    assert compute_due_periods(session, now=last) == 1
    assert fates(session, written) == [("released", None)] * 4
    assert sorted(fates(session, promised)) == [("released", None), ("withheld", "not_looked_at")]
    told = [one.action for one in list_entries_about(session, "open_code", code.id)]
    assert told.count("open_code.moderators_changed") == 2
    close_code(session, SERVICE, code.id, now=last)
    with pytest.raises(rules.CodeClosed):
        change_moderators(session, SERVICE, code.id, "HR", now=last)
