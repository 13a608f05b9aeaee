"""The command line as an operator uses it: what it does, what it says, and its exit codes."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from app.accounts.queries import find_account
from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role
from app.doctor import masked
from app.heartbeat.commands import beat
from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.revision import NEWEST
from app.invitations.queries import load_live_secrets
from app.journal.tables import JournalRow
from app.organisation.queries import list_companies
from app.releases.tables import AtomRow, ExplanationRow, ReleaseRow, ScoreRow
from app.responses.tables import SheetRow
from tests.cli.conftest import Ran
from tests.conftest import address
from tests.served import ONE_DATABASE
from tests.shelf import Shelf, demo

pytestmark = pytest.mark.slow

Command = Callable[..., tuple[int, str, str]]
UNITS = "external_id;kind;name;parent_external_id\nnord;team;Team Nord;\n"
PEOPLE = "external_id;name;email;unit;leads\n1;Ida Lund;ida@fjellbris.example;nord;nord\n"


@pytest.fixture
def demo_database(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The database that commands run on, with the demo organisation in it."""
    database = shelf.take(demo)
    monkeypatch.setenv("SOFTKPI_DATABASE_URL", address(database.url))
    return database


def test_a_new_installation_gets_its_company_and_administrator(run: Callable[..., Ran], engine: Database) -> None:
    made = run("create-admin", "ida@fjellbris.example", "--name", "Ida Lund", "--company", "Fjellbris")
    assert made.code == 0
    assert "http://127.0.0.1:8000/sign-in/" in made.said
    assert run("create-admin", "ida@fjellbris.example").code == 0
    with engine.read() as session:
        (company,) = list_companies(session, SERVICE)
        account = find_account(session, "ida@fjellbris.example")
    assert account is not None
    assert (company.name, account.name, account.grants) == ("Fjellbris", "Ida Lund", (Grant(Role.ADMIN, company.id),))


def test_files_come_in_once_and_a_dry_run_changes_nothing(run: Callable[..., Ran], tmp_path: Path) -> None:
    run("create-admin", "ida@fjellbris.example", "--company", "Fjellbris")
    (tmp_path / "units.csv").write_text(UNITS)
    (tmp_path / "people.csv").write_text(PEOPLE)
    dry = run("import", "organisation", "units.csv", "--dry-run")
    assert dry.said == "1 created, 0 changed, 0 unchanged. Nothing was written.\n"
    assert run("import", "organisation", "units.csv").said == "1 created, 0 changed, 0 unchanged.\n"
    assert run("import", "organisation", "units.csv").said == "0 created, 0 changed, 1 unchanged.\n"
    assert run("import", "people", "people.csv").said == "1 created, 0 changed, 0 unchanged.\n"


def test_bad_files_are_refused_row_by_row_with_exit_code_3(run: Callable[..., Ran], tmp_path: Path) -> None:
    run("create-admin", "ida@fjellbris.example", "--company", "Fjellbris")
    (tmp_path / "units.csv").write_text(UNITS + "sor;gang;Team Sør;\n")
    refused = run("import", "organisation", "units.csv")
    assert refused.code == 3
    assert "row 3, kind:" in refused.complained
    (tmp_path / "empty.csv").write_text("")
    assert run("import", "people", "empty.csv").code == 3
    assert run("import", "people", "nowhere.csv").code == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("release", "00000000-0000-4000-8000-000000000000"), 4),
        (("release", "no-id"), 4),
        (("release",), 2),
        (("nothing",), 2),
        (("import", "people", "."), 2),
        (("--help",), 0),
    ],
)
def test_exit_codes_tell_what_went_wrong(run: Callable[..., Ran], arguments: tuple[str, ...], code: int) -> None:
    assert run(*arguments).code == code


def test_settings_that_would_do_harm_stop_every_command(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOFTKPI_HOST", "0.0.0.0")
    stopped = run("migrate")
    assert stopped.code == 2
    assert "SOFTKPI_SMTP_HOST" in stopped.complained


def test_the_demo_needs_an_empty_database(run: Callable[..., Ran]) -> None:
    run("create-admin", "ida@fjellbris.example", "--company", "Fjellbris")
    assert run("demo").code == 5


def test_the_doctor_masks_secrets(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOFTKPI_SMTP_PASSWORD", "hemmelig")
    told = run("doctor")
    assert told.code == 0
    assert "hemmelig" not in told.said + told.complained
    assert "the tests' own" not in told.said
    assert masked("postgresql://kpi:hemmelig@db/kpi") == "postgresql://kpi:…@db/kpi"


def test_the_doctor_asks_a_database_of_another_revision_nothing_more(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.terminal.NEWEST", "9999")
    older = run("doctor", "--invariants")
    assert (older.code, older.complained) == (1, f"The database waits for revision {NEWEST}: run `migrate`.\n")
    monkeypatch.setattr("app.terminal.NEWEST", "0000")
    for newer in (run("doctor"), run("migrate")):
        assert newer.code == 5
        assert f"The database is at revision {NEWEST}, which this program (0000) does not know" in newer.complained


def test_the_doctor_tells_whether_a_worker_is_at_work_and_holds_none_against_nobody(
    run: Callable[..., Ran], engine: Database
) -> None:
    assert run("migrate").code == 0
    told = []
    for late in (None, timedelta(hours=3), timedelta()):
        if late is not None:
            with engine.write() as session:
                beat(session, "host/1", now=utc_now() - late)
        ran = run("doctor")
        told.append((ran.code, next(line for line in ran.said.splitlines() if "worker " in line).split(",")[0]))
    assert told == [
        (0, "No worker has run yet; `run` and `worker` start one."),
        (0, "No worker is at work"),
        (0, "A worker is at work"),
    ]


@ONE_DATABASE
def test_the_demo_says_how_to_sign_in_and_the_doctor_finds_it_sound(run: Callable[..., Ran]) -> None:
    loaded = run("demo")
    assert loaded.code == 0, loaded.complained
    assert loaded.said.count("http://127.0.0.1:8000/sign-in/") == 3
    assert run("doctor").code == 0


def test_the_doctor_finds_planted_faults_in_the_demo(shell: Callable[..., Ran], demo_database: Database) -> None:
    assert shell("doctor").code == 0
    for plant, finding in (
        (leak, "journal_entry.details"),
        (orphan, "sheets belong"),
        (thin, "fewer people"),
        (unscrub, "free pages"),
    ):
        with demo_database.write() as session:
            plant(session)
        found = shell("doctor")
        assert (found.code, finding in found.complained) == (1, True), f"{finding}: {found.complained}"


def test_the_doctor_goes_through_what_always_holds(shell: Callable[..., Ran], demo_database: Database) -> None:
    sound = shell("doctor", "--invariants")
    lines = [line.split()[:2] for line in sound.said.splitlines() if re.match(r"I\d+ ", line)]
    assert (sound.code, lines) == (0, [[name, "ok"] for name in ("I2", "I3", "I4", "I7", "I9", "I10")])
    with demo_database.write() as session:
        session.execute(update(ScoreRow).where(ScoreRow.score < 90).values(score=90.0, hi=100.0))
    wrong = shell("doctor", "--invariants")
    lines = [line.split()[:2] for line in wrong.said.splitlines() if re.match(r"I\d+ ", line)]
    assert (wrong.code, [name for name, word in lines if word == "wrong"]) == (1, ["I3"])
    assert re.search(r"I3: release \S+: \d+ figures of [^\n]+ do not follow from the totals", wrong.complained)


def test_a_release_is_computed_again_by_its_own_id_or_that_of_its_round(
    shell: Callable[..., Ran], demo_database: Database
) -> None:
    with demo_database.read() as session:
        release_id, round_id = session.query(ReleaseRow.id, ReleaseRow.round_id).limit(1).one()
        releases = session.query(ReleaseRow).count()
    told = shell("recompute", round_id)
    assert (told.code, told.complained) == (0, "")
    line = (
        rf"Release {release_id}, method 1: \d+ figures, none of them with other digits; the digest of its input comes"
    )
    assert re.match(line, told.said), told.said
    assert shell("recompute", release_id).said == told.said
    everything = shell("recompute")
    assert (everything.code, everything.said.count("Release ")) == (0, releases)
    assert shell("recompute", release_id, "00000000-0000-4000-8000-000000000000").code == 4
    for change, code, finding in (
        ({"method_version": "17"}, 5, "made by a method that this program does not know"),
        ({"input_digest": b"another"}, 1, "the digest of its input is another one"),
    ):
        with demo_database.write() as session:
            mine = session.query(ReleaseRow).filter(ReleaseRow.id == release_id).one()
            kept = mine.method_version, mine.input_digest
            session.execute(update(ReleaseRow).where(ReleaseRow.id == release_id).values(**change))
        found = shell("recompute", release_id)
        assert (found.code, finding in found.complained) == (code, True), found.complained
        with demo_database.write() as session:
            session.execute(update(ReleaseRow).values(method_version=kept[0], input_digest=kept[1]))


@pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)
def test_figures_that_come_out_differently_are_named_with_both_digits(
    shell: Callable[..., Ran], demo_database: Database
) -> None:
    with demo_database.write() as session:
        of = ScoreRow.release_id
        release_id = session.execute(select(of).group_by(of).order_by(func.count().desc()).limit(1)).scalar_one()
        chosen = [row.id for row in session.query(ScoreRow).filter(of == release_id, ScoreRow.score < 90).limit(30)]
        session.execute(update(ScoreRow).where(ScoreRow.id.in_(chosen)).values(score=90.0, hi=100.0))
        atom_id = session.query(AtomRow.id).filter(AtomRow.release_id == release_id).limit(1).scalar()
        session.execute(update(AtomRow).where(AtomRow.id == atom_id).values(raters=77))
        session.execute(update(ExplanationRow).where(ExplanationRow.release_id == release_id).values(document={}))
    found = shell("recompute", release_id)
    assert (found.code, found.said) == (1, "")
    lines = found.complained.splitlines()
    assert " 30 of them with other digits" in lines[0]
    assert [line for line in lines if re.search(r"stored 90\.0 \(\S+ to 100\.0\), now \d", line)] == lines[1:21]
    assert lines[21] == "  and 10 more."
    assert re.fullmatch(r"  The arithmetic of \d+ subjects does not come out again\.", lines[22])
    assert lines[23] == "  1 atoms are not those that the answered assignments make."


def leak(session: Any) -> None:
    """A rating link in a detail of the journal."""
    secret = min(load_live_secrets(session))
    session.execute(
        insert(JournalRow).values(
            at=datetime(2026, 11, 23, tzinfo=UTC),
            actor="service",
            action="test",
            object_kind="round",
            object_id="x",
            details={"said": f"see /r/{secret}?lang=nb"},
        )
    )


def orphan(session: Any) -> None:
    """A sheet whose key follows from no assignment."""
    session.execute(update(SheetRow).where(SheetRow.id == first(session, SheetRow.id)).values(key=b"0123456789abcdef"))


def thin(session: Any) -> None:
    """An atom of a protected group with one sheet."""
    chosen = session.query(AtomRow.id).filter(AtomRow.is_protected).limit(1).scalar()
    session.execute(update(AtomRow).where(AtomRow.id == chosen).values(sheets=1))


def unscrub(session: Any) -> None:
    """A release whose free pages were never cleared."""
    session.execute(update(ReleaseRow).values(scrubbed_at=None, sealed_at=datetime(2026, 1, 1, tzinfo=UTC)))


def first(session: Any, column: Any) -> Any:
    return session.query(column).order_by(column).limit(1).scalar()
