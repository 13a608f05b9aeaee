"""How the properties of the core are tried: without a deadline, on a machine that does other things beside."""

from hypothesis import settings

# Every run draws others: what forty miss today, the next runs meet.
settings.register_profile("unhurried", deadline=None, max_examples=40)
settings.load_profile("unhurried")
