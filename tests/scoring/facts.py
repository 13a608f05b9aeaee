"""Expected figures from `reference.json`, and how closely ours must agree."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.scoring.results import Interval


@cache
def facts() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(__file__).with_name("reference.json").read_text())
    return found


def agrees(expected: Any) -> Any:
    """To 1e-9 relative; 1e-12 where the figure is 0."""
    return pytest.approx(expected, rel=1e-9, abs=1e-12)


def ends(interval: Interval) -> dict[str, float]:
    return {"lo": interval.lo, "hi": interval.hi}
