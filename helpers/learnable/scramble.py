"""Tanaka's block-wise picture encryption: every block of M x M pixels is scrambled alone.

The 3 M M bytes of a block are cut into 6 M M nibbles (half bytes), some of which are reversed, all
are shuffled, and some reversed again (paper, section II-A and Figure 2). Equal blocks become equal
blocks, as in ECB mode. NumPy only.

"The paper" is AprilPyone, Sirichotedumrong and Kiya, "Adversarial Test on Learnable Image
Encryption"; the cipher is its reference [5], M. Tanaka, "Learnable Image Encryption", 2018, and
gives the same bytes as the program published with it. It protects nothing: see `key_recovery`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from helpers.bits import check_generator, is_whole, short
from helpers.files import digest_of, read_json, write_json

CACHE_BYTES = 320 * 1024  # of a batch are worked on at once, so that they stay in the cache


class BlockScrambler:
    """The cipher under one key, for pictures of any number and side.

    `key` is a permutation of 0 to 6 M M - 1, where M is `block_size`: output nibble i is made of
    input nibble key[i]. ValueError for anything else.
    """

    def __init__(self, key: Sequence[int] | np.ndarray, block_size: int = 4):
        self.key, self.block_size = check_key(key, block_size), check_block_size(block_size)
        self.key.flags.writeable = False

    def encrypt(self, pictures: np.ndarray) -> np.ndarray:
        """Pictures, uint8 (n, height, width, 3), as uint8 of that shape, sides padded as by `pad`.

        ValueError for other pictures, above all for floats.
        """
        return self._scrambled(pad(pictures, self.block_size), self.key)

    def decrypt(self, ciphertexts: np.ndarray, size: tuple[int, int] | None = None) -> np.ndarray:
        """The exact inverse of `encrypt`: uint8 (n, height, width, 3).

        `size` is the (height, width) before padding; without it the padding stays. ValueError where
        the sides are no whole blocks, or do not come from that size.
        """
        sides = check_ciphertexts(ciphertexts, self.block_size).shape[1:3]
        height, width = sides if size is None else check_sides(size)
        whole = tuple(_round_up(side, self.block_size) for side in (height, width))
        if sides != whole:
            raise ValueError(
                f"Pictures of {height} x {width} pixels make ciphertexts of {whole[0]} x "
                f"{whole[1]}; these have {sides[0]} x {sides[1]}: give the size of the pictures."
            )
        return self._scrambled(ciphertexts, np.argsort(self.key))[:, :height, :width]

    def _scrambled(self, pictures: np.ndarray, order: np.ndarray) -> np.ndarray:
        """Nibbles reversed, taken in this order, and reversed again, a few strips at a time."""
        m, width = self.block_size, pictures.shape[2]
        low, high = np.split(order, 2)
        gather = np.stack(
            [low, high + len(order)]
        )  # rows of the table that `_scramble_strips` makes
        backwards = reversed_nibbles(self.key)
        low, high = np.split(backwards ^ backwards[order], 2)  # reversed twice is as it was
        mask = (low * 0x0F + high * 0xF0).astype(np.uint8)[:, None]  # 15 - v is v ^ 15
        strips = np.ascontiguousarray(pictures).reshape(-1, m, width // m, 3 * m)
        scrambled = np.empty(strips.shape, np.uint8)
        step = min(len(strips), max(1, CACHE_BYTES // (3 * m * width)))
        scratch = np.empty((7, 3 * m * m, step * width // m), np.uint8)
        for start in range(0, len(strips), step or 1):
            start = min(start, len(strips) - step)  # the last part overlaps the one before
            part = slice(start, start + step)
            _scramble_strips(strips[part], gather, mask, scratch, out=scrambled[part])
        return scrambled.reshape(pictures.shape)

    def save(self, path: str | os.PathLike) -> None:
        """Write key, block size and their digest as JSON: the whole file or nothing."""
        write_json(path, self._content())

    def _content(self) -> dict[str, object]:
        """What a file holds. The digest finds accidents: two entries exchanged are a key, too."""
        digest = digest_of({"key": self.key, "block_size": np.array(self.block_size)})
        return {"block_size": self.block_size, "key": self.key.tolist(), "digest": digest}

    @classmethod
    def load(cls, path: str | os.PathLike) -> BlockScrambler:
        """What `save` wrote; FileNotFoundError for no file, ValueError for one without a key or
        with another than was saved.
        """
        content, path = read_json(path), Path(path)
        if not {"key", "block_size"} <= content.keys():
            raise ValueError(
                f"{path.name} holds no key: give a file that BlockScrambler.save wrote."
            )
        cipher = cls(content["key"], content["block_size"])
        if content != cipher._content():
            raise ValueError(f"{path.name} was changed after it was written: fetch it again.")
        return cipher


# --- Keys -----------------------------------------------------------------------------------------


def random_key(rng: np.random.Generator, block_size: int = 4) -> np.ndarray:
    """One of the (6 M M)! keys, int64 (6 M M,). (For lessons: real keys come from `secrets`.)"""
    return check_generator(rng).permutation(_nibbles_of(block_size))


def check_key(key: Sequence[int] | np.ndarray, block_size: int = 4) -> np.ndarray:
    """A copy of `key`, int64 (6 M M,). ValueError unless it has each of 0 to 6 M M - 1 once."""
    count = _nibbles_of(block_size)
    try:
        key = np.array(key)
    except Exception:  # rows of unequal lengths, for example
        key = np.array(None)
    whole = key.ndim == 1 and key.dtype.kind in "ui"
    if not whole or not np.array_equal(np.sort(key), np.arange(count)):
        came = f"{len(set(key.tolist()))} different ones" if whole else f"{key.dtype} {key.shape}"
        raise ValueError(
            f"A key for blocks of {block_size} x {block_size} pixels is the whole numbers 0 to "
            f"{count - 1}, each once; here are {key.size}, {came}: draw one with random_key."
        )
    return key.astype(np.int64)


def reversed_nibbles(key: np.ndarray) -> np.ndarray:
    """Which nibbles are reversed, bool (6 M M,): the key itself says it, where it is above 3 M M.

    So there is no second secret, and the two reversals tell an attacker about the order.
    """
    return key > len(key) // 2


# --- Pictures <-> nibbles -------------------------------------------------------------------------


def to_nibbles(pictures: np.ndarray, block_size: int = 4) -> np.ndarray:
    """Nibbles 0 to 15 by their number in the block: uint8 (6 M M, n, height / M, width / M).

    Bytes count by row, column and colour. First come their low nibbles, then their high ones, so
    byte b is nibble b + 16 times nibble 3 M M + b. Pictures, uint8 (n, height, width, 3), are
    padded as by `pad`; ValueError for others.
    """
    m = check_block_size(block_size)
    pictures = pad(pictures, m)
    n, height, width, _ = pictures.shape
    blocks = pictures.reshape(n, height // m, m, width // m, 3 * m).transpose(2, 4, 0, 1, 3)
    rows = blocks.reshape(3 * m * m, n, height // m, width // m)
    return np.concatenate([rows & 0x0F, rows >> 4])


def from_nibbles(nibbles: np.ndarray) -> np.ndarray:
    """Nibbles (6 M M, n, height / M, width / M) as pictures, uint8: the inverse of `to_nibbles`.

    ValueError where one is no whole number from 0 to 15, or a block has no 6 M M of them.
    """
    nibbles = np.asarray(nibbles)
    m = math.isqrt(len(nibbles) // 6) if nibbles.ndim else 0
    if nibbles.ndim != 4 or m == 0 or len(nibbles) != 6 * m * m:
        raise ValueError(
            "Nibbles are (6 M M, n, rows, columns) for blocks of M x M pixels; the shape here is "
            f"{nibbles.shape}: put the number in the block first."
        )
    if nibbles.dtype.kind not in "ui" or nibbles.min(initial=0) < 0 or nibbles.max(initial=0) > 15:
        raise ValueError(
            "A nibble is a whole number from 0 to 15; here are others: round and clip."
        )
    low, high = np.split(nibbles.astype(np.uint8), 2)
    _, n, down, across = nibbles.shape
    blocks = (low | high * 16).reshape(m, 3 * m, n, down, across).transpose(2, 3, 0, 4, 1)
    return blocks.reshape(n, down * m, across * m, 3)


def pad(pictures: np.ndarray, block_size: int = 4) -> np.ndarray:
    """The last row and the last column repeated until both sides are whole blocks.

    Pictures are uint8 (n, height, width, 3); ValueError for others.
    """
    height, width = check_pictures(pictures).shape[1:3]
    block_size = check_block_size(block_size)
    down, right = (_round_up(side, block_size) - side for side in (height, width))
    if down == right == 0:
        return pictures
    return np.pad(pictures, ((0, 0), (0, down), (0, right), (0, 0)), mode="edge")


def check_pictures(pictures: np.ndarray) -> np.ndarray:
    """`pictures`, once they are known to be uint8 (n, height, width, 3), no side of 0; n may be."""
    if not isinstance(pictures, np.ndarray):
        came, advice = type(pictures).__name__, "stack them with np.stack"
    else:
        came, advice = f"{pictures.dtype} {pictures.shape}", _remedy(pictures)
    if advice:
        raise ValueError(
            f"Pictures are one uint8 array (n, height, width, 3); these are {came}: {advice}."
        )
    return pictures


def check_ciphertexts(ciphertexts: np.ndarray, block_size: int = 4) -> np.ndarray:
    """`ciphertexts`, once they are known to be pictures, as above, of whole blocks."""
    height, width = check_pictures(ciphertexts).shape[1:3]
    block_size = check_block_size(block_size)
    if height % block_size or width % block_size:
        raise ValueError(
            f"A ciphertext is whole blocks of {block_size} x {block_size} pixels; these have "
            f"{height} x {width}: check the block size, and that nothing was cut off."
        )
    return ciphertexts


def _remedy(pictures: np.ndarray) -> str:
    """What makes pictures of this array; an empty string where it holds pictures already."""
    if pictures.dtype.kind == "f":
        return "if 1.0 is white, multiply by 255 and round, then .astype(np.uint8)"
    if pictures.dtype != np.uint8:
        return "bring the values to 0..255, then .astype(np.uint8)"
    if pictures.ndim == 3:
        return "a single picture goes in as picture[None]"
    if pictures.ndim != 4 or pictures.shape[3] != 3:
        return "put red, green and blue, and nothing else, on the last axis"
    return "a picture needs at least one pixel" if 0 in pictures.shape[1:3] else ""


def check_block_size(block_size: int) -> int:
    """`block_size` as an int of Python's. ValueError unless it is whole, from 1 to 1024."""
    if not is_whole(block_size) or not 1 <= block_size <= 1024:
        raise ValueError(
            "A block has a whole number of pixels a side, at least 1 and at most 1024; "
            f"{short(block_size)} came: the paper's is 4."
        )
    return int(block_size)


def check_sides(size: tuple[int, int]) -> tuple[int, int]:
    """`size` of pictures, (height, width). ValueError unless it is two whole numbers."""
    pair = isinstance(size, (tuple, list)) and len(size) == 2
    if not pair or not all(is_whole(side) for side in size):
        raise ValueError(
            f"A size is (height, width), two whole numbers; this is {short(size)}: "
            "give pictures.shape[1:3]."
        )
    return int(size[0]), int(size[1])


def _nibbles_of(block_size: int) -> int:
    return 6 * check_block_size(block_size) ** 2


def _round_up(side: int, block_size: int) -> int:
    return -(-side // block_size) * block_size


# --- The fast way: each nibble of all blocks is one row -------------------------------------------


def _scramble_strips(
    strips: np.ndarray, gather: np.ndarray, mask: np.ndarray, scratch: np.ndarray, out: np.ndarray
) -> None:
    """Fill the strips `out`, uint8 (s, M, across, 3 M) like `strips`.

    The table holds every nibble twice: where a byte has its low one, and where it has its high one.
    So a byte is two gathered rows put together, with the bits flipped that `mask` names.
    """
    rows, table, picked = scratch[0], scratch[1:5], scratch[5:]
    _to_rows(strips, out=rows)
    np.bitwise_and(rows, 0x0F, out=table[0])
    np.right_shift(rows, 4, out=table[1])
    np.multiply(table[:2], 16, out=table[2:])  # ten times as fast as a shift by 4 to the left
    flat = table.reshape(-1, rows.shape[1])
    np.take(flat, gather, axis=0, out=picked, mode="clip")  # "clip" writes into `out` at once
    low, high = picked
    low |= high
    low ^= mask
    _from_rows(low, out=out)


# NumPy moves single bytes slowly, so words of up to four neighbours move and are parted after that.


def _to_rows(strips: np.ndarray, out: np.ndarray) -> None:
    """Fill the table `out` (3 M M, s * across): row b is byte b of every block of the strips."""
    _, m, _, c = strips.shape
    word = _word(c)
    lines = strips.swapaxes(0, 1).reshape(m, -1, c).view(word)
    words = lines.swapaxes(1, 2).reshape(m * lines.shape[2], -1)
    parts = out.reshape(len(words), word.itemsize, -1)
    for i in range(word.itemsize):
        parts[:, i] = words >> 8 * i


def _from_rows(rows: np.ndarray, out: np.ndarray) -> None:
    """The inverse of `_to_rows`: fill the strips `out`."""
    s, m, across, c = out.shape
    word = _word(c)
    words = rows.reshape(m * c // word.itemsize, word.itemsize, -1)
    while words.shape[1] > 1:  # pairs of bytes, then pairs of pairs
        joined = words[:, 1::2].astype(f"<u{2 * words.itemsize}")
        joined <<= 8 * words.itemsize
        joined |= words[:, ::2]
        words = joined
    lines = np.empty((m, s * across, c // word.itemsize), word)
    for column, line in enumerate(words.reshape(m, lines.shape[2], -1).swapaxes(0, 1)):
        lines[:, :, column] = line
    out[:] = lines.view(np.uint8).reshape(m, s, across, c).swapaxes(0, 1)


def _word(byte_count: int) -> np.dtype:
    """The largest word, of 4, 2 or 1 bytes with the low byte first, that divides so many bytes."""
    return np.dtype(f"<u{math.gcd(byte_count, 4)}")
