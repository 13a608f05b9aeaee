"""Adopting a what-if: from a day on it is as it was said, and what was before stays."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.accounts.rules import SERVICE
from app.accounts.values import Role, Viewer
from app.errors import AppError, Forbidden, Invalid, NotFound
from app.infra.database import WriteSession
from app.journal.tables import JournalRow
from app.kpis.queries import load_kpis, load_scorecards, load_targets
from app.kpis.rules import PastIsFixed
from app.kpis.tables import ScorecardRow
from app.kpis.values import Form, KpiId, Level, RaterGroup
from app.releases.adopt import Adopted, adopt_what_if
from app.releases.commands import release_round
from app.releases.intake import parse_what_if
from app.releases.queries import load_all_scores
from app.releases.tables import AtomRow, ExplanationRow, ScoreRow
from app.releases.trial import try_what_if
from app.releases.values import Score
from app.reports import Row
from app.responses.past import import_ratings
from app.rounds.commands import create_round, set_groups, set_round_kpis
from app.rounds.values import RoundDraft, RoundKpi
from tests.releases.policies import HANDLING, PHONE, Given, by_place, card, minimum, posts, tried, weights
from tests.summaries import built
from tests.summaries.built import GROUPS, RELEASED_AT, S1, S4, S5, TODAY, Quarter


@pytest.fixture
def session(standing: tuple[WriteSession, Quarter]) -> WriteSession:
    return standing[0]


def adopted(session: WriteSession, made: Quarter, given: Given, viewer: Viewer = SERVICE, **when: int) -> Adopted:
    day = TODAY + timedelta(days=when.get("days", 0))
    now = RELEASED_AT.replace(month=TODAY.month, day=TODAY.day)
    return adopt_what_if(session, viewer, made.release.id, parse_what_if(given), day, now=now)


def both(made: Quarter) -> Given:
    return {
        **weights(made, S1, customer=10),
        **card(made, "customer-centre", "person", {S1: 80, HANDLING: 0}),
        **posts(made, PHONE, floor=180, target=60, stretch=20),
    }


def test_a_round_after_the_adoption_gives_what_the_what_if_said(session: WriteSession, made: Quarter) -> None:
    """The same ratings and readings once more: who was said to move has moved as far, and nobody else."""
    moves = by_place(tried(session, made, both(made)))
    written = adopted(session, made, both(made))
    assert [len(ids) for ids in (written.kpi_versions, written.scorecards, written.targets)] == [1, 1, 1]
    before, after = scores_of(session, made.release.id), scores_of(session, _again(session, made))
    names = {subject_id: name for subject_id, name, _ in _names(session, made)}
    assert len(moves) > 5
    for (subject_id, kpi_id), old in before.items():
        new = after.get((subject_id, kpi_id))
        move = moves.get((names[subject_id], kpi_id))
        if move is None:
            assert (new.score if new else None) == (pytest.approx(old.score) if old.score is not None else None)
        elif move.after is None:
            assert new is None
        else:
            assert new is not None
            assert (new.status, new.reason, new.score) == (
                move.after.status,
                move.after.reason,
                pytest.approx(move.after.score) if move.after.score is not None else None,
            )


def scores_of(session: WriteSession, release_id: str) -> dict[tuple[str, str | None], Score]:
    found = load_all_scores(session, release_id)
    return {(one.subject_id, one.kpi_id): one for one in found if not one.rater_groups}


def _names(session: WriteSession, made: Quarter) -> list[tuple[str, str, str]]:
    frozen = try_what_if(session, SERVICE, made.release.id, parse_what_if({}), on=TODAY).frozen
    return [(subject.id, subject.name, subject.kind) for subject in frozen.subjects]


def _again(session: WriteSession, made: Quarter) -> str:
    now = RELEASED_AT.replace(month=TODAY.month, day=TODAY.day) + timedelta(hours=1)
    wish = RoundDraft(
        scope_id=made.company_id,
        external_id="once more",
        name={"nb": "En gang til", "en": "Once more"},
        purpose={"nb": "Slik møter vi kundene.", "en": "How we meet our customers."},
        asked_by="Ragnhild Torp",
        period_start=date(2026, 7, 1),
        period_end=date(2026, 9, 30),
        opens_at=RELEASED_AT - timedelta(days=20),
        closes_at=RELEASED_AT - timedelta(days=10),
    )
    round_id = create_round(session, SERVICE, made.company_id, wish, now=now).id
    set_groups(session, SERVICE, round_id, GROUPS, now=now)
    set_round_kpis(session, SERVICE, round_id, [RoundKpi(made.kpis[name], {}) for name in (S1, S4, S5)], now=now)
    rows = [Row(number, cells) for number, cells in enumerate(built._ratings(), start=2)]
    import_ratings(session, SERVICE, round_id, rows, now=now)
    return release_round(session, SERVICE, round_id, now=now).id


def test_adopting_begins_on_its_day_and_leaves_the_past_and_the_release_alone(
    session: WriteSession, made: Quarter
) -> None:
    kept = [
        session.execute(select(table)).all()
        for table in (ScoreRow.__table__, AtomRow.__table__, ExplanationRow.__table__)
    ]
    entries = session.scalar(select(func.count()).select_from(JournalRow)) or 0
    adopted(session, made, both(made), days=3)
    begins, eve = TODAY + timedelta(days=3), TODAY + timedelta(days=2)

    (old_weight, old_lines, old_target, old), (new_weight, new_lines, new_target, new) = (
        known(session, made, day) for day in (eve, begins)
    )
    assert (old_weight, old_target, new_weight, new_target) == (40, 45, 10, 60)
    assert dict(new_lines) == {
        kpi_id: 80 if kpi_id == made.kpis[S1] else weight
        for kpi_id, weight in old_lines
        if kpi_id != made.kpis[HANDLING]
    }
    assert (
        replace(old, id=new.id, number=new.number, starts_on=begins, rater_weights=new.rater_weights, items=new.items)
        == new
    )
    assert [item.code for item in old.items] == [item.code for item in new.items]
    assert (session.scalar(select(func.count()).select_from(JournalRow)) or 0) == entries + 3
    tables = (ScoreRow.__table__, AtomRow.__table__, ExplanationRow.__table__)
    assert [session.execute(select(table)).all() for table in tables] == kept
    assert tried(session, made, {}).moves == ()


def test_a_card_keeps_how_it_combines_its_kpis(session: WriteSession, made: Quarter) -> None:
    session.execute(update(ScorecardRow).values(form=Form.GEOMETRIC))
    adopted(session, made, card(made, "customer-centre", "person", {S1: 80}), days=3)
    cards = load_scorecards(session, made.company_id, on=TODAY + timedelta(days=3))
    (new,) = [one for one in cards if one.starts_on == TODAY + timedelta(days=3)]
    assert new.form is Form.GEOMETRIC


def known(session: WriteSession, made: Quarter, on: date) -> tuple[Any, ...]:
    """Weight of customers, lines of the centre's card of persons, and target of a day; and the version of the KPI."""
    kpi = load_kpis(session, [KpiId(made.kpis[S1])], on=on)[KpiId(made.kpis[S1])].current
    centre = (made.subjects["customer-centre"], Level.PERSON)
    cards = load_scorecards(session, made.company_id, on=on)
    lines = next(one.lines for one in cards if (one.subject_id, one.level) == centre)
    target = load_targets(session, [KpiId(made.kpis[PHONE])], on=on)[0]
    return kpi.rater_weights[RaterGroup.CUSTOMER], [(line.kpi_id, line.weight) for line in lines], target.target, kpi


@pytest.mark.parametrize(
    ("who", "refusal"),
    [(("analyst", "fjellbris"), Forbidden), (("viewer", "team-nord"), Forbidden), (("admin", "fjellbris"), NotFound)],
)
def test_who_may_not_write_kpis_there_adopts_nothing(
    session: WriteSession, made: Quarter, who: tuple[str, str], refusal: type[AppError]
) -> None:
    with pytest.raises(refusal):
        adopted(session, made, weights(made, S1, customer=10), known_above(made, Role(who[0]), who[1]))


def known_above(made: Quarter, role: Role, place: str) -> Viewer:
    """Somebody with a role at a place, who sees what applies there from above."""
    above = frozenset({made.company_id, made.subjects["customer-centre"]})
    return replace(made.viewer(role, place), above=above)


def test_a_leader_adopts_a_card_for_the_own_team(session: WriteSession, made: Quarter) -> None:
    leader = known_above(made, Role.MANAGER, "team-nord")
    adopted(session, made, card(made, "team-nord", "person", {S1: 80}), leader)
    cards = load_scorecards(session, made.company_id, on=TODAY)
    lines = next(
        one.lines for one in cards if (one.subject_id, one.level) == (made.subjects["team-nord"], Level.PERSON)
    )
    assert [line.weight for line in lines if line.kpi_id == made.kpis[S1]] == [80]
    for beyond in (card(made, "customer-centre", "person", {S1: 80}), weights(made, S1, customer=10)):
        with pytest.raises(Forbidden):
            adopted(session, made, beyond, leader)


def test_minimums_nothing_and_the_past_are_not_adopted(session: WriteSession, made: Quarter) -> None:
    for given in (minimum("customer", 6), {**minimum("customer", 6), **weights(made, S1, customer=10)}, {}):
        with pytest.raises(Invalid):
            adopted(session, made, given)
    with pytest.raises(PastIsFixed):
        adopted(session, made, weights(made, S1, customer=10), days=-1)
