"""Whether a request was signed by who shares a secret with us, as Standard Webhooks lays down; no request is read here.

Signed is `id.timestamp.body` with HMAC-SHA256; a signature is good for five minutes. Several secrets may hold at a
time, so that one can take the place of the other.
Source: standardwebhooks.com, specification 1.0.0, section "Signature scheme".
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from app.errors import Unauthenticated
from app.infra.keys import same

TOLERANCE = timedelta(minutes=5)
_SECONDS = TOLERANCE.total_seconds()
_PREFIX = "whsec_"
_VERSION = "v1,"


class BadSignature(Unauthenticated):
    """Not signed, signed by somebody else, or too old."""

    code = "bad_signature"
    message = "The signature does not belong to this request, or it is older than five minutes."


def secrets_in(text: str) -> tuple[bytes, ...]:
    """The secrets of a setting: one, or two with a blank between them while one takes the place of the other."""
    return tuple(_secret(one) for one in text.split())


def signature(secret: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """The signature of a request, with its version."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return _VERSION + base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()


def check_signature(headers: Mapping[str, str], body: bytes, *, secrets: Sequence[bytes], now: datetime) -> None:
    """Raise BadSignature unless one of the signatures was made with one of the secrets, less than five minutes ago."""
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    is_recent = timestamp.isdecimal() and len(timestamp) < 12 and abs(int(timestamp) - now.timestamp()) <= _SECONDS
    given = [one.encode() for one in headers.get("webhook-signature", "").split() if one.startswith(_VERSION)]
    expected = [signature(secret, message_id, timestamp, body).encode() for secret in secrets]
    # Every pair is compared, so that time tells nothing.
    matches = [same(one, other) for one in given for other in expected]
    if not (message_id and is_recent and any(matches)):
        raise BadSignature


def _secret(text: str) -> bytes:
    plain = text.removeprefix(_PREFIX)
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
