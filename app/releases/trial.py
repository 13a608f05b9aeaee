"""What-ifs read from the database: who would move under another policy.

Nothing is written. Figures are told about the subjects that the viewer may read today.
"""

from collections.abc import Mapping
from datetime import date

from app.accounts.values import Viewer
from app.deferred import dataclass
from app.errors import Invalid
from app.infra.database import ReadSession
from app.releases.checks import problems
from app.releases.choices import load_origins
from app.releases.drafts import WhatIf
from app.releases.methods import METHODS, Method
from app.releases.moves import Move
from app.releases.policy import changed
from app.releases.queries import get_release
from app.releases.rerun import UNREADABLE
from app.releases.retrace import load_kept, readable_subjects
from app.releases.rules import ReleaseAstray
from app.releases.values import Release
from app.releases.what_if import compared
from app.rounds.values import FrozenRound


@dataclass(frozen=True, slots=True)
class Trial:
    """A what-if as far as the viewer may read it; so many figures of so many subjects were compared."""

    release: Release
    frozen: FrozenRound
    changed: FrozenRound
    moves: tuple[Move, ...]
    figures: int
    subjects: int


def try_what_if(
    session: ReadSession,
    viewer: Viewer,
    release_id: str,
    wish: WhatIf,
    *,
    on: date,
    methods: Mapping[str, Method] = METHODS,
) -> Trial:
    """Who would move under another policy.

    NotFound as for the release itself; Invalid for what does not fit it, such as a minimum below the promised one;
    ReleaseAstray where the release cannot be computed again.
    """
    release = get_release(session, viewer, release_id, on=on)
    method = methods.get(release.method_version)
    if method is None:
        raise ReleaseAstray
    kept = load_kept(session, release)
    after = fitted(session, kept.frozen, wish)
    try:
        found = compared(kept, method, after)
    except UNREADABLE as error:
        raise ReleaseAstray from error
    seen = readable_subjects(session, viewer, kept.frozen, on=on)
    read = [one.subject_id for one in kept.scores if not one.rater_groups and one.subject_id in seen]
    return Trial(
        release,
        kept.frozen,
        after,
        tuple(move for move in found.moves if move.subject.id in seen),
        len(read),
        len(set(read)),
    )


def fitted(session: ReadSession, frozen: FrozenRound, wish: WhatIf) -> FrozenRound:
    """The round under another policy; Invalid for what does not fit it."""
    origins = load_origins(session, frozen)
    found = problems(frozen, origins, wish)
    if found:
        raise Invalid(found)
    return changed(frozen, origins, wish)
