"""Whoever writes may be killed at any moment: afterwards all of it is there or nothing, and doing it again finishes it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import pytest
from sqlalchemy import func, select

from app.accounts.rules import SERVICE
from app.infra.database import Database
from app.journal.tables import JournalRow
from app.kpis.values import RaterGroup
from app.releases.commands import release_round, scrub_released
from app.releases.tables import AtomRow, ExplanationRow, ReleasedCommentRow, ReleaseRow, ScoreRow
from app.responses.commands import submit_response
from app.responses.tables import AnonymousSheetRow, SheetRow
from app.rounds.commands import close_round
from app.rounds.rules import RoundNotDraft
from app.rounds.tables import AssignmentRow
from app.rounds.values import GroupPolicy, Mode
from tests.dump import tables_of
from tests.faults.deeds import AFTER_THE_COMMIT, BEFORE_THE_COMMIT, Deed, bring_in, dies, release, submit
from tests.fjellbris import draft_round, fjellbris
from tests.open_round import AMIR, OpenRound, open_round

pytestmark = pytest.mark.slow

ANONYMOUS = GroupPolicy(RaterGroup.CUSTOMER, Mode.ANONYMOUS, 3, 3)


def dies_at_many_points(engine: Database, url: str, deed: Deed, *, step: int) -> None:
    """Kill it before the commit, then before the first statement and every few later ones, until one gets through."""
    before = tables_of(engine)
    assert dies(url, deed, BEFORE_THE_COMMIT)
    assert tables_of(engine) == before
    point = 1
    while dies(url, deed, point):
        assert tables_of(engine) == before, f"statement {point}"
        point += step
    assert point > 3 * step, "it has so many statements that this was worth while"
    assert tables_of(engine) != before


# ------------------------------------------------------------ a release


@pytest.fixture
def closed(engine: Database, now: datetime) -> OpenRound:
    """Everybody has answered, anonymously but for the manager, and the round is closed."""
    opened = open_round(engine, now, groups=(RaterGroup.MANAGER, ANONYMOUS))
    with engine.write() as session:
        for name, link in opened.links.items():
            fields = opened.fields(name, ("4", "5"), comment=f"Svarte på tredje ring, {len(name)} ganger.")
            submit_response(session, link, {field: [value] for field, value in fields.items()}, now=now)
        close_round(session, SERVICE, opened.round.id, now=now)
    return opened


def test_a_release_that_is_killed_is_not_there_and_the_next_one_is_whole(
    engine: Database, database_url: str, closed: OpenRound
) -> None:
    dies_at_many_points(engine, database_url, Deed(release, (closed.round.id, closed.now)), step=8)
    assert_released_once(engine, closed)


def test_a_release_that_is_killed_right_after_its_commit_is_there(
    engine: Database, database_url: str, closed: OpenRound
) -> None:
    assert dies(database_url, Deed(release, (closed.round.id, closed.now)), AFTER_THE_COMMIT)
    assert_released_once(engine, closed)
    with engine.read() as session:
        assert session.scalars(select(ReleaseRow.scrubbed_at)).one() is None
    assert scrub_released(engine, now=closed.now) == 1
    assert scrub_released(engine, now=closed.now) == 0


def assert_released_once(engine: Database, closed: OpenRound) -> None:
    """The release is whole, and releasing again gives the same one and changes nothing."""
    before = tables_of(engine)
    with engine.write() as session:
        again = release_round(session, SERVICE, closed.round.id, now=closed.now)
    assert tables_of(engine) == before
    with engine.read() as session:
        assert session.scalars(select(ReleaseRow.id)).all() == [again.id]
        published = select(func.count()).where(JournalRow.action == "release.published")
        assert session.scalar(published) == 1
        groups = session.execute(select(AtomRow.rater_groups, AtomRow.sheets).order_by(AtomRow.rater_groups))
        assert [tuple(row) for row in groups] == [("customer", 6), ("manager", 1)]
        for table in (ScoreRow, ExplanationRow, ReleasedCommentRow):
            assert session.scalar(select(func.count()).select_from(table)), table
        assert session.scalar(select(func.count()).select_from(AnonymousSheetRow)) == 0


# ------------------------------------------------------------ past ratings


def past(engine: Database, now: datetime) -> Deed:
    """An import into a fresh draft: six customers about somebody new, and about Sofie."""
    with engine.write() as session:
        company = fjellbris(session, now)
        round_id = draft_round(session, company, now, rated=(), groups=(RaterGroup.CUSTOMER,)).id
    rows: Sequence[Mapping[str, str]] = [
        {
            "subject": subject,
            "rater": f"kunde{place}@kunder.example",
            "rater_group": "customer",
            "item": item,
            "value": str(1 + place % 5),
            "comment": f"Nr. {place}",
        }
        for subject in ("S-9", company.subjects["Sofie Berg"])
        for place in range(6)
        for item in ("welcome", "tone")
    ]
    return Deed(bring_in, (round_id, rows, now))


def test_an_import_that_is_killed_brings_nothing_in_and_the_next_one_everything(
    engine: Database, database_url: str, now: datetime
) -> None:
    deed = past(engine, now)
    dies_at_many_points(engine, database_url, deed, step=14)
    assert_brought_in_once(engine, deed)


def test_an_import_that_is_killed_right_after_its_commit_is_in(
    engine: Database, database_url: str, now: datetime
) -> None:
    deed = past(engine, now)
    assert dies(database_url, deed, AFTER_THE_COMMIT)
    assert_brought_in_once(engine, deed)


def assert_brought_in_once(engine: Database, deed: Deed) -> None:
    before = tables_of(engine)
    with engine.read() as session:
        assert session.scalar(select(func.count()).select_from(SheetRow)) == 12
        assert session.scalar(select(func.count()).where(AssignmentRow.answered)) == 12
    with pytest.raises(RoundNotDraft):
        deed.do(engine)
    assert tables_of(engine) == before


# ------------------------------------------------------------ a form


@pytest.mark.parametrize("mode", [Mode.CONFIDENTIAL, Mode.ANONYMOUS])
def test_a_submit_that_is_killed_is_not_in_and_sending_it_again_stores_it_once(
    engine: Database, database_url: str, now: datetime, mode: Mode
) -> None:
    opened = open_round(engine, now, groups=(GroupPolicy(RaterGroup.CUSTOMER, mode, 3, 3),), customers=3)
    name = opened.customers[0]
    deed = Deed(submit, (opened.links[name], opened.fields(name, ("2", "5"), comment="Rolig."), now))
    dies_at_many_points(engine, database_url, deed, step=2)
    deed.do(engine)
    assert opened.stored() == [("submission-1", [2.0, 5.0], ["Rolig."])]
    assert opened.marks() == 1


def test_a_submit_that_is_killed_right_after_its_commit_is_in_and_the_same_again_changes_nothing(
    engine: Database, database_url: str, opened: OpenRound
) -> None:
    deed = Deed(submit, (opened.links[AMIR], opened.fields(AMIR, ("2", "5")), opened.now))
    assert dies(database_url, deed, AFTER_THE_COMMIT)
    before = tables_of(engine)
    deed.do(engine)
    assert tables_of(engine) == before
    assert opened.stored() == [("submission-1", [2.0, 5.0], [])]
