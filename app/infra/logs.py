"""How log lines look: one structured line each, for people or for machines, with secrets of links and people left out."""

import logging
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

LogFormat = Literal["console", "json"]
_SECRET = frozenset({"password", "secret", "token", "email", "recipient", "mailbox", "cookie", "authorization"})
_LEFT_OUT = "…"
_FOR_MACHINES: tuple[Any, ...] = (
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.JSONRenderer(),
)
# Whoever reads along looks at their own clock, and at the longest usual event beside the shortest.
_FOR_PEOPLE: tuple[Any, ...] = (
    structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
    structlog.dev.ConsoleRenderer(colors=False, pad_event_to=len("request")),
)


def configure_logs(form: LogFormat, level: str = "info") -> None:
    """Set up structlog and the standard library's loggers once per process."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        leave_out_secrets,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, *(_FOR_MACHINES if form == "json" else _FOR_PEOPLE)],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=max(threshold, logging.WARNING), format="%(levelname)s %(name)s %(message)s", force=True)


def leave_out_secrets(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace whatever stands under a name that may hold a secret or an address."""
    for name in event.keys() & _SECRET:
        event[name] = _LEFT_OUT
    return event
