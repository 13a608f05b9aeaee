"""An OpenID provider on this machine that answers as it is told, also as one that was taken over would."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "soft-kpi"
SECRET = "a secret: with % and blanks"


@cache
def _usual_key() -> RSAKey:
    """To find the primes of one takes as long as signing in twenty times."""
    return RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


@dataclass
class Provider:
    """What it says of itself and of who signs in; tests change it between two requests."""

    now: datetime
    issuer: str = ""
    email: str = "manager@fjellbris.example"
    claims: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    key: RSAKey = field(default_factory=_usual_key)
    published: list[Any] | None = None
    asked: dict[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    sent: list[dict[str, str]] = field(default_factory=list)
    authorization: str = ""
    status: int = 200
    key_requests: int = 0

    def agree(self, address: str, code: str = "code-1") -> str:
        """What the browser brings back after signing in at the address it was sent to."""
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}" == self.issuer
        self.asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return f"/sign-in/provider/back?code={code}&state={self.asked['state']}"

    def describe(self) -> dict[str, Any]:
        ends = {name: f"{self.issuer}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
        return {"issuer": self.issuer, **ends, **self.metadata}

    def keys(self) -> dict[str, Any]:
        self.key_requests += 1
        return {"keys": self.published if self.published is not None else [self.key.as_dict(private=False)]}

    def token(self, sent: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """The answer to a code, which is good once, for who knows the verifier."""
        self.sent.append(sent)
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        proves = _coded(digest) == self.asked.get("code_challenge")
        if self.status != 200 or sent["code"] in self.used or not proves:
            return (self.status if self.status != 200 else 400), {"error": "invalid_grant"}
        self.used.add(sent["code"])
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.signed()}

    def signed(self) -> str:
        at = int(self.now.timestamp())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": "s-1", "iat": at, "exp": at + 300}
        claims |= {"nonce": self.asked["nonce"], "email": self.email, "email_verified": True, **self.claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.algorithm in {"none", "HS256"}:
            parts = ({"alg": self.algorithm, "kid": "one"}, claims)
            told = ".".join(_coded(json.dumps(part).encode()) for part in parts)
            # The public key as if it were a shared secret: what a careless reader would accept.
            mark = hmac.digest(self.key.as_pem(private=False), told.encode(), "sha256")
            return f"{told}.{_coded(mark) if self.algorithm == 'HS256' else ''}"
        return jwt.encode({"alg": self.algorithm, "kid": self.key.kid}, claims, self.key, algorithms=[self.algorithm])


def _coded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@contextmanager
def running_provider(now: datetime) -> Iterator[Provider]:
    """A provider that listens on a port of its own."""
    provider = Provider(now)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/.well-known/openid-configuration":
                self._answer(200, provider.describe())
            else:
                self._answer(200 if path == "/jwks_uri" else 404, provider.keys())

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"])).decode()
            provider.authorization = self.headers.get("authorization", "")
            self._answer(*provider.token({name: values[0] for name, values in parse_qs(raw).items()}))

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Nothing: tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
