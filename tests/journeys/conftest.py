"""A running service for the journeys, on copies of filled databases."""

from tests.shelf import shelf, shelves

__all__ = ["shelf", "shelves"]
