"""Everything the product promises, asked of real parts."""

import os

from app.infra.blas import keep_to_one_thread

# Before SciPy is loaded, and for the processes of a run, which take over the environment: each of them with a thread
# for every core spends most of its time in waiting for its own threads.
keep_to_one_thread(os.environ)
