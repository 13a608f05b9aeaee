"""Locks that anybody can install from anywhere: exact versions with hashes, and no address in them."""

import re

import pytest

from tests.house.sources import ROOT

LOCKS = sorted([*ROOT.glob("requirements*.lock"), *ROOT.glob("tests/browser/*.lock")])
ADDRESS = re.compile(r"://|--(extra-)?index-url|--find-links|--trusted-host|\bgit\+|@ *file:|^ *-i ", re.MULTILINE)
PINNED = re.compile(r"^[A-Za-z0-9._-]+(\[[a-z,]+\])?==[^ ]+( ; .+)? \\$")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_versions_and_hashes_and_no_address(lock: object) -> None:
    text = ROOT.joinpath(str(lock)).read_text()
    assert ADDRESS.findall(text) == []
    entries = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert [line for line in entries if not PINNED.match(line)] == []
    assert text.count("--hash=sha256:") >= len(entries) > 0


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-oidc.lock", "requirements-passkeys.lock"])
def test_tests_run_against_the_versions_that_are_delivered(lock: str) -> None:
    delivered = _versions(lock)
    tested = _versions("requirements-dev.lock")
    assert {name: version for name, version in delivered.items() if tested.get(name) != version} == {}


def _versions(lock: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (ROOT / lock).read_text().splitlines():
        if match := re.match(r"([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==([^ ]+)(.*) \\$", line):
            found.setdefault(match[1], []).append(match[2])
    return found
