"""Passkeys as browsers speak of them: what is asked of an authenticator, and whether its answer holds.

Needs the extra `passkeys`; loaded when somebody first makes or shows one. That a challenge is taken once, whose key it
is and how far its counter went are looked after by `accounts.passkeys`; decision 31 says why.
"""

import json
from collections.abc import Iterable
from typing import Any

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.deferred import dataclass
from app.infra.site import Site

_VERIFIED = UserVerificationRequirement.REQUIRED
# Whatever an answer lacks or holds in a wrong shape, it is no answer.
_WRONG = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class Made:
    """A new key pair: how it is known, and the half of it that we keep."""

    credential_id: bytes
    public_key: bytes
    counter: int


@dataclass(frozen=True, slots=True)
class Claim:
    """What an answer says of itself, before anything is verified: which key, whose, and to which challenge."""

    credential_id: bytes
    known_as: bytes
    challenge: bytes


def creation_options(site: Site, *, known_as: bytes, name: str, challenge: bytes, known: Iterable[bytes]) -> str:
    """What the browser is asked for to make a passkey, as JSON: one that needs no user name, and asks for finger or PIN."""
    return options_to_json(
        generate_registration_options(
            rp_id=site.host,
            rp_name=site.name,
            user_id=known_as,
            user_name=name,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_VERIFIED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        )
    )


def request_options(site: Site, *, challenge: bytes) -> str:
    """What the browser is asked for to show a passkey, as JSON: any that it has for this site."""
    asked = generate_authentication_options(rp_id=site.host, challenge=challenge, user_verification=_VERIFIED)
    return options_to_json(asked)


def claim_of(answer: str) -> Claim | None:
    """What an answer says of itself; None for what is none."""
    try:
        read: Any = json.loads(answer)
        inner = read["response"]
        said = json.loads(base64url_to_bytes(inner["clientDataJSON"]))
        known_as = base64url_to_bytes(inner.get("userHandle") or "")
        return Claim(base64url_to_bytes(read["id"]), known_as, base64url_to_bytes(said["challenge"]))
    except _WRONG:
        return None


def made_key(site: Site, answer: str, *, challenge: bytes) -> Made | None:
    """The key of an answer that was made here, for this challenge, by somebody whom the device has recognised; else None."""
    try:
        found = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except _WRONG:
        return None
    return Made(found.credential_id, found.credential_public_key, found.sign_count)


def shown_counter(site: Site, answer: str, *, challenge: bytes, public_key: bytes) -> int | None:
    """The counter of an answer that the key has signed here, for this challenge, for somebody recognised; else None."""
    try:
        found = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=public_key,
            # Whether it went back is looked at by who can note it down.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except _WRONG:
        return None
    return found.new_sign_count
