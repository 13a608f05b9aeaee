"""What the worker does for programmes: a round that cannot begin rests and is told of; the others go on."""

from datetime import datetime, timedelta

from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.encounters.queries import has_failed_beginning
from app.encounters_due import begin_due, draw_all_due
from app.infra.database import Database
from app.journal.queries import list_entries_about
from app.kpis.commands import pause_kpi
from app.mail.tables import OutboxRow
from app.mail.values import Letter
from app.rounds.tables import RoundRow
from app.worker import close_due, release_due
from tests.encounters.shop import new_programme, open_shop
from tests.served import ONE_DATABASE, STRICTER_DATABASE


@ONE_DATABASE
def test_a_round_that_cannot_begin_rests_for_an_hour_and_holds_up_no_other(engine: Database, now: datetime) -> None:
    with engine.write() as session:
        shop = open_shop(session, now)
        other = new_programme(session, shop.company, now, kpi_ids=[shop.company.kpis["first impression"]])
        pause_kpi(session, SERVICE, shop.company.kpis["first impression"], reason="Hviler", now=now)
    assert begin_due(engine, now) == 0
    assert begin_due(engine, now + timedelta(minutes=59)) == 0
    with engine.read() as session:
        told = [one.action for one in list_entries_about(session, "programme", other.id)]
        assert told == ["programme.created", "programme.not_begun"]
        assert has_failed_beginning(session, other, now=now)


@STRICTER_DATABASE
def test_a_draw_waits_while_somebody_holds_the_round_and_is_held_when_the_worker_comes_again(
    engine: Database, now: datetime
) -> None:
    with engine.write() as session:
        shop = open_shop(session, now)
    begin_due(engine, now)
    with engine.write() as session:
        shop.session = session
        shop.send(*(shop.met(f"case-{number}") for number in range(4)))
    last = now + timedelta(days=7)
    with engine.write() as holding:
        holding.execute(select(RoundRow.id).with_for_update())
        assert draw_all_due(engine, last) == 0
    assert [draw_all_due(engine, last + timedelta(minutes=1)) for _ in range(2)] == [4, 0]


def test_a_round_nobody_answered_closes_and_is_released_with_nothing_to_tell(engine: Database, now: datetime) -> None:
    with engine.write() as session:
        shop = open_shop(session, now)
    assert begin_due(engine, now) == 1
    assert draw_all_due(engine, now + timedelta(days=1)) == 0
    later = now + timedelta(days=14)
    assert close_due(engine, later) == 1
    assert release_due(engine, later) == 1
    with engine.read() as session:
        assert not has_failed_beginning(session, shop.programme, now=now)
        assert session.scalars(select(OutboxRow).where(OutboxRow.letter == Letter.RELEASE_READY)).all() == []
