"""How often Python looks for garbage, and where: to be said once everything is loaded."""

import gc

AT_ONCE = 20_000
"""New values after which the young ones are looked through. The page of a large company makes thousands, which go by
themselves when it is done: with Python's own seven hundred, a twentieth of its time went into looking at them."""


def pass_over_what_is_loaded() -> None:
    """Look through what is made from now on, and not through what is there, which stays."""
    gc.freeze()
    gc.set_threshold(AT_ONCE)
    gc.enable()
