"""Open answers: a source of its own, parked where suspicious, computed once, and never mixed into any score."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.errors import Forbidden, Invalid
from app.infra.database import WriteSession
from app.infra.paging import PageRequest
from app.journal.queries import list_entries_about
from app.open_answers import rules
from app.open_answers.commands import (
    close_code,
    compute_due_periods,
    create_code,
    decide_parked_open,
    submit_open_answer,
)
from app.open_answers.intake import parse_code
from app.open_answers.queries import list_parked_open, list_results, load_due_periods, load_open_form
from app.open_answers.tables import OpenAnswerRow
from app.open_answers.values import OpenCode
from app.responses.rules import ReviewOver
from app.responses.tables import AnonymousSheetRow, SheetRow
from app.responses.values import ParkState
from tests.fjellbris import Fjellbris, fjellbris
from tests.kpis.plain import words

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
) -> None:
    """Somebody scans the code and answers so many seconds later."""
    form = load_open_form(session, code.token, now=now)
    sent = {f"open.{item.number}": [value] for item, value in zip(form.subject.items, values, strict=True)}
    sent |= {"submission": [f"from-{device}-{after:.0f}-{now:%d%H%M}"], "begun": [form.begun]}
    if comment:
        sent["open.comment"] = [comment]
    for _ in range(2):
        submit_open_answer(session, code.token, sent, device=device, now=now + timedelta(seconds=after))


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
    assert sorted(result.comments) == [f"Nr. {number}" for number in range(6)]
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
    for late in (code, other):
        scan(session, late, now + timedelta(days=2), "phone-late", ("1", "1"))
    compute_due_periods(session, now=DECEMBER)
    [result] = list_results(session, SERVICE, code.id, ALL, now=DECEMBER).items
    # Five times 87.5, as published.
    assert (result.answers, result.scores[0].score) == (5, 87.5)
    assert len(list_results(session, SERVICE, other.id, ALL, now=DECEMBER).items) == 1
    assert session.scalar(select(func.count()).select_from(OpenAnswerRow)) == 0
    assert load_due_periods(session, now=DECEMBER) == ()


def test_fewer_than_k_show_nothing_not_even_how_many(session: WriteSession, code: OpenCode, now: datetime) -> None:
    for number in range(4):
        scan(session, code, now + timedelta(minutes=20 * number), f"phone-{number}", comment="Fint")
    compute_due_periods(session, now=DECEMBER)
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
