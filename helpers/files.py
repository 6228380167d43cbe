"""Writing files so that nothing is ever half written, and reading arrays that are whole."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np


@contextmanager
def whole_or_nothing(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a path to write to; what is there at the end takes the place of `path`, in one step.

    Where the writing fails, `path` is as it was, and the unfinished file is gone. A full or closed
    disk is an OSError that says so.
    """
    path = Path(path)
    unfinished = path.with_name(path.name + ".part")
    try:
        yield unfinished
        os.replace(unfinished, path)
    except OSError as error:
        raise type(error)(
            f"{path} could not be written ({error.strerror or error}); what was there before is "
            "unharmed: make room, or choose another folder."
        ) from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


# --- arrays ---------------------------------------------------------------------------------------


def write_npz(path: str | os.PathLike, arrays: dict[str, np.ndarray]) -> None:
    """Arrays and their digest as .npz under exactly this path, the whole of it or nothing."""
    with whole_or_nothing(path) as unfinished, open(unfinished, "wb") as file:
        np.savez(file, digest=np.array(digest_of(arrays)), **arrays)


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """The arrays of `write_npz`; ValueError unless all are there, unchanged.

    The digest finds accidents. It has no key, so whoever changes a file on purpose can renew it.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"There is no file {str(path)!r}: check its name and folder."
        ) from None
    except Exception:  # a damaged zip file fails in many ways
        raise ValueError(f"{path.name} is cut short or no .npz file: fetch it again.") from None
    if str(arrays.pop("digest", "")) != digest_of(arrays):
        raise ValueError(f"{path.name} was changed after it was written: fetch it again.")
    return arrays


def digest_of(arrays: dict[str, np.ndarray]) -> str:
    """SHA-256 over names, types, shapes and bytes, in hexadecimal."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
