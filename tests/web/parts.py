"""Rendering parts of pages alone, as pages would."""

from functools import cache
from typing import Any

from app.infra.formats import Locale
from app.infra.templates import Templates, build_environment
from tests.web.markup import Element, tree

IMPORTS = (
    '{% import "partials/ui.html" as ui %}{% import "partials/charts.html" as charts %}'
    '{% import "partials/icons.html" as icons %}'
)


@cache
def templates() -> Templates:
    return build_environment()


def html(source: str, locale: Locale = "nb", **values: Any) -> str:
    """What a piece of a page becomes."""
    return templates().environments[locale].from_string(IMPORTS + source).render(values)


def part(source: str, locale: Locale = "nb", **values: Any) -> Element:
    """The same, as a tree."""
    return tree(html(source, locale, **values))
