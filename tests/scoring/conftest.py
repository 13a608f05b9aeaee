"""Examples take as long as they take: a busy machine must not fail a property.

Every run draws other examples, so that few of them at a time are many in a week.
"""

from hypothesis import settings

from tests.thorough import THOROUGH

settings.register_profile("unhurried", deadline=None, max_examples=200 if THOROUGH else 40)
settings.load_profile("unhurried")
