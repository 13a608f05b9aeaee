"""A dossier in the database: who writes it, what starts under it, what the journal keeps, who is reminded."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.dossiers.commands import change_dossier, create_dossier, remind_of_reviews, review_dossier
from app.dossiers.intake import ReviewDraft, parse_dossier
from app.dossiers.queries import get_dossier, list_dossiers, list_reviews, load_dossiers
from app.errors import Forbidden, Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.paging import PageRequest
from app.infra.versions import StaleVersion
from app.journal.tables import JournalRow
from app.kpis.values import RaterGroup
from app.mail.tables import OutboxRow
from app.rounds.commands import change_round, draft_of, launch_round, propose_assignments
from app.rounds.queries import load_round, preview_round
from app.rounds.rules import RoundIncomplete
from app.rounds.values import RoundState
from tests.dossiers.plain import complete
from tests.fjellbris import Fjellbris, address, draft_round, fjellbris

TODAY = date(2026, 11, 23)


@pytest.fixture
def company(session: WriteSession, now: datetime) -> Fjellbris:
    return fjellbris(session, now)


def test_a_round_with_customers_starts_under_a_complete_dossier_only(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    (covering,) = load_dossiers(session, company.id)
    draft = draft_round(session, company, now, groups=(RaterGroup.MANAGER, RaterGroup.CUSTOMER))
    propose_assignments(session, SERVICE, draft.id, now=now)
    responsible = company.people["Ingrid Solheim"]

    def record(**changes: object) -> None:
        content = parse_dossier(complete(responsible, **changes), company_id=company.id)
        change_dossier(session, SERVICE, covering.id, content, now=now)

    for changes, sentence in (
        ({"measures": ["mystery_visits"]}, "Ratings of employees by customers need a dossier first"),
        ({"scope_id": company.subjects["Salg"]}, "Ratings of employees by customers need a dossier first"),
        ({"discussed_with": None}, "with which representatives"),
        ({"ends_on": "2026-12-06", "review_on": "2026-12-01"}, "does not cover the whole time"),
    ):
        record(**changes)
        with pytest.raises(RoundIncomplete) as refused:
            launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
        assert sentence in refused.value.errors[0].message
        assert preview_round(session, SERVICE, draft.id, now=now).covers[0].dossier_id is None
    record(scope_id=company.subjects["Kundesenter"], ends_on="2026-12-07", review_on="2026-12-01")
    assert preview_round(session, SERVICE, draft.id, now=now).covers[0].dossier_id == covering.id
    assert launch_round(session, SERVICE, draft.id, confirmed=True, now=now).state is RoundState.OPEN

    longer = draft_of(load_round(session, draft.id))
    later = replace(longer, closes_at=longer.closes_at + timedelta(days=1))
    with pytest.raises(Invalid):
        change_round(session, SERVICE, draft.id, later, now=now)


def test_colleagues_and_managers_need_no_dossier(session: WriteSession, company: Fjellbris, now: datetime) -> None:
    (covering,) = load_dossiers(session, company.id)
    content = parse_dossier({"name": {"nb": "Tom"}}, company_id=company.id)
    change_dossier(session, SERVICE, covering.id, content, now=now)
    draft = draft_round(session, company, now, groups=(RaterGroup.MANAGER, RaterGroup.COLLEAGUE))
    propose_assignments(session, SERVICE, draft.id, now=now)
    assert preview_round(session, SERVICE, draft.id, now=now).covers == ()
    assert launch_round(session, SERVICE, draft.id, confirmed=True, now=now).state is RoundState.OPEN


def test_who_may_write_rounds_there_writes_it_and_those_it_is_about_read_it(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    north, south = company.subjects["Team Nord"], company.subjects["Team Sør"]
    given = complete(company.people["Ingrid Solheim"], scope_id=north)
    content = parse_dossier(given, company_id=company.id)
    writer = Viewer("account:writer", "Amir", grants=(Grant(Role.MANAGER, north),))
    made = create_dossier(session, writer, company.id, content, now=now)
    neighbour = Viewer("account:neighbour", grants=(Grant(Role.MANAGER, south),))
    reader = Viewer("account:reader", grants=(Grant(Role.VIEWER, north),))
    sofie = Viewer("account:sofie", own_subjects=frozenset({company.subjects["Sofie Berg"]}))
    with pytest.raises(NotFound):
        create_dossier(session, neighbour, company.id, content, now=now)
    with pytest.raises(Forbidden):
        change_dossier(session, reader, made.id, content, now=now)
    assert {get_dossier(session, who, made.id, on=TODAY).id for who in (writer, reader, sofie)} == {made.id}
    for who in (neighbour, Viewer("account:kari", own_subjects=frozenset({company.subjects["Kari Lunde"]}))):
        with pytest.raises(NotFound):
            get_dossier(session, who, made.id, on=TODAY)
    with pytest.raises(NotFound):
        get_dossier(session, SERVICE, "no id", on=TODAY)
    listed = [
        [one.id for one in list_dossiers(session, who, company.id, PageRequest(), on=TODAY).items]
        for who in (sofie, neighbour)
    ]
    assert made.id in listed[0]
    assert listed[1] == []


def test_a_change_is_kept_with_what_it_changed_and_a_stale_one_is_refused(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    (covering,) = load_dossiers(session, company.id)
    responsible = company.people["Ingrid Solheim"]
    changed = parse_dossier(complete(responsible, ends_on="2027-12-31"), company_id=company.id)
    found = change_dossier(session, SERVICE, covering.id, changed, expected_version=1, now=now)
    assert (found.version, found.content.ends_on) == (2, date(2027, 12, 31))
    assert change_dossier(session, SERVICE, covering.id, changed, now=now).version == 2
    with pytest.raises(StaleVersion):
        change_dossier(session, SERVICE, covering.id, changed, expected_version=1, now=now)
    entry = session.scalars(select(JournalRow).where(JournalRow.action == "dossier.changed")).one()
    assert entry.details == {"fields": ["ends_on"]}
    for wrong in ({"responsible_id": "somebody"}, {"review_on": "2028-03-01"}):
        content = parse_dossier(complete(**{"responsible_id": responsible, **wrong}), company_id=company.id)
        with pytest.raises(Invalid):
            change_dossier(session, SERVICE, covering.id, content, now=now)


def test_a_review_is_reminded_of_held_and_cannot_be_moved_away(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    (covering,) = load_dossiers(session, company.id)
    responsible = company.people["Ingrid Solheim"]
    due_on = date(2027, 3, 1)
    told = [
        remind_of_reviews(session, now=now.replace(year=due_on.year, month=due_on.month, day=1) + timedelta(days=days))
        for days in (-15, -14, -13, 0, 1)
    ]
    assert told == [0, 1, 0, 1, 0]
    letters = session.scalars(select(OutboxRow).order_by(OutboxRow.wave)).all()
    assert [(one.recipient, one.parameters["is_due"]) for one in letters] == [
        (address("Ingrid Solheim"), False),
        (address("Ingrid Solheim"), True),
    ]
    on_the_day = datetime(2027, 3, 1, 9, tzinfo=now.tzinfo)
    moved = parse_dossier(complete(responsible, review_on="2027-12-01"), company_id=company.id)
    with pytest.raises(Invalid):
        change_dossier(session, SERVICE, covering.id, moved, now=on_the_day)
    with pytest.raises(Invalid):
        review_dossier(session, SERVICE, covering.id, ReviewDraft("Ja.", date(2028, 3, 31)), now=on_the_day)
    held = review_dossier(session, SERVICE, covering.id, ReviewDraft("Ja.", date(2028, 2, 1)), now=on_the_day)
    assert held.content.review_on == date(2028, 2, 1)
    assert [(one.reviewed_on, one.conclusion) for one in list_reviews(session, covering.id)] == [(due_on, "Ja.")]
    assert remind_of_reviews(session, now=on_the_day) == 0
