"""The nouns of accounts: roles, grants, viewers, sessions and keys."""

from dataclasses import field
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from app.deferred import dataclass

AccountId = NewType("AccountId", str)
ApiKeyId = NewType("ApiKeyId", str)


class Role(StrEnum):
    """What an account may do on a subtree."""

    ADMIN = "admin"
    MANAGER = "manager"
    ANALYST = "analyst"
    VIEWER = "viewer"
    MODERATOR = "moderator"
    HR = "hr"
    OBSERVER = "observer"
    AUDITOR = "auditor"


class FactorDuty(StrEnum):
    """Of whom a company asks a second factor: of nobody, of who decides, or of everybody who reads results, too."""

    NOBODY = "nobody"
    DECIDERS = "deciders"
    READERS = "readers"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role on a subject and everything below it."""

    role: Role
    subject_id: str


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is asking: a signed-in person, an API key, or the service itself; what they may do, and where.

    `own_subjects` are the person-subjects that the viewer is; `above` are the ancestors of what was granted, where
    the definitions that apply below may be read; `scopes` is None for people and the granted scopes for an API
    key, whose single grant is the subtree it was made for. `stands_in_for` are the managers (person-subjects) whose
    deputy the viewer is today, and `acts_as` their accounts: whoever needs a second person is not given it by them.
    `hidden` are people whose results the viewer may not read although a grant reaches them: managers whose own results
    are no part of standing in. `units` is what is no person below where somebody reads results of units only: they are
    few beside the people there, of whom such a grant tells nothing.
    """

    actor: str
    name: str = ""
    locale: str = "nb"
    account_id: AccountId | None = None
    mailbox: str = ""
    grants: tuple[Grant, ...] = ()
    own_subjects: frozenset[str] = frozenset()
    above: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None
    is_service: bool = False
    stands_in_for: frozenset[str] = frozenset()
    acts_as: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in."""

    id: AccountId
    email: str
    name: str
    locale: str
    is_active: bool
    has_password: bool
    grants: tuple[Grant, ...] = ()
    version: int = 1


@dataclass(frozen=True, slots=True)
class SignInSession:
    """One signed-in browser; strong once a second factor was shown in it."""

    id: str
    account_id: AccountId
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    client: str
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """What came of comparing a password: whose it is, if anybody's, and under which counters a failure counts."""

    account_id: AccountId | None
    credential_version: int
    counters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entrance:
    """What a first factor opens: the secret of a session, or of what is none until a code completes it."""

    secret: str = field(repr=False)
    lacks_code: bool = False
    back: str = "/"


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """The authenticator app of an account; it counts once a code of it was given. `codes_left` are for emergencies."""

    id: str
    account_id: AccountId
    confirmed_at: datetime | None
    codes_left: int = 0


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey of an account, as its owner calls it; doubted from when its counter went back, and worth nothing since."""

    id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None
    doubted_at: datetime | None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of another system; the secret is shown once and never stored."""

    id: ApiKeyId
    prefix: str
    name: str
    subject_id: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_on: date | None = None
    revoked_at: datetime | None = None
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """Somebody who shall be able to sign in; without a password by mail link only."""

    email: str
    name: str
    locale: str = "nb"
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key to be made: what for, which actions it allows, until when."""

    name: str
    scopes: tuple[str, ...]
    expires_at: datetime
