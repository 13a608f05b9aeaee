"""What an ID token must say to count here (OpenID Connect Core 1.0, 3.1.3.7); its signature is looked at elsewhere."""

from collections.abc import Mapping
from datetime import datetime

from app.deferred import dataclass
from app.infra.keys import same

SKEW = 60
"""Seconds by which the provider's clock may differ from ours."""
OLDEST = 600
"""Seconds since the token was made: people type passwords and codes in between, not novels."""
LONGEST_SUBJECT = 255


class BadTokenError(ValueError):
    """A token that is not meant for us, not for this sign-in, or not for now; the text is for the log, not for people."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is by the word of a provider; the address counts only where the provider has verified it."""

    issuer: str
    subject: str
    email: str
    is_verified: bool


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token of one sign-in must carry."""

    issuer: str
    client_id: str
    nonce: str
    now: datetime


def read_claims(claims: Mapping[str, object], expected: Expected) -> Identity:
    """Whom the claims are about, once issuer, audience, nonce and times are right; BadTokenError otherwise."""
    if claims.get("iss") != expected.issuer:
        raise BadTokenError("iss")
    _check_audience(claims, expected.client_id)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not same(nonce.encode(), expected.nonce.encode()):
        raise BadTokenError("nonce")
    _check_times(claims, int(expected.now.timestamp()))
    subject, email = claims.get("sub"), claims.get("email")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise BadTokenError("sub")
    # Only the value true: providers that send a text, or nothing, have verified nothing.
    is_verified = claims.get("email_verified") is True and isinstance(email, str)
    return Identity(expected.issuer, subject, email if isinstance(email, str) else "", is_verified)


def _check_audience(claims: Mapping[str, object], client_id: str) -> None:
    audience = claims.get("aud")
    meant_for = audience if isinstance(audience, list) else [audience]
    if client_id not in meant_for:
        raise BadTokenError("aud")
    if claims.get("azp", client_id) != client_id or (len(meant_for) > 1 and "azp" not in claims):
        raise BadTokenError("azp")


def _check_times(claims: Mapping[str, object], now: int) -> None:
    if not now < _seconds(claims, "exp") + SKEW:
        raise BadTokenError("exp")
    if not now - OLDEST - SKEW <= _seconds(claims, "iat") <= now + SKEW:
        raise BadTokenError("iat")
    if "nbf" in claims and _seconds(claims, "nbf") > now + SKEW:
        raise BadTokenError("nbf")


def _seconds(claims: Mapping[str, object], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadTokenError(name)
    return value
