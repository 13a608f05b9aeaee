"""The form of a group before anybody is asked: what it would see and be promised, from a KPI or from a round."""

from datetime import datetime

import pytest
from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.accounts.values import Viewer
from app.errors import NotFound
from app.infra.database import WriteSession
from app.kpis.commands import create_kpi
from app.kpis.intake import parse_kpi
from app.kpis.tables import GoalRow
from app.kpis.values import RaterGroup
from app.responses.queries import load_rating_form
from app.responses.rules import NobodyAsked
from app.responses.specimens import SOMEBODY, load_form_preview, load_kpi_form_preview
from app.rounds.commands import propose_assignments
from app.rounds.values import GroupPolicy, Mode
from tests.fjellbris import Fjellbris, draft_round
from tests.kpis.plain import hard
from tests.played_round import PlayedRound


def test_a_kpi_shows_each_group_with_weight_its_questions_and_the_usual_promise(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    kpi_id = company.kpis["first impression"]
    customers = load_kpi_form_preview(session, SERVICE, kpi_id, RaterGroup.CUSTOMER, now=now)
    assert [group.value for group in customers.groups] == [
        "manager",
        "colleague",
        "customer",
        "mystery_shopper",
        "self",
    ]
    assert (customers.questions, customers.seconds, customers.most_seconds) == (2, 35, 60)
    (about,) = customers.form.subjects
    assert (about.name, about.mode, about.k, about.is_unit_only) == (SOMEBODY, Mode.CONFIDENTIAL, 3, False)
    assert (customers.form.asked_by, customers.form.promise_hash) == ("Ingrid Solheim", "")
    first = load_kpi_form_preview(session, SERVICE, kpi_id, None, now=now)
    assert (first.rater_group, first.form.subjects[0].mode, first.most_seconds) == (RaterGroup.MANAGER, Mode.NAMED, 180)
    measured = create_kpi(
        session,
        SERVICE,
        parse_kpi(hard(session.scalars(select(GoalRow.id)).one(), company.people["Ingrid Solheim"])),
        company_id=company.id,
        now=now,
    )
    for viewer, asked, group, refusal in (
        (SERVICE, kpi_id, RaterGroup.DIRECT_REPORT, NotFound),
        (SERVICE, measured, None, NobodyAsked),
        (Viewer("somebody"), kpi_id, None, NotFound),
    ):
        with pytest.raises(refusal):
            load_kpi_form_preview(session, viewer, asked, group, now=now)


def test_a_draft_shows_the_form_that_its_launch_would_send(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    customers = GroupPolicy(RaterGroup.CUSTOMER, Mode.ANONYMOUS, 4, 6)
    draft = draft_round(session, company, now, groups=(RaterGroup.MANAGER, RaterGroup.COLLEAGUE, customers))
    nobody = load_form_preview(session, SERVICE, draft.id, RaterGroup.COLLEAGUE, now=now).form.subjects
    assert [(one.name, one.is_unit_only) for one in nobody] == [("Lars Moen", False)]
    propose_assignments(session, SERVICE, draft.id, now=now)
    shown = load_form_preview(session, SERVICE, draft.id, RaterGroup.COLLEAGUE, now=now)
    # Each of the four is asked about the three others; three colleagues are enough.
    assert [one.name for one in shown.form.subjects] == sorted(one.name for one in shown.form.subjects)
    assert ([one.is_unit_only for one in shown.form.subjects], shown.questions, shown.seconds) == ([False] * 3, 2, 35)
    asked = load_form_preview(session, SERVICE, draft.id, RaterGroup.CUSTOMER, now=now).form
    assert (asked.is_final, asked.subjects[0].k, asked.subjects[0].comment_k) == (True, 4, 6)
    with pytest.raises(NotFound):
        load_form_preview(session, SERVICE, draft.id, RaterGroup.SELF, now=now)


def test_after_the_launch_it_is_the_form_behind_the_links(
    session: WriteSession, played: PlayedRound, company: Fjellbris
) -> None:
    own = load_rating_form(session, played.link_of("Sofie Berg"), now=played.now)
    shown = load_form_preview(session, SERVICE, played.round.id, RaterGroup.SELF, now=played.now).form
    (mine,) = (subject for subject in own.subjects if subject.rater_group is RaterGroup.SELF)
    assert shown.promise_hash == own.promise_hash
    assert shown.subjects[0].kpis == mine.kpis
