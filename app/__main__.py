"""`python -m app`: the command line."""

import gc
import os

from app.infra.blas import keep_to_one_thread

# What is loaded at start stays: looking through it for garbage would take a fifth of the start.
gc.disable()
# NumPy asks once, while it is loaded.
keep_to_one_thread(os.environ)

from app.cli import main  # noqa: E402 - everything else is loaded by this line
from app.infra.garbage import pass_over_what_is_loaded  # noqa: E402 - after what it passes over

if __name__ == "__main__":
    pass_over_what_is_loaded()
    main()
