"""The languages of the service and a text in all of them."""

import re
from collections.abc import Mapping

LOCALES = ("nb", "en")
DEFAULT_LOCALE = "nb"

Words = Mapping[str, str]
"""A text per locale: {"nb": …, "en": …}."""

_NAMED_PLACE = re.compile(r"\{([a-z_]+)\}")


def in_locale(words: Words, locale: str) -> str:
    """The text in a locale, or in the first locale that has one; empty when there is none."""
    return words.get(locale) or next((words[other] for other in LOCALES if words.get(other)), "")


def named_places(text: str) -> tuple[str, ...]:
    """The names that a text holds in braces, in their order.

    >>> named_places("{asker} asks about {subjects}; {0.__class__} and {{7*7}} are no places")
    ('asker', 'subjects')
    """
    return tuple(_NAMED_PLACE.findall(text))


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with the named places that `values` knows filled, once: nothing in a value is filled again.

    >>> filled("{asker} asks, {nobody} knows", {"asker": "{minutes}", "minutes": "two"})
    '{minutes} asks, {nobody} knows'
    """
    return _NAMED_PLACE.sub(lambda found: values.get(found[1], found[0]), text)
