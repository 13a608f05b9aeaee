"""What may hang where, what may be called what, and from which day: the decisions about the tree."""

import unicodedata


def name_key(name: str) -> str:
    """A name as it is compared: NFKC, casefold, single spaces.

    >>> name_key(" Team  NORD") == name_key("team nord")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
