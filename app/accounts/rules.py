"""May this viewer do that here: the one authorisation function, and what each role allows."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from app.accounts.values import Grant, Role, Viewer
from app.errors import Forbidden, NotFound


class Action(StrEnum):
    """Something to be allowed; the values are the scopes of API keys."""

    ORGANISATION_READ = "organisation:read"
    ORGANISATION_WRITE = "organisation:write"
    KPIS_READ = "kpis:read"
    KPIS_WRITE = "kpis:write"
    ROUNDS_READ = "rounds:read"
    ROUNDS_WRITE = "rounds:write"
    READINGS_READ = "readings:read"
    READINGS_WRITE = "readings:write"
    RESULTS_READ = "results:read"
    RESULTS_ANALYSE = "results:analyse"
    JOURNAL_READ = "journal:read"
    ACCOUNTS_MANAGE = "accounts:manage"


_READS = frozenset({Action.ORGANISATION_READ, Action.KPIS_READ, Action.ROUNDS_READ, Action.READINGS_READ})

ALLOWED: Mapping[Role, frozenset[Action]] = {
    # Configures and delivers; sees no measured value and no result.
    Role.ADMIN: frozenset(
        {
            Action.ORGANISATION_READ,
            Action.ORGANISATION_WRITE,
            Action.KPIS_READ,
            Action.KPIS_WRITE,
            Action.ROUNDS_READ,
            Action.ROUNDS_WRITE,
            Action.READINGS_WRITE,
            Action.JOURNAL_READ,
            Action.ACCOUNTS_MANAGE,
        }
    ),
    Role.MANAGER: _READS | {Action.KPIS_WRITE, Action.ROUNDS_WRITE, Action.READINGS_WRITE, Action.RESULTS_READ},
    Role.ANALYST: _READS | {Action.RESULTS_READ, Action.RESULTS_ANALYSE},
    Role.VIEWER: _READS | {Action.RESULTS_READ},
}

READING_ROLES = frozenset(role for role, actions in ALLOWED.items() if Action.RESULTS_READ in actions)

_OF_OWN = frozenset({Action.ORGANISATION_READ, Action.RESULTS_READ})
# Goals, scales, KPIs and scorecards apply downward, so whoever has something below may read them.
_OF_ABOVE = frozenset({Action.KPIS_READ})
_KNOWN_ABOVE = frozenset({Action.KPIS_READ, Action.KPIS_WRITE})

SERVICE = Viewer(actor="service", name="Soft-KPI", is_service=True)
"""The service itself: the worker and the command line."""


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
    is the viewer's own person and the action is reading, or if it is a definition above what was granted.

    >>> team = Viewer("account:1", grants=(Grant(Role.MANAGER, "team"),), above=frozenset({"company"}))
    >>> may(team, Action.RESULTS_READ, ["company", "team", "sofie"]), may(team, Action.RESULTS_READ, ["company"])
    (True, False)
    >>> may(team, Action.KPIS_READ, ["company"])
    True
    """
    if viewer.is_service:
        return True
    if not path:
        return False
    if any(grant.subject_id in path and action in allowed(viewer, grant) for grant in viewer.grants):
        return True
    if path[-1] in viewer.own_subjects and action in _OF_OWN:
        return True
    return (
        action in _OF_ABOVE
        and path[-1] in viewer.above
        and any(action in allowed(viewer, grant) for grant in viewer.grants)
    )


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
    """What a grant allows: the role's actions, or the scopes of the key.

    >>> sorted(allowed(Viewer("key:1", scopes=frozenset({"kpis:read"})), Grant(Role.ADMIN, "company")))
    ['kpis:read']
    """
    return ALLOWED[grant.role] if viewer.scopes is None else viewer.scopes


def roots(viewer: Viewer, action: Action) -> frozenset[str]:
    """The subjects on whose whole subtree the viewer may do something; for SERVICE nothing needs to be granted.

    >>> sorted(
    ...     roots(Viewer("account:1", grants=(Grant(Role.VIEWER, "a"), Grant(Role.ADMIN, "b"))), Action.RESULTS_READ)
    ... )
    ['a']
    """
    return frozenset(grant.subject_id for grant in viewer.grants if action in allowed(viewer, grant))


def _is_seen(viewer: Viewer, action: Action, path: Sequence[str]) -> bool:
    if not path:
        return False
    return (
        any(grant.subject_id in path for grant in viewer.grants)
        or path[-1] in viewer.own_subjects
        or (action in _KNOWN_ABOVE and path[-1] in viewer.above)
    )
