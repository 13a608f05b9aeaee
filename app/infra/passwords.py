"""Password hashing with argon2id; at most two at once, since each takes 64 MiB."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()
_slots = threading.BoundedSemaphore(2)
# Compared against when nobody has the address, so that an unknown address takes as long as a wrong password.
# Written down, with the parameters of the hasher: making one costs each start a tenth of a second.
_DUMMY = "$argon2id$v=19$m=65536,t=3,p=4$7ybjbbkZvRkPZTVIYAMdFw$vmKk5dAjHsr/56b7LxPkYlsDcCFmE6UydEV5NbuMxHU"


def hash_password(password: str) -> str:
    """An argon2id hash with its parameters."""
    with _slots:
        return _hasher.hash(password)


def is_password(stored: str | None, password: str) -> bool:
    """Whether the password fits the stored hash; takes equally long when there is none."""
    with _slots:
        try:
            _hasher.verify(stored or _DUMMY, password)
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None
