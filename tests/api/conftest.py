"""The served application for the tests of the resources."""

from tests.served import admin, anybody, served, sign_in

__all__ = ["admin", "anybody", "served", "sign_in"]
