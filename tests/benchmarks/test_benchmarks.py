"""Files that leave and files that come in: signed, trusted on purpose, compared, withdrawn; on both databases."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import update

from app.accounts.rules import SERVICE
from app.accounts.values import Role
from app.benchmarks import commands, queries
from app.benchmarks.rules import (
    BadSignature,
    KeyChanged,
    NothingToExport,
    OwnFile,
    UntrustedKey,
    WrongFingerprint,
    signed_bytes,
)
from app.benchmarks.tables import SigningKeyRow
from app.benchmarks.values import BenchmarkFile, Kept, Line, Trust
from app.errors import Forbidden, Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.paging import PageRequest
from app.infra.signing import is_signed
from app.infra.versions import StaleVersion
from app.organisation.commands import create_company
from app.organisation.values import SubjectKind
from app.releases.queries import load_scores
from app.releases.values import Release
from app.summaries.rivals import COLUMNS, Against, Origin, competitor_rows
from app.summaries.standings import get_competition
from tests.benchmarks.files import FINGERPRINT, LINE, OTHER_SECRET, signed
from tests.crowd import TEAMWORK, WELCOME, Crowd, crowd, everybody
from tests.served import ONE_DATABASE

NOW, ON = datetime(2026, 11, 26, 9, tzinfo=UTC), date(2026, 11, 26)
LEVELS = [[1, 1, 2, 1, 1, 1], [3, 3, 3, 4, 3, 3], [5, 5, 5, 4, 5, 5]]


@pytest.fixture
def made(session: WriteSession) -> Crowd:
    return crowd(session)


@pytest.fixture
def release(made: Crowd) -> Release:
    return made.released(3, everybody(LEVELS, [[3] * 6]))


def taken(made: Crowd, *lines: Line, **named: object) -> str:
    """The id of a file of another company, brought in with its key confirmed."""
    given = signed(*lines)
    return commands.import_benchmark(
        made.session,
        SERVICE,
        made.company_id,
        given,
        confirmed=FINGERPRINT,
        now=NOW,
        **named,  # type: ignore[arg-type]
    ).id


def test_a_file_holds_published_figures_only_and_the_other_side_reads_the_same_ones(
    made: Crowd, release: Release
) -> None:
    session, manager = made.session, made.viewer(Role.MANAGER)
    file = commands.export_benchmark(session, manager, release.id, now=NOW)
    assert is_signed(file.public_key, signed_bytes(file), file.signature)
    assert commands.export_benchmark(session, manager, release.id, now=NOW) == file
    published = {
        (one.kpi_id, one.rater_groups): one
        for one in load_scores(session, release.id, made.company_id)
        if one.rater_groups and one.item_id is None
    }
    assert {(line.kpi_id, line.level, line.rater_groups) for line in file.lines} == {
        (kpi_id, SubjectKind.COMPANY, group) for kpi_id in made.kpis.values() for group in (("customer",), ("manager",))
    }
    for line in file.lines:
        figure = published[line.kpi_id, line.rater_groups]
        assert figure.score is not None
        assert (line.score, line.raters, line.source) == (round(figure.score, 2), figure.raters, "Crowd")
        assert (line.released_on, line.method_version) == (date(2026, 4, 3), "1")
        assert (line.lo <= (figure.lo or 0.0), line.hi >= (figure.hi or 0.0)) == (True, True)
    kept = {(one.level, why) for one, _, why in queries.get_offer(session, manager, release.id, on=ON).kept}
    assert kept == {(SubjectKind.TEAM, Kept.FEW_UNITS)}

    other = create_company(session, SERVICE, "Other", external_id="other", now=NOW).id
    look = queries.look_at(session, SERVICE, other, file, on=ON)
    own = queries.find_signing_key(session, manager, made.company_id)
    assert own is not None
    assert (look.trust, look.known, look.fingerprint) == (Trust.UNKNOWN, None, own.fingerprint)
    assert queries.list_trusted_keys(session, SERVICE, other) == ()
    read = commands.import_benchmark(session, SERVICE, other, file, confirmed=own.fingerprint, now=NOW)
    assert (read.lines, read.own_kpis, read.key.name, read.is_shown) == (file.lines, {}, "Crowd", True)
    with pytest.raises(OwnFile):
        commands.import_benchmark(session, manager, made.company_id, file, now=NOW)
    with pytest.raises(OwnFile):
        commands.trust_key(session, manager, made.company_id, file.public_key, name="We", now=NOW)


@ONE_DATABASE
def test_some_kpis_leave_and_a_new_key_signs_from_then_on(made: Crowd, release: Release) -> None:
    session, manager = made.session, made.viewer(Role.MANAGER)
    wanted = made.kpis[WELCOME]
    file = commands.export_benchmark(session, manager, release.id, kpi_ids=[wanted], now=NOW)
    assert {line.kpi_id for line in file.lines} == {wanted}
    with pytest.raises(NothingToExport):
        commands.export_benchmark(session, manager, release.id, kpi_ids=["none"], now=NOW)
    renewed = commands.make_signing_key(session, manager, made.company_id, now=NOW)
    again = commands.export_benchmark(session, manager, release.id, kpi_ids=[wanted], now=NOW)
    assert again.public_key == renewed.public_key != file.public_key
    assert again.lines == file.lines
    session.execute(update(SigningKeyRow).values(public_key=file.public_key))
    session.expire_all()
    with pytest.raises(KeyChanged):
        commands.export_benchmark(session, manager, release.id, now=NOW)
    for viewer in (made.viewer(Role.VIEWER), made.viewer(Role.ADMIN)):
        with pytest.raises(Forbidden):
            commands.export_benchmark(session, viewer, release.id, now=NOW)
    with pytest.raises(NotFound):
        queries.get_offer(session, manager, made.company_id, on=ON)
    with pytest.raises(NotFound):
        queries.get_offer(session, made.viewer(Role.MANAGER, "team"), release.id, on=ON)


def test_a_line_of_a_file_stands_beside_us_with_its_source_and_its_day(made: Crowd, release: Release) -> None:
    session, viewer, wanted = made.session, made.viewer(), made.kpis[WELCOME]
    mine = LINE._replace(rater_groups=("customer",), score=52.0, lo=48.0, hi=56.0)
    shopped = LINE._replace(kpi_id="their-shop", rater_groups=("mystery_shopper",))
    far = LINE._replace(kpi_id="their-teamwork", kpi={"en": "Teamwork"}, score=90.0, lo=88.0, hi=92.0)
    old = far._replace(kpi_id="their-old", method_version="0", source="Sørvarme")
    choice = {mine.kpi_id: wanted, "their-shop": wanted, "their-teamwork": made.kpis[TEAMWORK]}
    id_ = taken(made, mine, shopped, far, old, own_kpis={**choice, "their-old": made.kpis[TEAMWORK]})
    found = get_competition(session, viewer, release.id, on=ON)
    assert [(one.kpi_id, one.rater_groups, len(one.rivals)) for one in found.contests] == [
        (wanted, ("customer",), 1),
        (made.kpis[TEAMWORK], ("customer",), 2),
    ]
    (rival,), (north, south) = (one.rivals for one in found.contests)
    assert (rival.name, rival.place, rival.score, rival.source.kind) == ("Nordvarme", None, 52.0, Origin.BENCHMARK)
    assert (rival.source.released_on, rival.source.benchmark_id) == (LINE.released_on, id_)
    assert [one.against for one in (rival, north, south)] == [Against.NOT_APART, Against.BEHIND, Against.OTHER_METHOD]
    own = found.contests[0].source
    assert (own.kind, own.name, own.released_on) == (Origin.ROUND, "Crowd", date(2026, 4, 3))
    assert [one.line for one in found.unmatched] == [shopped]
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in competitor_rows(found, "en")]
    assert [row["company"] for row in rows] == ["Crowd", "Nordvarme", "Crowd", "Nordvarme", "Sørvarme"]
    assert all(row["source"] and row["released_on"] and row["period_end"] for row in rows)

    commands.map_benchmark(session, SERVICE, id_, {mine.kpi_id: wanted}, expected_version=1, now=NOW)
    assert len(get_competition(session, viewer, release.id, on=ON).contests) == 1
    with pytest.raises(StaleVersion):
        commands.map_benchmark(session, SERVICE, id_, {}, expected_version=1, now=NOW)
    commands.end_trust(session, SERVICE, queries.get_benchmark(session, viewer, id_).key.id, now=NOW)
    assert get_competition(session, viewer, release.id, on=ON).contests == ()


def test_the_same_file_again_changes_nothing_and_brings_back_what_was_withdrawn(made: Crowd) -> None:
    session, viewer = made.session, made.viewer()
    given = signed(LINE._replace(kpi={"nb": "welcome"}))
    with pytest.raises(UntrustedKey):
        commands.import_benchmark(session, SERVICE, made.company_id, given, now=NOW)
    with pytest.raises(WrongFingerprint):
        commands.import_benchmark(session, SERVICE, made.company_id, given, confirmed="0" * 64, now=NOW)
    assert queries.list_benchmarks(session, viewer, made.company_id, PageRequest()).items == ()
    first = commands.import_benchmark(session, SERVICE, made.company_id, given, confirmed=FINGERPRINT, now=NOW)
    assert first.own_kpis == {LINE.kpi_id: made.kpis[WELCOME]}
    assert commands.import_benchmark(session, SERVICE, made.company_id, given, now=NOW) == first
    withdrawn = commands.withdraw_benchmark(session, SERVICE, first.id, now=NOW)
    assert (withdrawn.is_shown, withdrawn.version) == (False, 2)
    assert commands.withdraw_benchmark(session, SERVICE, first.id, now=NOW) == withdrawn
    back = commands.import_benchmark(session, SERVICE, made.company_id, given, now=NOW)
    assert (back.id, back.is_shown) == (first.id, True)
    assert queries.list_benchmarks(session, viewer, made.company_id, PageRequest()).items == (back,)
    key = commands.end_trust(session, SERVICE, back.key.id, now=NOW)
    assert commands.end_trust(session, SERVICE, key.id, now=NOW) == key
    with pytest.raises(UntrustedKey):
        commands.import_benchmark(session, SERVICE, made.company_id, given, now=NOW)
    again = commands.trust_key(session, SERVICE, made.company_id, key.public_key, name="North", now=NOW)
    assert (again.id, again.is_trusted, again.name) == (key.id, True, "North")
    assert commands.trust_key(session, SERVICE, made.company_id, key.public_key, name="North", now=NOW) == again


def forged(file: BenchmarkFile) -> BenchmarkFile:
    return replace(file, lines=(file.lines[0]._replace(score=file.lines[0].score - 1), *file.lines[1:]))


@ONE_DATABASE
def test_what_was_changed_or_signed_by_another_is_refused_and_nothing_is_stored(made: Crowd) -> None:
    session, viewer = made.session, made.viewer()
    other = signed(secret=OTHER_SECRET)
    for file in (forged(signed()), replace(signed(), public_key=other.public_key), replace(signed(), made_on=ON)):
        with pytest.raises(BadSignature):
            commands.import_benchmark(session, SERVICE, made.company_id, file, confirmed=FINGERPRINT, now=NOW)
    for chosen in ("none", made.company_id):
        with pytest.raises(Invalid):
            taken(made, own_kpis={LINE.kpi_id: chosen})
    for may_not in (viewer, made.viewer(Role.ADMIN), made.viewer(Role.MANAGER, "team")):
        with pytest.raises((Forbidden, NotFound)):
            commands.import_benchmark(session, may_not, made.company_id, signed(), confirmed=FINGERPRINT, now=NOW)
    assert queries.list_benchmarks(session, viewer, made.company_id, PageRequest()).items == ()
    assert queries.list_trusted_keys(session, viewer, made.company_id) == ()
    for unknown in ("none", made.company_id):
        with pytest.raises(NotFound):
            queries.get_benchmark(session, viewer, unknown)
        with pytest.raises(NotFound):
            commands.end_trust(session, SERVICE, unknown, now=NOW)
