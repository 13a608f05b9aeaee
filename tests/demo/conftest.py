"""Copies of the demo for the tests of what it holds."""

from tests.shelf import shelf, shelves

__all__ = ["shelf", "shelves"]
