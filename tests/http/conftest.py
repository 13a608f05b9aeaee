"""The served application for the tests of the edges' foundation."""

from tests.served import admin, anybody, served, sign_in

__all__ = ["admin", "anybody", "served", "sign_in"]
