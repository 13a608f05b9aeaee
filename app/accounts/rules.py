"""May this viewer do that here: the one authorisation function, and what each role allows."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from app.accounts.values import FactorDuty, Grant, Role, Viewer
from app.errors import Conflict, Expired, Forbidden, NotFound, TooMany, Unauthenticated

IDLE = timedelta(minutes=30)
LONGEST_SESSION = timedelta(hours=12)
LINK_LIFE = timedelta(minutes=30)
HALF_LIFE = timedelta(minutes=10)
"""So long a code may take after the password or the link."""

CODE_SECONDS = 30
RECOVERY_CODES = 10
KEY_LIFE = timedelta(days=731)
ANSWER_LIFE = timedelta(hours=24)
FREE_FAILURES = 5
LONGEST_DELAY = timedelta(minutes=15)
FAILURES_FORGOTTEN = timedelta(hours=24)


class Action(StrEnum):
    """Something to be allowed; the values are the scopes of API keys, except those `FOR_PEOPLE`.

    The cases of customers are none of it: they are seen by their owner, who is a person and never a key.
    """

    ORGANISATION_READ = "organisation:read"
    ORGANISATION_WRITE = "organisation:write"
    KPIS_READ = "kpis:read"
    KPIS_WRITE = "kpis:write"
    ROUNDS_READ = "rounds:read"
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

SCOPES = tuple(action for action in Action if action not in FOR_PEOPLE)

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
}

READING_ROLES = frozenset(role for role, actions in ALLOWED.items() if Action.RESULTS_READ in actions)

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


class SignInRefused(Unauthenticated):
    """Nobody has this address, or the password is another one: both read alike."""

    code = "sign_in_refused"
    message = "Address and password do not belong together."


class SignInDelayed(TooMany):
    """Too many failures in a row for this account or from this place."""

    code = "sign_in_delayed"
    message = "Too many attempts. Wait {seconds} seconds, or let us send you a link."


class UnknownSignInLink(NotFound):
    """A sign-in link that is none of ours."""

    code = "unknown_sign_in_link"
    message = "This link is not known. Ask for a new one."


class SignInLinkUsedUp(Expired):
    """A sign-in link that was used, is older than 30 minutes, or is older than the last change of password."""

    code = "sign_in_link_used_up"
    message = "This link has been used or is too old. Ask for a new one."


class CodeDelayed(SignInDelayed):
    """Too many wrong codes in a row."""

    code = "code_delayed"
    message = "Too many attempts. Wait {seconds} seconds."


class NobodyKnown(Forbidden):
    """The provider vouches for somebody who has no account here, or none that is open."""

    code = "nobody_known"
    message = (
        "You are signed in at your organisation, but {email} has no account here. Ask an administrator to add you."
    )


class AddressUnverified(Forbidden):
    """The provider does not vouch for the address, which could then be anybody's."""

    code = "address_unverified"
    message = "Your organisation has not confirmed your e-mail address, so we cannot tell who you are here. Ask those who run its sign-in."


class IdentityTaken(Forbidden):
    """The account belongs to somebody else by the word of the same provider: the address has changed hands."""

    code = "identity_taken"
    message = "The account of {email} belongs to another sign-in of your organisation. An administrator can reset it."


class ProviderOnly(Forbidden):
    """Here one signs in at the organisation's provider and in no other way."""

    code = "provider_only"
    message = "Here you sign in by your organisation only."


class WrongCode(Unauthenticated):
    """A code that does not fit, was used already, or belongs to another half minute."""

    code = "wrong_code"
    message = "This code does not fit, or was used already. Wait for the next one in the app."


class HalfSessionOver(Unauthenticated):
    """The code came too late, or the password or the link before it does not count any more."""

    code = "half_session_over"
    message = "That took too long. Sign in again."


class FactorThere(Conflict):
    """A second factor is set up already; it is removed with a code of it first."""

    code = "second_factor_there"
    message = "Two-step sign-in is set up already. Remove it first."


class FactorWanted(Forbidden):
    """The company asks for a second factor, and this sign-in had none."""

    code = "second_factor_wanted"
    message = "Your organisation asks for two-step sign-in. Set it up first."


class OwnReset(Forbidden):
    """Nobody resets his own sign-in: that would make a second factor worth nothing."""

    code = "own_reset"
    message = "Somebody else must reset your sign-in. You remove your own app with a code of it."


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
    the own results of a manager whose deputy the viewer is.

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


def is_close(viewer: Viewer, path: Sequence[str]) -> bool:
    """Whether a viewer is no stranger to the results of a subject: reads them, or acts for the very manager they are about.

    A deputy reads no results about the manager, and must not gain by it what is for strangers alone.

    >>> deputy = Viewer("account:1", grants=(Grant(Role.MANAGER, "team"),), hidden=frozenset({"ida"}))
    >>> (
    ...     may(deputy, Action.RESULTS_READ, ["team", "ida"]),
    ...     is_close(deputy, ["team", "ida"]),
    ...     is_close(deputy, ["other"]),
    ... )
    (False, True, False)
    """
    return may(viewer, Action.RESULTS_READ, path) or not viewer.hidden.isdisjoint(path[-1:])


def require_scopes(viewer: Viewer, scopes: Collection[str], path: Sequence[str]) -> None:
    """Raise ScopesTooWide unless the viewer may do on the path whatever the scopes name.

    Scopes that are no actions, or for people only, count as too wide.
    """
    missing = sorted(scope for scope in set(scopes) if scope not in SCOPES or not may(viewer, Action(scope), path))
    if missing:
        raise ScopesTooWide(missing=", ".join(missing))


def is_alive(seen_at: datetime, expires_at: datetime, *, now: datetime) -> bool:
    """Whether a session still counts: used in the last 30 minutes, begun in the last 12 hours."""
    return now < expires_at and now - seen_at < IDLE


def delay_after(failures: int) -> timedelta:
    """How long to wait after so many failures in a row: nothing up to five, then 1, 2, 4 … seconds, at most 15 minutes.

    >>> delay_after(4).seconds, delay_after(5).seconds, delay_after(8).seconds, delay_after(100).seconds
    (0, 1, 8, 900)
    """
    if failures < FREE_FAILURES:
        return timedelta()
    return min(timedelta(seconds=2 ** min(failures - FREE_FAILURES, 20)), LONGEST_DELAY)


def require_patience(failures: int, last: datetime, *, now: datetime) -> None:
    """Raise SignInDelayed while the delay after the last failure runs."""
    left = last + delay_after(failures) - now
    if left > timedelta():
        seconds = -(-left // timedelta(seconds=1))
        raise SignInDelayed(seconds, seconds=seconds)


def time_step(now: datetime) -> int:
    """The half minute of a moment, counted from 1970, for codes by time.

    Source: RFC 6238, section 4.2, with X = 30 and T0 = 0.

    >>> time_step(datetime.fromisoformat("1970-01-01T00:00:59+00:00"))
    1
    """
    return int(now.timestamp()) // CODE_SECONDS


def steps_taken(now: datetime, *, after: int) -> tuple[int, ...]:
    """The time steps whose codes are taken: this one, the one before and the next, if later than the last one used.

    Source: RFC 6238, section 5.2: at most one step of delay, and each code once.

    >>> steps_taken(datetime.fromisoformat("1970-01-01T00:10:00+00:00"), after=19)
    (20, 21)
    """
    here = time_step(now)
    return tuple(step for step in (here - 1, here, here + 1) if step > after)


def owes_factor(duties: Collection[FactorDuty], roles: Collection[Role]) -> bool:
    """Whether one of the companies somebody has a role in asks a second factor of such a role.

    Roles and duties of all companies count together: who has a role in two is asked for what the stricter asks.

    >>> owes_factor([FactorDuty.DECIDERS], [Role.VIEWER]), owes_factor([FactorDuty.READERS], [Role.VIEWER])
    (False, True)
    """
    return any(not OWES_FACTOR[duty].isdisjoint(roles) for duty in duties)


def _is_seen(viewer: Viewer, action: Action, path: Sequence[str]) -> bool:
    if not path:
        return False
    return (
        any(grant.subject_id in path for grant in viewer.grants)
        or path[-1] in viewer.own_subjects
        or (action in _KNOWN_ABOVE and path[-1] in viewer.above)
    )
