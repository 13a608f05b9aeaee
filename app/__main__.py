"""`python -m app`: the command line."""

import gc

# What is loaded at start stays: looking through it for garbage would take a fifth of the start.
gc.disable()

from app.cli import main  # noqa: E402 - everything else is loaded by this line

if __name__ == "__main__":
    gc.freeze()
    gc.enable()
    main()
