"""The description of the API and its browsable page, from files of our own and under the strict content policy."""

from html import escape

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from app.http.access import public
from app.http.routes import JsonRoute
from app.http.service import service_of
from app.http.shell import CONTENT_POLICY

router = APIRouter(route_class=JsonRoute, include_in_schema=False)

OPENAPI = "/api/v1/openapi.json"
ASSETS = "/api/docs/assets"
# The library writes style attributes; scripts stay as strict as everywhere.
_POLICY = f"{CONTENT_POLICY}; style-src 'self' 'unsafe-inline'"
_PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{title}</title>
    <link rel="stylesheet" href="{assets}/swagger-ui.css">
    <link rel="icon" href="{icon}" type="image/svg+xml">
  </head>
  <body>
    <main id="api" data-url="{openapi}"></main>
    <script src="{assets}/swagger-ui-bundle.js"></script>
    <script src="{script}"></script>
  </body>
</html>
"""


@router.get(OPENAPI)
@public("a description without anybody's figures")
def show_openapi(request: Request) -> Response:
    return JSONResponse(request.app.openapi())


@router.get("/api/docs")
@public("a description without anybody's figures")
def show_docs(request: Request) -> Response:
    static = service_of(request).templates.static
    page = _PAGE.format(
        title=escape(request.app.title),
        assets=ASSETS,
        icon=static("icon.svg"),
        openapi=OPENAPI,
        script=static("api-docs.js"),
    )
    return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY})
