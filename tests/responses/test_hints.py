"""Hints on comments: they say what is worth thinking over, in both languages, and leave plain words alone."""

import pytest

from app.responses.hints import Hint, comment_hints, names_worth_hiding, seen_mark

PEOPLE = names_worth_hiding(["Sofie Berg", "Lars Moen", "Odd Li"], "Sofie Berg")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Lars måtte ta saken.", [Hint.NAME]),
        ("Sofie tok saken selv.", []),
        ("Det var en moen av en dag.", []),
        ("For en idiot.", [Hint.INSULT]),
        ("Completely useless on the phone.", [Hint.INSULT]),
        ("Hun var sykmeldt i mai.", [Hint.HEALTH]),
        ("He seems depressed.", [Hint.HEALTH]),
        ("Se over.", [Hint.ELSEWHERE]),
        ("Same as before", [Hint.ELSEWHERE]),
        ("Veldig bra!", [Hint.EMPTY]),
        ("n/a", [Hint.EMPTY]),
        ("...", [Hint.EMPTY]),
        ("Hilste med navn og spurte hva jeg trengte.", []),
        ("Asks well, follows up late.", []),
        ("Bra at hun ringte tilbake samme dag.", []),
        ("Moen er håpløs, se over.", [Hint.NAME, Hint.INSULT, Hint.ELSEWHERE]),
    ],
)
def test_a_comment_gets_the_hints_it_deserves(text: str, expected: list[Hint]) -> None:
    assert list(comment_hints(text, PEOPLE)) == expected


def test_short_names_are_too_common_to_warn_of() -> None:
    assert {"lars", "moen", "odd"} == PEOPLE


def test_the_mark_follows_from_the_hints_and_their_places() -> None:
    one = {"a.comment": (Hint.NAME,), "b.comment": ()}
    assert seen_mark(one) == seen_mark({"a.comment": (Hint.NAME,)}) != seen_mark({"b.comment": (Hint.NAME,)})
    assert seen_mark({"a.comment": ()}) == ""


def test_the_patterns_are_quick_on_long_comments() -> None:
    assert comment_hints("a" * 2000 + " " + "bra " * 400) == ()
