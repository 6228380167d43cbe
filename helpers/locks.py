"""A lock on an open file. The system lets go of it when its owner ends, however that may be.

Standard library only: the set-up takes one before anything is installed.
"""

from __future__ import annotations

import sys


def take(descriptor: int) -> bool:
    """Lock an open file, given by its number; False where another process has locked it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        pass  # some disks of a network know no locks
    return True
