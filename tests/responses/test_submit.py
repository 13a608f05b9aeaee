"""Handing in: one sheet a subject, replaced where the mode allows, in before the close or refused."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.accounts.rules import SERVICE
from app.errors import Invalid
from app.infra.database import WriteSession
from app.invitations.rules import LinkClosed, UnknownLink
from app.kpis.values import RaterGroup
from app.responses.commands import submit_response
from app.responses.queries import load_rating_form
from app.responses.rules import AlreadyFinal
from app.responses.tables import AnonymousSheetRow, AnswerRow, SheetCommentRow, SheetRow
from app.rounds.commands import close_round
from app.rounds.queries import load_assignments
from app.rounds.rules import GRACE
from app.rounds.values import GroupPolicy, Mode
from tests.databases import recorded_statements
from tests.fjellbris import Fjellbris
from tests.played_round import PlayedRound, play

ANONYMOUS = GroupPolicy(RaterGroup.COLLEAGUE, Mode.ANONYMOUS, 3, 3)


def stored(session: WriteSession) -> list[tuple[str, str, float | None]]:
    rows = session.execute(
        select(SheetRow.subject_id, SheetRow.rater_group, AnswerRow.level).join(
            AnswerRow, AnswerRow.sheet_id == SheetRow.id
        )
    )
    return sorted(((subject, group, level) for subject, group, level in rows), key=str)


def count(session: WriteSession, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_one_post_carries_several_subjects_and_a_blank_one_stays_open(
    session: WriteSession, company: Fjellbris, played: PlayedRound
) -> None:
    receipt = played.rate("Lars Moen", {"Sofie Berg": ["4", "5"], "Thea Vik": ["na", "2"]})
    assert (set(receipt.rated), "Omar Said" in receipt.open) == ({"Sofie Berg", "Thea Vik"}, True)
    levels = {(company.name_of(subject), level) for subject, _, level in stored(session)}
    assert levels == {("Sofie Berg", 4.0), ("Sofie Berg", 5.0), ("Thea Vik", None), ("Thea Vik", 2.0)}
    answered = {company.name_of(one.subject_id) for one in load_assignments(session, played.round.id) if one.answered}
    assert answered == {"Sofie Berg", "Thea Vik"}


def test_a_confidential_sheet_has_a_pseudonym_and_a_named_one_its_rater(
    session: WriteSession, company: Fjellbris, played: PlayedRound
) -> None:
    played.rate("Lars Moen", {"Sofie Berg": ["4", "5"]})
    played.rate("Amir Haddad", {"Sofie Berg": ["3", "3"]})
    rows = {row.rater_group: (row.rater_id, row.pseudonym) for row in session.scalars(select(SheetRow))}
    assert rows["manager"] == (company.people["Amir Haddad"], None)
    rater, pseudonym = rows["colleague"]
    assert rater is None
    assert pseudonym is not None
    assert company.people["Lars Moen"].encode() not in pseudonym


def test_the_same_submission_again_changes_nothing_and_a_new_one_replaces(
    session: WriteSession, played: PlayedRound
) -> None:
    first = played.posted("Lars Moen", {"Sofie Berg": ["4", "5"]}, comment="Ser kunden med en gang.")
    token = played.link_of("Lars Moen")
    submit_response(session, token, first, now=played.now)
    changed = {name: (["1"] if name.endswith(".1") else value) for name, value in first.items()}
    submit_response(session, token, changed, now=played.now)
    assert [level for *_, level in stored(session)] == [4.0, 5.0]
    played.rate("Lars Moen", {"Sofie Berg": ["2", "3"]}, submission="submission-2")
    assert [level for *_, level in stored(session)] == [2.0, 3.0]
    assert (count(session, SheetRow), count(session, SheetCommentRow)) == (1, 0)


def test_an_anonymous_sheet_is_final_and_lies_apart_from_its_rater(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    played = play(session, company, now, groups=(RaterGroup.MANAGER, ANONYMOUS))
    sent = played.posted("Lars Moen", {"Sofie Berg": ["4", "5"]})
    token = played.link_of("Lars Moen")
    first = submit_response(session, token, sent, now=now)
    assert submit_response(session, token, sent, now=now).rated == first.rated
    with pytest.raises(AlreadyFinal):
        played.rate("Lars Moen", {"Sofie Berg": ["1", "1"]}, submission="submission-2")
    row = session.scalars(select(AnonymousSheetRow)).one()
    assert set(row.answers.values()) == {4.0, 5.0}
    assert count(session, SheetRow) == 0


def test_a_form_never_shows_what_was_answered(session: WriteSession, played: PlayedRound) -> None:
    token = played.link_of("Lars Moen")
    before = load_rating_form(session, token, now=played.now)
    played.rate("Lars Moen", {"Sofie Berg": ["4", "5"]}, comment="Bare mitt.")
    after = load_rating_form(session, token, now=played.now)
    assert [one.is_answered for one in after.subjects if one.name == "Sofie Berg"] == [True]
    assert "Bare mitt" not in repr(after)
    assert [one.kpis for one in after.subjects] == [one.kpis for one in before.subjects]


def test_self_sees_every_item_and_a_customer_only_what_customers_weigh_in(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    played = play(session, company, now, customers={"Sofie Berg": 1})
    customer = f"kunde01.{company.subjects['Sofie Berg'][:4]}@kunder.example"
    asked = load_rating_form(session, played.link_of(customer), now=now)
    own = load_rating_form(session, played.link_of("Sofie Berg"), now=now)
    assert [one.name for one in asked.subjects] == ["Sofie Berg"]
    assert [one.rater_group for one in own.subjects if one.name == "Sofie Berg"] == [RaterGroup.SELF]
    assert len(next(one for one in own.subjects if one.rater_group is RaterGroup.SELF).items) >= len(
        asked.subjects[0].items
    )


def test_too_few_invited_is_said_on_the_form(session: WriteSession, company: Fjellbris, now: datetime) -> None:
    played = play(session, company, now, customers={"Sofie Berg": 2, "Lars Moen": 3})
    few = f"kunde01.{company.subjects['Sofie Berg'][:4]}@kunder.example"
    enough = f"kunde01.{company.subjects['Lars Moen'][:4]}@kunder.example"
    assert load_rating_form(session, played.link_of(few), now=now).subjects[0].is_unit_only
    assert not load_rating_form(session, played.link_of(enough), now=now).subjects[0].is_unit_only


def test_a_field_of_another_raters_form_is_refused_and_nothing_is_stored(
    session: WriteSession, played: PlayedRound
) -> None:
    foreign = played.posted("Thea Vik", {"Sofie Berg": ["4", "5"]})
    with pytest.raises(Invalid):
        submit_response(session, played.link_of("Lars Moen"), foreign, now=played.now)
    assert count(session, SheetRow) == 0


def test_answers_are_taken_through_the_grace_and_not_after(session: WriteSession, played: PlayedRound) -> None:
    token = played.link_of("Lars Moen")
    sent = played.posted("Lars Moen", {"Sofie Berg": ["4", "5"]})
    last = played.round.closes_at + GRACE - timedelta(seconds=1)
    assert submit_response(session, token, sent, now=last).rated == ("Sofie Berg",)
    with pytest.raises(LinkClosed):
        submit_response(session, token, sent, now=played.round.closes_at + GRACE)
    close_round(session, SERVICE, played.round.id, now=played.now)
    with pytest.raises(LinkClosed):
        submit_response(session, token, sent, now=played.now)


@pytest.mark.parametrize("token", ["", "x", "A" * 32, "../../etc/passwd", "A" * 5000])
def test_links_that_were_never_given_out_all_look_alike(session: WriteSession, played: PlayedRound, token: str) -> None:
    with pytest.raises(UnknownLink):
        submit_response(session, token, {"submission": ["12345678"]}, now=played.now)


def test_a_form_takes_as_many_statements_for_three_subjects_as_for_one(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    played = play(session, company, now, customers={"Sofie Berg": 1})
    customer = f"kunde01.{company.subjects['Sofie Berg'][:4]}@kunder.example"
    one, many = played.link_of(customer), played.link_of("Lars Moen")
    load_rating_form(session, one, now=now)
    engine = session.get_bind()
    with recorded_statements(engine) as few:
        load_rating_form(session, one, now=now)
    with recorded_statements(engine) as more:
        load_rating_form(session, many, now=now)
    assert len(few) == len(more)
