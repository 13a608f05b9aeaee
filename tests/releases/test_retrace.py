"""A release computed again: the same digits from what is kept, and every change since then told from the others."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.errors import NotFound
from app.infra.database import WriteSession
from app.infra.formats import DEFAULT_ZONE
from app.kpis.values import RaterGroup
from app.metrics.commands import record_readings
from app.metrics.intake import parse_readings
from app.metrics.values import Source
from app.releases.commands import release_round
from app.releases.lookup import Tables
from app.releases.methods import METHODS, Method
from app.releases.retrace import Retraced, parts_of, retrace
from app.releases.tables import AtomRow, ExplanationRow, ReleaseRow, ScoreRow
from app.releases.values import METHOD_VERSION, InputCheck, InputState, RerunState, Score
from app.responses.tables import AnswerRow, SheetRow
from app.rounds.commands import close_round
from app.rounds.tables import RoundRow
from app.rounds.values import GroupPolicy, Mode, Pooling
from tests.fjellbris import Fjellbris
from tests.played_round import customers_of, play
from tests.summaries.built import RELEASED_AT, S4, TODAY, Quarter

ANONYMOUS = GroupPolicy(RaterGroup.CUSTOMER, Mode.ANONYMOUS, 3, 3)

Change = Callable[[WriteSession], object]


@pytest.fixture
def session(standing: tuple[WriteSession, Quarter]) -> WriteSession:
    return standing[0]


def again(session: WriteSession, made: Quarter, viewer: Viewer = SERVICE, **options: str) -> Retraced:
    return retrace(session, viewer, made.release.id, on=TODAY, subject_id=options.get("subject_id"))


def different(found: Retraced) -> list[tuple[str | None, tuple[str, ...]]]:
    return [(one.figure.kpi_id, one.figure.rater_groups) for one in found.figures if not one.is_equal]


def changed(session: WriteSession, made: Quarter, change: Change) -> Retraced:
    """What comes out after a change, which is taken back."""
    with session.begin_nested() as step:
        change(session)
        found = again(session, made)
        step.rollback()
    return found


# ------------------------------------------------------------ the same digits


def test_every_figure_comes_out_again_to_the_last_bit_with_its_arithmetic_and_its_digest(
    session: WriteSession, made: Quarter
) -> None:
    found = again(session, made)
    assert (found.state, found.wrong, found.release.method_version) == (RerunState.DONE, (), METHOD_VERSION)
    assert [(one.stored, one.is_equal) for one in found.figures] == [(one.again, True) for one in found.figures]
    composites = [one.figure for one in found.figures if one.figure.kpi_id is None and one.figure.score is not None]
    hard = [one.figure for one in found.figures if one.figure.details and "certainty" in one.figure.details]
    assert (len(composites) > 1, len(hard) > 5, len(found.figures) > 150) == (True, True, True)
    assert found.explained is not None
    assert set(found.explained.values()) == {True}
    assert found.explained.keys() == set(session.scalars(select(ExplanationRow.subject_id)))
    assert found.input == InputCheck(InputState.EQUAL, found.input.atoms if found.input else 0, 0)
    assert found.input is not None
    assert found.input.atoms == len(session.scalars(select(AtomRow.id)).all()) > 10


def test_readings_that_came_or_were_corrected_since_change_nothing(session: WriteSession, made: Quarter) -> None:
    rows: Iterator[dict[str, object]] = iter(
        [
            {
                "kpi": "phone-answer-time",
                "subject": "sofie.berg",
                "value": 20,
                "start": "2026-07-01",
                "end": "2026-07-31",
            },
            {
                "kpi": "phone-answer-time",
                "subject": "sofie.berg",
                "value": 90,
                "start": "2026-08-01",
                "end": "2026-08-31",
            },
        ]
    )
    batch = parse_readings(list(rows), zone=DEFAULT_ZONE)
    later = RELEASED_AT + timedelta(days=30)
    record_readings(session, SERVICE, batch, company_id=made.company_id, source=Source.API, now=later)
    found = again(session, made)
    assert different(found) == []
    assert found.input is not None
    assert found.input.state is InputState.EQUAL


def test_what_a_team_stands_on_adds_up_to_its_mean(session: WriteSession, made: Quarter) -> None:
    found = again(session, made, subject_id=made.subjects["team-nord"])
    assert {one.figure.subject_id for one in found.figures} == {made.subjects["team-nord"]}
    figure = figure_of(found, made.kpis[S4], ("customer",))
    parts = parts_of(found, figure)
    # Thea has five customers, as many as k; Lars as well; Sofie ten who could judge.
    assert {part.subject_id: part.n for part in parts} == {
        made.subjects["sofie.berg"]: 10,
        made.subjects["lars.moen"]: 5,
        made.subjects["thea.vik"]: 5,
    }
    total = sum(part.n for part in parts)
    assert total == figure.raters
    assert sum(part.n * part.mean for part in parts) / total == pytest.approx(figure.score)
    item = next(one.figure for one in found.figures if one.figure.item_id and one.figure.rater_groups == ("customer",))
    assert len(parts_of(found, item)) == 3
    assert parts_of(found, figure_of(found, made.kpis[S4], ())) == ()


def test_parts_that_are_not_told_by_themselves_are_told_as_one(session: WriteSession, made: Quarter) -> None:
    """Who may not read Lars and Thea today, or whose figure is withheld, has no name in the sum."""
    team = made.subjects["team-nord"]
    found = again(session, made, subject_id=team)
    figure = figure_of(found, made.kpis[S4], ("customer",))
    only_sofie = replace(found, seen=frozenset({team, made.subjects["sofie.berg"]}))
    named, rest = parts_of(only_sofie, figure)
    assert (named.subject_id, rest.subject_id, rest.n) == (made.subjects["sofie.berg"], None, 10)
    assert (named.n * named.mean + rest.n * rest.mean) / 20 == pytest.approx(figure.score)
    assert parts_of(Retraced(found.release, RerunState.UNREADABLE), figure) == ()


def figure_of(found: Retraced, kpi_id: str, groups: tuple[str, ...]) -> Score:
    return next(
        one.figure
        for one in found.figures
        if (one.figure.kpi_id, one.figure.rater_groups, one.figure.item_id) == (kpi_id, groups, None)
    )


# ------------------------------------------------------------ what is found


def test_a_composite_whose_interval_was_altered_is_found(session: WriteSession, made: Quarter) -> None:
    about = (ScoreRow.kpi_id.is_(None), ScoreRow.subject_id == made.subjects["sofie.berg"])
    hi = session.scalars(select(ScoreRow.hi).where(*about)).one()
    wider = update(ScoreRow).where(*about).values(hi=(hi or 0.0) + 0.001)
    assert different(changed(session, made, lambda some: some.execute(wider))) == [(None, ())]


def test_an_arithmetic_that_was_altered_is_found(session: WriteSession, made: Quarter) -> None:
    sofie = made.subjects["sofie.berg"]
    document = session.scalars(select(ExplanationRow.document).where(ExplanationRow.subject_id == sofie)).one()
    composite = {**document["composite"], "score": document["composite"]["score"] + 1}
    alter = update(ExplanationRow).where(ExplanationRow.subject_id == sofie)
    found = changed(
        session, made, lambda some: some.execute(alter.values(document={**document, "composite": composite}))
    )
    assert different(found) == []
    assert [one for one, is_equal in (found.explained or {}).items() if not is_equal] == [sofie]
    gone = changed(session, made, lambda some: some.execute(delete(ExplanationRow)))
    assert set((gone.explained or {}).values()) == {False}


def test_a_sheet_that_was_altered_changes_the_digest_and_the_sums_of_its_atom(
    session: WriteSession, made: Quarter
) -> None:
    sheet = session.scalars(select(SheetRow.id).where(SheetRow.rater_group == "customer").limit(1)).one()
    alter = update(AnswerRow).where(AnswerRow.sheet_id == sheet).values(level=1.0)
    found = changed(session, made, lambda some: some.execute(alter))
    assert different(found) == []
    assert found.input is not None
    assert (found.input.state, found.input.wrong) == (InputState.DIFFERENT, 1)


def test_an_erased_sheet_is_said_to_be_missing_and_the_figures_still_come_out(
    session: WriteSession, made: Quarter
) -> None:
    found = changed(session, made, erase_a_sheet)
    assert (different(found), found.input) == ([], InputCheck(InputState.MISSING, 0, 0))


def erase_a_sheet(session: WriteSession) -> None:
    lost = session.scalars(select(SheetRow.id).where(SheetRow.rater_group == "customer").limit(1)).one()
    session.execute(delete(AnswerRow).where(AnswerRow.sheet_id == lost))
    session.execute(delete(SheetRow).where(SheetRow.id == lost))


@pytest.mark.parametrize(
    "totals", [{"sums": {"nothing of ours": [1, 2, 3]}, "pairs": [], "histograms": {}}, {"nothing": 1}, {}]
)
def test_totals_that_cannot_be_read_are_said_to_be_so(
    session: WriteSession, made: Quarter, totals: dict[str, Any]
) -> None:
    spoil = update(AtomRow).values(totals=totals)
    found = changed(session, made, lambda some: some.execute(spoil))
    assert (found.state, found.figures, found.explained) == (RerunState.UNREADABLE, (), None)
    assert len(found.wrong) >= 1


def test_without_who_has_answered_what_together_only_the_errors_of_composites_stay_open(
    session: WriteSession, made: Quarter
) -> None:
    """As releases were kept before: their scores are compared, and of composites nothing that rests on more."""
    for atom in session.scalars(select(AtomRow)).all():
        atom.totals = {name: part for name, part in atom.totals.items() if name != "answered"}
    session.flush()
    found = again(session, made)
    assert (different(found), found.explained) == ([], None)
    composites = [one for one in found.figures if one.figure.kpi_id is None and one.stored and one.again]
    assert any(one.stored.hi != one.again.hi for one in composites if one.stored and one.again)


# ------------------------------------------------------------ methods


def test_an_unknown_method_is_not_tried(session: WriteSession, made: Quarter) -> None:
    found = changed(session, made, lambda some: some.execute(update(ReleaseRow).values(method_version="17")))
    assert (found.state, found.figures, found.input) == (RerunState.UNKNOWN_METHOD, (), None)


def test_each_release_is_computed_by_its_own_method(session: WriteSession, made: Quarter) -> None:
    """A method of old that told halves: what it made comes out by it, and not by today's."""

    def halves(tables: Tables, subject_ids: Collection[str] | None) -> Iterator[Score]:
        for score in METHODS[METHOD_VERSION].rows(tables, subject_ids):
            yield score._replace(score=score.score / 2, lo=0.0) if score.score is not None else score

    of_old: Method = replace(METHODS[METHOD_VERSION], rows=halves)
    session.execute(update(ReleaseRow).values(method_version="0"))
    for row in session.scalars(select(ScoreRow).where(ScoreRow.score.is_not(None))):
        row.score, row.lo = (row.score or 0.0) / 2, 0.0
    session.flush()
    methods = {**METHODS, "0": of_old}
    assert different(retrace(session, SERVICE, made.release.id, on=TODAY, methods=methods)) == []
    session.execute(update(ReleaseRow).values(method_version=METHOD_VERSION))
    assert len(different(retrace(session, SERVICE, made.release.id, on=TODAY, methods=methods))) > 100


def test_the_method_of_today_is_registered() -> None:
    assert METHOD_VERSION in METHODS


# ------------------------------------------------------------ who sees what


def test_readers_see_their_figures_and_nothing_of_the_input(session: WriteSession, made: Quarter) -> None:
    leader = again(session, made, made.viewer(Role.MANAGER, "team-nord"))
    assert {one.figure.subject_id for one in leader.figures} == {
        made.subjects[name] for name in ("team-nord", "amir.haddad", "sofie.berg", "lars.moen", "thea.vik", "omar.said")
    } & {one.figure.subject_id for one in again(session, made).figures}
    assert (leader.input, different(leader)) == (None, [])
    own = again(session, made, made.person("sofie.berg"))
    assert {one.figure.subject_id for one in own.figures} == {made.subjects["sofie.berg"]}
    analyst = again(session, made, made.viewer(Role.ANALYST, "fjellbris"))
    assert (analyst.input is not None, len(analyst.figures) > len(leader.figures)) == (True, True)
    assert again(session, made, made.viewer(Role.ANALYST, "team-nord")).input is None


def test_who_may_read_nothing_finds_no_release(session: WriteSession, made: Quarter) -> None:
    for viewer in (
        made.viewer(Role.ADMIN, "fjellbris"),
        Viewer("account:x", grants=(Grant(Role.VIEWER, "elsewhere"),)),
    ):
        with pytest.raises(NotFound):
            again(session, made, viewer)


# ------------------------------------------------------------ anonymous groups


@pytest.mark.parametrize(("pooling", "atoms"), [(Pooling.DROP, 4), (Pooling.POOL, 0)])
def test_where_sheets_were_deleted_the_sums_of_the_others_are_checked(
    session: WriteSession, company: Fjellbris, now: datetime, pooling: Pooling, atoms: int
) -> None:
    colleagues = GroupPolicy(RaterGroup.COLLEAGUE, Mode.CONFIDENTIAL, 3, 3)
    played = play(
        session, company, now, groups=(RaterGroup.MANAGER, colleagues, ANONYMOUS), customers={"Sofie Berg": 6}
    )
    session.execute(update(RoundRow).where(RoundRow.id == played.round.id).values(pooling=pooling))
    for place, customer in enumerate(customers_of(company, "Sofie Berg", 6)):
        played.rate(customer, {"Sofie Berg": [str(1 + place % 5), "na" if place == 0 else "4"]})
    for colleague in ("Lars Moen", "Thea Vik", "Omar Said"):
        played.rate(colleague, {"Sofie Berg": ["3", "5"]})
    played.rate("Amir Haddad", {name: ["4", "4"] for name in ("Sofie Berg", "Lars Moen", "Thea Vik")})
    close_round(session, SERVICE, played.round.id, now=now)
    release = release_round(session, SERVICE, played.round.id, now=now)
    found = retrace(session, SERVICE, release.id, on=date(2026, 11, 23))
    assert (different(found), found.wrong) == ([], ())
    assert found.input == InputCheck(InputState.DELETED, atoms, 0)
