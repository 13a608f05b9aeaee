"""Late routes: loaded by the first request under their beginning, and answered as if they had been there all along."""

import sys
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.routing import Route

from app.http.late_routes import LateRoutes, all_routes

SELDOM = '''"""Asked for seldom."""

from fastapi import APIRouter

router = APIRouter(prefix="/seldom")


@router.get("/things/{thing}")
def show(thing: str) -> dict[str, str]:
    return {"shown": thing}


@router.put("/things/{thing}")
def change(thing: str) -> dict[str, str]:
    return {"changed": thing}


ROUTES = tuple(router.routes)
'''


def test_routes_are_loaded_by_the_first_request_that_may_mean_one_and_answer_as_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "seldom_routes.py").write_text(SELDOM)
    monkeypatch.syspath_prepend(tmp_path)
    app = FastAPI(openapi_url=None)
    app.router.routes.append(LateRoutes("/seldom/", "seldom_routes"))
    with TestClient(app) as client:
        assert client.get("/often").status_code == 404
        assert "seldom_routes" not in sys.modules
        assert client.get("/seldom/things/7").json() == {"shown": "7"}
        assert client.put("/seldom/things/7").json() == {"changed": "7"}
        assert client.delete("/seldom/things/7").status_code == 405
        assert client.get("/seldom/others").status_code == 404
    assert {route.path for route in all_routes(app.routes) if isinstance(route, Route)} == {"/seldom/things/{thing}"}
    del sys.modules["seldom_routes"]
