"""Accounts, roles, API keys and the journal as they are sent and answered."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from app.accounts.rules import SCOPES
from app.accounts.values import FactorDuty, Role
from app.api.schemas.base import DAY, ID, INSTANT, OTHER_ID, Id, In, Instant, Out, example, one_of

_KEY = {
    "name": "Payroll",
    "subject_id": ID,
    "scopes": ["organisation:read", "readings:write"],
    "expires_at": "2027-11-23T09:00:00Z",
}
_SECRET = "sk_0a1b2c3d_…"
_KEY_OUT = {
    **_KEY,
    "id": OTHER_ID,
    "prefix": "0a1b2c3d",
    "created_at": INSTANT,
    "last_used_on": DAY,
    "revoked_at": None,
}
_GRANT = {"role": "manager", "subject_id": ID}


class AccountIn(In):
    """Somebody who is to sign in; an account alone may see nothing."""

    model_config = example(email="ida.lund@example.org", name="Ida Lund", locale="nb")

    email: str
    name: str
    locale: Literal["nb", "en"] | None = None


class GrantIn(In):
    """A role on a subject and everything below it."""

    model_config = example(**_GRANT)

    role: Annotated[Role, Field(strict=False)]
    subject_id: Id


class GrantOut(Out):
    """A role on a subject and everything below it."""

    model_config = example(**_GRANT)

    role: Role
    subject_id: Id


class AccountOut(Out):
    """Somebody who can sign in, with the roles in this company."""

    model_config = example(
        id=OTHER_ID,
        email="ida.lund@example.org",
        name="Ida Lund",
        locale="nb",
        is_active=True,
        grants=[_GRANT],
        version=1,
    )

    id: Id
    email: str
    name: str
    locale: str
    is_active: bool
    grants: list[GrantOut]
    version: int


class SignInResetIn(In):
    """Why somebody's second factor is removed; stands in the journal and in the letter to the person."""

    model_config = example(reason="Lost the phone; called and was recognised.")

    reason: str


class SignInRulesIn(In):
    """Of whom a second factor is asked: nobody, deciders (administrators and managers), or readers of results, too."""

    model_config = example(second_factor="deciders")

    second_factor: Annotated[FactorDuty, Field(strict=False)]


class SignInRulesOut(Out):
    """Of whom a second factor is asked: nobody, deciders (administrators and managers), or readers of results, too."""

    model_config = example(second_factor="deciders")

    second_factor: FactorDuty


class ApiKeyIn(In):
    """A key of another system: what it may do, where, and until when."""

    model_config = example(**_KEY)

    name: str
    subject_id: Id
    scopes: list[Annotated[str, one_of(SCOPES)]]
    expires_at: Instant


class ApiKeyOut(Out):
    """A key; its secret is not stored."""

    model_config = example(**_KEY_OUT)

    id: Id
    prefix: str
    name: str
    subject_id: Id
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_on: date | None
    revoked_at: datetime | None


class NewApiKeyOut(ApiKeyOut):
    """A key just made, with the secret that is shown this once."""

    model_config = example(**_KEY_OUT, secret=_SECRET)

    secret: str = Field(description="Give it as `Authorization: Bearer …`; shown this once")


class EntryOut(Out):
    """What happened, when, by whom, to what."""

    model_config = example(
        sequence=1042,
        at=INSTANT,
        actor=f"account:{ID}",
        action="round.launched",
        object_kind="round",
        object_id=OTHER_ID,
        details={},
    )

    sequence: int
    at: datetime
    actor: str
    action: str
    object_kind: str
    object_id: str
    details: dict[str, Any]
