"""Signatures by Ed25519 (RFC 8032), so that a file can be trusted whichever way it came."""

import base64
from importlib import import_module
from types import ModuleType

KEY_BYTES, SIGNATURE_BYTES = 32, 64


def public_key_of(secret: bytes) -> str:
    """The public key that belongs to 32 secret bytes, in base64url without padding.

    >>> public_key_of(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'
    """
    return _text(_ed25519().Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw())


def sign(secret: bytes, message: bytes) -> str:
    """The signature of a message, in base64url without padding; the same message gives the same signature."""
    return _text(_ed25519().Ed25519PrivateKey.from_private_bytes(secret).sign(message))


def is_signed(public_key: str, message: bytes, signature: str) -> bool:
    """Whether a signature was made by the holder of a key over this very message; False for what is no key or signature.

    >>> secret = bytes(range(32))
    >>> is_signed(public_key_of(secret), b"72.5", sign(secret, b"72.5"))
    True
    >>> is_signed(public_key_of(secret), b"82.5", sign(secret, b"72.5")), is_signed("short", b"", "short")
    (False, False)
    """
    key, signed = raw_of(public_key), raw_of(signature)
    if len(key) != KEY_BYTES or len(signed) != SIGNATURE_BYTES:
        return False
    try:
        _ed25519().Ed25519PublicKey.from_public_bytes(key).verify(signed, message)
    except import_module("cryptography.exceptions").InvalidSignature:
        return False
    return True


def raw_of(text: str) -> bytes:
    r"""The bytes that base64url without padding stands for, if it is written in its one way; else none.

    >>> raw_of("AAE"), raw_of("AAF"), raw_of("AA E"), raw_of("Å")
    (b'\x00\x01', b'', b'', b'')
    """
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:
        return b""
    return raw if _text(raw) == text else b""


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _ed25519() -> ModuleType:
    # Loaded by the first who makes or takes a file: a start is for everybody (decision 22).
    return import_module("cryptography.hazmat.primitives.asymmetric.ed25519")
