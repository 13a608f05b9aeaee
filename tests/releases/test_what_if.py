"""What-ifs: who would move under another policy, computed from the release alone; adopting one is what it says."""

import math
from collections.abc import Callable, Mapping

import pytest
from sqlalchemy import delete, select, update

from app.accounts.values import Role
from app.errors import Invalid, NotFound
from app.infra.database import WriteSession
from app.kpis.values import Level, RaterGroup
from app.releases.choices import get_choices
from app.releases.intake import parse_what_if
from app.releases.moves import Way
from app.releases.queries import load_all_scores
from app.releases.rules import ReleaseAstray
from app.releases.tables import AtomRow, ReleaseRow, ScoreRow
from app.releases.values import Withheld
from app.responses.tables import AnswerRow, SheetRow
from app.rounds.tables import RoundRow
from tests.releases.policies import PHONE, Given, by_place, card, minimum, posts, tried, weights
from tests.summaries.built import S1, S4, S5, TODAY, Quarter


@pytest.fixture
def session(standing: tuple[WriteSession, Quarter]) -> WriteSession:
    return standing[0]


# ------------------------------------------------------------ who moves


def test_what_changes_nothing_moves_nobody(session: WriteSession, made: Quarter) -> None:
    """Nothing at all, the same weights again, all of them doubled, the same minimum."""
    same = {"manager": 15, "colleague": 15, "customer": 40, "mystery_shopper": 30}
    twice = {group: 2 * weight for group, weight in same.items()}
    for given in ({}, weights(made, S1, **same), weights(made, S1, **twice), minimum("customer", 5)):
        trial = tried(session, made, given)
        assert trial.moves == ()
        assert trial.figures == len([one for one in load_all_scores(session, made.release.id) if not one.rater_groups])


def test_other_weights_of_rater_groups_move_the_kpi_and_its_cards_by_parts_that_add_up(
    session: WriteSession, made: Quarter
) -> None:
    """Sofie: manager 75, customers 81.25, visits 72.5; weights 15, 40, 30 of 85 become 15, 10, 30 of 55."""
    moves = by_place(tried(session, made, weights(made, S1, customer=10)))
    kpi = moves["Sofie Berg", made.kpis[S1]]
    assert kpi.before is not None
    assert kpi.after is not None
    assert kpi.before.score == pytest.approx(77.0588235294)
    assert kpi.after.score == pytest.approx((15 * 75 + 10 * 81.25 + 30 * 72.5) / 55)
    assert kpi.way is Way.DOWN
    assert kpi.after.coverage == pytest.approx(55 / 70)
    groups = {part.rater_groups: part for part in kpi.parts}
    assert groups.keys() == {("manager",), ("customer",), ("mystery_shopper",)}
    assert {part.by_score for part in kpi.parts} == {0.0}
    assert groups["customer",].by_weight == pytest.approx(81.25 * (10 / 55 - 40 / 85))
    composite = moves["Sofie Berg", None]
    assert {part.kpi_id: part.by_score != 0 for part in composite.parts if part.by_score or part.by_weight} == {
        made.kpis[S1]: True
    }
    for move in moves.values():
        assert move.change == pytest.approx(math.fsum(part.by_score + part.by_weight for part in move.parts))
        assert move.change == pytest.approx(math.fsum(part.by_score + part.by_weight_apart for part in move.parts))
        assert move.kpi_id in {None, made.kpis[S1]}


def test_moves_are_ranked_by_size_and_what_has_none_comes_first(session: WriteSession, made: Quarter) -> None:
    both = {**minimum("customer", 11), **weights(made, S1, manager=60)}
    changes = [move.change for move in tried(session, made, both).moves]
    sized = [abs(change) for change in changes if change is not None]
    assert (len(sized) > 3, sized) == (True, sorted(sized, reverse=True))
    assert [change is None for change in changes] == sorted((change is None for change in changes), reverse=True)


def test_a_card_counts_for_those_below_that_have_none_nearer(session: WriteSession, made: Quarter) -> None:
    """The centre's card of persons is Sofie's, and not that of Amir, whose own card is nearer."""
    moved = tried(session, made, card(made, "customer-centre", "person", {S1: 80}))
    # Lars has no score on what would weigh most, so too little of his card is left.
    assert {key: one.way for key, one in by_place(moved).items()} == {
        ("Sofie Berg", None): Way.DOWN,
        ("Lars Moen", None): Way.WITHHELD,
    }
    move = by_place(moved)["Sofie Berg", None]
    assert {part.by_score for part in move.parts} == {0.0}
    team = tried(session, made, card(made, "team-nord", "person", {S1: 80}))
    assert by_place(team)["Sofie Berg", None].after == move.after
    nearer = {
        "scorecards": [
            *card(made, "team-nord", "person", {S1: 80})["scorecards"],
            *card(made, "customer-centre", "person", {S1: 1})["scorecards"],
        ]
    }
    assert by_place(tried(session, made, nearer))["Sofie Berg", None].after == move.after


def test_a_kpi_of_weight_0_is_off_the_card(session: WriteSession, made: Quarter) -> None:
    moves = by_place(tried(session, made, card(made, "customer-centre", "person", {S4: 0})))
    gone = moves["Sofie Berg", made.kpis[S4]]
    assert (gone.way, gone.after, gone.change) == (Way.OFF_CARD, None, None)
    parts = {part.kpi_id: part for part in moves["Sofie Berg", None].parts}
    assert parts[made.kpis[S4]].by_weight < 0 < parts[made.kpis[S1]].by_weight
    assert moves["Sofie Berg", None].change == pytest.approx(
        math.fsum(part.by_score + part.by_weight for part in parts.values())
    )


def test_another_target_moves_who_is_measured_against_it(session: WriteSession, made: Quarter) -> None:
    moves = by_place(tried(session, made, posts(made, PHONE, floor=180, target=60, stretch=20)))
    kpi, composite = moves["Sofie Berg", made.kpis[PHONE]], moves["Sofie Berg", None]
    assert kpi.after is not None
    assert kpi.after.score == pytest.approx(75 + 25 * (60 - 52) / 40)
    assert kpi.parts == ()
    assert [part.kpi_id for part in composite.parts if part.by_score] == [made.kpis[PHONE]]
    only_south = tried(session, made, posts(made, PHONE, "team-sor", floor=180, target=60, stretch=20))
    assert "Sofie Berg" not in {move.subject.name for move in only_south.moves}


def test_a_withheld_kpi_comes_about_when_enough_of_its_weight_can_be_shown(
    session: WriteSession, made: Quarter
) -> None:
    """Teamwork of Sofie rests on her manager alone: 40 of 100 is too little, 40 of 70 is enough."""
    move = by_place(tried(session, made, weights(made, S5, colleague=30)))["Sofie Berg", made.kpis[S5]]
    assert move.after is not None
    assert (move.way, move.after.score, move.parts) == (Way.APPEARS, 75.0, ())


# ------------------------------------------------------------ larger minimums


def test_a_larger_minimum_withholds_and_never_reveals(session: WriteSession, made: Quarter) -> None:
    """Lars and Thea have five customers each: with six wanted, two persons make no row of the team either."""
    moves = by_place(tried(session, made, both_minimums(6)))
    assert {key for key, move in moves.items() if move.way is Way.WITHHELD} >= {
        (name, made.kpis[S4]) for name in ("Lars Moen", "Thea Vik", "Team Nord")
    }
    assert {move.after.reason for move in moves.values() if move.after} <= {None, Withheld.TOO_LITTLE_WEIGHT}
    for k in range(5, 21):
        assert Way.APPEARS not in {move.way for move in tried(session, made, both_minimums(k)).moves}, k


def both_minimums(k: int) -> Given:
    return {"minimums": [{"rater_group": group, "k": k} for group in ("customer", "colleague")]}


def test_what_is_too_small_for_a_person_stands_in_the_unit_above(session: WriteSession, made: Quarter) -> None:
    """With eleven customers wanted, Elias, Lars and Thea are read together at the centre, Sofie's ten are left out."""
    key, centre = made.kpis[S4], made.subjects["customer-centre"]
    move = by_place(tried(session, made, minimum("customer", 11)))["Kundesenter", key]
    rows = {
        (one.subject_id, one.rater_groups): one.score or 0.0
        for one in load_all_scores(session, made.release.id)
        if one.kpi_id == key and one.item_id is None
    }
    customers = (("elias.dahl", 10), ("lars.moen", 5), ("thea.vik", 5))
    together = sum(n * rows[made.subjects[name], ("customer",)] for name, n in customers) / 20
    expected = (30 * rows[centre, ("manager",)] + 40 * together) / 70
    assert move.after is not None
    assert move.after.score == pytest.approx(expected)
    assert [part.rater_groups for part in move.parts if part.by_score] == [("customer",)]
    # Rounds close together that allow no figure there allow a what-if none either (R10).
    session.execute(update(RoundRow).values(overlapping=[[centre, [RaterGroup.CUSTOMER]]]))
    barred = by_place(tried(session, made, minimum("customer", 11)))["Kundesenter", key]
    assert (barred.way, barred.after and barred.after.reason) == (Way.WITHHELD, Withheld.TOO_LITTLE_WEIGHT)


@pytest.mark.parametrize(
    ("given", "field", "allowed"),
    [
        (minimum("customer", 4), "minimums.0.k", "5–20"),
        (minimum("colleague", 2), "minimums.0.k", "3–20"),
        (minimum("manager", 3), "minimums.0.rater_group", "colleague, customer, mystery_shopper"),
        (minimum("direct_report", 5), "minimums.0.rater_group", "colleague, customer, mystery_shopper"),
        (minimum("customer", 21), "minimums.0.k", "1–20"),
    ],
)
def test_a_minimum_below_what_was_promised_is_refused_with_what_is_allowed(
    session: WriteSession, made: Quarter, given: Given, field: str, allowed: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        tried(session, made, given)
    assert [(error.field, error.allowed) for error in refusal.value.errors] == [(field, allowed)]


# ------------------------------------------------------------ from the release alone


def test_no_sheet_is_read(session: WriteSession, made: Quarter) -> None:
    asked = {
        **minimum("customer", 6),
        **weights(made, S1, manager=60),
        **card(made, "customer-centre", "person", {S1: 80}),
    }
    before = tried(session, made, asked).moves
    session.execute(delete(AnswerRow))
    session.execute(delete(SheetRow))
    assert tried(session, made, asked).moves == before != ()


def test_nothing_of_the_spread_inside_atoms_enters_however_often_one_asks(session: WriteSession, made: Quarter) -> None:
    """Else the interval ends under a hundred weights would tell the spread of a small group, and so its answers."""
    asked = [weights(made, S4, customer=weight) for weight in (1, 17, 39.5, 40.1, 1000)]
    asked += [card(made, "customer-centre", "person", {S1: weight}) for weight in (1, 300)]
    asked.append({**minimum("customer", 6), **weights(made, S4, manager=70)})
    before = [tried(session, made, given).moves for given in asked]
    for atom in session.scalars(select(AtomRow)).all():
        sums = {name: [n, s1, 2 * s2 + 10**9] for name, (n, s1, s2) in atom.totals["sums"].items()}
        pairs = [[*pair[:-1], 3 * pair[-1]] for pair in atom.totals["pairs"]]
        atom.totals = {**atom.totals, "sums": sums, "pairs": pairs}
    session.flush()
    assert [tried(session, made, given).moves for given in asked] == before
    assert all(before)


def test_intervals_are_in_whole_points_hold_the_score_and_stay_near_the_released_ones(
    session: WriteSession, made: Quarter
) -> None:
    for given, room in ((weights(made, S1, customer=40.01), 1), (weights(made, S1, customer=10), 60)):
        for move in tried(session, made, given).moves:
            before, after = move.before, move.after
            assert before is not None
            assert after is not None
            ends = [before.lo, before.hi, after.lo, after.hi, after.score]
            assert None not in ends
            lo, hi, new_lo, new_hi, score = (end or 0.0 for end in ends)
            assert (new_lo % 1, new_hi % 1, new_lo <= score <= new_hi) == (0, 0, True)
            assert (lo - room - 1e-9 <= new_lo <= lo + room, hi - room <= new_hi <= hi + room + 1e-9) == (True, True)
            assert (after.se, after.df, before.se, after.details) == (None, None, None, None)


# ------------------------------------------------------------ who sees what, and what does not fit


def test_who_reads_a_part_is_told_of_that_part(session: WriteSession, made: Quarter) -> None:
    given = weights(made, S1, customer=10)
    leader = tried(session, made, given, made.viewer(Role.MANAGER, "team-nord"))
    assert {move.subject.name for move in leader.moves} == {"Team Nord", "Sofie Berg"}
    own = tried(session, made, given, made.person("sofie.berg"))
    assert {move.subject.name for move in own.moves} == {"Sofie Berg"}
    assert own.figures < leader.figures < tried(session, made, given).figures
    assert tried(session, made, given, made.viewer(Role.VIEWER, "team-sor")).moves == ()
    with pytest.raises(NotFound):
        tried(session, made, given, made.viewer(Role.ADMIN, "fjellbris"))


def test_what_does_not_fit_the_release_is_refused_field_by_field(session: WriteSession, made: Quarter) -> None:
    north = made.subjects["team-nord"]
    given = {
        "rater_weights": [
            {"kpi_id": made.kpis[PHONE], "weights": {"customer": 1}},
            {"kpi_id": made.kpis[S1], "weights": {"self": 5, "direct_report": 5}},
            {"kpi_id": made.kpis[S5], "weights": {"manager": 0, "colleague": 0}},
        ],
        "scorecards": [
            {"subject_id": "nowhere", "level": "person", "weights": {}},
            {"subject_id": north, "level": "person", "weights": {"x": 3}},
            {
                "subject_id": made.subjects["sofie.berg"],
                "level": "person",
                "weights": dict.fromkeys(made.kpis.values(), 0),
            },
        ],
        "targets": [
            {"kpi_id": made.kpis[S1], "floor": 1, "target": 2},
            {"kpi_id": made.kpis[PHONE], "subject_id": "nowhere", "floor": 180, "target": 60},
            {"kpi_id": made.kpis[PHONE], "floor": 20, "target": 60, "low": 3},
        ],
    }
    with pytest.raises(Invalid) as refusal:
        tried(session, made, given)
    fields = [error.field for error in refusal.value.errors if not error.field.startswith("scorecards.2.weights.")]
    assert fields == [
        "rater_weights.0.kpi_id",
        "rater_weights.1.weights.direct_report",
        "rater_weights.1.weights.self",
        "rater_weights.2.weights",
        "scorecards.0.subject_id",
        "scorecards.1.weights.x",
        "scorecards.2.weights",
        "targets.0.kpi_id",
        "targets.1.subject_id",
        "targets.2.low",
    ]


def test_what_stands_twice_or_is_not_known_is_refused(made: Quarter) -> None:
    twice = weights(made, S1, customer=1)["rater_weights"] * 2
    for given, field in (
        ({"rater_weights": twice}, "rater_weights.1"),
        ({"scorecards": card(made, "team-nord", "team", {S1: 1})["scorecards"] * 2}, "scorecards.1"),
        ({"targets": posts(made, PHONE, floor=1, target=2)["targets"] * 2}, "targets.1"),
        ({"minimums": [{"rater_group": "customer", "k": 5}] * 2}, "minimums.1"),
        ({"weights": []}, "weights"),
        ({"minimums": [{"k": 5}]}, "minimums.0.rater_group"),
        ({"rater_weights": [{"kpi_id": "x", "weights": {"boss": 1}}]}, "rater_weights.0.weights.boss"),
        ({"rater_weights": [{"kpi_id": "x", "weights": {"customer": -1}}]}, "rater_weights.0.weights.customer"),
        ({"scorecards": [{"subject_id": "x", "level": "floor", "weights": {}}]}, "scorecards.0.level"),
    ):
        with pytest.raises(Invalid) as refusal:
            parse_what_if(given)
        assert [error.field for error in refusal.value.errors] == [field]


@pytest.mark.parametrize("damage", ["figure", "method", "totals"])
def test_a_release_that_does_not_come_out_again_is_tried_with_nothing(
    session: WriteSession, made: Quarter, damage: str
) -> None:
    damages: Mapping[str, Callable[[], object]] = {
        "figure": lambda: session.execute(
            update(ScoreRow)
            .where(ScoreRow.kpi_id == made.kpis[S1], ScoreRow.score.is_not(None))
            .values(score=70, lo=0, hi=100)
        ),
        "method": lambda: session.execute(update(ReleaseRow).values(method_version="17")),
        "totals": lambda: session.execute(update(AtomRow).values(totals={})),
    }
    damages[damage]()
    with pytest.raises(ReleaseAstray):
        tried(session, made, weights(made, S1, customer=10))


def test_what_can_be_tried_is_what_the_release_rests_on(session: WriteSession, made: Quarter) -> None:
    found = get_choices(session, made.viewer(Role.MANAGER, "team-nord"), made.release.id, on=TODAY)
    assert {(one.place.name, one.level, one.subjects) for one in found.cards} == {
        ("Kundesenter", Level.TEAM, 1),
        ("Kundesenter", Level.PERSON, 4),
        ("Amir Haddad", Level.PERSON, 1),
    }
    phone = next(one for one in found.targets if one.kpi_id == made.kpis[PHONE])
    assert (phone.place, phone.posts.target, phone.subjects) == (None, 45.0, 5)
