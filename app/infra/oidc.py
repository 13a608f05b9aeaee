"""Signing in at an OpenID provider: where to send the browser, and whom the code it brings back is about.

Needs the extra `oidc`; loaded when somebody first signs in that way. Decision 27 says what is ours and what is not.
"""

import base64
import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from functools import cache
from ssl import SSLContext
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx2
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from app.deferred import dataclass
from app.errors import NotRecognised, Unavailable
from app.infra.id_token import BadTokenError, Expected, Identity, read_claims

ALGORITHMS = ("RS256", "PS256", "ES256")
"""Signatures by a key pair only: with a shared secret, or none at all, anybody could sign."""
KEPT = timedelta(hours=1)
AGAIN = timedelta(seconds=10)
"""A key that is not known yet makes us look again, but not more often than this."""
TIMEOUT = 5.0
LARGEST = 256 * 1024

Key = RSAKey | ECKey


class ProviderSilent(Unavailable):
    """The provider cannot be reached, or answers with something else than what it should."""

    code = "provider_silent"
    message = "The sign-in of your organisation does not answer just now. Try again in a moment."


class ProviderRefused(NotRecognised):
    """The provider did not confirm who this is, or what it sent does not hold."""

    code = "provider_refused"
    message = "The sign-in of your organisation did not confirm who you are."


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """Who vouches, and as whom we ask."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Handshake:
    """What belongs to one sign-in: `state` comes back with the browser, `nonce` in the token, `verifier` proves us."""

    state: str
    nonce: str
    verifier: str


class Provider:
    """One provider; what it publishes about itself and its keys is kept for an hour."""

    def __init__(self, settings: ProviderSettings) -> None:
        self._settings = settings
        self._turn = threading.Lock()
        self._metadata: Mapping[str, Any] = {}
        self._told_at: datetime | None = None
        self._keys: tuple[Key, ...] = ()
        self._keys_at: datetime | None = None

    def address(self, shake: Handshake, *, now: datetime) -> str:
        """Where the browser goes to sign in: an authorization request with PKCE (RFC 7636, S256)."""
        digest = hashlib.sha256(shake.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._settings.redirect_uri,
            "scope": self._settings.scopes,
            "state": shake.state,
            "nonce": shake.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        start = self._endpoint("authorization_endpoint", now)
        return f"{start}{'&' if '?' in start else '?'}{urlencode(asked)}"

    def identity(self, code: str, issuer: str | None, shake: Handshake, *, now: datetime) -> Identity:
        """Whom a code is about. `issuer` is who the browser says it comes from (RFC 9207): another one is a mix-up."""
        self._check_sender(issuer, now)
        answer = self._exchange(code, shake, now)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise ProviderRefused
        expected = Expected(self._settings.issuer, self._settings.client_id, shake.nonce, now)
        try:
            return read_claims(self._claims(token, now), expected)
        except (BadTokenError, JoseError, ValueError):
            raise ProviderRefused from None

    def _check_sender(self, issuer: str | None, now: datetime) -> None:
        must_say = self._told(now).get("authorization_response_iss_parameter_supported") is True
        if (issuer is None and must_say) or (issuer is not None and issuer != self._settings.issuer):
            raise ProviderRefused

    def _exchange(self, code: str, shake: Handshake, now: datetime) -> Mapping[str, Any]:
        mine = self._settings
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": mine.redirect_uri,
            "code_verifier": shake.verifier,
        }
        headers: dict[str, str] = {}
        ways = self._told(now).get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if not mine.client_secret:
            sent["client_id"] = mine.client_id
        elif "client_secret_basic" in ways:
            pair = f"{quote(mine.client_id, safe='')}:{quote(mine.client_secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            sent |= {"client_id": mine.client_id, "client_secret": mine.client_secret}
        status, answer = _ask("POST", self._endpoint("token_endpoint", now), data=sent, headers=headers)
        if status >= 500:
            raise ProviderSilent
        if status != 200:
            raise ProviderRefused
        return answer

    def _claims(self, token: str, now: datetime) -> Mapping[str, object]:
        header = jws.extract_compact(token.encode()).headers()
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise BadTokenError("alg")
        claims: Mapping[str, object] = jwt.decode(
            token, self._key(header.get("kid"), algorithm, now), algorithms=[algorithm]
        ).claims
        return claims

    def _key(self, kid: object, algorithm: str, now: datetime) -> Key:
        """The provider's key of this name; one that is not known yet is looked for again, since keys are changed."""
        with self._turn:
            for fresh in (False, True):
                self._refresh_keys(now, AGAIN if fresh else KEPT)
                fitting = [key for key in self._keys if _fits(key, kid, algorithm)]
                if len(fitting) == 1:
                    return fitting[0]
        raise BadTokenError("kid")

    def _refresh_keys(self, now: datetime, oldest: timedelta) -> None:
        if self._keys_at is not None and now - self._keys_at < oldest:
            return
        status, answer = _ask("GET", self._endpoint("jwks_uri", now))
        if status != 200 or not isinstance(answer.get("keys"), list):
            raise ProviderSilent
        self._keys = tuple(key for one in answer["keys"] if (key := _read_key(one)) is not None)
        self._keys_at = now

    def _endpoint(self, name: str, now: datetime) -> str:
        found = self._told(now).get(name)
        # Whoever could read http on the way would read the code, too; on the machine itself nobody can.
        is_safe = isinstance(found, str) and urlsplit(found).scheme == urlsplit(self._settings.issuer).scheme
        if not isinstance(found, str) or not is_safe:
            raise ProviderSilent
        return found

    def _told(self, now: datetime) -> Mapping[str, Any]:
        """What the provider publishes about itself (OpenID Connect Discovery 1.0), if it is the one that was meant."""
        if self._told_at is None or now - self._told_at >= KEPT:
            issuer = self._settings.issuer
            status, answer = _ask("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if status != 200 or answer.get("issuer") != issuer:
                raise ProviderSilent
            self._metadata, self._told_at = answer, now
        return self._metadata


def _fits(key: Key, kid: object, algorithm: str) -> bool:
    of_kind = ECKey if algorithm == "ES256" else RSAKey
    return isinstance(key, of_kind) and key.alg in {None, algorithm} and (kid is None or key.kid == kid)


def _read_key(raw: object) -> Key | None:
    """A public key for signatures; None for every other kind, which is none of ours to judge."""
    if not isinstance(raw, dict) or raw.get("use", "sig") != "sig":
        return None
    try:
        if raw.get("kty") == "RSA":
            return RSAKey.import_key(raw)
        return ECKey.import_key(raw) if raw.get("kty") == "EC" else None
    except (JoseError, ValueError):
        return None


@cache
def _authorities() -> SSLContext:
    """Who vouches for a provider, as this machine and its settings have it; read once, which takes as long as an answer."""
    context: SSLContext = httpx2.create_ssl_context()
    return context


def _ask(method: str, address: str, **sent: Any) -> tuple[int, Mapping[str, Any]]:
    """Status and JSON object of an answer, which is read up to a limit; redirects are not followed."""
    raw = b""
    try:
        with (
            httpx2.Client(timeout=TIMEOUT, follow_redirects=False, verify=_authorities()) as client,
            client.stream(method, address, **sent) as answer,
        ):
            for part in answer.iter_bytes():
                raw += part
                if len(raw) > LARGEST:
                    raise ProviderSilent
            found = json.loads(raw) if raw else {}
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
        raise ProviderSilent from None
    return answer.status_code, found if isinstance(found, dict) else {}
