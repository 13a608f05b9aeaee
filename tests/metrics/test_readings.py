from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.errors import AppError, Forbidden, NotFound
from app.http.kinds import status_of
from app.infra.database import WriteSession
from app.infra.paging import BadCursor, PageRequest, encode_cursor
from app.journal.tables import JournalRow
from app.kpis.commands import create_kpi, retire_kpi
from app.kpis.intake import parse_kpi
from app.kpis.queries import find_kpis
from app.metrics import commands, queries
from app.metrics.commands import TooManyReadings
from app.metrics.intake import parse_readings
from app.metrics.rules import ReadingsOverlap
from app.metrics.tables import ReadingCorrectionRow, ReadingRow
from app.metrics.values import ReadingBatch, ReadingFilter, Source
from app.organisation.named import find_subjects
from app.reports import BulkReport, Outcome, RowsRefused
from tests.company import SmallCompany
from tests.databases import recorded_statements
from tests.metrics.conftest import OSLO

TODAY = date(2026, 11, 23)
START = datetime(2026, 7, 1, tzinfo=UTC)
END = datetime(2026, 12, 1, tzinfo=UTC)
ELSEWHERE = "11111111-1111-4111-8111-111111111111"


class Desk:
    """Somebody who hands in readings; the company and the moment are filled in."""

    def __init__(self, session: WriteSession, company: SmallCompany, now: datetime) -> None:
        self.session, self.company, self.now = session, company, now
        self.viewer = company.admin

    def hand_in(self, *rows: dict[str, Any], dry_run: bool = False) -> BulkReport:
        return commands.record_readings(
            self.session,
            self.viewer,
            parse_readings(rows, zone=OSLO),
            company_id=self.company.id,
            source=Source.API,
            dry_run=dry_run,
            now=self.now,
        )

    def refused(self, *rows: dict[str, Any]) -> list[tuple[int, str]]:
        before = counts(self.session)
        with pytest.raises(RowsRefused) as refusal:
            self.hand_in(*rows)
        assert counts(self.session) == before
        return [(error.row, error.column) for error in refusal.value.refused]

    def loaded(self, kpi: str = "answer-time") -> list[tuple[float | None, float | None, float | None]]:
        ids = find_kpis(self.session, self.company.id, [kpi])
        readings = queries.load_readings(self.session, list(ids.values()), start=START, end=END)
        return [(one.amount.value, one.amount.numerator, one.amount.denominator) for one in readings]


@pytest.fixture
def desk(session: WriteSession, company: SmallCompany, now: datetime) -> Desk:
    return Desk(session, company, now)


def row(value: float = 52, at: str = "2026-11-20T12:00:00+01:00", **changed: object) -> dict[str, Any]:
    plain = {"kpi": "answer-time", "subject": "nord", "at": at, "value": value, **changed}
    return {name: cell for name, cell in plain.items() if cell is not ...}


def week(start: str, end: str, value: float = 52, **changed: object) -> dict[str, Any]:
    return row(value, **{"at": ..., "start": start, "end": end, **changed})  # type: ignore[arg-type]


def ratio(top: float, base: float, **changed: object) -> dict[str, Any]:
    return row(**{"kpi": "resolution", "value": ..., "numerator": top, "denominator": base, **changed})  # type: ignore[arg-type]


def rate(**parts: object) -> dict[str, Any]:
    return row(**{"kpi": "complaints", "value": ..., **parts})  # type: ignore[arg-type]


def counts(session: WriteSession) -> list[int | None]:
    session.flush()
    return [
        session.scalar(select(func.count()).select_from(table))
        for table in (ReadingRow, ReadingCorrectionRow, JournalRow)
    ]


def outcomes(report: BulkReport) -> list[Outcome]:
    return [one.outcome for one in report.rows]


def test_readings_of_every_shape_are_stored(desk: Desk) -> None:
    report = desk.hand_in(
        row(52.5), ratio(79, 100), rate(count=3, exposure=1.5), rate(numerator=1, denominator=2, subject="sør")
    )
    assert outcomes(report) == [Outcome.CREATED] * 4
    assert desk.loaded("answer-time") == [(52.5, None, None)]
    assert desk.loaded("resolution") == [(None, 79, 100)]
    assert sorted(desk.loaded("complaints"), key=str) == [(None, 1, 2), (None, 3, 1.5)]


def test_the_same_batch_again_changes_nothing(desk: Desk) -> None:
    rows = (row(52), week("2026-11-09", "2026-11-15"), row(53, external_id="A-1", at="2026-11-21"))
    first = desk.hand_in(*rows)
    before = counts(desk.session)
    again = desk.hand_in(*rows)
    assert outcomes(again) == [Outcome.UNCHANGED] * 3
    assert [one.id for one in again.rows] == [one.id for one in first.rows]
    assert counts(desk.session) == before


def test_a_correction_keeps_what_was_by_whom_and_why(desk: Desk) -> None:
    (first,) = desk.hand_in(row(52)).rows
    desk.viewer = desk.company.manager
    desk.now += timedelta(hours=1)
    (second,) = desk.hand_in(row(57, reason="Feil vaktliste")).rows
    assert (second.outcome, second.id, second.changes) == (Outcome.CHANGED, first.id, ("value",))
    assert desk.loaded() == [(57, None, None)]
    (kept,) = queries.list_corrections(desk.session, desk.company.manager, first.id or "", on=TODAY)
    assert (kept.actor, kept.reason, kept.at) == ("account:manager", "Feil vaktliste", desk.now)
    assert (kept.old, kept.new) == ({"value": 52}, {"value": 57})
    assert queries.get_reading(desk.session, desk.company.manager, first.id or "", on=TODAY).version == 2


def test_an_id_of_its_own_lets_a_reading_move_in_time(desk: Desk) -> None:
    (first,) = desk.hand_in(row(52, external_id="A-1")).rows
    (second,) = desk.hand_in(row(52, external_id="A-1", at="2026-11-19T12:00:00+01:00")).rows
    assert (second.outcome, second.id, second.external_id) == (Outcome.CHANGED, first.id, "A-1")
    assert second.changes == ("starts_at", "ends_at")
    (kept,) = queries.list_corrections(desk.session, SERVICE, first.id or "", on=TODAY)
    assert kept.new["ends_at"] == "2026-11-19T11:00:00+00:00"


def test_an_id_of_its_own_stays_with_its_kpi_and_subject(desk: Desk) -> None:
    desk.hand_in(row(52, external_id="A-1"))
    assert desk.refused(row(52, external_id="A-1", subject="sør")) == [(1, "external_id")]
    assert desk.refused(ratio(1, 2, external_id="A-1")) == [(1, "external_id")]


def test_a_dry_run_reports_alike_and_writes_nothing(desk: Desk) -> None:
    desk.hand_in(row(52), row(40, at="2026-11-19"))
    before = counts(desk.session)
    rows = (row(52), row(41, at="2026-11-19"), row(60, at="2026-11-18"))
    rehearsal = desk.hand_in(*rows, dry_run=True)
    assert rehearsal.dry_run
    assert outcomes(rehearsal) == [Outcome.UNCHANGED, Outcome.CHANGED, Outcome.CREATED]
    assert rehearsal.rows[2].id is None
    assert counts(desk.session) == before
    assert outcomes(desk.hand_in(*rows)) == outcomes(rehearsal)


@pytest.mark.parametrize(
    ("given", "column"),
    [
        (row(kpi="nobody"), "kpi"),
        (row(kpi=ELSEWHERE), "kpi"),
        (row(subject="nobody"), "subject"),
        (row(subject=ELSEWHERE), "subject"),
        (row(subject="nobody@fjellbris.example"), "subject"),
        (row(subject="@"), "subject"),
        (row(kpi="resolution"), "value"),
        (row(kpi="complaints"), "value"),
        (ratio(1, 2, kpi="answer-time"), "numerator"),
        (rate(kpi="resolution", count=1, exposure=2), "count"),
        (ratio(1, -1), "denominator"),
        (rate(count=1, exposure=-1), "exposure"),
        (rate(count=1.5, exposure=1), "count"),
        (rate(numerator=-1, denominator=1), "numerator"),
        (row(at="2026-11-24T09:01:00Z"), "at"),
        (week("2026-11-16", "2026-11-30"), "end"),
    ],
)
def test_a_reading_that_does_not_fit_is_refused(desk: Desk, given: dict[str, Any], column: str) -> None:
    assert desk.refused(row(10, at="2026-11-01"), given) == [(2, column)]


def test_a_reading_may_run_a_day_ahead(desk: Desk) -> None:
    assert outcomes(desk.hand_in(row(at="2026-11-24T09:00:00Z"))) == [Outcome.CREATED]


def test_soft_and_retired_kpis_and_kpis_without_a_measure_take_no_readings(desk: Desk) -> None:
    name = {"nb": "A", "en": "A"}
    for given in ({"kind": "soft", "external_id": "soft"}, {"kind": "hard", "external_id": "bare"}):
        draft = parse_kpi({**given, "name": name})
        create_kpi(desk.session, SERVICE, draft, company_id=desk.company.id, now=desk.now)
    answer_time = find_kpis(desk.session, desk.company.id, ["answer-time"])["answer-time"]
    retire_kpi(desk.session, SERVICE, answer_time, reason="Ferdig", now=desk.now)
    rows = [row(kpi=name) for name in ("soft", "bare", "answer-time")]
    assert desk.refused(*rows) == [(1, "kpi"), (2, "kpi"), (3, "kpi")]


def test_a_subject_is_known_by_id_own_id_or_the_employees_address(desk: Desk) -> None:
    names = (desk.company.sofie, "sofie", "Sofie+x@fjellbris.example", desk.company.north, "nord")
    found = find_subjects(desk.session, desk.company.id, [*names, "nobody"])
    assert list(found.values()) == [found[name] for name in found]
    assert {name: found[name] for name in names} == dict(
        zip(names, [desk.company.sofie] * 3 + [desk.company.north] * 2, strict=True)
    )
    assert "nobody" not in found


def test_the_same_reading_twice_in_a_batch_is_refused_with_both_rows(desk: Desk) -> None:
    assert desk.refused(row(52), row(10, at="2026-11-01"), row(53)) == [(1, "kpi"), (3, "kpi")]
    assert desk.refused(row(52, external_id="A"), row(53, external_id="A", at="2026-11-01")) == [
        (1, "external_id"),
        (2, "external_id"),
    ]


def test_periods_in_each_others_way_are_a_conflict(desk: Desk) -> None:
    desk.hand_in(week("2026-11-09", "2026-11-15"))
    with pytest.raises(ReadingsOverlap) as conflict:
        desk.hand_in(
            week("2026-11-15", "2026-11-16"), week("2026-11-17", "2026-11-18"), week("2026-11-18", "2026-11-19")
        )
    assert [error.row for error in conflict.value.refused] == [1, 2, 3]
    assert status_of(conflict.value) == 409
    touching = week("2026-11-16", "2026-11-22")
    assert outcomes(desk.hand_in(touching, week("2026-11-09", "2026-11-15", subject="sør"))) == [Outcome.CREATED] * 2
    assert outcomes(desk.hand_in(week("2026-11-10", "2026-11-12", external_id="A-1"))) == [Outcome.CREATED]


def test_what_the_intake_refused_is_told_with_the_rest(desk: Desk) -> None:
    assert desk.refused(row(float("nan")), row(subject="nobody"), row()) == [(1, "value"), (2, "subject")]


def test_a_manager_writes_the_readings_of_the_own_team(desk: Desk) -> None:
    desk.viewer = desk.company.manager
    assert outcomes(desk.hand_in(row(), row(subject="sofie"))) == [Outcome.CREATED] * 2
    assert desk.refused(row(subject="sør"), row(subject=desk.company.department)) == [(1, "subject"), (2, "subject")]


@pytest.mark.parametrize(("role", "refusal"), [(Role.VIEWER, Forbidden), (Role.ANALYST, Forbidden), (None, NotFound)])
def test_whoever_may_write_no_readings_is_sent_away(desk: Desk, role: Role | None, refusal: type[AppError]) -> None:
    grants = () if role is None else (Grant(role, desk.company.id),)
    desk.viewer = Viewer("account:reader", grants=grants)
    with pytest.raises(refusal):
        desk.hand_in(row())


def test_a_stranger_finds_no_subject(desk: Desk) -> None:
    desk.viewer = desk.company.stranger
    assert desk.refused(row()) == [(1, "subject")]


def test_more_readings_than_a_file_may_hold_are_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "MOST_ROWS", 1)
    desk.hand_in(row())
    with pytest.raises(TooManyReadings):
        desk.hand_in(row(), row(at="2026-11-01"))


def test_an_empty_batch_does_nothing(desk: Desk) -> None:
    before = counts(desk.session)
    report = commands.record_readings(
        desk.session, desk.viewer, ReadingBatch(()), company_id=desk.company.id, source=Source.FILE, now=desk.now
    )
    assert report.rows == ()
    assert counts(desk.session) == before


def test_the_journal_counts_a_batch_and_names_no_value(desk: Desk) -> None:
    desk.hand_in(row(52), row(10, at="2026-11-01"))
    desk.hand_in(row(57), row(20, at="2026-11-02"))
    told = desk.session.execute(
        select(JournalRow.actor, JournalRow.details)
        .where(JournalRow.action == "readings.recorded")
        .order_by(JournalRow.sequence)
    ).all()
    assert [one.details for one in told] == [
        {"source": "api", "created": 2, "changed": 0},
        {"source": "api", "created": 1, "changed": 1},
    ]


def test_the_number_of_statements_does_not_grow_with_the_rows(desk: Desk) -> None:
    def statements(rows: Sequence[dict[str, Any]]) -> int:
        with recorded_statements(desk.session.get_bind()) as recorded:
            desk.hand_in(*rows)
        return len(recorded)

    def hours(day: int, count: int, value: float = 1) -> list[dict[str, Any]]:
        return [row(value, at=f"2026-10-{day:02}T{hour:02}:00:00Z") for hour in range(count)]

    statements(hours(1, 1))
    assert statements(hours(2, 1)) == statements(hours(3, 20))
    assert statements(hours(2, 1, value=2)) == statements(hours(3, 20, value=2))


def test_readings_are_loaded_when_they_lie_wholly_in_the_period(desk: Desk) -> None:
    desk.hand_in(
        row(1, at="2026-07-01T00:00:00Z"),
        row(2, at="2026-06-30T23:59:59Z"),
        week("2026-06-29", "2026-07-05", 3),
        week("2026-07-06", "2026-07-12", 4),
    )
    (kpi_id,) = find_kpis(desk.session, desk.company.id, ["answer-time"]).values()

    def values(start: str, end: str) -> list[float | None]:
        first, after = datetime.fromisoformat(start), datetime.fromisoformat(end)
        return [one.amount.value for one in queries.load_readings(desk.session, [kpi_id], start=first, end=after)]

    assert values("2026-07-01T00:00:00+00:00", "2026-10-01T00:00:00+00:00") == [1, 4]
    assert values("2026-07-06T00:00:00+02:00", "2026-07-13T00:00:00+02:00") == [4]
    assert values("2026-07-06T00:00:00+02:00", "2026-07-12T00:00:00+02:00") == []
    assert values("2026-06-30T00:00:00+00:00", "2026-07-01T00:00:00+00:00") == [2]


def test_what_came_or_changed_late_can_be_told(desk: Desk) -> None:
    desk.hand_in(row(1, at="2026-11-01"), row(2, at="2026-11-02"))
    released, desk.now = desk.now, desk.now + timedelta(days=1)
    desk.hand_in(row(1, at="2026-11-01"), row(5, at="2026-11-02"), row(3, at="2026-11-03"), row(9, at="2026-06-01"))
    (kpi_id,) = find_kpis(desk.session, desk.company.id, ["answer-time"]).values()
    late = queries.list_changed_since(desk.session, [kpi_id], since=released, start=START, end=END)
    assert [one.amount.value for one in late] == [5, 3]
    assert queries.list_changed_since(desk.session, [kpi_id], since=desk.now, start=START, end=END) == []


def test_readings_are_known_as_they_were_at_a_moment(desk: Desk) -> None:
    """Later corrections are undone, one after the other, also those that moved a reading in time."""
    desk.hand_in(row(1, at="2026-11-01"), row(2, at="2026-11-02", external_id="a"), row(3, at="2026-06-01"))
    desk.hand_in(row(4, at="2026-06-02", external_id="b"))
    at, desk.now = desk.now, desk.now + timedelta(days=1)
    (kpi_id,) = find_kpis(desk.session, desk.company.id, ["answer-time"]).values()
    then = queries.load_readings(desk.session, [kpi_id], start=START, end=END)
    for again in range(2):
        desk.hand_in(row(5 + again, at="2026-11-01"), row(7, at=f"2026-06-0{3 + again}", external_id="a"))
        desk.hand_in(row(8, at=f"2026-11-0{3 + again}", external_id="b"), row(9, at=f"2026-11-0{7 + again}"))
        desk.now += timedelta(days=1)
    assert [one.amount.value for one in then] == [1, 2]
    found = queries.load_readings_as_of(desk.session, [kpi_id], start=START, end=END, at=at)
    assert [replace(one, version=1) for one in found] == then
    now = queries.load_readings(desk.session, [kpi_id], start=START, end=END)
    assert queries.load_readings_as_of(desk.session, [kpi_id], start=START, end=END, at=desk.now) == now


def test_readings_come_in_pages_the_latest_first(desk: Desk) -> None:
    desk.hand_in(*(row(day, at=f"2026-11-{day:02}") for day in range(1, 6)))
    seen: list[float | None] = []
    cursor: str | None = None
    while True:
        page = queries.list_readings(
            desk.session, desk.company.manager, desk.company.id, PageRequest(2, cursor), on=TODAY
        )
        seen += [one.amount.value for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [5, 4, 3, 2, 1]


@pytest.mark.parametrize("values", [["yesterday", ELSEWHERE], ["2026-11-01T00:00:00", ELSEWHERE], [5, ELSEWHERE]])
def test_a_cursor_of_another_make_is_refused(desk: Desk, values: list[object]) -> None:
    request = PageRequest(2, encode_cursor(values, ""))
    with pytest.raises(BadCursor):
        queries.list_readings(desk.session, desk.company.manager, desk.company.id, request, on=TODAY)


def test_readings_are_seen_where_they_may_be_read_only(desk: Desk) -> None:
    desk.hand_in(row(1), row(2, subject="sør"), ratio(1, 2, subject="sofie"))
    answer_time = find_kpis(desk.session, desk.company.id, ["answer-time"])["answer-time"]

    def seen(viewer: Viewer, chosen: ReadingFilter = queries.EVERY_READING) -> set[str]:
        page = queries.list_readings(desk.session, viewer, desk.company.id, PageRequest(), on=TODAY, chosen=chosen)
        return {one.subject_id for one in page.items}

    company = desk.company
    assert seen(SERVICE) == {company.north, company.south, company.sofie}
    assert seen(company.manager) == {company.north, company.sofie}
    assert seen(company.manager, ReadingFilter(kpi_id=answer_time)) == {company.north}
    assert seen(company.manager, ReadingFilter(subject_id=company.south)) == set()
    assert seen(company.manager, ReadingFilter(kpi_id="no id")) == set()
    assert seen(SERVICE, ReadingFilter(start=START, end=START)) == set()
    # An admin hands readings in and does not see them.
    for viewer, refusal in ((company.admin, Forbidden), (company.stranger, NotFound)):
        with pytest.raises(refusal):
            seen(viewer)
    elsewhere = Viewer("account:elsewhere", grants=(Grant(Role.MANAGER, ELSEWHERE),))
    with pytest.raises(NotFound):
        seen(elsewhere)


def test_a_reading_of_another_team_is_not_found(desk: Desk) -> None:
    (made,) = desk.hand_in(row(subject="sør")).rows
    for reading_id in (made.id or "", ELSEWHERE, "no id"):
        with pytest.raises(NotFound):
            queries.get_reading(desk.session, desk.company.manager, reading_id, on=TODAY)
