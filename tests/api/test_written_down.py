"""docs/api.md cannot fall behind: it names every path with its scope and its sentence, and nothing else."""

import re
from pathlib import Path

from app.api.description import describe
from app.main import create_app
from app.settings import Settings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
ROW = re.compile(r"^\| (GET|POST|PUT|PATCH|DELETE) `([^`]+)` \| (\S+|the link) \| (.+) \|$", re.MULTILINE)


def test_every_path_is_written_down_with_its_scope_and_its_sentence() -> None:
    settings = Settings.model_validate({"secret_key": "k" * 40, "database_url": "sqlite:///var/unused.sqlite"})
    described = {
        (method.upper(), path.removeprefix("/api/v1")): (one.get("x-scope", "the link"), one["description"])
        for path, item in describe(create_app(settings))["paths"].items()
        for method, one in item.items()
    }
    written = {(method, path): (scope, text) for method, path, scope, text in ROW.findall(PAGE.read_text())}
    assert written == {key: (scope, text.replace("\n", " ")) for key, (scope, text) in described.items()}
