"""What every resource shares: its router, its answers with ETag, and a POST that gives its answer once.

A resource parses, calls one command or query, and renders; nothing is decided here.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from app.accounts.keep import keep_idempotent_answer
from app.accounts.queries import load_idempotent_answer
from app.accounts.values import Viewer
from app.api.schemas.problem import PROBLEMS
from app.deferred import dataclass
from app.errors import FieldError, Forbidden, Invalid
from app.http.doors import sent_bytes
from app.http.routes import JsonRoute
from app.http.versions import etag
from app.http.visit import Visit, writing
from app.infra.database import ReadSession, WriteSession
from app.organisation.queries import list_companies

BASE = "/api/v1"
_KEY_LENGTH = 200
NO_CONTENT = 204
_REPLAYED = {"Idempotency-Replayed": "true"}

CompanyId = Annotated[
    str | None,
    Query(description="Which company; not needed by whoever sees only one", json_schema_extra={"format": "uuid"}),
]
Key = Annotated[str, Path(json_schema_extra={"format": "uuid"})]
"""The id of something in a path; what is no UUID answers like what is not there."""


def resource(tag: str) -> APIRouter:
    """A router for resources under one heading of the documentation."""
    return APIRouter(
        prefix=BASE,
        route_class=JsonRoute,
        tags=[tag],
        responses=PROBLEMS,
        generate_unique_id_function=_operation_id,
    )


class Replayed(Exception):
    """A POST with a known Idempotency-Key: its answer of before."""

    def __init__(self, status: int, body: object) -> None:
        self.status = status
        self.body = body
        super().__init__(status)


@dataclass(frozen=True, slots=True)
class Post:
    """A POST being answered: what a route needs to call its command and to give the answer."""

    session: WriteSession
    visit: Visit
    request: Request

    @property
    def viewer(self) -> Viewer:
        """Who is asking."""
        return self.visit.viewer

    @property
    def now(self) -> datetime:
        """The moment of the request."""
        return self.visit.now

    @property
    def today(self) -> date:
        """The day of the request."""
        return self.visit.today

    def answer(self, out: BaseModel, *, status: int = 200, version: int | None = None, location: str = "") -> Response:
        """The answer, kept for a day under the Idempotency-Key if there is one."""
        self._keep(status, out.model_dump(mode="json"))
        return answer(out, status=status, version=version, location=location)

    def done(self) -> Response:
        """204, kept alike."""
        self._keep(NO_CONTENT, {})
        return Response(status_code=NO_CONTENT)

    def _keep(self, status: int, body: object) -> None:
        key = _idempotency_key(self.request)
        if key is not None:
            keep_idempotent_answer(
                self.session,
                self.viewer.actor,
                key,
                _request_hash(self.request),
                status=status,
                body=body,
                now=self.now,
            )

    def created(self, out: BaseModel, path: str, *, version: int | None = None) -> Response:
        """201 with the address of what was created."""
        return self.answer(out, status=201, version=version, location=f"{BASE}{path}")


@contextmanager
def posting(request: Request) -> Iterator[Post]:
    """A write session for a POST; raises Replayed when this very POST was answered before."""
    key = _idempotency_key(request)
    with writing(request) as (session, visit):
        if key is not None:
            kept = load_idempotent_answer(session, visit.viewer.actor, key, _request_hash(request), now=visit.now)
            if kept is not None:
                raise Replayed(*kept)
        yield Post(session, visit, request)


def answer(out: BaseModel, *, status: int = 200, version: int | None = None, location: str = "") -> Response:
    """A JSON answer with its ETag and address where there are such."""
    headers = {}
    if version is not None:
        headers["ETag"] = etag(version)
    if location:
        headers["Location"] = location
    return Response(out.model_dump_json(), status, headers, media_type="application/json")


def replayed(error: Replayed) -> Response:
    """The answer of before, marked as such."""
    if error.status == NO_CONTENT:
        return Response(status_code=error.status, headers=_REPLAYED)
    body = json.dumps(error.body, ensure_ascii=False)
    return Response(body, error.status, _REPLAYED, media_type="application/json")


def company_of(session: ReadSession, visit: Visit, given: str | None) -> str:
    """The company that is meant: the one named, or the only one the viewer sees."""
    if given is not None:
        return given
    companies = list_companies(session, visit.viewer)
    if not companies:
        raise Forbidden
    if len(companies) > 1:
        allowed = ", ".join(company.id for company in companies)
        raise Invalid([FieldError("company_id", "Say which company is meant.", allowed)])
    return companies[0].id


def _operation_id(route: APIRoute) -> str:
    return route.name


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not key.strip() or len(key) > _KEY_LENGTH or not key.isprintable():
        raise Invalid([FieldError("Idempotency-Key", "This text is too long.", f"1-{_KEY_LENGTH}")])
    return key


def _request_hash(request: Request) -> bytes:
    digest = hashlib.sha256()
    for part in (request.url.path, request.url.query, getattr(request.state, "digest", "")):
        digest.update(part.encode() + b"\0")
    digest.update(sent_bytes(request))
    return digest.digest()
