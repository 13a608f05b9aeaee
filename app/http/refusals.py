"""What only the edges can refuse: how something was sent, not what it says."""

from app.errors import AppError, Forbidden


class WrongMediaType(AppError):
    """Sent in a form that this place does not take (415)."""

    code = "wrong_media_type"
    message = "Send this as {expected}."


class PreconditionRequired(AppError):
    """A change must say which version it changes (428)."""

    code = "precondition_required"
    message = "Send the ETag you last read in If-Match, so that nobody's change is lost."


class PreconditionFailed(AppError):
    """Somebody else was quicker (412)."""

    code = "precondition_failed"
    message = "This was changed in the meantime. Read it again and repeat your change."


class TooSlow(AppError):
    """The request did not arrive in time (408)."""

    code = "too_slow"
    message = "The request took too long to arrive. Send it again."


class CrossSite(Forbidden):
    """Does not come from one of our own pages."""

    code = "cross_site"
    message = "This did not come from a page of this service. Open the page again and repeat it."


class FormOutdated(Forbidden):
    """The hidden field of the form does not belong to this session."""

    code = "form_outdated"
    message = "This page was opened before you signed in. Open it again and repeat it."


class PersonWanted(Forbidden):
    """A key asks for what is for one person alone."""

    code = "person_wanted"
    message = "This is for one person alone, and a key is nobody. Sign in instead."


class ScopeMissing(Forbidden):
    """The key was not made for this."""

    code = "scope_missing"
    message = "This key lacks the scope {scope}."
