"""The one place that asks what time it is; everybody else is handed `now`."""

import time
from datetime import UTC, datetime

_SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def elapsed() -> float:
    """Seconds since some moment, those included that the machine slept through; for deadlines inside a process."""
    return time.clock_gettime(_SINCE_BOOT)
