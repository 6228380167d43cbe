"""Writing a file so that nothing is ever half written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_or_nothing(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a path to write to; what is there at the end takes the place of `path`, in one step.

    Where the writing fails, `path` is as it was, and the unfinished file is gone.
    """
    path = Path(path)
    unfinished = path.with_name(path.name + ".part")
    try:
        yield unfinished
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
