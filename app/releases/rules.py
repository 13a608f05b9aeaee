"""Pure decisions about releases: when one may happen, and what must stop it."""

from app.errors import Conflict, Unavailable


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
