"""The pages of the released quarter, as those who may read it come to them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from httpx2 import Response

from app.accounts.commands import create_account, grant_role
from app.accounts.rules import SERVICE
from app.accounts.values import NewAccount, Role
from app.organisation.queries import path_of
from tests.served import Served
from tests.summaries.built import Quarter
from tests.web.markup import Element, tree


def page(
    served: Served, who: str, path: str, query: Mapping[str, str] | None = None, *, lang: str = "nb", status: int = 200
) -> Element:
    place, _, asked = path.partition("?")
    answer = served.signed_in(who).get(place, params=[*parse_qsl(asked), *(query or {}).items(), ("lang", lang)])
    assert answer.status_code == status, answer.text
    return tree(answer.text)


def results_of(made: Quarter, name: str) -> str:
    return f"/results/{made.release.id}/subjects/{made.subjects[name]}"


def appoint(served: Served, made: Quarter, role: Role, place: str, now: datetime) -> str:
    """Somebody more with a role at a place; the name by which to sign in."""
    name = f"{role}.{place}"
    with served.engine.write() as session:
        new = NewAccount(f"{name}@fjellbris.example", name.title(), "nb")
        served.accounts[name] = create_account(session, SERVICE, new, now=now).id
        path = path_of(session, made.subjects[place], on=now.date())
        grant_role(session, SERVICE, served.accounts[name], role, path, now=now)
    return name


def filled(form: Element) -> dict[str, str]:
    """What a browser would send of a form as it stands there."""
    return {
        one.attributes["name"]: one.attributes.get("value", "")
        for one in form.all("input")
        if one.attributes.get("name")
    }


def post(
    served: Served, who: str, path: str, shown: Mapping[str, str] | None, form_of: str, **changes: str
) -> Response:
    """Open the page with a form, change fields, and send it from the same browser."""
    client = served.signed_in(who)
    form = tree(client.get(form_of, params={**(shown or {}), "lang": "en"}).text).one("form", action=path)
    return client.post(path, data={**filled(form), **changes})


def rows_of(table: Element) -> list[list[str]]:
    """The words of every row below the head, cell by cell."""
    return [[cell.words for cell in row.content if isinstance(cell, Element)] for row in table.all("tr")[1:]]


def links(element: Element) -> dict[str, Any]:
    """Where each link leads, by its words."""
    return {link.words: link.attributes["href"] for link in element.all("a")}
