"""The composition root of the web process: which pages and resources there are, and what stands around them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from app.api import docs, health
from app.api.description import describe
from app.api.resource import BASE, Replayed, replayed
from app.errors import AppError, Invalid, NotFound
from app.http import problems
from app.http.compressed import Compressed
from app.http.files import OwnFiles
from app.http.late_routes import LateRoutes
from app.http.routes import Pages
from app.http.service import Service
from app.http.shell import Shell
from app.http.validation import field_errors
from app.http.visit import meet
from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.templates import build_environment
from app.settings import Settings
from app.web.errors import error_page, failure_page
from app.web.pages import PAGES

ROUTERS: tuple[Pages | APIRouter, ...] = (*PAGES, health.router, docs.router)
# Looked at last: whatever leads nowhere else may be a page.
LATE = (LateRoutes(f"{BASE}/", "app.api.resources"), LateRoutes("/", "app.web.inside"))

# Traces would carry the addresses that were asked for, and those hold the secrets of links.
_TOLD_TO_NOBODY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
_STATIC = Path(__file__).parent / "web" / "static"
_DOCS_STATIC = Path(fastapi_offline.__file__).parent / "static"


def create_app(
    settings: Settings, *, database: Database | None = None, clock: Callable[[], datetime] = utc_now
) -> FastAPI:
    """The web application. A database that is handed in stays open when the application ends."""
    key = settings.instance_key()
    service = Service(
        settings=settings,
        database=database or Database(settings.database_url, key=key),
        key=key,
        templates=build_environment(zone=settings.zone),
        clock=clock,
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        if database is None:
            service.database.dispose()

    app = FastAPI(
        title="Soft KPI",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        telemetry=_TOLD_TO_NOBODY,
        # The routes themselves: see app/api/resources.py.
        routes=[route for router in ROUTERS for route in router.routes],
    )
    app.state.service = service
    app.openapi = partial(describe, app)  # type: ignore[method-assign]  # the way FastAPI offers
    app.mount(docs.ASSETS, OwnFiles(directory=_DOCS_STATIC), name="docs-assets")
    app.mount("/static", OwnFiles(directory=_STATIC), name="static")
    app.router.routes.extend(LATE)
    _answer_errors(app)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(settings.hosts), www_redirect=False)
    app.add_middleware(Compressed)
    app.add_middleware(Shell, service=service, failed=_failure)
    return app


def _answer_errors(app: FastAPI) -> None:
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _framework_error)
    app.add_exception_handler(Replayed, _replayed)


async def _app_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, AppError):
        raise error
    return problems.problem_of(request, error) if _is_machine(request) else error_page(request, error)


async def _validation_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    if _is_machine(request):
        return problems.problem_of_validation(request, error)
    return error_page(request, Invalid(field_errors(error.errors())))


async def _framework_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if _is_machine(request) or error.status_code != 404:
        return problems.problem_of_status(request, error)
    await run_in_threadpool(meet, request)
    return error_page(request, NotFound())


async def _replayed(_request: Request, answer: Exception) -> Response:
    if not isinstance(answer, Replayed):
        raise answer
    return replayed(answer)


def _failure(request: Request) -> Response:
    return problems.problem_of_failure(request) if _is_machine(request) else failure_page(request)


def _is_machine(request: Request) -> bool:
    path = request.url.path
    return path.startswith("/api/") or path in {"/healthz", "/readyz"}
