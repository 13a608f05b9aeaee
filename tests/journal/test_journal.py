"""The journal: entries are added, listed by company in slices, read on by sequence."""

from datetime import datetime

from app.infra.database import WriteSession
from app.infra.ids import new_id
from app.infra.paging import PageRequest
from app.journal.commands import record
from app.journal.queries import list_entries, list_entries_about, load_entries


def note(session: WriteSession, company_id: str | None, number: int, now: datetime) -> None:
    record(
        session,
        "service",
        "thing.done",
        company_id=company_id,
        object_kind="thing",
        object_id=str(number % 2),
        details={"number": number},
        now=now,
    )


def test_a_company_reads_its_own_entries_newest_first_in_slices(session: WriteSession, now: datetime) -> None:
    ours, theirs = new_id(session), new_id(session)
    for number in range(5):
        note(session, ours if number != 3 else theirs, number, now)
    note(session, None, 9, now)
    session.flush()
    first = list_entries(session, ours, PageRequest(limit=3))
    rest = list_entries(session, ours, PageRequest(limit=3, cursor=first.next_cursor))
    assert [entry.details["number"] for entry in (*first.items, *rest.items)] == [4, 2, 1, 0]
    assert (rest.next_cursor, first.items[0].at, first.items[0].company_id) == (None, now, ours)
    assert list_entries(session, "nonsense", PageRequest()).items == ()


def test_one_thing_tells_its_story_oldest_first(session: WriteSession, now: datetime) -> None:
    for number in range(4):
        note(session, None, number, now)
    session.flush()
    assert [entry.details["number"] for entry in list_entries_about(session, "thing", "1")] == [1, 3]


def test_readers_go_on_where_they_stopped(session: WriteSession, now: datetime) -> None:
    for number in range(4):
        note(session, None, number, now)
    session.flush()
    first = load_entries(session, after=0, limit=3)
    rest = load_entries(session, after=first[-1].sequence, limit=3)
    assert [entry.details["number"] for entry in (*first, *rest)] == [0, 1, 2, 3]
    sequences = [entry.sequence for entry in (*first, *rest)]
    assert sequences == sorted(set(sequences))


def test_an_entry_without_details_has_none(session: WriteSession, now: datetime) -> None:
    record(session, "service", "thing.done", company_id=None, object_kind="thing", object_id="1", now=now)
    session.flush()
    assert load_entries(session, after=0, limit=1)[0].details == {}
