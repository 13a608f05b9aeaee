"""The list of signals holds what moves at the units that somebody reads, and asks little of the database."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.accounts.rules import SERVICE
from app.accounts.values import Role, Viewer
from app.followup.queries import list_course_places, list_signals, try_methods
from app.followup.values import Method, Signal
from app.infra.paging import BadCursor, Page, PageRequest, encode_cursor
from app.metrics.commands import record_readings
from app.metrics.intake import parse_readings
from app.metrics.values import Source
from app.scoring.charts import Side
from tests.databases import recorded_statements
from tests.followup.watched import H1, S1, TODAY, Watching
from tests.shelf import NOW, Shelf, demo


def signals(watching: Watching, viewer: Viewer = SERVICE, request: PageRequest | None = None) -> Page[Signal]:
    return list_signals(watching.session, viewer, watching.company_id, request or PageRequest(), on=TODAY)


def told(page: Page[Signal]) -> list[tuple[str, str]]:
    return [(signal.kpi.name["en"], signal.subject.name) for signal in page.items]


@contextmanager
def statements(watching: Watching) -> Iterator[list[str]]:
    with recorded_statements(watching.session.get_bind().engine) as asked:
        yield asked


def test_the_one_fall_of_the_demo_is_the_one_signal(watching: Watching) -> None:
    [signal] = signals(watching).items
    assert told(signals(watching)) == [("First impression", "Team Nord")]
    assert (signal.finding.side, signal.value, signal.usual) == (Side.LOW, 75.0, 81.125)
    assert signal.item_name is not None
    assert signal.item_name["nb"] == "Møtet"


@pytest.mark.parametrize(
    ("role", "place", "count"),
    [
        (Role.VIEWER, "team-nord", 1),
        (Role.MANAGER, "customer-centre", 1),
        (Role.VIEWER, "team-sor", 0),
        (Role.ADMIN, "", 0),
    ],
)
def test_somebody_hears_of_the_units_he_reads(watching: Watching, role: Role, place: str, count: int) -> None:
    assert len(signals(watching, watching.who(role, place)).items) == count


def test_a_person_without_a_role_hears_of_no_unit(watching: Watching) -> None:
    assert signals(watching, watching.person("sofie.berg")).items == ()


def test_a_company_that_is_not_there_has_no_signals(watching: Watching) -> None:
    for company_id in ("", "x", "6f1d2a34-8f0b-4c7a-b1de-55c2a6f0d9e2"):
        assert list_signals(watching.session, SERVICE, company_id, PageRequest(), on=TODAY) == Page(())


def test_as_many_statements_are_asked_for_one_unit_as_for_ten(watching: Watching) -> None:
    counts = []
    for viewer in (watching.who(Role.VIEWER, "team-nord"), watching.who(Role.VIEWER)):
        with statements(watching) as asked:
            signals(watching, viewer)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 21


def test_slices_follow_each_other_and_end(shelf: Shelf) -> None:
    database = shelf.take(demo)
    with database.write() as session:
        watching = Watching.of(session)
        # Both teams of the customer centre answer the phone more and more slowly, so that three units signal.
        rows = [
            {
                "kpi": H1,
                "subject": unit,
                "start": f"2026-{month:02d}-{day:02d}",
                "end": f"2026-{month:02d}-{day:02d}",
                "value": 50 + number % 2 + (20 if number >= 24 else 0),
            }
            for unit in ("team-nord", "team-sor")
            for number, (month, day) in enumerate([(m, d) for m in range(5, 12) for d in (1, 8, 15, 22)][:28])
        ]
        batch = parse_readings(rows, zone=NOW.astimezone().tzinfo)  # type: ignore[arg-type]
        record_readings(session, SERVICE, batch, company_id=watching.company_id, source=Source.API, now=NOW)
        whole = told(signals(watching))
        assert len(whole) == 3
        assert whole[0][0] == "Phone answer time" or whole[0] == ("First impression", "Team Nord")
        found, cursor = [], None
        while True:
            page = signals(watching, request=PageRequest(limit=1, cursor=cursor))
            found += told(page)
            cursor = page.next_cursor
            if cursor is None:
                break
        assert found == whole


@pytest.mark.parametrize("keys", [["a", "b", "c", "d"], [1, 2, 3, 4], [1, "b", "c"]])
def test_a_cursor_of_another_list_is_refused(watching: Watching, keys: list[object]) -> None:
    with pytest.raises(BadCursor):
        signals(watching, request=PageRequest(cursor=encode_cursor(keys, "")))


def test_the_places_of_a_course_are_those_where_something_is_told_and_may_be_read(watching: Watching) -> None:
    def places(kpi: str, viewer: Viewer) -> list[str]:
        found = list_course_places(watching.session, viewer, watching.kpis[kpi], on=TODAY)
        return sorted(place.name for place in found)

    everywhere = places(S1, watching.who(Role.ANALYST))
    assert {"Team Nord", "Team Sør", "Kundesenter", "Butikk Bergen"} <= set(everywhere)
    assert places(S1, watching.who(Role.VIEWER, "team-nord")) == ["Team Nord"]
    assert places(H1, watching.who(Role.VIEWER, "customer-centre")) == ["Kundesenter", "Team Nord", "Team Sør"]
    assert places(H1, watching.who(Role.VIEWER, "sales")) == []


def test_what_each_method_would_have_given_is_told_before_one_is_chosen(watching: Watching) -> None:
    trials = try_methods(watching.session, watching.who(Role.ANALYST), watching.kpis[S1], on=TODAY)
    assert [(one.method, one.units, one.tested.count, one.tested.judged) for one in trials] == [
        (Method.EWMA, 1, 1, 7),
        (Method.CUSUM, 1, 1, 7),
    ]
    assert trials[0].run_length == pytest.approx(1002.358, abs=1e-3)
    nothing = try_methods(watching.session, watching.who(Role.VIEWER, "sales"), watching.kpis[H1], on=TODAY)
    assert {one.units for one in nothing} <= {0, 1, 2, 3}
    assert sum(one.tested.judged for one in nothing) == 0
