"""Checkpoints in files of at most 16 MiB, which most ways to carry them allow.

A small one is one file, NAME.npz. Of a large one that file is the list: it names the others,
NAME.SET-0.npz, NAME.SET-1.npz and so on, and says what digest they have together. A new set never
overwrites the former one, and the list is written last: so whoever is stopped at any moment leaves
the former set or the new one, whole. Pieces that no list names are cleared away by the next save.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np

from helpers.files import read_npz, text_in, write_npz

MOST_BYTES = 16 << 20  # of a file
ROOM = 1 << 16  # of these, for what stands around the bytes of a piece


def write_set(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Arrays as NAME.npz, with pieces beside it where they are many: all of it or nothing."""
    if sum(array.nbytes for array in arrays.values()) <= MOST_BYTES - ROOM:
        write_npz(path, arrays)
        names = []
    else:
        whole = io.BytesIO()
        np.savez(whole, **arrays)  # type: ignore[arg-type]
        digest = hashlib.sha256(whole.getbuffer()).hexdigest()
        names = write_pieces(path, np.frombuffer(whole.getbuffer(), np.uint8), digest)
        write_npz(path, {"pieces": np.array(names), "whole": np.array(digest)})
    for piece in pieces_beside(path):
        if piece.name not in names:
            piece.unlink()


def write_pieces(path: Path, content: np.ndarray, digest: str) -> list[str]:
    """The bytes of a file, uint8, cut; the names of the files with the parts, in order."""
    names, size = [], MOST_BYTES - ROOM
    for number, start in enumerate(range(0, len(content), size)):
        names.append(f"{path.stem}.{digest[:8]}-{number}.npz")
        write_npz(path.with_name(names[-1]), {"bytes": content[start : start + size]})
    return names


def read_set(path: Path) -> dict[str, np.ndarray]:
    """The arrays of `write_set`; ValueError or FileNotFoundError unless all pieces are there, and
    belong together.
    """
    arrays = read_npz(path)
    if arrays.keys() != {"pieces", "whole"}:
        return arrays
    parts = [read_npz(path.with_name(str(name)))["bytes"] for name in arrays["pieces"]]
    content = np.concatenate(parts).tobytes()
    if hashlib.sha256(content).hexdigest() != text_in(arrays, "whole"):
        raise ValueError(f"The pieces of {path.name} do not belong together: fetch them again.")
    with np.load(io.BytesIO(content), allow_pickle=False) as whole:
        return dict(whole)


def remove_set(path: Path) -> None:
    """The checkpoint, and all that was ever a piece of it."""
    for file in (path, *pieces_beside(path)):
        file.unlink()


def pieces_beside(path: Path) -> list[Path]:
    return list(path.parent.glob(f"{path.stem}.????????-*.npz"))
