"""From a visit and values to a page: the frame around every page, redirects, one-time messages; no page of its own."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, RedirectResponse

from app.deferred import dataclass
from app.http.cookies import keep_company, keep_language
from app.http.downloads import download
from app.http.origin import safe_path
from app.http.visit import Visit, said
from app.infra.formats import Locale
from app.infra.templates import render
from app.web.navigation import MORE, NAVIGATION, MenuItem, shown

__all__ = [
    "PRODUCT",
    "Flash",
    "Language",
    "Shell",
    "answer",
    "download",
    "flash_for",
    "page",
    "page_text",
    "said",
    "see_other",
]

PRODUCT = "Soft KPI"
_OTHER: Mapping[Locale, tuple[Locale, str]] = {"nb": ("en", "English"), "en": ("nb", "Norsk")}


@dataclass(frozen=True, slots=True)
class Flash:
    """A message on top of the page; English sentences that the catalogue knows."""

    kind: str
    title: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Language:
    """The link to the same page in the other language."""

    label: str
    href: str
    lang: Locale


@dataclass(frozen=True, slots=True)
class Shell:
    """What the frame of every page shows (templates/base.html)."""

    organisation: str
    navigation: tuple[MenuItem, ...]
    more: tuple[MenuItem, ...]
    language: Language
    user: str | None
    sign_out: str
    csrf_token: str
    flash: Flash | None


def page(
    visit: Visit,
    template: str,
    *,
    status: int = 200,
    flash: Flash | None = None,
    organisation: str = "",
    **values: Any,
) -> HTMLResponse:
    """A page in the visitor's language; `organisation` names it where nobody is signed in."""
    return answer(visit, page_text(visit, template, flash=flash, organisation=organisation, **values), status=status)


def page_text(visit: Visit, template: str, *, flash: Flash | None = None, organisation: str = "", **values: Any) -> str:
    """The text of a page, frame and all."""
    shell = _shell(visit, flash, organisation)
    return render(visit.service.templates, template, visit.locale, shell=shell, csrf_token=visit.csrf_token, **values)


def answer(visit: Visit, text: str | bytes, *, status: int = 200) -> HTMLResponse:
    """The answer with a page's text, or with its bytes; what the visitor chose by its address is kept."""
    made = HTMLResponse(text, status)
    if visit.query.get("lang") == visit.locale:
        keep_language(made, visit.locale, visit.settings)
    if visit.company is not None and visit.query.get("company") == visit.company.id:
        keep_company(made, visit.company.id, visit.settings)
    return made


def see_other(path: str, *, done: str = "") -> RedirectResponse:
    """After a POST: on to a page of ours, which may show the message named `done` (see `flash_for`)."""
    place = safe_path(path)
    if done:
        place += ("&" if "?" in place else "?") + urlencode({"done": done})
    return RedirectResponse(place, 303)


def flash_for(visit: Visit, messages: Mapping[str, Flash]) -> Flash | None:
    """The message that the redirect to this page named, if it is one of the page's own."""
    return messages.get(visit.query.get("done", ""))


def _shell(visit: Visit, flash: Flash | None, organisation: str) -> Shell:
    other, label = _OTHER[visit.locale]
    rest = {name: value for name, value in visit.query.items() if name not in {"lang", "done"}}
    translated = (
        None if flash is None else Flash(flash.kind, said(visit, flash.title), flash.text and said(visit, flash.text))
    )
    return Shell(
        organisation=organisation or visit.organisation or PRODUCT,
        navigation=shown(NAVIGATION, visit),
        more=shown(MORE, visit),
        language=Language(label, f"{visit.path}?{urlencode({**rest, 'lang': other})}", other),
        user=visit.somebody.name if visit.somebody is not None else None,
        sign_out="/sign-out",
        csrf_token=visit.csrf_token,
        flash=translated,
    )
