"""Texts that are alike for many readers but for a few places: rendered once with slots in them, then filled.

A slot is written with control characters that no stored or posted text can hold, so nobody's name can be one.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping

from markupsafe import escape

_SLOT = re.compile("\x02([^\x03]*)\x03")


def slot(name: str) -> str:
    """What stands in a template's value for a text that each reader has another of."""
    return f"\x02{name}\x03"


class Stencil:
    """A rendered text with slots."""

    def __init__(self, text: str) -> None:
        parts = _SLOT.split(text)
        self._slots = tuple(enumerate(parts))[1::2]
        # As they leave: a page is 14 kB, of which a reader has half a kB of their own.
        self._parts = [part.encode() for part in parts]

    def filled(self, texts: Mapping[str, str]) -> bytes:
        """The text with every slot filled, in UTF-8; values are escaped unless they are markup."""
        safe = {name: escape(text).encode() for name, text in texts.items()}
        parts = self._parts.copy()
        for place, name in self._slots:
            parts[place] = safe[name]
        return b"".join(parts)


class Stencils:
    """The stencils of a process, each made when first needed; the oldest go when there are too many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Stencil] = OrderedDict()
        self._turn = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], str]) -> Stencil:
        """The stencil of a key, which names everything that the text depends on besides its slots."""
        known = self._kept.get(key)
        if known is None:
            known = Stencil(make())
            with self._turn:
                self._kept[key] = known
                if len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        return known
