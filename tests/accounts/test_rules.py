"""The one authorisation function: roles × actions × relations, written out, and what hangs on it."""

from datetime import UTC, datetime, timedelta

import pytest

from app.accounts.proofs import SignInDelayed, delay_after, is_alive, require_patience
from app.accounts.rules import (
    ALLOWED,
    READING_ROLES,
    SERVICE,
    Action,
    ScopesTooWide,
    allowed,
    is_close,
    may,
    require,
    require_scopes,
    roots,
)
from app.accounts.values import Grant, Role, Viewer
from app.errors import Forbidden, NotFound

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

# Everybody below holds what he holds on the team; `own` is a person in it.
PATHS = {
    "own": ("company", "department", "team", "own"),
    "child": ("company", "department", "team", "other"),
    "itself": ("company", "department", "team"),
    "parent": ("company", "department"),
    "company": ("company",),
    "sibling": ("company", "department", "team-2"),
    "other company": ("company-2",),
    "inside the other company": ("company-2", "unit-2"),
    "missing": (),
}
ABOVE = frozenset({"company", "department"})
INSIDE = ("own", "child", "itself")

# yes: allowed; 403: seen, but not for this; 404: looks as if it were not there
TABLE: dict[str, dict[Action, str]] = {
    "admin": {
        Action.ORGANISATION_READ: "yes",
        Action.ORGANISATION_WRITE: "yes",
        Action.KPIS_READ: "yes",
        Action.KPIS_WRITE: "yes",
        Action.ROUNDS_READ: "yes",
        Action.RULES_READ: "yes",
        Action.ROUNDS_WRITE: "yes",
        Action.ENCOUNTERS_WRITE: "yes",
        Action.READINGS_READ: "403",
        Action.READINGS_WRITE: "yes",
        Action.RESULTS_READ: "403",
        Action.RESULTS_ANALYSE: "403",
        Action.DECISIONS_WRITE: "403",
        Action.JOURNAL_READ: "yes",
        Action.COMMENTS_MODERATE: "403",
        Action.ACCOUNTS_MANAGE: "yes",
    },
    "manager": {
        Action.ORGANISATION_READ: "yes",
        Action.ORGANISATION_WRITE: "403",
        Action.KPIS_READ: "yes",
        Action.KPIS_WRITE: "yes",
        Action.ROUNDS_READ: "yes",
        Action.RULES_READ: "yes",
        Action.ROUNDS_WRITE: "yes",
        Action.ENCOUNTERS_WRITE: "yes",
        Action.READINGS_READ: "yes",
        Action.READINGS_WRITE: "yes",
        Action.RESULTS_READ: "yes",
        Action.RESULTS_ANALYSE: "403",
        Action.DECISIONS_WRITE: "yes",
        Action.JOURNAL_READ: "403",
        Action.COMMENTS_MODERATE: "403",
        Action.ACCOUNTS_MANAGE: "403",
    },
    "analyst": {
        Action.ORGANISATION_READ: "yes",
        Action.ORGANISATION_WRITE: "403",
        Action.KPIS_READ: "yes",
        Action.KPIS_WRITE: "403",
        Action.ROUNDS_READ: "yes",
        Action.RULES_READ: "yes",
        Action.ROUNDS_WRITE: "403",
        Action.ENCOUNTERS_WRITE: "403",
        Action.READINGS_READ: "yes",
        Action.READINGS_WRITE: "403",
        Action.RESULTS_READ: "yes",
        Action.RESULTS_ANALYSE: "yes",
        Action.DECISIONS_WRITE: "403",
        Action.JOURNAL_READ: "403",
        Action.COMMENTS_MODERATE: "403",
        Action.ACCOUNTS_MANAGE: "403",
    },
    "viewer": {
        Action.ORGANISATION_READ: "yes",
        Action.ORGANISATION_WRITE: "403",
        Action.KPIS_READ: "yes",
        Action.KPIS_WRITE: "403",
        Action.ROUNDS_READ: "yes",
        Action.RULES_READ: "yes",
        Action.ROUNDS_WRITE: "403",
        Action.ENCOUNTERS_WRITE: "403",
        Action.READINGS_READ: "yes",
        Action.READINGS_WRITE: "403",
        Action.RESULTS_READ: "yes",
        Action.RESULTS_ANALYSE: "403",
        Action.DECISIONS_WRITE: "403",
        Action.JOURNAL_READ: "403",
        Action.COMMENTS_MODERATE: "403",
        Action.ACCOUNTS_MANAGE: "403",
    },
    "moderator": {
        Action.ORGANISATION_READ: "403",
        Action.ORGANISATION_WRITE: "403",
        Action.KPIS_READ: "403",
        Action.KPIS_WRITE: "403",
        Action.ROUNDS_READ: "403",
        Action.RULES_READ: "403",
        Action.ROUNDS_WRITE: "403",
        Action.ENCOUNTERS_WRITE: "403",
        Action.READINGS_READ: "403",
        Action.READINGS_WRITE: "403",
        Action.RESULTS_READ: "403",
        Action.RESULTS_ANALYSE: "403",
        Action.DECISIONS_WRITE: "403",
        Action.JOURNAL_READ: "403",
        Action.COMMENTS_MODERATE: "yes",
        Action.ACCOUNTS_MANAGE: "403",
    },
    "hr": {
        Action.ORGANISATION_READ: "yes",
        Action.ORGANISATION_WRITE: "403",
        Action.KPIS_READ: "yes",
        Action.KPIS_WRITE: "403",
        Action.ROUNDS_READ: "yes",
        Action.RULES_READ: "yes",
        Action.ROUNDS_WRITE: "403",
        Action.ENCOUNTERS_WRITE: "403",
        Action.READINGS_READ: "403",
        Action.READINGS_WRITE: "403",
        Action.RESULTS_READ: "yes",
        Action.RESULTS_ANALYSE: "403",
        Action.DECISIONS_WRITE: "403",
        Action.JOURNAL_READ: "403",
        Action.COMMENTS_MODERATE: "403",
        Action.ACCOUNTS_MANAGE: "403",
    },
    "observer": {
        Action.ORGANISATION_READ: "yes",
        Action.ORGANISATION_WRITE: "403",
        Action.KPIS_READ: "yes",
        Action.KPIS_WRITE: "403",
        Action.ROUNDS_READ: "403",
        Action.RULES_READ: "yes",
        Action.ROUNDS_WRITE: "403",
        Action.ENCOUNTERS_WRITE: "403",
        Action.READINGS_READ: "403",
        Action.READINGS_WRITE: "403",
        Action.RESULTS_READ: "403",
        Action.RESULTS_ANALYSE: "403",
        Action.DECISIONS_WRITE: "403",
        Action.JOURNAL_READ: "403",
        Action.COMMENTS_MODERATE: "403",
        Action.ACCOUNTS_MANAGE: "403",
    },
    "auditor": {
        Action.ORGANISATION_READ: "yes",
        Action.ORGANISATION_WRITE: "403",
        Action.KPIS_READ: "yes",
        Action.KPIS_WRITE: "403",
        Action.ROUNDS_READ: "yes",
        Action.RULES_READ: "yes",
        Action.ROUNDS_WRITE: "403",
        Action.ENCOUNTERS_WRITE: "403",
        Action.READINGS_READ: "yes",
        Action.READINGS_WRITE: "403",
        Action.RESULTS_READ: "yes",
        Action.RESULTS_ANALYSE: "403",
        Action.DECISIONS_WRITE: "403",
        Action.JOURNAL_READ: "yes",
        Action.COMMENTS_MODERATE: "403",
        Action.ACCOUNTS_MANAGE: "403",
    },
}


def answer(viewer: Viewer, action: Action, path: tuple[str, ...]) -> str:
    try:
        require(viewer, action, path)
    except NotFound:
        decided = "404"
    except Forbidden:
        decided = "403"
    else:
        decided = "yes"
    assert may(viewer, action, path) == (decided == "yes")
    return decided


def holder(role: str) -> Viewer:
    # All of these are units, for who reads those only.
    return Viewer(
        "account:1",
        grants=(Grant(Role(role), "team"),),
        above=ABOVE,
        units=frozenset(PATHS[one][-1] for one in INSIDE),
    )


def outside(action: Action, relation: str, role: str = "viewer") -> str:
    """Outside the subtree only the definitions above may be read, by who may read definitions at all."""
    if relation not in {"parent", "company"}:
        return "404"
    return {Action.KPIS_READ: TABLE[role][action], Action.KPIS_WRITE: "403"}.get(action, "404")


Matrix = dict[tuple[Action, str], str]


def matrix(viewer: Viewer) -> Matrix:
    """What the viewer is answered for every action in every relation."""
    return {(action, relation): answer(viewer, action, path) for action in Action for relation, path in PATHS.items()}


@pytest.mark.parametrize("role", TABLE)
def test_a_role_may_what_the_table_says(role: str) -> None:
    assert matrix(holder(role)) == {
        (action, relation): TABLE[role][action] if relation in INSIDE else outside(action, relation, role)
        for action in Action
        for relation in PATHS
    }


def test_somebody_without_a_role_reads_himself_and_nothing_else() -> None:
    readable = {Action.ORGANISATION_READ, Action.RESULTS_READ}
    assert matrix(Viewer("account:1", own_subjects=frozenset({"own"}))) == {
        (action, relation): "404" if relation != "own" else "yes" if action in readable else "403"
        for action in Action
        for relation in PATHS
    }


@pytest.mark.parametrize("scope", Action)
def test_a_key_may_its_scopes_on_its_subtree(scope: Action) -> None:
    key = Viewer("key:1", grants=(Grant(Role.VIEWER, "team"),), above=ABOVE, scopes=frozenset({scope.value}))

    def expected(action: Action, relation: str) -> str:
        if relation in INSIDE:
            is_implied = (scope, action) == (Action.ROUNDS_READ, Action.RULES_READ)
            return "yes" if action is scope or is_implied else "403"
        if relation in {"parent", "company"} and action in {Action.KPIS_READ, Action.KPIS_WRITE}:
            return "yes" if action is scope is Action.KPIS_READ else "403"
        return "404"

    assert matrix(key) == {(action, relation): expected(action, relation) for action in Action for relation in PATHS}


@pytest.mark.parametrize("action", Action)
def test_nobody_may_nothing_and_the_service_everything(action: Action) -> None:
    for path in PATHS.values():
        assert answer(Viewer("account:1"), action, path) == "404"
        assert answer(SERVICE, action, path) == "yes"


def test_the_service_is_told_by_its_mark_and_not_by_its_name() -> None:
    assert answer(Viewer(SERVICE.actor, SERVICE.name), Action.KPIS_READ, ("company",)) == "404"


def test_an_admin_with_a_reading_role_reads_there_only() -> None:
    both = Viewer("account:1", grants=(Grant(Role.ADMIN, "company"), Grant(Role.VIEWER, "team")))
    assert answer(both, Action.RESULTS_READ, PATHS["child"]) == "yes"
    assert answer(both, Action.RESULTS_READ, PATHS["sibling"]) == "403"
    assert answer(both, Action.ORGANISATION_WRITE, PATHS["child"]) == "yes"


def test_who_reads_results_counts_as_a_reader() -> None:
    assert {Role.MANAGER, Role.ANALYST, Role.VIEWER, Role.HR, Role.AUDITOR} == READING_ROLES
    assert set(ALLOWED) == set(Role)


def test_whoever_reads_units_only_reads_no_results_of_the_people_there_and_is_no_stranger_to_them() -> None:
    itself = frozenset({PATHS["itself"][-1]})
    hr = Viewer("account:1", grants=(Grant(Role.HR, "team"),), above=ABOVE, units=itself)
    assert [answer(hr, Action.RESULTS_READ, PATHS[one]) for one in INSIDE] == ["403", "403", "yes"]
    assert answer(hr, Action.ORGANISATION_READ, PATHS["own"]) == "yes"
    assert is_close(hr, PATHS["own"])


def test_roots_are_where_the_action_is_granted() -> None:
    both = Viewer("account:1", grants=(Grant(Role.ADMIN, "a"), Grant(Role.VIEWER, "b")))
    assert roots(both, Action.ORGANISATION_READ) == {"a", "b"}
    assert roots(both, Action.RESULTS_READ) == {"b"}
    assert allowed(Viewer("key:1", scopes=frozenset()), Grant(Role.ADMIN, "a")) == frozenset()


def test_nobody_passes_on_more_than_he_may() -> None:
    admin = Viewer("account:1", grants=(Grant(Role.ADMIN, "company"),))
    require_scopes(admin, ["kpis:write", "kpis:read"], ("company", "team"))
    for scopes, missing in ((["results:read", "kpis:read"], "results:read"), (["everything"], "everything")):
        with pytest.raises(ScopesTooWide) as caught:
            require_scopes(admin, scopes, ("company",))
        assert caught.value.text == f"You can only pass on what you may do yourself: {missing}."
    with pytest.raises(ScopesTooWide):
        require_scopes(admin, ["kpis:read"], ("company-2",))


def test_a_session_dies_of_rest_and_of_age() -> None:
    end = NOW + timedelta(hours=1)
    assert is_alive(NOW - timedelta(minutes=29), end, now=NOW)
    assert not is_alive(NOW - timedelta(minutes=30), end, now=NOW)
    assert not is_alive(NOW, NOW, now=NOW)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (10, 32), (14, 512), (15, 900), (10_000, 900)]
)
def test_the_wait_grows_with_the_failures(failures: int, seconds: int) -> None:
    assert delay_after(failures) == timedelta(seconds=seconds)


def test_who_is_too_quick_is_told_how_long_to_wait() -> None:
    with pytest.raises(SignInDelayed) as caught:
        require_patience(7, NOW, now=NOW + timedelta(seconds=1, milliseconds=1))
    assert (caught.value.retry_after, caught.value.values) == (3, {"seconds": 3})
    require_patience(7, NOW, now=NOW + timedelta(seconds=4))
    require_patience(4, NOW, now=NOW)
