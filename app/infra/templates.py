"""The Jinja environments of pages and letters, one per language: strict, escaping, with catalogues and formats bound.

No page, letter or sentence lives here. A render names its language; nothing keeps one for it.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, lru_cache, partial
from gettext import NullTranslations
from pathlib import Path
from types import CodeType
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import (
    BytecodeCache,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    pass_context,
    pass_eval_context,
    select_autoescape,
)
from jinja2.bccache import Bucket
from jinja2.nodes import EvalContext
from markupsafe import Markup

from app.deferred import dataclass
from app.infra import formats, plots
from app.infra.catalogues import load_catalogue
from app.infra.formats import DEFAULT_ZONE, Locale
from app.words import filled, in_locale

ROOT = Path(__file__).resolve().parents[2]
LOCALES: tuple[Locale, ...] = ("nb", "en")
_HASH_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Templates:
    """Everything needed to render in any language; made once, shared by all threads."""

    environments: Mapping[Locale, Environment]
    catalogues: Mapping[Locale, NullTranslations]
    static_hashes: Mapping[str, str]

    def static(self, name: str) -> str:
        """The address of a file of ours, with its content's hash in it, so that it may be kept for ever."""
        content = self.static_hashes[name]
        # The typeface carries the hash in its name: the stylesheet names the same address.
        return f"/static/{name}" if content in name else f"/static/{name}?v={content}"


class _Compiled(BytecodeCache):
    """What templates were compiled to: the same for all languages, which are bound when a text is rendered."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Bring what was compiled from the same text before."""
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        if bucket.code is not None:
            self._kept[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _Compiled()


@cache
def build_environment(
    *,
    templates: Path = ROOT / "templates",
    static: Path = ROOT / "app" / "web" / "static",
    catalogues: Path = ROOT / "app" / "locale",
    zone: ZoneInfo = DEFAULT_ZONE,
) -> Templates:
    """Read the catalogues, bind formats and time zone, and prepare one environment per language; once in a process."""
    made = Templates(
        environments={locale: _bare_environment(templates) for locale in LOCALES},
        catalogues={locale: load_catalogue(catalogues / locale / "LC_MESSAGES") for locale in LOCALES},
        static_hashes=_hashes(static),
    )
    for locale, environment in made.environments.items():
        environment.globals.update(_sentences(made.catalogues[locale]))
        environment.filters.update(_filters(locale, zone))
        environment.globals.update(
            locale=locale, static=made.static, at=plots.at, between=plots.between, range_axis=plots.range_axis
        )
    return made


def render(templates: Templates, template: str, locale: Locale, **values: Any) -> str:
    """The text of a template in one language; a value that it names and does not get is an error."""
    return templates.environments[locale].get_template(template).render(values)


def macros(templates: Templates, template: str, locale: Locale) -> Any:
    """The macros of a template in one language, each to be called for a piece of its text."""
    return templates.environments[locale].get_template(template).module


def translate(templates: Templates, message: str, locale: Locale, **values: object) -> str:
    """A sentence that code holds in English with `{name}` places, in the language asked for, filled.

    A moment among the values is told in local time, as on a page.
    """
    # Catalogues keep their own head under the empty sentence.
    sentence = templates.catalogues[locale].gettext(message) if message else ""
    told = templates.environments[locale].filters["instant"]
    filled = {name: told(None, value) if isinstance(value, datetime) else value for name, value in values.items()}
    return sentence.format_map(filled) if values else sentence


def _bare_environment(templates: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        # Everything is escaped save the plain-text part of a mail, where O'Brien must stay O'Brien.
        autoescape=select_autoescape(disabled_extensions=("txt",), default_for_string=True, default=True),
        # Looking at every file again would cost each page more than the texts are worth.
        auto_reload=False,
        bytecode_cache=_COMPILED,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )


def _sentences(catalogue: NullTranslations) -> dict[str, Callable[..., str]]:
    """`_` and `ngettext` as templates call them: a sentence of the language with its `%(name)s` places filled, escaped in pages.

    As the i18n extension of Jinja has them, but that a sentence without places is prepared once, and that no context is
    made anew for each: a page says hundreds of them.
    """

    @lru_cache(maxsize=4096)
    def prepared(message: str, *, is_escaped: bool) -> str:
        return _as_written(catalogue.gettext(message), is_escaped=is_escaped) % {}

    @pass_eval_context
    def gettext(context: EvalContext, message: str, **values: Any) -> str:
        if not values:
            return prepared(message, is_escaped=context.autoescape)
        return _as_written(catalogue.gettext(message), is_escaped=context.autoescape) % values

    @pass_eval_context
    def ngettext(context: EvalContext, singular: str, plural: str, num: int, **values: Any) -> str:
        found = catalogue.ngettext(singular, plural, num)
        return _as_written(found, is_escaped=context.autoescape) % {"num": num, **values}

    return {"_": gettext, "ngettext": ngettext}


def _as_written(sentence: str, *, is_escaped: bool) -> str:
    """A sentence of ours, in pages as markup: what is filled in is escaped, and it is not."""
    return Markup(sentence) if is_escaped else sentence  # noqa: S704 - sentences are ours


def _filters(locale: Locale, zone: ZoneInfo) -> dict[str, Callable[..., Any]]:
    one: dict[str, Callable[..., Any]] = {
        "score": formats.score,
        "percent": formats.percent,
        "number": formats.number,
        "measure": formats.measure,
        "beside": formats.beside,
        "day": formats.day,
        "listing": formats.listing,
        "words": in_locale,
        "counted": formats.counted,
    }
    two: dict[str, Callable[..., Any]] = {
        "interval": formats.interval,
        "day_range": formats.day_range,
        "period": formats.period,
    }
    return {
        **{name: _bound(function, locale) for name, function in one.items()},
        **{name: _bound_for_pairs(function, locale) for name, function in two.items()},
        "points_range": formats.points_range,
        "filled": filled,
        "instant": _bound(partial(formats.instant, zone=zone), locale),
        "clock": _bound(partial(formats.clock, zone=zone), locale),
        "local_day": partial(formats.local_day, zone=zone),
    }


def _bound(function: Callable[..., Any], locale: Locale) -> Callable[..., Any]:
    # It asks for a context to be left alone while a template is compiled: one text serves all languages.
    @pass_context
    def filtered(_context: object, value: Any, *options: Any, **named: Any) -> Any:
        return function(value, locale, *options, **named)

    return filtered


def _bound_for_pairs(function: Callable[..., Any], locale: Locale) -> Callable[..., Any]:
    @pass_context
    def filtered(_context: object, first: Any, second: Any, **named: Any) -> Any:
        return function(first, second, locale, **named)

    return filtered


def _hashes(static: Path) -> dict[str, str]:
    return {
        path.relative_to(static).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:_HASH_LENGTH]
        for path in sorted(static.rglob("*"))
        if path.is_file()
    }
