"""What must hold of a database: a sound one passes, and each violation that is planted is found where it was planted."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from sqlalchemy import delete, insert, select, update

from app.accounts.commands import create_account
from app.accounts.rules import SERVICE
from app.accounts.sign_in import start_link
from app.accounts.values import NewAccount
from app.infra.database import ReadSession, WriteSession
from app.infra.ids import new_id
from app.infra.keys import key_of
from app.journal.commands import record
from app.kpis.values import RaterGroup
from app.releases import invariants as released
from app.releases.commands import release_round
from app.releases.tables import AtomRow, ReleaseRow, ScoreRow
from app.responses import invariants as sheets
from app.responses.tables import AnonymousSheetRow, AnswerRow, SheetRow
from app.rounds.commands import close_round
from app.rounds.tables import AssignmentRow, RoundRow
from app.rounds.values import GroupPolicy, Mode, Round, RoundState
from tests.fjellbris import Fjellbris, fjellbris
from tests.originals import copied
from tests.played_round import PlayedRound, customers_of, play

ANONYMOUS = GroupPolicy(RaterGroup.CUSTOMER, Mode.ANONYMOUS, 3, 3)
COLLEAGUES = GroupPolicy(RaterGroup.COLLEAGUE, Mode.CONFIDENTIAL, 3, 3)
ASKED = {"Sofie Berg": 6, "Lars Moen": 2, "Thea Vik": 2, "Omar Said": 2}

Query = Callable[[ReadSession], Iterator[str]]
Plant = Callable[[WriteSession], object]
QUERIES: tuple[Query, ...] = (
    sheets.uneven_cells,
    sheets.stray_sheets,
    released.uneven_releases,
    released.figures_astray,
    released.plain_secrets,
)


@pytest.fixture
def played(session: WriteSession, now: datetime, request: pytest.FixtureRequest) -> PlayedRound:
    """Anonymous customers of four people, three of whom have too few; colleagues, one of whom left a question open."""
    company, asked = copied(session, answered, now, sealed="sound" in request.fixturenames)
    return PlayedRound(session, company, asked, now)


@pytest.fixture
def sound(played: PlayedRound) -> WriteSession:
    """The same, released."""
    return played.session


def answered(session: WriteSession, now: datetime, *, sealed: bool) -> tuple[Fjellbris, Round]:
    company = fjellbris(session, now)
    played = play(session, company, now, groups=(RaterGroup.MANAGER, COLLEAGUES, ANONYMOUS), customers=ASKED)
    for name, count in ASKED.items():
        for place, customer in enumerate(customers_of(company, name, count)):
            played.rate(customer, {name: [str(1 + place % 5), "4"]})
    for colleague in ("Lars Moen", "Thea Vik", "Omar Said"):
        played.rate(colleague, {"Sofie Berg": ["3", "na"] if colleague == "Thea Vik" else ["3", "5"]})
    played.rate("Amir Haddad", {name: ["4", "4"] for name in ASKED})
    if sealed:
        close_round(session, SERVICE, played.round.id, now=now)
        release_round(session, SERVICE, played.round.id, now=now)
    return company, played.round


def found_after(session: WriteSession, plant: Plant, *queries: Query) -> list[str]:
    """What the queries find with something planted; it is taken back afterwards."""
    with session.begin_nested() as step:
        plant(session)
        found = [finding for query in queries for finding in query(session)]
        step.rollback()
    assert [finding for query in queries for finding in query(session)] == []
    return found


# ------------------------------------------------------------ sound


def test_an_open_round_and_a_released_one_are_sound(played: PlayedRound) -> None:
    session = played.session
    assert [finding for query in QUERIES for finding in query(session)] == []
    close_round(session, SERVICE, played.round.id, now=played.now)
    release_round(session, SERVICE, played.round.id, now=played.now)
    assert len(session.scalars(select(AtomRow)).all()) > len(ASKED)
    assert len(session.scalars(select(ScoreRow).where(ScoreRow.score.is_not(None))).all()) > 10
    assert [finding for query in QUERIES for finding in query(session)] == []


# ------------------------------------------------------------ I2 and I4: sheets


def test_a_mark_without_a_sheet_and_a_sheet_without_a_mark_are_found(played: PlayedRound) -> None:
    mark = update(AssignmentRow).where(AssignmentRow.rater_group == "customer").values(answered=False)
    (first,) = found_after(played.session, lambda session: session.execute(mark), sheets.uneven_cells)
    assert first == f"round {played.round.id}: 4 cells hold another number of sheets than of answers"
    (second,) = found_after(played.session, lose_a_sheet, sheets.uneven_cells)
    assert second.startswith(f"round {played.round.id}: 1 cells")


def lose_a_sheet(session: WriteSession) -> None:
    lost = session.scalars(select(SheetRow.id).limit(1)).one()
    session.execute(delete(AnswerRow).where(AnswerRow.sheet_id == lost))
    session.execute(delete(SheetRow).where(SheetRow.id == lost))


def test_anonymous_sheets_that_outlive_the_seal_are_found(sound: WriteSession) -> None:
    (found,) = found_after(sound, lambda session: add_anonymous(session, asked=True), sheets.uneven_cells)
    assert "1 cells" in found


def test_sheets_that_nobody_was_asked_for_are_found(played: PlayedRound) -> None:
    session = played.session
    rekey = update(SheetRow).where(
        SheetRow.rater_group == "manager", SheetRow.subject_id == played.company.subjects["Sofie Berg"]
    )
    strange = rekey.values(key=key_of(session).sheet_key("another assignment"))
    assert found_after(session, lambda some: some.execute(strange), sheets.stray_sheets) == [
        "1 sheets belong to no assignment"
    ]
    assert found_after(session, lambda some: add_anonymous(some, asked=False), sheets.stray_sheets) == [
        "1 sheets belong to no assignment"
    ]


def add_anonymous(session: WriteSession, *, asked: bool) -> None:
    cell = select(AssignmentRow.round_id, AssignmentRow.subject_id, AssignmentRow.rater_group)
    round_id, subject_id, group = session.execute(cell.where(AssignmentRow.rater_group == "customer").limit(1)).one()
    session.execute(
        insert(AnonymousSheetRow).values(
            key=b"sixteen bytes ..",
            round_id=round_id,
            subject_id=subject_id,
            rater_group=group if asked else "self",
            submission_id="submission-1",
            answers={},
            comments={},
        )
    )


# ------------------------------------------------------------ I3: figures


@pytest.mark.parametrize("level", ["kpi", "group", "item"])
def test_a_figure_that_was_altered_is_found(sound: WriteSession, played: PlayedRound, level: str) -> None:
    rows = {
        "kpi": ScoreRow.kpi_id.is_not(None) & (ScoreRow.rater_groups == ""),
        "group": (ScoreRow.rater_groups == "customer") & ScoreRow.item_id.is_(None),
        "item": (ScoreRow.rater_groups == "customer") & ScoreRow.item_id.is_not(None),
    }
    about = ScoreRow.subject_id == played.company.subjects["Sofie Berg"]
    row = sound.scalars(select(ScoreRow).where(rows[level], about, ScoreRow.score.is_not(None)).limit(1)).one()
    altered = update(ScoreRow).where(ScoreRow.id == row.id).values(score=(row.score or 0) + 1e-4, hi=100.0)
    (found,) = found_after(sound, lambda session: session.execute(altered), released.figures_astray)
    assert found.endswith("1 figures of Sofie Berg do not follow from the totals of their atoms")


def test_a_figure_that_was_withheld_and_is_shown_is_found(sound: WriteSession) -> None:
    withheld = select(ScoreRow.id).where(ScoreRow.status == "suppressed").limit(1)
    shown = {"status": "ok", "reason": None, "score": 50.0, "lo": 40.0, "hi": 60.0, "raters": 2}
    show = update(ScoreRow).where(ScoreRow.id == sound.scalars(withheld).one()).values(**shown)
    (found,) = found_after(sound, lambda session: session.execute(show), released.figures_astray)
    assert "1 figures of" in found


def test_a_figure_that_is_gone_and_one_too_many_are_found(sound: WriteSession) -> None:
    gone = delete(ScoreRow).where(ScoreRow.id == sound.scalars(select(ScoreRow.id).limit(1)).one())
    assert len(found_after(sound, lambda session: session.execute(gone), released.figures_astray)) == 1
    release_id, subject_id = sound.execute(select(ScoreRow.release_id, ScoreRow.subject_id).limit(1)).one()
    more = {
        "id": new_id(sound),
        "release_id": release_id,
        "subject_id": subject_id,
        "place": "of its own",
        "kpi_id": new_id(sound),
        "rater_groups": "",
        "status": "insufficient",
    }
    assert (
        len(
            found_after(
                sound, lambda session: session.execute(insert(ScoreRow).values(**more)), released.figures_astray
            )
        )
        == 1
    )


def test_totals_that_were_altered_are_found_by_their_figures_and_by_their_histograms(sound: WriteSession) -> None:
    found = found_after(sound, alter_totals, released.figures_astray, released.uneven_releases)
    assert any("do not follow from the totals" in finding for finding in found)
    assert any("1 atoms have sums that do not follow from their histograms" in finding for finding in found)


def alter_totals(session: WriteSession) -> None:
    atom = session.scalars(select(AtomRow).where(AtomRow.rater_groups == "customer").limit(1)).one()
    sums = {name: [n, s1 + 10**8, s2] for name, (n, s1, s2) in atom.totals["sums"].items()}
    totals = {**atom.totals, "sums": sums}
    session.execute(update(AtomRow).where(AtomRow.id == atom.id).values(totals=totals))


def test_totals_that_cannot_be_read_are_said_to_be_so(sound: WriteSession) -> None:
    spoil = update(AtomRow).values(totals={"sums": {"nothing of ours": [1, 2, 3]}, "pairs": [], "histograms": {}})
    (found,) = found_after(sound, lambda session: session.execute(spoil), released.figures_astray)
    assert found.endswith("the totals of its atoms cannot be scored again")


# ------------------------------------------------------------ I7: atoms and releases


@pytest.mark.parametrize("changed", [{"raters": 7}, {"sheets": 7}, {"is_own": False}, {"is_protected": False}])
def test_an_atom_that_the_answers_do_not_make_is_found(sound: WriteSession, changed: dict[str, object]) -> None:
    atom = sound.scalars(select(AtomRow.id).where(AtomRow.rater_groups == "customer", AtomRow.is_own)).one()
    alter = update(AtomRow).where(AtomRow.id == atom).values(**changed)
    (found,) = found_after(sound, lambda session: session.execute(alter), released.uneven_releases)
    assert found.endswith("1 atoms are not those that the answered assignments make")


def test_an_atom_under_its_minimum_is_found(sound: WriteSession) -> None:
    thin = update(AtomRow).where(AtomRow.rater_groups == "colleague").values(raters=2)
    found = found_after(sound, lambda session: session.execute(thin), released.uneven_releases)
    assert any(finding.endswith("1 atoms hold figures of fewer people than their minimum") for finding in found)


def test_a_mark_that_came_or_went_after_the_release_is_found(sound: WriteSession) -> None:
    late = update(AssignmentRow).where(AssignmentRow.rater_group == "customer").values(answered=True, counted=False)
    assert found_after(sound, lambda session: session.execute(late), released.uneven_releases) != []


def test_a_round_that_is_released_without_a_release_is_found(sound: WriteSession, played: PlayedRound) -> None:
    back = update(RoundRow).where(RoundRow.id == played.round.id).values(state=RoundState.CLOSED)
    for found in (
        found_after(sound, lambda session: session.execute(delete(ReleaseRow)), released.uneven_releases),
        found_after(sound, lambda session: session.execute(back), released.uneven_releases),
    ):
        assert f"round {played.round.id}: released without a release, or not released with one" in found


# ------------------------------------------------------------ I10: secrets


def test_the_secret_of_a_link_in_a_text_is_found(played: PlayedRound) -> None:
    session, now = played.session, played.now
    account = create_account(session, SERVICE, NewAccount("ingrid@fjellbris.example", "Ingrid"), now=now)
    sign_in = key_of(session).sign_in_token(start_link(session, account.id, now=now))
    for secret in (sign_in, played.link_of("Sofie Berg")):

        def leak(some: WriteSession, secret: str = secret) -> None:
            details = {"said": f"see /r/{secret}?lang=nb"}
            record(
                some,
                "service",
                "test",
                company_id=played.company.id,
                object_kind="round",
                object_id="x",
                details=details,
                now=now,
            )

        assert found_after(session, leak, released.plain_secrets) == [
            "journal_entry.details holds the secret of a link: void the links of open rounds"
        ]
