"""Work that is tried again next time: what fails is logged and holds up nothing else."""

from collections.abc import Callable

import structlog

from app.errors import Unavailable

log = structlog.get_logger("app.worker")


def attempt(name: str, work: Callable[[], int]) -> int:
    """Do a piece of work; what fails is logged, so that the rest goes on."""
    try:
        return work()
    except Unavailable:
        log.warning("work put off, the database is busy or away", work=name)
        return 0
    except Exception:
        log.exception("work failed", work=name)
        return 0
