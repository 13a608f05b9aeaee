"""Somebody's browser on pages with forms, over the demo."""

from dataclasses import dataclass
from urllib.parse import urlencode

from tests.client import Client
from tests.web.markup import Element, tree


@dataclass
class Reader:
    """Somebody's browser on pages with forms."""

    client: Client

    def page(self, path: str, *, status: int = 200, lang: str = "en") -> Element:
        answer = self.client.get(f"{path}{'&' if '?' in path else '?'}lang={lang}")
        assert answer.status_code == status, answer.text
        return tree(answer.text)

    def send(self, path: str, *, on: str = "", **fields: str) -> tuple[int, Element | str]:
        """Fill a form, on another page than it is sent to if need be, and send it: where it leads, or the page that refuses."""
        token = self.page(on or path).one("main").all("input", name="csrf_token")[0].attributes["value"]
        answer = self.client.post(
            path,
            content=urlencode({"csrf_token": token, **fields}),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        return answer.status_code, answer.headers["location"] if answer.status_code == 303 else tree(answer.text)
