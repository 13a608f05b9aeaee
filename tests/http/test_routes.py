"""How routes are made: a page takes nothing that would have to be looked for, a resource is made when it is asked for."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import pytest
from fastapi import APIRouter, Query, Request, Response
from starlette.routing import Match

from app.http.access import public
from app.http.routes import JsonRoute, Pages, prompt
from app.infra.database import Database
from app.main import create_app
from tests.client import Client
from tests.served import ADDRESS, settings_of


def test_a_page_takes_the_request_and_the_pieces_of_its_path() -> None:
    pages = Pages()

    @pages.get("/rounds/{round_id}/days/{day}")
    def show(request: Request, round_id: str, day: str) -> Response:
        return Response(f"{request.method} {round_id} {day}")

    (route,) = pages.routes
    assert (route.methods, route.name) == ({"GET"}, "show")
    found = route.matches({"type": "http", "method": "GET", "path": "/rounds/7/days/2026-11-02"})
    parameters = {"round_id": "7", "day": "2026-11-02"}
    assert found == (Match.FULL, {"endpoint": show, "path_params": parameters, "route": route})
    assert route.matches({"type": "http", "method": "POST", "path": "/rounds/7/days/2"})[0] is Match.PARTIAL
    assert route.matches({"type": "http", "method": "GET", "path": "/rounds/7"}) == (Match.NONE, {})


def test_a_page_that_takes_anything_else_is_refused_when_it_is_declared() -> None:
    pages = Pages()

    def paged(request: Request, page: Annotated[int, Query()] = 1) -> Response:
        return Response(f"{request.method} {page}")

    def numbered(request: Request, round_id: int) -> Response:
        return Response(f"{request.method} {round_id}")

    with pytest.raises(TypeError, match="/rounds: a page takes the request and pieces of its path as text"):
        pages.get("/rounds")(paged)
    with pytest.raises(TypeError, match=r"/rounds/\{round_id\}: a page takes"):
        pages.post("/rounds/{round_id}")(numbered)
    assert pages.routes == []


def test_a_resource_is_made_by_the_first_request_that_may_mean_it() -> None:
    router = APIRouter(prefix="/api", route_class=JsonRoute)

    @router.get("/rounds/{round_id}")
    def show(round_id: str) -> dict[str, str]:
        return {"id": round_id}

    (route,) = router.routes
    assert route.matches({"type": "http", "method": "GET", "path": "/api/people/7"}) == (Match.NONE, {})
    assert "dependant" not in vars(route)
    match, found = route.matches({"type": "http", "method": "GET", "path": "/api/rounds/7"})
    assert (match, found["endpoint"], found["path_params"]) == (Match.FULL, show, {"round_id": "7"})
    assert [field.alias for field in vars(route)["dependant"].path_params] == ["round_id"]
    assert not hasattr(route, "no_such_thing")


def test_only_a_prompt_page_is_read_where_it_is_asked_for_and_only_from_a_file(engine: Database) -> None:
    pages = Pages()

    @pages.get("/prompt")
    @public("says where it runs")
    @prompt
    def at_once(request: Request) -> Response:
        return Response(threading.current_thread().name, headers={"method": request.method})

    @pages.get("/usual")
    @public("says where it runs")
    def usual(request: Request) -> Response:
        return Response(threading.current_thread().name, headers={"method": request.method})

    app = create_app(settings_of(engine), database=engine)
    app.router.routes[:0] = pages.routes
    anybody = Client(app, ADDRESS)
    # Who asks from the main thread is alone, and answered there.
    with ThreadPoolExecutor(1, "browser") as elsewhere:
        usual_page, prompt_page = elsewhere.map(anybody.get, ("/usual", "/prompt"))
    assert usual_page.text.startswith("page")
    assert prompt_page.text.startswith("page") is not engine.is_sqlite
