"""The sentences of a language, read from its .po files at start; no sentence lives here."""

from collections.abc import Callable
from gettext import NullTranslations, c2py
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

Forms = tuple[str, ...]


class Catalogue(NullTranslations):
    """Sentences by what they say in English; what is not translated stays English.

    Looked up as read: compiling them in memory for the standard library's reader takes longer than reading them.
    """

    def __init__(self, plural_rule: str) -> None:
        super().__init__()
        self._which: Callable[[int], int] = c2py(plural_rule)
        self._sentences: dict[str, Forms] = {}

    def gettext(self, message: str) -> str:
        """A sentence in this language."""
        forms = self._sentences.get(message)
        return message if forms is None else forms[0]

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """A sentence about a number of things, in the form that the number takes."""
        forms, which = self._sentences.get(msgid1, ()), self._which(n)
        if which < len(forms):
            return forms[which]
        return msgid1 if n == 1 else msgid2

    def add(self, message: Message, source: str) -> None:
        """Take up a sentence of a file; ValueError when a file before it translates it in another way."""
        if message.context is not None:
            raise ValueError(f"{source} gives {message.id!r} a context, which nobody asks for")
        if not message.id or not message.string or message.fuzzy:
            return
        english = message.id if isinstance(message.id, str) else message.id[0]
        forms = (message.string,) if isinstance(message.string, str) else tuple(message.string)
        if self._sentences.setdefault(english, forms) != forms:
            raise ValueError(f"{source} translates {english!r} in another way than a file before it")


def load_catalogue(directory: Path) -> NullTranslations:
    """All .po files of a language as one catalogue; none of them means English as written.

    One file per page family, so that a family's words stay together. Two files may share a sentence only when
    they translate it alike: otherwise ValueError, at start rather than on some page.
    """
    language = directory.parent.name
    sources = sorted(directory.glob("*.po"))
    if not sources:
        return NullTranslations()
    catalogue = Catalogue(Catalog(locale=language).plural_expr)
    for source in sources:
        with source.open("rb") as text:
            for message in read_po(text, locale=language, abort_invalid=True):
                catalogue.add(message, source.name)
    return catalogue
