"""What is fast and not plain: the steps of the cipher that have a plain twin in NumPy. NumPy only.

Each function says what it stands for, and the tests set it beside that. How many times as fast it
is, on two quiet cores, for the eye of 256 x 256 pixels and for the eye tiled to 4096 x 4096:

                                                                        256       4096
look_up           table[rows]: of blocks, of rows of values             2, 8      4, 6
distinct_rows     np.unique over whole rows                             4         10 (at 1024)
blocks_in_place   picture_to_blocks, then looked up                     1.5       1.3
picture_in_place  looked up, then blocks_to_picture                     1.5       1.6
all_finite        np.isfinite(values).all()                             29        16
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from helpers.bits import Block, Picture

Rows = npt.NDArray[np.int32]  # (n,): numbers of rows
Words = npt.NDArray[np.uint64]  # (n, 4) or (n, 8): rows of ciphertext, eight bytes a number

ROWS_AT_ONCE = 1 << 16  # of ciphertext, so that the work on them stays in the processor's cache
FEW_PARTS = 8  # so many are looked up before a second thread has begun


def look_up(table: np.ndarray, rows: npt.NDArray[np.integer]) -> np.ndarray:
    """`table[rows]` for rows, (n,), that are known to be there.

    Many are shared between two threads, for NumPy lets other threads run while it looks up.
    """
    found = np.empty((len(rows), *table.shape[1:]), table.dtype)

    def fill(parts: Sequence[slice]) -> None:
        for part in parts:
            # mode="wrap" skips the check whether they are there, and makes `out` fast.
            table.take(rows[part], axis=0, out=found[part], mode="wrap")

    parts = list(in_parts(len(rows), 2 * ROWS_AT_ONCE))
    if len(parts) <= FEW_PARTS:
        fill(parts)
    else:
        other = threading.Thread(target=fill, args=(parts[::2],))
        other.start()
        fill(parts[1::2])
        other.join()
    return found


def in_parts(count: int, at_once: int) -> Iterator[slice]:
    """0 to `count` in slices of so many, and a last one of what is left."""
    return (slice(start, min(start + at_once, count)) for start in range(0, count, at_once))


def distinct_rows(values: np.ndarray, seed: int = 0) -> tuple[Rows, Rows]:
    """(rows, place): which rows of `values` differ, and for each row the one of them it equals.

    So `values[rows][place]` equals `values`, (n, 16) of float16 or float32. `np.unique` finds the
    same by sorting, which takes seconds. Here each row goes into the slot of its hash, and the rows
    that do not equal the first in their slot are looked at again, with other hashes.
    """
    words = np.ascontiguousarray(values).view(np.uint64)
    place, kept = in_slots(words, seed)
    used = kept >= 0
    rows, number = kept[used], np.cumsum(used, dtype=np.int32) - np.int32(1)
    place = look_up(number, place)
    others = differing(words, rows, place)
    if len(others):
        more, again = distinct_rows(words[others], seed + 1)
        rows, place[others] = np.append(rows, others[more]), again + np.int32(len(rows))
    return rows, place


def in_slots(words: Words, seed: int) -> tuple[Rows, Rows]:
    """The slot of each row, (n,), and a row of each slot, -1 where it has none."""
    bits = min(22, len(words).bit_length() + 2)
    odd = np.random.default_rng(seed).integers(0, 1 << 63, 8, dtype=np.uint64) * 2 + 1
    slots, kept = np.empty(len(words), np.int32), np.full(1 << bits, -1, np.int32)
    for part in in_parts(len(words), ROWS_AT_ONCE):
        hashes = np.einsum("ij,j->i", words[part], odd[: words.shape[1]])  # far faster than `@`
        slot = slots[part] = (hashes >> np.uint64(64 - bits)).astype(np.int32)
        empty = np.flatnonzero(look_up(kept, slot) < 0)
        kept[slot[empty]] = part.start + empty
    return slots, kept


def differing(words: Words, rows: Rows, place: Rows) -> npt.NDArray[np.intp]:
    """The rows that do not equal the one they are said to equal."""
    found = [np.zeros(0, np.intp)]
    for part in in_parts(len(words), ROWS_AT_ONCE):
        same = look_up(words, look_up(rows, place[part]))
        differ = words[part] != same
        # The 4 or 8 bools of a row, read as one integer: far faster than differ.any(axis=1).
        found.append(part.start + np.flatnonzero(differ.view(f"u{differ.shape[1]}")))
    return np.concatenate(found)


def blocks_in_place(picture: Picture) -> Block:
    """`picture_to_blocks` without a copy: numbers with the high byte first, as the bytes lie.

    Numbers of that kind are as good as any other to look up or to xor.
    """
    data = np.ascontiguousarray(picture).reshape(-1)
    if data.size % 2:
        data = np.append(data, np.uint8(0))
    return data.view(">u2")


def picture_in_place(blocks: Block, shape: Sequence[int]) -> Picture:
    """`blocks_to_picture`, without a copy where the blocks have the high byte first."""
    data = np.ascontiguousarray(blocks, ">u2").view(np.uint8)
    return data[: math.prod(shape)].reshape(shape)


def all_finite(values: npt.NDArray[np.floating]) -> bool:
    """`np.isfinite(values).all()`.

    Read as integers, with their sign bit or without, infinity and NaN are above all other numbers.
    """
    infinity, size = values.dtype.type(np.inf), values.itemsize
    return all(
        values.view(kind).max(initial=0) < edge.view(kind)
        for kind, edge in ((f"i{size}", infinity), (f"u{size}", -infinity))
    )
