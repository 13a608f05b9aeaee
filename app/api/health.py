"""Whether the process lives and whether it can work: for those who keep it running."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from app.errors import Unavailable
from app.heartbeat.queries import find_last_beat
from app.heartbeat.rules import is_missing
from app.http.access import public
from app.http.routes import JsonRoute
from app.http.service import service_of
from app.infra.revision import NEWEST, current_revision

router = APIRouter(route_class=JsonRoute, include_in_schema=False)


class NotMigrated(Unavailable):
    """The database is older or newer than the program."""

    code = "not_migrated"
    message = "The database is not at the revision of this program. Run the command migrate."


class NoWorker(Unavailable):
    """Nobody opens, closes and releases rounds, and no letter leaves."""

    code = "no_worker"
    message = "No worker has been heard of for two minutes. Start the command worker, or see why it stopped."


@router.get("/healthz")
@public("says only that the process answers")
def healthz() -> Response:
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
@public("says only that the service can work")
def readyz(request: Request) -> Response:
    service = service_of(request)
    with service.database.read() as session:
        if current_revision(session) != NEWEST:
            raise NotMigrated
        heard = find_last_beat(session)
    if is_missing(heard, is_expected=service.settings.worker, now=service.clock()):
        raise NoWorker
    return JSONResponse({"status": "ready", "worker_heard_at": heard.isoformat() if heard else None})
