"""New ids, drawn from the randomness that the session carries."""

import re
from collections.abc import Iterator

from sqlalchemy.orm import Session

from app.infra.entropy import Entropy, random_uuid, random_uuids, random_whole

AT_ONCE = 500
_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def entropy_of(session: Session) -> Entropy:
    """The source of randomness that a session carries."""
    entropy: Entropy = session.info["entropy"]
    return entropy


def new_id(session: Session) -> str:
    """A random UUID as a string."""
    return random_uuid(entropy_of(session))


def new_ids(session: Session) -> Iterator[str]:
    """Random UUIDs without end, for those who need many."""
    while True:
        yield from random_uuids(entropy_of(session), AT_ONCE)


def new_whole(session: Session) -> int:
    """A random integer from 0 to 2^63 - 1, for rows that are many and never named outside."""
    return random_whole(entropy_of(session))


def is_id(text: str) -> bool:
    """Whether a text is a UUID as we write them: 36 characters, lower case, hyphens in place."""
    return _ID.fullmatch(text) is not None
