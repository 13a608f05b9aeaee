"""What a release writes: figures of whole atoms only, all at once and once only."""

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import delete, func, select

from app.accounts.rules import SERVICE
from app.accounts.values import Viewer
from app.errors import NotFound
from app.infra.database import WriteSession
from app.kpis.values import RaterGroup
from app.mail.tables import OutboxRow
from app.mail.values import Letter
from app.releases.commands import release_round
from app.releases.rules import GraceNotOver, SheetsAstray
from app.releases.tables import AtomRow, ExplanationRow, ReleasedCommentRow, ReleaseRow, ScoreRow
from app.responses.tables import AnonymousSheetRow, AnswerRow, SheetRow
from app.rounds.commands import close_round
from app.rounds.queries import load_round
from app.rounds.rules import RoundNotClosed
from app.rounds.values import GroupPolicy, Mode, RoundState
from tests.fjellbris import Fjellbris
from tests.played_round import PlayedRound, customers_of, play

CUSTOMERS = GroupPolicy(RaterGroup.CUSTOMER, Mode.CONFIDENTIAL, 3, 3)
ANONYMOUS = GroupPolicy(RaterGroup.CUSTOMER, Mode.ANONYMOUS, 3, 3)


def play_customers(
    session: WriteSession, company: Fjellbris, now: datetime, policy: GroupPolicy = CUSTOMERS, count: int = 6
) -> PlayedRound:
    """Sofie is rated by customers with 4 and 5, Lars by two only; Amir answers about Sofie."""
    played = play(
        session, company, now, groups=(RaterGroup.MANAGER, policy), customers={"Sofie Berg": count, "Lars Moen": 2}
    )
    for place, customer in enumerate(customers_of(company, "Sofie Berg", count)):
        played.rate(customer, {"Sofie Berg": ["4", "5" if place % 2 else "4"]}, comment=f"Fin hjelp nr. {place}")
    for customer in customers_of(company, "Lars Moen", 2):
        played.rate(customer, {"Lars Moen": ["1", "1"]}, comment="Lang ventetid.")
    played.rate("Amir Haddad", {"Sofie Berg": ["3", "4"]}, comment="Godt kvartal.")
    return played


def release(played: PlayedRound) -> ReleaseRow:
    close_round(played.session, SERVICE, played.round.id, now=played.now)
    made = release_round(played.session, SERVICE, played.round.id, now=played.now)
    return played.session.get_one(ReleaseRow, made.id)


def scores(session: WriteSession, company: Fjellbris, name: str) -> dict[tuple[str, bool], ScoreRow]:
    """Rows of a subject by rater groups and whether they are of an item; "" is the KPI, "card" the composite."""
    rows = session.scalars(select(ScoreRow).where(ScoreRow.subject_id == company.subjects[name]))
    asked = (None, company.kpis["first impression"])
    return {
        (row.rater_groups if row.kpi_id else "card", row.item_id is not None): row
        for row in rows
        if row.kpi_id in asked
    }


def test_a_group_of_enough_customers_is_shown_and_a_group_of_two_is_not(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    release(play_customers(session, company, now))
    sofie, lars = scores(session, company, "Sofie Berg"), scores(session, company, "Lars Moen")
    # Rater scores on 0-100: 75 and 87.5 in turn for three each.
    assert (sofie["customer", False].score, sofie["customer", False].raters) == (81.25, 6)
    assert (sofie["manager", False].score, sofie["manager", False].raters) == (62.5, 1)
    assert (lars["customer", False].status, lars["customer", False].reason) == ("suppressed", "fewer_than_k")
    assert (lars["customer", False].score, lars["customer", False].raters) == (None, None)


def test_a_kpi_weighs_its_shown_groups_and_says_how_much_of_the_weight_that_is(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    played = play_customers(session, company, now)
    weights = {group.value: weight for group, weight in load_round(session, played.round.id).kpis[0].weights.items()}
    release(played)
    kpi = scores(session, company, "Sofie Berg")["", False]
    shown = weights["customer"] + weights["manager"]
    expected = (weights["customer"] * 81.25 + weights["manager"] * 62.5) / shown
    assert kpi.status == "ok"
    assert kpi.score == pytest.approx(expected, abs=1e-9)
    assert kpi.coverage == pytest.approx(shown / sum(weights.values()), abs=1e-9)
    assert kpi.raters == 7
    assert (kpi.lo or 0) <= (kpi.score or -1) <= (kpi.hi or 0)


def test_under_twice_the_minimum_no_error_is_kept_and_the_ends_are_whole_points(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    release(play_customers(session, company, now, count=4))
    row = scores(session, company, "Sofie Berg")["customer", False]
    assert (row.se, row.df) == (None, None)
    assert (row.lo, row.hi) == (int(row.lo or 0.5), int(row.hi or 0.5))


def test_from_twice_the_minimum_on_the_error_is_kept(session: WriteSession, company: Fjellbris, now: datetime) -> None:
    release(play_customers(session, company, now))
    row = scores(session, company, "Sofie Berg")["customer", False]
    assert row.se is not None
    assert row.lo is not None
    assert row.lo != int(row.lo)


def test_comments_of_a_small_group_stay_in_and_those_of_a_named_one_carry_the_name(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    release(play_customers(session, company, now))
    rows = session.scalars(select(ReleasedCommentRow).order_by(ReleasedCommentRow.position)).all()
    by_group = {(company.name_of(row.subject_id), row.rater_groups) for row in rows}
    assert by_group == {("Sofie Berg", "customer"), ("Sofie Berg", "manager")}
    assert [(row.author, row.text) for row in rows if row.rater_groups == "manager"] == [
        ("Amir Haddad", "Godt kvartal.")
    ]
    assert {row.author for row in rows if row.rater_groups == "customer"} == {None}
    assert sorted(row.text for row in rows if row.rater_groups == "customer") == [
        f"Fin hjelp nr. {place}" for place in range(6)
    ]


def test_what_is_left_over_of_a_person_counts_in_the_team(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    played = play(
        session,
        company,
        now,
        groups=(RaterGroup.MANAGER, CUSTOMERS),
        customers={"Sofie Berg": 2, "Lars Moen": 2, "Thea Vik": 2},
    )
    for name in ("Sofie Berg", "Lars Moen", "Thea Vik"):
        for customer in customers_of(company, name, 2):
            played.rate(customer, {name: ["3", "3"]})
    release(played)
    team = scores(session, company, "Team Nord")["customer", False]
    assert (team.status, team.score, team.raters) == ("ok", 50.0, 6)
    atom = session.scalars(select(AtomRow).where(AtomRow.rater_groups == "customer")).one()
    assert (company.name_of(atom.subject_id), atom.is_own, atom.raters, atom.sheets) == ("Team Nord", False, 6, 6)


def test_a_released_round_is_released_once_and_a_second_call_changes_nothing(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    played = play_customers(session, company, now)
    first = release(played)
    before = [(row.id, row.score) for row in session.scalars(select(ScoreRow).order_by(ScoreRow.id))]
    again = release_round(session, SERVICE, played.round.id, now=now)
    assert again.id == first.id
    assert [(row.id, row.score) for row in session.scalars(select(ScoreRow).order_by(ScoreRow.id))] == before
    assert load_round(session, played.round.id).state is RoundState.RELEASED


def test_an_open_round_is_not_released_nor_one_whose_grace_runs(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    played = play_customers(session, company, now)
    with pytest.raises(RoundNotClosed):
        release_round(session, SERVICE, played.round.id, now=now)
    with pytest.raises(GraceNotOver):
        release_round(session, SERVICE, played.round.id, now=played.round.closes_at)
    assert session.scalar(select(func.count()).select_from(ReleaseRow)) == 0


def test_a_stranger_cannot_release(session: WriteSession, company: Fjellbris, now: datetime) -> None:
    played = play_customers(session, company, now)
    close_round(session, SERVICE, played.round.id, now=now)
    with pytest.raises(NotFound):
        release_round(session, Viewer(actor="account:stranger"), played.round.id, now=now)


def test_sheets_that_do_not_fit_their_marks_stop_the_release(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    played = play_customers(session, company, now)
    close_round(session, SERVICE, played.round.id, now=now)
    lost = session.scalars(select(SheetRow.id)).first()
    session.execute(delete(AnswerRow).where(AnswerRow.sheet_id == lost))
    session.execute(delete(SheetRow).where(SheetRow.id == lost))
    with pytest.raises(SheetsAstray):
        release_round(session, SERVICE, played.round.id, now=now)
    assert session.scalar(select(func.count()).select_from(ScoreRow)) == 0


def test_anonymous_sheets_give_the_same_figures_and_are_gone_after_the_seal(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    made = release(play_customers(session, company, now, ANONYMOUS))
    row = scores(session, company, "Sofie Berg")["customer", False]
    assert (row.score, row.raters) == (81.25, 6)
    assert session.scalar(select(func.count()).select_from(AnonymousSheetRow)) == 0
    atom = session.scalars(select(AtomRow).where(AtomRow.rater_groups == "customer")).one()
    assert atom.totals["histograms"][company.kpis["first impression"]] == [[75.0, 3], [87.5, 3]]
    assert made.scrubbed_at is None


def test_confidential_groups_give_the_figures_that_anonymous_ones_give(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    release(play_customers(session, company, now))
    open_figures = scores(session, company, "Sofie Berg")["", False]
    values = (open_figures.score, open_figures.lo, open_figures.hi, open_figures.se)
    session.execute(delete(ScoreRow))
    release(play_customers(session, company, now, ANONYMOUS))
    sealed = scores(session, company, "Sofie Berg")["", False]
    assert (sealed.score, sealed.lo, sealed.hi, sealed.se) == values


def test_the_explanation_adds_up_to_the_score_it_explains(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    release(play_customers(session, company, now))
    document = session.scalars(
        select(ExplanationRow.document).where(ExplanationRow.subject_id == company.subjects["Sofie Berg"])
    ).one()
    kpi = next(one for one in document["kpis"] if one["kpi_id"] == company.kpis["first impression"])
    assert sum(group["points"] for group in kpi["groups"]) == pytest.approx(kpi["score"], abs=1e-9)
    assert kpi["score"] == scores(session, company, "Sofie Berg")["", False].score
    assert [one["reason"] for one in document["kpis"] if one is not kpi] == ["not_asked"]
    customers = next(group for group in kpi["groups"] if group["rater_groups"] == ["customer"])
    items = customers["items"]
    weighted = sum(item["weight"] * item["mean"] for item in items) / sum(item["weight"] for item in items)
    assert weighted == pytest.approx(customers["mean"], abs=1e-9)


def test_the_rated_get_a_letter_without_a_figure(session: WriteSession, company: Fjellbris, now: datetime) -> None:
    release(play_customers(session, company, now))
    letters = session.scalars(select(OutboxRow).where(OutboxRow.letter == Letter.RELEASE_READY)).all()
    names = {row.recipient_name for row in letters}
    assert names == {"Sofie Berg", "Lars Moen", "Thea Vik", "Omar Said"}
    assert {name for row in letters for name in row.parameters} == {"organisation", "round_name", "person_id", "path"}


def test_a_reader_among_the_raters_is_in_the_mean_and_not_in_the_count(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    colleagues = replace(CUSTOMERS, rater_group=RaterGroup.COLLEAGUE)
    played = play(session, company, now, groups=(colleagues,))
    for name in ("Sofie Berg", "Lars Moen", "Thea Vik"):
        others = {other: ["5", "5"] for other in ("Sofie Berg", "Lars Moen", "Thea Vik") if other != name}
        played.rate(name, others)
    release(played)
    # Two colleagues each: too few for a person, and three different people are too few for the team.
    for name in ("Sofie Berg", "Team Nord"):
        assert scores(session, company, name)["colleague", False].status == "suppressed"
