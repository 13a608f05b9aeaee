"""How many threads the linear algebra under NumPy and SciPy takes; to be said before either is loaded."""

from collections.abc import MutableMapping

WISHES = (
    "OPENBLAS_NUM_THREADS",
    "GOTO_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
"""What the libraries listen to; those of our locks to the first three on Linux and to the last on a Mac."""


def keep_to_one_thread(environment: MutableMapping[str, str]) -> None:
    """One thread, unless the environment names a number.

    A service answers several people at once. A second thread for one product of matrices gains nothing there, and on
    a busy machine the two wait for each other without giving the core away: thirteen seconds instead of a third of one.
    """
    if not any(name in environment for name in WISHES):
        environment.update(dict.fromkeys(WISHES, "1"))
