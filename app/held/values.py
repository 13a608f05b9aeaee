"""The nouns of what is held about a person."""

from enum import StrEnum

from app.deferred import dataclass


class Kind(StrEnum):
    """A kind of record that names somebody."""

    PERSON = "person"
    PLACES = "places"
    ACCOUNT = "account"
    SESSIONS = "sessions"
    WAYS_IN = "ways_in"
    RATED = "rated"
    RESULTS = "results"
    ASKED = "asked"
    READINGS = "readings"
    VISITS = "visits"
    ENCOUNTERS = "encounters"
    CASES = "cases"
    PLANS = "plans"
    TALKS = "talks"
    FOCUS = "focus"
    APART = "apart"
    LETTERS = "letters"
    JOURNAL = "journal"


@dataclass(frozen=True, slots=True)
class Holding:
    """How many records of a kind there are about somebody; nothing of what stands in them."""

    kind: Kind
    count: int
