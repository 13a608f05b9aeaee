"""The application as it is built for users, for rules that look at its routes; no request reaches its database.

`python -m tests.house.service` writes its description into openapi.json and the table of paths into docs/api.md: what
a change does to the API is then seen in the diff.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import SecretStr

from app.main import create_app
from app.settings import Settings
from tests.databases import SECRET
from tests.house.sources import ROOT

SNAPSHOT = Path(__file__).with_name("openapi.json")
PAGE = ROOT / "docs/api.md"
HEADING = "## Paths"


@cache
def application() -> FastAPI:
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]  # understood by pydantic-settings, unknown to mypy
        database_url="sqlite:///never-opened.sqlite",
        secret_key=SecretStr(SECRET),
    )
    return create_app(settings)


def described() -> dict[str, Any]:
    """The OpenAPI document, through JSON as a client receives it."""
    document: dict[str, Any] = json.loads(json.dumps(application().openapi()))
    return document


def written(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def table(document: dict[str, Any]) -> str:
    """The paths with the first words of their descriptions, as they stand at the end of docs/api.md."""
    rows = [
        f"| {method.upper()} `{path.removeprefix('/api/v1')}` | {_scope(operation)} | {_first_words(operation)} |"
        for path, methods in sorted(document["paths"].items())
        for method, operation in methods.items()
    ]
    head = ["| path | scope of a key | what it does |", "| --- | --- | --- |"]
    return "\n".join([HEADING, "", *head, *rows]) + "\n"


def _scope(operation: dict[str, Any]) -> str:
    """The scope that a key needs, or what stands in its place."""
    scope: str = operation.get("x-scope", "none: for a person" if operation["security"] else "the link")
    return scope


def _first_words(operation: dict[str, Any]) -> str:
    first: str = operation.get("description", "").split("\n\n")[0]
    return " ".join(first.split())


if __name__ == "__main__":
    current = described()
    SNAPSHOT.write_text(written(current))
    prose = PAGE.read_text().partition(HEADING)[0]
    PAGE.write_text(prose + table(current))
