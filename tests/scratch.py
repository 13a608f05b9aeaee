"""Where what a run throws away lies: in memory where there is plenty, since disks are waited for at every commit.

That what was committed is safe on a disk is proved by killing processes, which memory outlives as well.
"""

import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")
_PLENTY = 8 << 30


def throw_away_in_memory() -> None:
    """Let this process and those that it starts put temporary files into memory, unless TMPDIR says where they belong."""
    if "TMPDIR" not in os.environ and _is_plenty():
        os.environ["TMPDIR"] = str(_MEMORY)
        tempfile.tempdir = None


def _is_plenty() -> bool:
    if not os.access(_MEMORY, os.W_OK | os.X_OK):
        return False
    can_run = not os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC
    return can_run and shutil.disk_usage(_MEMORY).free >= _PLENTY
