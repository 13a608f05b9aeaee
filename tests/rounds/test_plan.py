"""Of many colleagues some are proposed about each person, and everybody gets about as many forms; small teams stay whole."""

from collections import Counter
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.infra.database import WriteSession
from app.kpis.values import RaterGroup
from app.organisation.ensure import ensure_subjects
from app.organisation.tables import PersonRow
from app.organisation.values import SubjectId
from app.reports import Outcome
from app.rounds.assign import SOME_COLLEAGUES
from app.rounds.commands import propose_assignments, set_groups, set_rated_subjects
from app.rounds.plan import MOST_COLLEAGUES, most_colleagues, spread_colleagues
from app.rounds.queries import load_assignments
from app.rounds.values import GroupPolicy, Mode, Round
from tests.fjellbris import Fjellbris, draft_round

Chosen = dict[SubjectId, tuple[SubjectId, ...]]


def team_of(size: int) -> list[SubjectId]:
    return [SubjectId(f"p{number}") for number in range(size)]


def spread(size: int, rated: list[int], most: int, seed: str = "round") -> Chosen:
    """Some of a flat unit are rated; everybody is everybody's colleague."""
    team = team_of(size)
    named = {team[place]: [other for other in team if other != team[place]] for place in rated}
    return spread_colleagues(named, most, seed)


flat_units = st.integers(2, 60).flatmap(
    lambda size: st.tuples(
        st.just(size), st.lists(st.integers(0, size - 1), min_size=1, unique=True), st.integers(1, 12), st.text()
    )
)


@given(flat_units)
def test_in_a_flat_unit_the_ceiling_holds_nobody_rates_himself_and_loads_differ_by_one_at_most(
    unit: tuple[int, list[int], int, str],
) -> None:
    size, rated, most, seed = unit
    chosen = spread(size, rated, most, seed)
    assert chosen.keys() == {team_of(size)[place] for place in rated}
    for person, raters in chosen.items():
        assert person not in raters
        assert len(set(raters)) == len(raters) == min(most, size - 1)
    loads = Counter(rater for raters in chosen.values() for rater in raters)
    if size - 1 > most:
        spans = [loads[person] for person in team_of(size)]
        assert max(spans) - min(spans) <= 1


@given(st.integers(2, 30), st.integers(0, 3), st.text())
def test_no_more_colleagues_than_the_ceiling_are_all_asked_in_their_order(size: int, more: int, seed: str) -> None:
    chosen = spread(size, list(range(size)), size - 1 + more, seed)
    assert chosen == {one: tuple(other for other in team_of(size) if other != one) for one in team_of(size)}


@given(st.lists(st.tuples(st.integers(0, 9), st.sets(st.integers(0, 9))), max_size=12), st.integers(1, 5))
def test_whatever_the_colleagues_nobody_else_is_chosen_and_as_many_as_may_be(
    named: list[tuple[int, set[int]]], most: int
) -> None:
    team = team_of(10)
    colleagues = {team[one]: [team[other] for other in sorted(others - {one})] for one, others in named}
    chosen = spread_colleagues(colleagues, most, "round")
    assert chosen.keys() == colleagues.keys()
    for person, raters in chosen.items():
        assert set(raters) <= set(colleagues[person])
        assert len(set(raters)) == len(raters) == min(most, len(colleagues[person]))


def test_one_round_always_chooses_alike_and_the_next_one_otherwise() -> None:
    everybody = list(range(40))
    assert spread(40, everybody, 8) == spread(40, everybody[::-1], 8)
    assert spread(40, everybody, 8) != spread(40, everybody, 8, "next round")


def test_leaders_who_do_not_rate_who_leads_beside_them_share_the_forms_about_evenly() -> None:
    """Thirty units led by two each: everybody's colleagues are the other fifty-eight."""
    pairs = [(SubjectId(f"a{unit}"), SubjectId(f"b{unit}")) for unit in range(30)]
    everybody = [one for pair in pairs for one in pair]
    named = {one: [other for other in everybody if other not in pair] for pair in pairs for one in pair}
    chosen = spread_colleagues(named, 8, "round")
    loads = Counter(rater for raters in chosen.values() for rater in raters)
    assert all(7 <= loads[one] <= 9 for one in everybody)


def test_a_high_minimum_raises_the_ceiling() -> None:
    assert [most_colleagues(k) for k in (1, 3, 4, 5, 20)] == [MOST_COLLEAGUES] * 3 + [10, 40]


# ------------------------------------------------------------ in a round


def flat_round(session: WriteSession, company: Fjellbris, now: datetime, *, size: int, k: int = 3) -> Round:
    """A draft in which a large unit without anybody leading it is rated by colleagues."""
    draft = draft_round(session, company, now, scope="Fjellbris")
    groups = [GroupPolicy(RaterGroup.COLLEAGUE, Mode.CONFIDENTIAL, k, k)]
    set_groups(session, SERVICE, draft.id, groups, now=now)
    parent = company.subjects["Fjellbris"]
    names = [f"new-{number}" for number in range(size)]
    made = ensure_subjects(session, company.id, names, parent_id=parent, now=now)
    return set_rated_subjects(session, SERVICE, draft.id, list(made.values()), now=now)


def test_a_large_unit_is_proposed_in_part_and_says_so(session: WriteSession, company: Fjellbris, now: datetime) -> None:
    draft = flat_round(session, company, now, size=25)
    report = propose_assignments(session, SERVICE, draft.id, now=now)
    assert (report.count(Outcome.CREATED), report.warnings) == (25 * MOST_COLLEAGUES, (SOME_COLLEAGUES,))
    again = propose_assignments(session, SERVICE, draft.id, now=now)
    assert (again.count(Outcome.UNCHANGED), again.warnings) == (25 * MOST_COLLEAGUES, (SOME_COLLEAGUES,))
    made = load_assignments(session, draft.id)
    own = dict(session.execute(select(PersonRow.id, PersonRow.subject_id)).all())
    assert all(own[one.rater_id] != one.subject_id for one in made)
    assert set(Counter(one.subject_id for one in made).values()) == {MOST_COLLEAGUES}
    loads = Counter(one.rater_id for one in made).values()
    assert max(loads) - min(loads) <= 1


def test_a_minimum_that_eight_could_hardly_meet_gets_twice_as_many(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    draft = flat_round(session, company, now, size=15, k=6)
    report = propose_assignments(session, SERVICE, draft.id, now=now)
    assert report.count(Outcome.CREATED) == 15 * 12
