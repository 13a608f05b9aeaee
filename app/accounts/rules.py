"""May this viewer do that here: the one authorisation function, and what each role allows."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum

from app.accounts.values import FactorDuty, Grant, Role, Viewer
from app.errors import Conflict, Forbidden, NotFound

KEY_LIFE = timedelta(days=731)
ANSWER_LIFE = timedelta(hours=24)


class Action(StrEnum):
    """Something to be allowed; the values are the scopes of API keys, except those `FOR_PEOPLE` or implied.

    The cases of customers are none of it: they are seen by their owner, who is a person and never a key.
    """

    ORGANISATION_READ = "organisation:read"
    ORGANISATION_WRITE = "organisation:write"
    KPIS_READ = "kpis:read"
    KPIS_WRITE = "kpis:write"
    ROUNDS_READ = "rounds:read"
    RULES_READ = "rules:read"
    ROUNDS_WRITE = "rounds:write"
    ENCOUNTERS_WRITE = "encounters:write"
    READINGS_READ = "readings:read"
    READINGS_WRITE = "readings:write"
    RESULTS_READ = "results:read"
    RESULTS_ANALYSE = "results:analyse"
    DECISIONS_WRITE = "decisions:write"
    COMMENTS_MODERATE = "comments:moderate"
    JOURNAL_READ = "journal:read"
    ACCOUNTS_MANAGE = "accounts:manage"


FOR_PEOPLE = frozenset({Action.COMMENTS_MODERATE})
"""No scopes of keys: whether whoever holds a key is rated, or reads the results, cannot be known."""

_IMPLIED = {Action.ROUNDS_READ: Action.RULES_READ}
"""Whoever reads rounds reads their rules: what is asked, how it is scored and shown; not who is asked about whom."""

SCOPES = tuple(action for action in Action if action not in FOR_PEOPLE and action not in _IMPLIED.values())

_READS = frozenset(
    {Action.ORGANISATION_READ, Action.KPIS_READ, Action.ROUNDS_READ, Action.RULES_READ, Action.READINGS_READ}
)

ALLOWED: Mapping[Role, frozenset[Action]] = {
    # Configures and delivers; sees no measured value and no result.
    Role.ADMIN: frozenset(
        {
            Action.ORGANISATION_READ,
            Action.ORGANISATION_WRITE,
            Action.KPIS_READ,
            Action.KPIS_WRITE,
            Action.ROUNDS_READ,
            Action.RULES_READ,
            Action.ROUNDS_WRITE,
            Action.ENCOUNTERS_WRITE,
            Action.READINGS_WRITE,
            Action.JOURNAL_READ,
            Action.ACCOUNTS_MANAGE,
        }
    ),
    Role.MANAGER: _READS
    | {
        Action.KPIS_WRITE,
        Action.ROUNDS_WRITE,
        Action.ENCOUNTERS_WRITE,
        Action.READINGS_WRITE,
        Action.RESULTS_READ,
        Action.DECISIONS_WRITE,
    },
    Role.ANALYST: _READS | {Action.RESULTS_READ, Action.RESULTS_ANALYSE},
    Role.VIEWER: _READS | {Action.RESULTS_READ},
    # Reads comments before their release, and nothing else: neither results nor who is asked (`moderation.rules`).
    Role.MODERATOR: frozenset({Action.COMMENTS_MODERATE}),
    # Reads how units do, and of no single person: see `UNIT_ROLES`. Hard values of people are results, too.
    Role.HR: (_READS - {Action.READINGS_READ}) | {Action.RESULTS_READ},
    # Elected by those who are rated: sees what is asked of whom by which rules, and neither raters nor results.
    Role.OBSERVER: frozenset({Action.ORGANISATION_READ, Action.KPIS_READ, Action.RULES_READ}),
    # Looks whether the rules were kept and computes again what was released, so reads it; changes nothing.
    Role.AUDITOR: _READS | {Action.RESULTS_READ, Action.JOURNAL_READ},
}

READING_ROLES = frozenset(role for role, actions in ALLOWED.items() if Action.RESULTS_READ in actions)
"""Their holders do not count among raters below (docs/anonymity.md)."""

UNIT_ROLES = frozenset({Role.HR})
"""Reading roles that end at units: of the people below they tell nothing."""

OWES_FACTOR: Mapping[FactorDuty, frozenset[Role]] = {
    FactorDuty.NOBODY: frozenset(),
    FactorDuty.DECIDERS: frozenset({Role.ADMIN, Role.MANAGER}),
    FactorDuty.READERS: READING_ROLES | {Role.ADMIN, Role.MODERATOR},
}
"""Of which roles a second factor is asked; comments before their release are results, too."""

_OF_RESULTS = frozenset({Action.RESULTS_READ, Action.RESULTS_ANALYSE})
_OF_OWN = frozenset({Action.ORGANISATION_READ, Action.RESULTS_READ})
# Goals, scales, KPIs and scorecards apply downward, so whoever has something below may read them.
_OF_ABOVE = frozenset({Action.KPIS_READ})
_KNOWN_ABOVE = frozenset({Action.KPIS_READ, Action.KPIS_WRITE})

SERVICE = Viewer(actor="service", name="Soft-KPI", is_service=True)
"""The service itself: the worker and the command line."""


class OwnGrant(Forbidden):
    """Nobody gives himself a role."""

    code = "own_grant"
    message = "Somebody else must give you a role."


class ScopesTooWide(Forbidden):
    """A key would be allowed more than who makes it."""

    code = "scopes_too_wide"
    message = "You can only pass on what you may do yourself: {missing}."


class KeyReused(Conflict):
    """One Idempotency-Key for two different requests."""

    code = "idempotency_key_reused"
    message = "This Idempotency-Key belongs to another request. Take a new one."


def may(viewer: Viewer, action: Action, path: Sequence[str]) -> bool:
    """Whether a viewer may do something to an object.

    Parameters
    ----------
    viewer : who asks, with grants and roles as of now
    action : what is asked for
    path : subject ids from the company down to the object; empty means nowhere

    Returns
    -------
    True if a role granted on the path allows the action (for an API key: if it has the scope, too), if the object
    is the viewer's own person and the action is reading, or if it is a definition above what was granted. Never for
    the results of people who are hidden from the viewer.

    >>> team = Viewer("account:1", grants=(Grant(Role.MANAGER, "team"),), above=frozenset({"company"}))
    >>> may(team, Action.RESULTS_READ, ["company", "team", "sofie"]), may(team, Action.RESULTS_READ, ["company"])
    (True, False)
    >>> may(team, Action.KPIS_READ, ["company"])
    True
    """
    if viewer.is_service:
        return True
    if not path or (path[-1] in viewer.hidden and action in _OF_RESULTS):
        return False
    if any(_reaches(viewer, grant, action, path) for grant in viewer.grants):
        return True
    if path[-1] in viewer.own_subjects and action in _OF_OWN:
        return True
    return (
        action in _OF_ABOVE
        and path[-1] in viewer.above
        and any(action in allowed(viewer, grant) for grant in viewer.grants)
    )


def reads_people(viewer: Viewer) -> bool:
    """Whether a viewer who reads the results of a unit reads those of the people below as well, by whatever right.

    >>> [reads_people(Viewer("account:1", grants=(Grant(role, "company"),))) for role in (Role.VIEWER, Role.HR)]
    [True, False]
    """
    return not any(grant.role in UNIT_ROLES for grant in viewer.grants)


def writes_nowhere(viewer: Viewer, action: Action) -> bool:
    """Whether an action changes something and the viewer may do it to nothing: refused at the door, before anything is read.

    Where reading is asked for, what there is decides: somebody without a role still reads what is about himself.

    >>> observer = Viewer("account:1", grants=(Grant(Role.OBSERVER, "company"),))
    >>> writes_nowhere(observer, Action.ROUNDS_WRITE), writes_nowhere(observer, Action.RESULTS_READ)
    (True, False)
    """
    is_read = action.endswith((":read", ":analyse"))
    return not (is_read or viewer.is_service or any(action in allowed(viewer, grant) for grant in viewer.grants))


def require(viewer: Viewer, action: Action, path: Sequence[str]) -> None:
    """Raise unless `may`.

    Raises
    ------
    NotFound : the object lies outside everything the viewer sees, so that foreign and missing look alike
    Forbidden : the viewer sees the object, but not for this
    """
    if may(viewer, action, path):
        return
    raise Forbidden if _is_seen(viewer, action, path) else NotFound


def allowed(viewer: Viewer, grant: Grant) -> frozenset[str]:
    """What a grant allows: the role's actions, or the scopes of the key with what they imply.

    >>> sorted(allowed(Viewer("key:1", scopes=frozenset({"rounds:read"})), Grant(Role.ADMIN, "company")))
    ['rounds:read', 'rules:read']
    """
    if viewer.scopes is None:
        return ALLOWED[grant.role]
    return viewer.scopes.union(implied.value for scope, implied in _IMPLIED.items() if scope in viewer.scopes)


def scope_of(action: Action) -> Action:
    """The scope that a key needs for an action: its own, or that of the action that implies it.

    >>> scope_of(Action.RULES_READ), scope_of(Action.ROUNDS_WRITE)
    (<Action.ROUNDS_READ: 'rounds:read'>, <Action.ROUNDS_WRITE: 'rounds:write'>)
    """
    return next((scope for scope, implied in _IMPLIED.items() if implied is action), action)


def roots(viewer: Viewer, action: Action) -> frozenset[str]:
    """The subjects on whose whole subtree the viewer may do something; for SERVICE nothing needs to be granted.

    >>> sorted(
    ...     roots(Viewer("account:1", grants=(Grant(Role.VIEWER, "a"), Grant(Role.ADMIN, "b"))), Action.RESULTS_READ)
    ... )
    ['a']
    """
    return frozenset(grant.subject_id for grant in viewer.grants if action in allowed(viewer, grant))


def is_close(viewer: Viewer, path: Sequence[str]) -> bool:
    """Whether a viewer is no stranger to the results of a subject: reads them, or is kept from that person's alone.

    A deputy reads no results about the manager, and who reads units none about the people there; neither must gain by
    it what is for strangers alone.

    >>> deputy = Viewer("account:1", grants=(Grant(Role.MANAGER, "team"),), hidden=frozenset({"ida"}))
    >>> (
    ...     may(deputy, Action.RESULTS_READ, ["team", "ida"]),
    ...     is_close(deputy, ["team", "ida"]),
    ...     is_close(deputy, ["other"]),
    ... )
    (False, True, False)
    >>> is_close(Viewer("account:2", grants=(Grant(Role.HR, "team"),)), ["team", "ida"])
    True
    """
    by_units = any(grant.role in UNIT_ROLES and grant.subject_id in path for grant in viewer.grants)
    return by_units or may(viewer, Action.RESULTS_READ, path) or not viewer.hidden.isdisjoint(path[-1:])


def require_scopes(viewer: Viewer, scopes: Collection[str], path: Sequence[str]) -> None:
    """Raise ScopesTooWide unless the viewer may do on the path whatever the scopes name.

    Scopes that are no actions, or for people only, count as too wide.
    """
    missing = sorted(scope for scope in set(scopes) if scope not in SCOPES or not may(viewer, Action(scope), path))
    if missing:
        raise ScopesTooWide(missing=", ".join(missing))


def owes_factor(duties: Collection[FactorDuty], roles: Collection[Role]) -> bool:
    """Whether one of the companies somebody has a role in asks a second factor of such a role.

    Roles and duties of all companies count together: who has a role in two is asked for what the stricter asks.

    >>> owes_factor([FactorDuty.DECIDERS], [Role.VIEWER]), owes_factor([FactorDuty.READERS], [Role.VIEWER])
    (False, True)
    """
    return any(not OWES_FACTOR[duty].isdisjoint(roles) for duty in duties)


def _reaches(viewer: Viewer, grant: Grant, action: Action, path: Sequence[str]) -> bool:
    """Whether a grant on the path allows an action; results of people are none where it ends at units."""
    if grant.subject_id not in path or action not in allowed(viewer, grant):
        return False
    return grant.role not in UNIT_ROLES or action not in _OF_RESULTS or path[-1] in viewer.units


def _is_seen(viewer: Viewer, action: Action, path: Sequence[str]) -> bool:
    if not path:
        return False
    return (
        any(grant.subject_id in path for grant in viewer.grants)
        or path[-1] in viewer.own_subjects
        or (action in _KNOWN_ABOVE and path[-1] in viewer.above)
    )
