"""Pure decisions about signs of life: how often they come, and when silence means that nobody works."""

from datetime import datetime, timedelta

EVERY = timedelta(seconds=30)
SILENCE = timedelta(minutes=2)
FORGOTTEN = timedelta(days=1)


def is_missing(heard: datetime | None, *, is_expected: bool, now: datetime) -> bool:
    """Whether due work waits for a worker that does not come.

    Parameters
    ----------
    heard : when any worker gave its last sign of life; None when none is known
    is_expected : whether a worker belongs to the process that asks; one without can only know of workers that were
        there once
    now : the moment of asking

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    >>> [is_missing(noon, is_expected=False, now=noon + timedelta(minutes=late)) for late in (2, 3)]
    [False, True]
    >>> [is_missing(None, is_expected=expected, now=noon) for expected in (False, True)]
    [False, True]
    """
    if heard is None:
        return is_expected
    return now - heard > SILENCE
