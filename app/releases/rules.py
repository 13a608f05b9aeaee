"""Pure decisions about releases: when one may happen, and what must stop it."""

from datetime import date, datetime, timedelta

from app.errors import Conflict, Forbidden, Unavailable

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(days=1)


class SheetsAstray(Unavailable):
    """The sheets of a round and the marks on its assignments do not agree; nothing is released until they do."""

    code = "sheets_astray"
    message = (
        "Sheets and assignments of this round do not agree, so nothing was released. Tell those who run the service."
    )


class ReleaseRefused(Unavailable):
    """The independent verifier objected (R12)."""

    code = "release_refused"
    message = "The second check before the release objected, so nothing was released. Tell those who run the service."


class ReleaseAstray(Unavailable):
    """The figures of a release do not come out again, so nothing can be said of other policies (`recompute`)."""

    code = "release_astray"
    message = "The figures of this release do not follow from what is kept of it. Tell those who run the service."


class GraceNotOver(Conflict):
    """Answers may still come in."""

    code = "grace_not_over"
    message = "Answers are taken for 30 minutes after the closing time. Release the round after that."


class OpensLater(Forbidden):
    """The own summary of the viewer waits for a talk."""

    code = "opens_later"
    message = "Your feedback opens to you on {day}, with the talk about it."

    def __init__(self, opens_on: date, round_id: str) -> None:
        self.opens_on, self.round_id = opens_on, round_id
        super().__init__(day=opens_on.isoformat())


def next_attempt(failures: int, last: datetime) -> datetime:
    """When a release that could not be made is tried again by itself.

    Parameters
    ----------
    failures : how often it has failed, >= 1
    last : when it failed last

    Returns
    -------
    A minute after the first failure, then each pause twice as long as the one before, and at most a day.

    >>> noon = datetime(2026, 11, 23, 12)
    >>> [str(next_attempt(failures, noon) - noon) for failures in (1, 2, 11, 12, 5000)]
    ['0:01:00', '0:02:00', '17:04:00', '1 day, 0:00:00', '1 day, 0:00:00']
    """
    doublings = min(failures - 1, (LONGEST_PAUSE // FIRST_PAUSE).bit_length())
    return last + min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)
