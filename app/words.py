"""The languages of the service and a text in all of them."""

from collections.abc import Mapping

LOCALES = ("nb", "en")
DEFAULT_LOCALE = "nb"

Words = Mapping[str, str]
"""A text per locale: {"nb": …, "en": …}."""


def in_locale(words: Words, locale: str) -> str:
    """The text in a locale, or in the first locale that has one; empty when there is none."""
    return words.get(locale) or next((words[other] for other in LOCALES if words.get(other)), "")
