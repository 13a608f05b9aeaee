"""One-time passwords by time (RFC 6238) as every authenticator app makes them: SHA-1, six digits, thirty seconds."""

import base64
from importlib import import_module
from types import ModuleType

SECONDS = 30


def code_at(secret: bytes, step: int) -> str:
    """The six digits of a time step, which is the seconds since 1970 divided by thirty.

    >>> code_at(b"12345678901234567890", 59 // SECONDS), code_at(b"12345678901234567890", 1111111109 // SECONDS)
    ('287082', '081804')
    """
    code: str = _pyotp().HOTP(in_base32(secret)).at(step)
    return code


def address_of(secret: bytes, *, name: str, issuer: str) -> str:
    """The address in a QR code that an app reads: whose code it is, for what, and the secret.

    >>> address_of(b"12345678901234567890", name="ida@b.no", issuer="Soft KPI").partition("?")[0]
    'otpauth://totp/Soft%20KPI:ida%40b.no'
    """
    address: str = _pyotp().TOTP(in_base32(secret)).provisioning_uri(name=name, issuer_name=issuer)
    return address


def in_base32(secret: bytes) -> str:
    """A secret as people type it into an app.

    >>> in_base32(b"12345678901234567890")
    'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
    """
    return base64.b32encode(secret).decode()


def _pyotp() -> ModuleType:
    # Loaded by the first who has an app: a start is for everybody (decision 22).
    return import_module("pyotp")
