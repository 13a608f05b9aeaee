"""What a KPI is worth: what was decided and done because of it, for who reads there, beside the time it took."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.accounts.rules import Action
from app.accounts.values import Role
from app.decisions.commands import decide_case, open_case
from app.decisions.values import CaseDraft, Choice, DecisionDraft
from app.errors import Forbidden, NotFound
from app.infra.database import WriteSession
from app.kpis.queries import load_company_kpis
from app.plans.commands import end_plan, make_plan
from app.plans.values import PlanDraft, PlanEnd, PlanState
from app.scoring.effects import Verdict
from app.worth.queries import get_worth, list_worths
from tests.databases import recorded_statements
from tests.followup.reader import Reader
from tests.followup.watched import H1, S1, TODAY, Watching
from tests.journeys.service import Running, ok
from tests.shelf import NOW, Shelf, demo

LATER = TODAY + timedelta(days=30)


@pytest.fixture
def session(shelf: Shelf) -> Iterator[WriteSession]:
    with shelf.show(demo).write() as session:
        yield session
        session.rollback()


@pytest.fixture
def known(session: WriteSession) -> Watching:
    return Watching.of(session)


def test_a_kpi_is_worth_what_was_decided_and_done_because_of_it_where_one_reads(
    session: WriteSession, known: Watching
) -> None:
    kpi_id, subjects = known.kpis[S1], known.subjects
    nord, sor = known.who(Role.MANAGER, "team-nord"), known.who(Role.MANAGER, "team-sor")
    ask = CaseDraft(kpi_id, subjects["team-nord"], "Skal vi øve mer?")
    case = open_case(session, nord, ask, now=NOW)
    decide_case(session, nord, case.id, DecisionDraft(Choice.ACT, "Ja."), now=NOW)
    open_case(session, nord, replace(ask, subject_id=subjects["sofie.berg"]), now=NOW)
    open_case(session, sor, replace(ask, subject_id=subjects["team-sor"]), now=NOW)
    wanted = PlanDraft(kpi_id, subjects["team-nord"], subjects["amir.haddad"], "Vi øver.", 5.0, LATER, ())
    make_plan(session, nord, wanted, now=NOW)
    dropped = make_plan(session, nord, wanted, now=NOW)
    end_plan(session, nord, dropped.id, PlanEnd(PlanState.DROPPED, ""), now=NOW)

    report = get_worth(session, nord, kpi_id, on=TODAY + timedelta(days=40))
    [worth] = report.kpis
    assert (report.unit.id, str(report.since), str(report.until)) == (subjects["team-nord"], "2026-01-03", "2027-01-02")
    assert (worth.decided, worth.decisions[Choice.ACT], worth.decisions[Choice.RETIRE]) == (1, 1, 0)
    assert (worth.open_cases, worth.overdue_cases) == (1, 1)
    assert worth.plans == {PlanState.OPEN: 1, PlanState.DONE: 0, PlanState.DROPPED: 1}
    # No round began after the plan, so nobody can tell whether it worked.
    assert set(worth.verdicts.values()) == {0}
    [there] = get_worth(session, sor, kpi_id, on=TODAY).kpis
    assert (there.decided, there.open_cases, there.overdue_cases) == (0, 1, 0)
    [whole] = get_worth(session, known.who(Role.ANALYST), kpi_id, on=TODAY).kpis
    assert (whole.decided, whole.open_cases) == (1, 2)
    assert whole.minutes > worth.minutes > 0
    # A year and a day later the decision is as if it had never been taken, and no round is young enough to count.
    [later] = get_worth(session, nord, kpi_id, on=TODAY + timedelta(days=366)).kpis
    assert (later.decided, later.plans[PlanState.DROPPED], later.minutes, later.open_cases) == (0, 0, 0, 1)


def test_plans_are_counted_by_what_they_did(session: WriteSession, known: Watching) -> None:
    before = TODAY - timedelta(days=60)
    nord, subjects = known.who(Role.MANAGER, "team-nord"), known.subjects
    wanted = PlanDraft(known.kpis[S1], subjects["team-nord"], subjects["amir.haddad"], "Vi øver.", 5.0, before, ())
    then = NOW - timedelta(days=75)
    for _ in range(2):
        make_plan(session, nord, wanted, now=then)
    dropped = make_plan(session, nord, wanted, now=then)
    end_plan(session, nord, dropped.id, PlanEnd(PlanState.DROPPED, ""), now=then)
    [worth] = get_worth(session, nord, known.kpis[S1], on=TODAY).kpis
    assert (sum(worth.plans.values()), sum(worth.verdicts.values())) == (3, 2)
    assert set(worth.verdicts) == set(Verdict)


def test_what_took_time_and_led_to_nothing_stands_first(session: WriteSession, known: Watching) -> None:
    report = list_worths(session, known.who(Role.MANAGER, "customer-centre"), known.company_id, on=TODAY)
    minutes = [one.minutes for one in report.kpis]
    assert minutes == sorted(minutes, reverse=True)
    assert len(report.kpis) == len(load_company_kpis(session, known.company_id, on=TODAY))
    first = report.kpis[0]
    chief = known.who(Role.MANAGER)
    case = open_case(session, chief, CaseDraft(first.kpi.id, known.subjects["customer-centre"], "Trengs den?"), now=NOW)
    decide_case(session, chief, case.id, DecisionDraft(Choice.RETIRE, "Nei."), now=NOW)
    report = list_worths(session, chief, known.company_id, subject_id=known.subjects["customer-centre"], on=TODAY)
    # Answer times take nobody's time, and Amir has decided about them.
    assert [one.kpi.id for one in report.kpis if one.decided] == [first.kpi.id, known.kpis[H1]]
    assert [one.kpi.id for one in report.kpis[-2:]] == [first.kpi.id, known.kpis[H1]]


def test_only_who_reads_the_results_of_a_unit_is_told(session: WriteSession, known: Watching) -> None:
    def ask(viewer: object, place: str | None = None, kpi: str = S1) -> None:
        get_worth(session, viewer, known.kpis[kpi], subject_id=place, on=TODAY)  # type: ignore[arg-type]

    nord = known.who(Role.MANAGER, "team-nord")
    ask(nord, known.subjects["team-nord"])
    for place in ("team-sor", "customer-centre", "sofie.berg", "lunvik"):
        with pytest.raises((NotFound, Forbidden)):
            ask(nord, known.subjects[place])
    with pytest.raises(NotFound):
        ask(nord, "nothing")
    with pytest.raises((NotFound, Forbidden)):
        ask(known.person("sofie.berg"))
    with pytest.raises(Forbidden):
        ask(known.who(Role.ADMIN))
    key = known.key(Action.KPIS_READ, Action.RESULTS_READ)
    ask(key)
    with pytest.raises((NotFound, Forbidden)):
        ask(key, kpi=H1)
    listed = list_worths(session, key, known.company_id, on=TODAY).kpis
    assert {one.kpi.kind.value for one in listed} == {"soft"}


def test_the_report_of_all_kpis_takes_as_many_statements_as_that_of_one(
    shelf: Shelf, session: WriteSession, known: Watching
) -> None:
    chief = known.who(Role.ANALYST)
    with recorded_statements(shelf.show(demo).engine) as sent:
        get_worth(session, chief, known.kpis[H1], on=TODAY)
        for_one = len(sent)
        list_worths(session, chief, known.company_id, on=TODAY)
    assert len(sent) - for_one <= for_one


def test_the_report_is_read_on_pages_and_over_http(shelf: Shelf, tmp_path: Path) -> None:
    service = Running.on(shelf.take(demo), NOW, tmp_path)
    with service.engine.read() as session:
        known = Watching.of(session)
    amir = Reader(service.signed_in("amir", role=Role.MANAGER, at="team-nord"))
    [link] = [one for one in amir.page("/kpis").one("main").all("a") if one.words == "What the KPIs are worth"]
    rows = amir.page(link.attributes["href"]).one("main").all("tbody")[0].all("tr")
    system = service.system("results:read", "readings:read", "kpis:read", subject="team-nord")
    report = ok(system.get("/api/v1/kpis/value"))
    assert [one["kpi"]["name"]["en"] in row.words for one, row in zip(report["items"], rows, strict=True)] == [
        True
    ] * len(rows)
    path = f"/kpis/{known.kpis[S1]}/value"
    [one] = ok(system.get(f"/api/v1{path}"))["items"]
    assert (one["decided"], one["is_only_statistics"], one["decisions"]["act"]) == (0, True, 0)
    words = amir.page(path).one("main").words
    assert "it is only statistics" in words
    assert f"{one['minutes']} min" in words
    assert "Den førte ikke til noen beslutning her." in amir.page(path, lang="nb").one("main").words
    Reader(service.signed_in("sofie.berg")).page(path, status=404)
    outside = system.get(f"/api/v1{path}", params={"subject_id": known.subjects["team-sor"]})
    assert outside.status_code == 404
