"""How much of what grows without end is gone through: a sample in every run, or all of it when somebody asks."""

import os

THOROUGH = bool(os.environ.get("THOROUGH"))
"""Whether sweeps go through all of it, and properties draw more examples: minutes instead of seconds."""
