"""What only some are asked: told where enough have answered what it hangs on, counted in no score, recomputable."""

from collections.abc import Sequence
from datetime import date, datetime

import pytest
from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.kpis.commands import add_kpi_version
from app.kpis.intake import parse_content
from app.kpis.queries import get_kpi
from app.kpis.values import KpiKind, RaterGroup
from app.releases.queries import find_explanation
from app.releases.retrace import retrace
from app.releases.tables import FindingRow, ScoreRow
from app.rounds.values import GroupPolicy, Mode
from app.summaries.queries import get_summary
from tests.fjellbris import Fjellbris, fjellbris
from tests.kpis.plain import item, soft
from tests.played_round import PlayedRound, customers_of, play
from tests.releases.test_release import release

ONE_OR_TWO = {"item": "welcome", "lowest": "1", "highest": "2"}
# Welcome, tone, and why, which is asked of who gave 1 or 2; what the last two send there is nobody's answer.
SOFIE = (
    ("1", "3", "2"),
    ("2", "3", "2"),
    ("2", "3", "4"),
    ("2", "3", "na"),
    ("5", "3"),
    ("5", "3", "5"),
    ("5", "3", "5"),
)
LARS = (("1", "3", "2"), ("1", "3", "2"), ("1", "3", "2"), ("1", "3", "2"), ("5", "3"))


def with_a_follow_up(session: WriteSession, company: Fjellbris, now: datetime) -> None:
    """The first impression in a new version with one more item, asked after a low answer to the first."""
    kpi_id = company.kpis["first impression"]
    scale = get_kpi(session, SERVICE, kpi_id, on=local_day(now)).current.items[0].scale.id
    items = [item(scale, "welcome"), item(scale, "tone"), item(scale, "why", condition=ONE_OR_TWO)]
    given = soft("", "", scale, items=items)
    content = parse_content(
        {name: given[name] for name in given if name not in {"kind", "goal_id", "owner_id"}}, KpiKind.SOFT
    )
    add_kpi_version(session, SERVICE, kpi_id, content, now=now)


def answered(session: WriteSession, company: Fjellbris, now: datetime, mode: Mode) -> PlayedRound:
    with_a_follow_up(session, company, now)
    customers = GroupPolicy(RaterGroup.CUSTOMER, mode, 3, 3)
    asked = {"Sofie Berg": len(SOFIE), "Lars Moen": len(LARS)}
    played = play(session, company, now, groups=(RaterGroup.MANAGER, customers), customers=asked)
    told: Sequence[tuple[str, Sequence[Sequence[str]]]] = (("Sofie Berg", SOFIE), ("Lars Moen", LARS))
    for name, sheets in told:
        for customer, values in zip(customers_of(company, name, len(sheets)), sheets, strict=True):
            played.rate(customer, {name: values})
    played.rate("Amir Haddad", {"Sofie Berg": ["2", "4", "1"], "Lars Moen": ["3", "4", "1"]})
    return played


@pytest.mark.parametrize("mode", [Mode.CONFIDENTIAL, Mode.ANONYMOUS])
def test_a_conditional_item_is_told_of_enough_counts_in_no_score_and_comes_out_again(
    session: WriteSession, now: datetime, mode: Mode
) -> None:
    company = fjellbris(session, now)
    made = release(answered(session, company, now, mode))
    version = get_kpi(session, SERVICE, company.kpis["first impression"], on=local_day(now)).current
    welcome, _, why = (one.id for one in version.items)
    rows = {
        (company.name_of(row.subject_id), row.rater_groups, row.item_id): row
        for row in session.scalars(select(ScoreRow).where(ScoreRow.kpi_id == company.kpis["first impression"]))
    }
    of_why = rows["Sofie Berg", "customer", why]
    # 25, 25 and 75 points; who could not observe it, and the three who were not asked, give none.
    assert of_why.raters == 3
    assert of_why.score == pytest.approx(125 / 3)
    # Welcome and tone alone make the score: 0, 25, 25, 25, 100, 100, 100 and 50 for all.
    assert rows["Sofie Berg", "customer", None].score == pytest.approx((375 / 7 + 50) / 2)
    # Four of Lars's five were asked: that would tell how five have answered the first item, so it takes six.
    few = rows["Lars Moen", "customer", why]
    assert (rows["Lars Moen", "customer", welcome].raters, few.status, few.score) == (5, "suppressed", None)
    assert few.details is not None
    assert few.details["minimum"] == 6
    # The manager answers by name: what was asked is told, and what was not asked is not there.
    assert rows["Sofie Berg", "manager", why].score == 0
    assert rows["Lars Moen", "manager", why].status == "suppressed"
    _has_an_arithmetic_of_asked_items(session, company, made.id, why, local_day(now))
    found = retrace(session, SERVICE, made.id, on=local_day(now))
    assert [one.figure for one in found.figures if not one.is_equal] == []


def _has_an_arithmetic_of_asked_items(
    session: WriteSession, company: Fjellbris, release_id: str, why: str, on: date
) -> None:
    """It weighs nothing in the arithmetic, and only who was asked is among those who could have judged."""
    sofie = company.subjects["Sofie Berg"]
    summary = get_summary(session, SERVICE, release_id, sofie, on=on)
    told = {group.rater_groups[0]: group.items[-1] for kpi in summary.soft for group in kpi.groups}
    assert (told["customer"].is_conditional, told["customer"].asked) == (True, 4)
    document = find_explanation(session, release_id, sofie)
    assert document is not None
    kpi = next(one for one in document["kpis"] if one["kpi_id"] == company.kpis["first impression"])
    customers = next(one for one in kpi["groups"] if one["rater_groups"] == ["customer"])
    assert [one["weight"] for one in customers["items"]] == [1, 1, 0]
    judged = session.scalars(select(FindingRow.document).where(FindingRow.subject_id == sofie)).one()["judged"]
    assert [one for one in judged if "customer" in one["rater_groups"]] == [
        {
            "kpi_id": company.kpis["first impression"],
            "item_id": why,
            "rater_groups": ["customer"],
            "could": 3,
            "not_observed": 1,
            "skipped": 0,
        }
    ]
