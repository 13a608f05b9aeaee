"""A browser that looks at pages which were read already: axe, and whether anything scrolls sideways.

What contrast follows from, colours with what lies behind them and the size of the letters, is looked at once for each
scheme, wherever it is met first; all other rules on every page.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from axe_playwright_python.base import AXE_SCRIPT
from fastapi import FastAPI
from playwright.sync_api import Page as Tab
from starlette.types import Receive, Scope, Send

from tests.browser.live import listening
from tests.chromium import ASKED, TOLD
from tests.ports import free_port

_AXE = "/axe.js"
BEGINNING = "/axe"
"""The page that a tab begins with: axe is read once, and then one page after the other written in its place."""
# Looked at by colours; and what axe leaves out unless asked.
_RULES = "{'color-contrast': {enabled: false}, 'target-size': {enabled: true}}"
_ASKED = f"{ASKED}, iframes: false"
# In place of the page before it; to go there would take the browser four times as long.
_BARRIERS = f"""async path => {{
    const text = await (await fetch(path)).text();
    document.open(); document.write(text); document.close();
    const styles = [...document.querySelectorAll('link[rel=stylesheet]')].filter(one => !one.sheet);
    await Promise.all(styles.map(one => new Promise(done => one.addEventListener('load', done))));
    if (document.readyState !== 'complete')
        await new Promise(done => addEventListener('load', done, {{once: true}}));
    return axe.run(document, {{{_ASKED}, rules: {_RULES}}}).then({TOLD});
}}"""
_LOOKS = f"""async scheme => {{
    const page = document.documentElement, sideways = page.scrollWidth > page.clientWidth;
    const told = (sideways ? ['it scrolls sideways'] : []);
    const known = new Set(JSON.parse(localStorage.getItem(scheme) || '[]')), fresh = [], grounds = new Map();
    const ground = element => {{
        if (!element) return '';
        if (!grounds.has(element)) {{
            const {{opacity, backgroundImage, backgroundColor}} = getComputedStyle(element);
            const own = [opacity, backgroundImage, backgroundColor].join();
            const ends = backgroundColor.startsWith('rgb('), isClear = own === '1,none,rgba(0, 0, 0, 0)';
            grounds.set(element, (isClear ? '' : own) + (ends ? '' : ground(element.parentElement)));
        }}
        return grounds.get(element);
    }};
    for (const element of document.body.querySelectorAll('*')) {{
        if (![...element.childNodes].some(one => one.nodeType === Node.TEXT_NODE && one.data.trim())) continue;
        if (!element.checkVisibility()) continue;
        const {{color, fontSize, fontWeight}} = getComputedStyle(element);
        const look = [color, fontSize, fontWeight, ground(element)].join();
        if (!known.has(look)) {{ known.add(look); fresh.push(element); }}
    }}
    if (!fresh.length) return told;
    localStorage.setItem(scheme, JSON.stringify([...known]));
    const options = {{{_ASKED}, runOnly: ['color-contrast']}};
    return told.concat(await axe.run({{include: fresh.map(one => [one])}}, options).then({TOLD}));
}}"""
_BOTH = f"async ([path, scheme]) => (await ({_BARRIERS})(path)).concat(await ({_LOOKS})(scheme))"
_REPAIRED = """pages => pages.map(html => [...new DOMParser().parseFromString(html, 'text/html').querySelectorAll('*')]
    .map(one => one.localName).join(' '))"""


@dataclass(frozen=True)
class View:
    """How somebody looks at a page."""

    size: Mapping[str, int]
    scheme: str


@dataclass
class Looking:
    """A tab on pages by address."""

    tab: Tab
    base: str

    def at(self, path: str, *views: View) -> list[str]:
        """What is wrong with a page in some views; what has to do neither with colours nor with width in the first."""
        wrong = []
        for number, view in enumerate(views):
            self.tab.set_viewport_size(view.size)  # type: ignore[arg-type]
            self.tab.emulate_media(color_scheme=view.scheme)  # type: ignore[arg-type]
            # One question after the other would cost as much as what the first of them looks for.
            found = self.tab.evaluate(_LOOKS, view.scheme) if number else self.tab.evaluate(_BOTH, [path, view.scheme])
            wrong += [f"{view.scheme}: {one}" for one in found]
        return wrong

    def parsed(self, pages: list[str]) -> list[str]:
        """The elements of each page, in order, as the browser makes them of its text."""
        found: list[str] = self.tab.evaluate(_REPAIRED, pages)
        return found


@contextmanager
def serving(app: FastAPI, pages: Mapping[str, str]) -> Iterator[str]:
    """Pages as they were read, and the one to begin with; whatever else they ask for comes from the service. The address."""
    sent = {path: (html, "text/html") for path, html in pages.items()}
    sent[_AXE] = (AXE_SCRIPT, "text/javascript")
    sent[BEGINNING] = (f'<!doctype html><script src="{_AXE}"></script>', "text/html")

    async def either(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") not in sent:
            await app(scope, receive, send)
            return
        body, kind = sent[scope["path"]]
        headers = [(b"content-type", f"{kind}; charset=utf-8".encode()), (b"cache-control", b"max-age=600")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body.encode()})

    with listening(either, free_port()) as address:
        yield address
