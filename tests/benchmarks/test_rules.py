"""Which figures may leave, what is signed, and which file is taken: pure."""

import copy
import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.benchmarks.intake import parse_file, parse_key_name, parse_mapping, parse_public_key, require_small
from app.benchmarks.rules import (
    FileTooLarge,
    UntrustedKey,
    WrongFingerprint,
    digest_of,
    document_of,
    level_figures,
    line_in,
    line_out,
    newest,
    proposed_kpi,
    require_possible,
    require_trust,
    rounded,
    signed_bytes,
    trust_of,
    why_kept,
)
from app.benchmarks.values import BenchmarkId, Foreign, Kept, LevelFigure, Trust, UnitPlace
from app.errors import Invalid
from app.organisation.values import SubjectKind
from app.releases.values import Score, ScoreStatus
from app.scoring.errors import ScoringError
from app.scoring.levels import mean_of_units
from tests.benchmarks.files import FINGERPRINT, LINE, sent, signed

COMPANY, DEPARTMENT, TEAM = SubjectKind.COMPANY, SubjectKind.DEPARTMENT, SubjectKind.TEAM
UNITS = [
    UnitPlace("co", None, COMPANY),
    UnitPlace("d1", "co", DEPARTMENT),
    UnitPlace("d2", "d1", DEPARTMENT),
    *(UnitPlace(f"t{place}", "d2" if place else "co", TEAM) for place in range(4)),
    UnitPlace("t4", "t0", TEAM),
]


def figure(subject_id: str, score: float, raters: int, *groups: str, **other: Any) -> Score:
    found = Score(subject_id, "kpi", None, groups, ScoreStatus.OK, None, score, score - 9.8, score + 9.8, raters=raters)
    return found._replace(**other)


def test_a_level_is_the_plain_mean_of_its_uppermost_units_that_five_or_more_have_rated() -> None:
    scores = [
        figure("co", 66.0, 60, "customer"),
        *(figure(f"t{place}", 50.0 + 10 * place, 5 + 10 * place, "customer") for place in range(3)),
        figure("t3", 0.0, 4, "customer"),
        figure("t4", 100.0, 50, "customer"),
        figure("d2", 10.0, 50, "customer"),
    ]
    company, teams = level_figures(scores, UNITS)
    assert company == LevelFigure("kpi", COMPANY, ("customer",), 66.0, 56.2, 75.8, 1, 60)
    # Three errors of 5: 1.96 * sqrt(75) / 3 = 5.66, in whole points outward.
    assert teams == LevelFigure("kpi", TEAM, ("customer",), 60.0, 54.0, 66.0, 3, 45)
    assert [why_kept(one) for one in (company, teams)] == [None, None]


def test_nothing_of_persons_items_self_combined_or_withheld_figures_is_taken() -> None:
    scores = [
        figure("sofie", 80.0, 9, "customer"),
        figure("co", 80.0, 9),
        figure("co", 80.0, 9, "self"),
        figure("co", 80.0, 9, "customer", item_id="item"),
        figure("co", 80.0, 9, "customer", kpi_id=None),
        figure("co", 80.0, 9, "customer", status=ScoreStatus.SUPPRESSED),
        figure("t0", 80.0, 4, "customer"),
    ]
    assert level_figures(scores, UNITS) == ()


@pytest.mark.parametrize(
    ("given", "ends"), [((70.004, 60.0, 80.0), (70.0, 60.0, 80.0)), ((0.0, 0.0, 0.001), (0.0, 0.0, 0.01))]
)
def test_ends_are_never_narrower_in_a_file(given: tuple[float, float, float], ends: tuple[float, float, float]) -> None:
    assert rounded(LevelFigure("kpi", COMPANY, ("customer",), *given, 1, 9))[3:6] == ends


def test_what_is_signed_does_not_depend_on_how_the_file_is_laid_out() -> None:
    file = signed(LINE, LINE._replace(score=81.0, rater_groups=("mystery_shopper",)))
    document = document_of(file)
    shuffled = json.loads(json.dumps(dict(reversed(document.items())), indent=3, ensure_ascii=True))
    assert parse_file(shuffled) == file
    assert b'"score":81,' in signed_bytes(file)
    assert digest_of(replace(file, signature="")) == digest_of(file)
    assert digest_of(signed(LINE._replace(score=81.26))) != digest_of(signed(LINE))
    assert line_in(line_out(LINE)) == LINE


def changed(**fields: Any) -> dict[str, Any]:
    """The file with something else in it; `line` changes its only line, None leaves a field out."""
    document = copy.deepcopy(sent())
    for name, value in fields.pop("line", {}).items():
        document["lines"][0][name] = value
    for name, value in fields.items():
        document[name] = value
    return {name: value for name, value in document.items() if value is not None}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ([], ""),
        (changed(format="other"), "format"),
        (changed(format=None), "format"),
        (changed(version=2), "version"),
        (changed(version=1.5), "version"),
        (changed(version=2**63), "version"),
        (changed(version=True), "version"),
        (changed(extra=1), "extra"),
        (changed(source=None), "source"),
        (changed(source="a\u202eb"), "source"),
        (changed(made_on="2026-02-30"), "made_on"),
        (changed(public_key="short"), "public_key"),
        (changed(public_key="Å" * 43), "public_key"),
        (changed(signature="!" * 86), "signature"),
        (changed(signature=None), "signature"),
        (changed(lines=[]), "lines"),
        (changed(lines=[sent()["lines"][0]] * 2), "lines.1"),
        (changed(lines=[sent()["lines"][0]] * 301), "lines"),
        (changed(lines=["line"]), "lines.0"),
        (changed(line={"level": "person"}), "lines.0.level"),
        (changed(line={"level": "galaxy"}), "lines.0.level"),
        (changed(line={"kpi": {}}), "lines.0.kpi"),
        (changed(line={"kpi": {"de": "Empfang"}}), "lines.0.kpi.de"),
        (changed(line={"score": 81.251}), "lines.0.score"),
        (changed(line={"score": "81.25"}), "lines.0.score"),
        (changed(line={"score": 10**400}), "lines.0.score"),
        (changed(line={"hi": 101}), "lines.0.hi"),
        (changed(line={"lo": 82}), "lines.0.score"),
        (changed(line={"units": 2}), "lines.0.units"),
        (changed(line={"level": "team", "units": 2}), "lines.0.units"),
        (changed(line={"raters": 4}), "lines.0.raters"),
        (changed(line={"rater_groups": []}), "lines.0.rater_groups"),
        (changed(line={"rater_groups": ["self"]}), "lines.0.rater_groups"),
        (changed(line={"rater_groups": ["customer", "customer"]}), "lines.0.rater_groups"),
        (changed(line={"period_end": "2025-12-31"}), "lines.0.period_end"),
        (changed(line={"released_on": "2026-03-30"}), "lines.0.period_end"),
        (changed(line={"person": "Sofie"}), "lines.0.person"),
        (changed(line={"method_version": "1" * 21}), "lines.0.method_version"),
    ],
)
def test_a_file_that_is_not_as_it_must_be_is_refused_by_the_field(given: object, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_file(given)
    assert refused.value.errors[0].field == field


def test_only_kpis_of_the_file_are_mapped_and_what_is_left_open_is_compared_with_nothing() -> None:
    assert parse_mapping([("a", "own"), ("b", "")], ["a", "b"]) == {"a": "own"}
    with pytest.raises(Invalid):
        parse_mapping([("c", "own")], ["a", "b"])
    assert (parse_public_key("A" * 43), parse_key_name(" Nord ")) == ("A" * 43, "Nord")


def test_a_key_is_trusted_on_purpose_only() -> None:
    require_trust(Trust.TRUSTED, FINGERPRINT, None)
    require_trust(Trust.UNKNOWN, FINGERPRINT, FINGERPRINT.replace(" ", "").lower())
    for trust in (Trust.UNKNOWN, Trust.ENDED):
        with pytest.raises(UntrustedKey):
            require_trust(trust, FINGERPRINT, None)
    with pytest.raises(WrongFingerprint):
        require_trust(Trust.TRUSTED, FINGERPRINT, FINGERPRINT[:-1])
    assert trust_of(None) is Trust.UNKNOWN


def test_a_file_from_tomorrow_or_older_than_its_figures_is_refused() -> None:
    require_possible(signed(), on=date(2026, 4, 10))
    for file, field in ((signed(), "made_on"), (signed(made_on=date(2026, 4, 8)), "lines.0.released_on")):
        with pytest.raises(Invalid) as refused:
            require_possible(file, on=date(2026, 4, 9))
        assert [one.field for one in refused.value.errors] == [field]


def test_a_kpi_of_two_of_ours_is_left_to_whoever_looks() -> None:
    own = {"1": {"en": "Welcome"}, "2": {"nb": "Velkomst"}}
    assert proposed_kpi("x", LINE.kpi, own, {}) is None
    assert proposed_kpi("x", LINE.kpi, own, {"x": "gone"}) is None


def test_of_the_same_source_the_latest_period_is_shown() -> None:
    def foreign(file: str, month: int, **other: Any) -> Foreign:
        return Foreign(BenchmarkId(file), "own", LINE._replace(period_end=date(2026, month, 28), **other))

    old, new, other = foreign("1", 3), foreign("2", 6), foreign("1", 3, source="Sørvarme")
    assert newest([new, old, other]) == (other, new) or newest([new, old, other]) == (new, other)
    assert why_kept(LevelFigure("kpi", TEAM, ("customer",), 1.0, 0.0, 2.0, 2, 99)) is Kept.FEW_UNITS


def test_no_unit_has_no_mean_and_no_file_is_larger_than_it_can_be() -> None:
    with pytest.raises(ScoringError):
        mean_of_units([])
    assert require_small(b"x") == b"x"
    with pytest.raises(FileTooLarge):
        require_small(b"x" * 102_401)
