"""Requests straight into the application: a client around them would cost more than their answer."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from fastapi import FastAPI

from tests.client import run
from tests.served import ADDRESS


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def code(self) -> str:
        """The code of a problem; empty for pages."""
        return str(json.loads(self.text).get("code", "")) if self.text.startswith('{"type"') else ""


@dataclass(frozen=True)
class Caller:
    """Somebody at the doors, with what is shown there: a cookie with the hidden field of its forms, a key, or nothing."""

    app: FastAPI
    cookie: str = ""
    csrf: str = ""
    key: str = ""

    def call(self, method: str, address: str, body: Any = None) -> Reply:
        """Send a request as a page of ours would; a page's form is sent for an address that is no resource."""
        path, _, query = address.partition("?")
        headers = {"host": urlsplit(ADDRESS).netloc, "accept-language": "en", "origin": ADDRESS}
        headers |= {"sec-fetch-site": "same-origin", "if-match": '"1"'}
        headers |= {"cookie": f"session={self.cookie}"} if self.cookie else {}
        headers |= {"authorization": f"Bearer {self.key}"} if self.key else {}
        raw = b""
        if path.startswith("/api/"):
            raw = b"" if body is None else json.dumps(body).encode()
            headers |= {} if body is None else {"content-type": "application/json"}
        elif method == "POST":
            raw = urlencode({"csrf_token": self.csrf}).encode()
            headers["content-type"] = "application/x-www-form-urlencoded"
        headers["content-length"] = str(len(raw))
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8000),
            "state": {},
        }
        return run(_answered, self.app, scope, raw)


async def _answered(app: FastAPI, scope: dict[str, Any], raw: bytes) -> Reply:
    start: dict[str, Any] = {}
    parts: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            parts.append(message.get("body", b""))

    await app(scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return Reply(start["status"], headers, b"".join(parts).decode(errors="replace"))
