"""A form with all its parts is small on the way to the phone; nothing that holds a secret beside strange text is squeezed."""

import re
from datetime import datetime

from app.infra.database import Database
from app.main import create_app
from tests.client import Client
from tests.open_round import AMIR, open_round
from tests.served import ADDRESS, Clock, settings_of
from tests.web.desk import Desk

SQUEEZED = {"accept-encoding": "gzip"}
MOST = 30_000


def test_a_form_with_all_its_parts_is_under_30_kb_on_the_way(engine: Database, now: datetime) -> None:
    opened = open_round(engine, now)
    rater = Client(create_app(settings_of(engine), database=engine, clock=Clock(now)), ADDRESS, headers=SQUEEZED)
    form = rater.get(f"/r/{opened.links[AMIR]}")
    parts = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', form.text))
    styles = rater.get(next(part for part in parts if "app.css" in part)).text
    # Raters use the typeface of their own device, so the stylesheet asks for none on their pages.
    assert re.search(r"\.rate \{ font-family: var\(--fonts\); \}", styles)
    sizes = {part: int(rater.get(part).headers["content-length"]) for part in parts}
    assert {part.split("?")[0].rsplit("/", 1)[1] for part in parts} == {"app.css", "app.js", "icon.svg"}
    assert int(form.headers["content-length"]) + sum(sizes.values()) < MOST


def test_only_what_repeats_nothing_of_a_request_is_squeezed(desk: Desk) -> None:
    browser = desk.browser("admin").client
    for path, is_squeezed in (("/static/app.css", True), ("/", False), ("/organisation", False)):
        answer = browser.get(path, headers=SQUEEZED)
        assert answer.status_code == 200, path
        assert (answer.headers.get("content-encoding") == "gzip") is is_squeezed, path
