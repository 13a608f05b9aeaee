"""A browser that looks at pages which were read already: axe, and whether anything scrolls sideways.

What contrast follows from is looked at once for each scheme, wherever it is met first, see `NEW_LOOKS`; all other rules
on every page.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from fastapi import FastAPI
from playwright.sync_api import Page as Tab
from starlette.types import Receive, Scope, Send

from tests.browser.live import listening
from tests.chromium import ASKED, AXE, NEW_LOOKS, TOLD
from tests.ports import free_port

_AXE = "/axe.js"
BEGINNING = "/axe"
"""The page that a tab begins with: axe is read once, and then one page after the other written in its place."""
_ASKED = f"{ASKED}, iframes: false"
# In place of the page before it; to go there would take the browser four times as long.
_WRITTEN = """async path => {
    const text = await (await fetch(path)).text();
    document.open(); document.write(text); document.close();
    const styles = [...document.querySelectorAll('link[rel=stylesheet]')].filter(one => !one.sheet);
    await Promise.all(styles.map(one => new Promise(done => one.addEventListener('load', done))));
    if (document.readyState !== 'complete')
        await new Promise(done => addEventListener('load', done, {once: true}));
}"""
_SIDEWAYS = """() => {
    const page = document.documentElement;
    return page.scrollWidth > page.clientWidth ? ['it scrolls sideways'] : [];
}"""
_FIRST = f"""async ([path, known]) => {{
    await ({_WRITTEN})(path);
    const sideways = ({_SIDEWAYS})(), fresh = ({NEW_LOOKS})(known);
    const found = await axe.run(document, {{{_ASKED}, rules: {{'target-size': {{enabled: true}}}}}}).then({TOLD});
    return [fresh, [...sideways, ...found]];
}}"""
_AGAIN = f"""async known => {{
    const sideways = ({_SIDEWAYS})(), fresh = ({NEW_LOOKS})(known);
    if (!fresh.length) return [fresh, sideways];
    const found = await axe.run(document, {{{_ASKED}, runOnly: ['color-contrast']}}).then({TOLD});
    return [fresh, [...sideways, ...found]];
}}"""
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
    known: set[str] = field(default_factory=set)

    def at(self, path: str, *views: View) -> list[str]:
        """What is wrong with a page in some views; what has to do neither with colours nor with width in the first."""
        wrong = []
        for number, view in enumerate(views):
            self.tab.set_viewport_size(view.size)  # type: ignore[arg-type]
            self.tab.emulate_media(color_scheme=view.scheme)  # type: ignore[arg-type]
            # One question after the other would cost as much as what the first of them looks for.
            known = sorted(self.known)
            fresh, found = self.tab.evaluate(_AGAIN, known) if number else self.tab.evaluate(_FIRST, [path, known])
            self.known.update(fresh)
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
    sent[_AXE] = (AXE, "text/javascript")
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
