"""Version counters: whoever changes something says which version was seen, so that nobody's change is lost."""

from app.errors import Conflict


class StaleVersion(Conflict):
    """Somebody else changed it in the meantime (412 where If-Match named the version)."""

    code = "stale_version"
    message = "Somebody changed this in the meantime. Open it again and repeat your change."


def check_version(present: int, expected: int | None) -> None:
    """Raise StaleVersion unless `expected` is the present version, or None: the caller does not mind."""
    if expected is not None and expected != present:
        raise StaleVersion
