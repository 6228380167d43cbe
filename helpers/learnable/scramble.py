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
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from helpers.bits import check_generator, is_whole, short
from helpers.learnable import fast

Pictures = npt.NDArray[np.uint8]  # (n, height, width, 3): so many pictures of one size
Nibbles = npt.NDArray[
    np.uint8
]  # (6 M M, n, height / M, width / M): 0 to 15, by number in the block
Order = npt.NDArray[np.int64]  # (6 M M,): the numbers of a block's nibbles, each once


class BlockScrambler:
    """The cipher under one key, for pictures of any number and side.

    Args:
        key: a permutation of 0 to 6 M M - 1: output nibble i is made of input nibble key[i].
        block_size: the side M of a block in pixels, 1 to 1024.

    Raises:
        ValueError: where the key is no such permutation, or the side no such number.

    Source: M. Tanaka, "Learnable Image Encryption", 2018; the paper, section II-A.

    >>> BlockScrambler(range(6), block_size=1).key.tolist()
    [0, 1, 2, 3, 4, 5]
    """

    def __init__(self, key: Sequence[int] | Order, block_size: int = 4):
        self.key, self.block_size = check_key(key, block_size), check_block_size(block_size)
        self.key.flags.writeable = False

    def encrypt(self, pictures: Pictures) -> Pictures:
        """Scramble every block of every picture.

        Args:
            pictures: uint8 (n, height, width, 3), of any sides.

        Returns:
            uint8 of that shape, its sides padded to whole blocks, as by `pad`.

        Raises:
            ValueError: for other pictures, above all for floats.

        Source: the paper, Figure 2.

        >>> pixel = np.uint8([[[[0x12, 0x34, 0x56]]]])
        >>> encrypted = BlockScrambler([5, 0, 1, 2, 3, 4], block_size=1).encrypt(pixel)
        >>> [hex(byte) for byte in encrypted.ravel().tolist()]
        ['0x65', '0x1d', '0xc4']
        """
        return self._scrambled(pad(pictures, self.block_size), self.key)

    def decrypt(self, ciphertexts: Pictures) -> Pictures:
        """Undo `encrypt`, exactly; what it padded is cut off by `[:, :height, :width]`.

        Args:
            ciphertexts: uint8 (n, height, width, 3), of whole blocks.

        Returns:
            uint8 of that shape.

        Raises:
            ValueError: for other pictures, or where the sides are no whole blocks.

        Source: the paper, Figure 2, from right to left.

        >>> cipher, pictures = BlockScrambler(range(96)[::-1]), np.zeros((1, 4, 8, 3), np.uint8)
        >>> np.array_equal(cipher.decrypt(cipher.encrypt(pictures)), pictures)
        True
        """
        check_ciphertexts(ciphertexts, self.block_size)
        return self._scrambled(ciphertexts, np.argsort(self.key))

    def _scrambled(self, pictures: Pictures, order: Order) -> Pictures:
        """Nibbles reversed, taken in this order, and reversed again: twice is not at all."""
        backwards = reversed_nibbles(self.key)
        return fast.scrambled(pictures, self.block_size, order, backwards ^ backwards[order])


def random_key(rng: np.random.Generator, block_size: int = 4) -> Order:
    """Draw one of the (6 M M)! keys. (For lessons: real keys come from `secrets`.)

    Args:
        rng: where the chance comes from; the same state gives the same key.
        block_size: the side M of a block in pixels, 1 to 1024.

    Returns:
        int64 (6 M M,), each of 0 to 6 M M - 1 once.

    Raises:
        ValueError: where `rng` is no generator of NumPy's, or the side no such number.

    Source: M. Tanaka, "Learnable Image Encryption", 2018.

    >>> sorted(random_key(np.random.default_rng(1), block_size=1).tolist())
    [0, 1, 2, 3, 4, 5]
    """
    return check_generator(rng).permutation(6 * check_block_size(block_size) ** 2)


def reversed_nibbles(key: Order) -> npt.NDArray[np.bool_]:
    """Which nibbles are reversed, bool (6 M M,): the key itself says it, where it is above 3 M M.

    So there is no second secret, and the two reversals tell an attacker about the order.
    """
    return key > len(key) // 2


def to_nibbles(pictures: Pictures, block_size: int = 4) -> Nibbles:
    """Cut the bytes of every block into nibbles, and put their number in the block first.

    Bytes count by row, column and colour. First come their low nibbles, then their high ones, so
    byte b is nibble b + 16 times nibble 3 M M + b.

    Args:
        pictures: uint8 (n, height, width, 3), padded as by `pad`.
        block_size: the side M of a block in pixels, 1 to 1024.

    Returns:
        uint8 (6 M M, n, height / M, width / M), each 0 to 15.

    Raises:
        ValueError: for other pictures, or another side of a block.

    Source: the paper, section II-A ("upper and lower 4-bit"), and Figure 2.

    >>> to_nibbles(np.uint8([[[[0x12, 0x34, 0x56]]]]), block_size=1).ravel().tolist()
    [2, 4, 6, 1, 3, 5]
    """
    m = check_block_size(block_size)
    pictures = pad(pictures, m)
    n, height, width, _ = pictures.shape
    blocks = pictures.reshape(n, height // m, m, width // m, 3 * m).transpose(2, 4, 0, 1, 3)
    rows = blocks.reshape(3 * m * m, n, height // m, width // m)
    return np.concatenate([rows & 0x0F, rows >> 4])


def from_nibbles(nibbles: np.ndarray) -> Pictures:
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


def pad(pictures: Pictures, block_size: int = 4) -> Pictures:
    """The last row and the last column repeated until both sides are whole blocks.

    Pictures are uint8 (n, height, width, 3); ValueError for others.
    """
    height, width = check_pictures(pictures).shape[1:3]
    block_size = check_block_size(block_size)
    down, right = -height % block_size, -width % block_size
    if down == right == 0:
        return pictures
    return np.pad(pictures, ((0, 0), (0, down), (0, right), (0, 0)), mode="edge")


def check_key(key: Sequence[int] | Order, block_size: int = 4) -> Order:
    """A copy of `key`, int64 (6 M M,), once it is known to have each of 0 to 6 M M - 1 once."""
    count = 6 * check_block_size(block_size) ** 2
    try:
        entries = np.array(key)
    except Exception:  # rows of unequal lengths, for example
        entries = np.array(None)
    whole = entries.ndim == 1 and entries.dtype.kind in "ui"
    if not whole or not np.array_equal(np.sort(entries), np.arange(count)):
        came = f"{entries.dtype} {entries.shape}"
        if whole:
            came = f"{len(np.unique(entries))} different ones"
        raise ValueError(
            f"A key for blocks of {block_size} x {block_size} pixels is the whole numbers 0 to "
            f"{count - 1}, each once; here are {entries.size}, {came}: draw one with random_key."
        )
    return entries.astype(np.int64)


def check_pictures(pictures: Pictures) -> Pictures:
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


def check_ciphertexts(ciphertexts: Pictures, block_size: int = 4) -> Pictures:
    """`ciphertexts`, once they are known to be pictures, as above, of whole blocks."""
    height, width = check_pictures(ciphertexts).shape[1:3]
    block_size = check_block_size(block_size)
    if height % block_size or width % block_size:
        raise ValueError(
            f"A ciphertext is whole blocks of {block_size} x {block_size} pixels; these have "
            f"{height} x {width}: check the block size, and that nothing was cut off."
        )
    return ciphertexts


def check_block_size(block_size: int) -> int:
    """`block_size` as an int of Python's, once it is known to be whole, from 1 to 1024."""
    if not is_whole(block_size) or not 1 <= block_size <= 1024:
        raise ValueError(
            "A block has a whole number of pixels a side, at least 1 and at most 1024; "
            f"{short(block_size)} came: the paper's is 4."
        )
    return int(block_size)
