"""Whether the process lives and whether it can work: for those who keep it running."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from app.errors import Unavailable
from app.http.access import public
from app.http.doors import JsonRoute
from app.http.service import service_of
from app.infra.migrate import current_revision, newest_revision

router = APIRouter(route_class=JsonRoute, include_in_schema=False)


class NotMigrated(Unavailable):
    """The database is older or newer than the program."""

    code = "not_migrated"
    message = "The database is not at the revision of this program. Run the command migrate."


@router.get("/healthz")
@public("says only that the process answers")
def healthz() -> Response:
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
@public("says only that the service can work")
def readyz(request: Request) -> Response:
    database = service_of(request).database
    with database.read():
        if current_revision(database.engine) != newest_revision():
            raise NotMigrated
    return JSONResponse({"status": "ready"})
