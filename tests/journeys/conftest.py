"""A running service for the journeys, on copies of filled databases, and a real browser."""

from tests.browser.conftest import browser, desk, new_page
from tests.shelf import shelf, shelves

__all__ = ["browser", "desk", "new_page", "shelf", "shelves"]
