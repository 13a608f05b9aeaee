"""Pure decisions about moderation: who may, for which reasons, what an edit must keep, and how long a release waits."""

import re
from collections.abc import Sequence
from datetime import timedelta

from app.accounts.rules import Action, is_close, may, require
from app.accounts.values import Viewer
from app.errors import Conflict, Forbidden
from app.receipts.values import WithheldReason

WAIT = timedelta(days=7)
"""So long after the close a round that releases by itself waits for its comments to be looked at."""

EDIT_REASONS = (WithheldReason.GIVES_AWAY, WithheldReason.NAMES_OTHERS, WithheldReason.PRIVATE)
"""Why a comment is edited: so that nobody is given away, and for nothing else."""

WITHHOLD_REASONS = (*EDIT_REASONS, WithheldReason.INSULT, WithheldReason.OFF_TOPIC)

LEAST_KEPT = 1 / 3

_WORD = re.compile(r"\w+")


class ReadsResults(Forbidden):
    """Who reads the results of somebody does not read comments about them before their release."""

    code = "reads_results"
    message = "Comments are looked at by people who do not read the results they stand in. You read these."


class NotInModeration(Conflict):
    """Comments are looked at between the close and the release of a round, and only if that was promised."""

    code = "not_in_moderation"
    message = "Comments are looked at after the close and before the release. This round is not there, or not any more."


def may_moderate(viewer: Viewer, path: Sequence[str]) -> bool:
    """Whether a viewer may read comments about a subject before their release.

    Parameters
    ----------
    viewer : who asks, with grants and roles as of now
    path : subject ids from the company down to the subject

    Returns
    -------
    True for a person with the right to moderate on the path and none to read results there: neither the subject nor its manager,
    deputy, a viewer or an analyst learns what was edited or withheld.

    >>> from app.accounts.values import Grant, Role
    >>> hr = Viewer("account:1", grants=(Grant(Role.MODERATOR, "company"), Grant(Role.MANAGER, "hr")))
    >>> may_moderate(hr, ["company", "sales"]), may_moderate(hr, ["company", "hr"])
    (True, False)
    """
    # A key is nobody: whoever holds it may be rated, or read the results.
    is_person = viewer.scopes is None
    return is_person and may(viewer, Action.COMMENTS_MODERATE, path) and not is_close(viewer, path)


def require_moderator(viewer: Viewer, path: Sequence[str]) -> None:
    """Raise unless `may_moderate`: as for any other action, or ReadsResults."""
    require(viewer, Action.COMMENTS_MODERATE, path)
    if not may_moderate(viewer, path):
        raise ReadsResults


def keeps_sense(original: str, edited: str) -> bool:
    """Whether an edited comment still is what its writer wrote.

    Parameters
    ----------
    original, edited : the comment before and after

    Returns
    -------
    At least a third of the words of the edited text, and one, come from the original. No rule can tell sense; this one
    only stops a text from being put in the place of another.

    Formula: |edited words that are in the original| / |edited words| >= 1/3
    Source: own choice; names, dialect and turns of phrase may go, the rest is the writer's.

    >>> keeps_sense("Kari in Bergen calls back the same day.", "Calls back the same day.")
    True
    >>> keeps_sense("Kari in Bergen calls back the same day.", "An excellent colleague!")
    False
    """
    known = set(_WORD.findall(original.casefold()))
    words = _WORD.findall(edited.casefold())
    kept = sum(word in known for word in words)
    return kept > 0 and kept >= LEAST_KEPT * len(words)
