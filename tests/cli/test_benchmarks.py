"""Benchmark files on the command line: one made of a release, one of another company taken."""

import json
from collections.abc import Callable
from pathlib import Path

from app.accounts.rules import SERVICE
from app.benchmarks.intake import parse_file
from app.benchmarks.queries import list_benchmarks
from app.infra.database import Database
from app.infra.paging import PageRequest
from app.organisation.queries import list_companies
from tests.benchmarks.files import FINGERPRINT, LINE, sent
from tests.cli.conftest import Ran
from tests.crowd import WELCOME, crowd, everybody
from tests.served import ONE_DATABASE


@ONE_DATABASE
def test_a_release_becomes_a_file_and_a_file_of_others_is_taken_once_its_key_is_confirmed(
    engine: Database, run: Callable[..., Ran], tmp_path: Path
) -> None:
    with engine.write() as session:
        made = crowd(session)
        release, kpi = made.released(3, everybody([[3] * 6], [[4] * 6])).id, made.kpis[WELCOME]
    ran = run("benchmark", "make", release, "ours.json", "--kpi", kpi)
    assert (ran.code, ran.said.startswith("2 lines of Crowd, signed with ")) == (0, True)
    assert {line.kpi_id for line in parse_file(json.loads((tmp_path / "ours.json").read_text())).lines} == {kpi}
    assert run("benchmark", "make", kpi, "none.json").code == 4

    (tmp_path / "theirs.json").write_text(json.dumps(sent()))
    looked_at = run("benchmark", "take", "theirs.json", "--dry-run")
    assert (looked_at.code, looked_at.said.splitlines()[1:]) == (
        0,
        [f"Key {FINGERPRINT}, not trusted yet.", f"{LINE.kpi_id} Velkomst: {kpi}", "Nothing was written."],
    )
    refused = run("benchmark", "take", "theirs.json")
    assert (refused.code, FINGERPRINT in refused.complained) == (5, True)
    chosen = ("--compare", f"{LINE.kpi_id}={kpi}", "--company", "crowd")
    taken = run("benchmark", "take", "theirs.json", "--trust", FINGERPRINT, *chosen)
    assert (taken.code, taken.said.splitlines()[-1].endswith(", 1 KPIs compared.")) == (0, True)
    assert run("benchmark", "take", "theirs.json", "--company", "other").code == 3
    (tmp_path / "theirs.json").write_text(json.dumps(sent() | {"source": "Sørvarme"}))
    assert run("benchmark", "take", "theirs.json").code == 3
    with engine.read() as session:
        company = list_companies(session, SERVICE)[0].id
        (found,) = list_benchmarks(session, SERVICE, company, PageRequest()).items
    assert found.own_kpis == {LINE.kpi_id: kpi}
