"""Speck32/64, the small cipher on which Gohr tried his networks: to compare with what he published.

Beaulieu et al. (2013, "The SIMON and SPECK Families of Lightweight Block Ciphers"). A block is two
words of 16 bits, a key four. NumPy; each block under its own key.
"""

from __future__ import annotations

import numpy as np

Words = np.ndarray  # uint16 (2, n): the left words of blocks, and the right ones

ROUNDS = 22
DIFFERENCE = np.array([[0x0040], [0x0000]], np.uint16)  # Gohr's


def turned(words: np.ndarray, places: int) -> np.ndarray:
    """Words of 16 bits, uint16, turned to the left."""
    return words << np.uint16(places) | words >> np.uint16(16 - places)


def one_round(left: np.ndarray, right: np.ndarray, key: np.ndarray | int) -> Words:
    """A round of Speck, uint16 (n,) each: the sum is modulo 2^16."""
    left = (turned(left, 9) + right) ^ np.uint16(key)
    return np.stack([left, turned(right, 2) ^ left])


def round_keys(keys: np.ndarray, rounds: int) -> list[np.ndarray]:
    """The key of each round, from keys uint16 (4, n), the words as the paper prints them."""
    *others, key = keys
    waiting, found = others[::-1], [key]
    for r in range(rounds - 1):
        new, key = one_round(waiting[r % 3], key, r)
        waiting[r % 3] = new
        found.append(key)
    return found


def encrypt(blocks: Words, keys: np.ndarray, rounds: int = ROUNDS) -> Words:
    """Blocks, uint16 (2, n), under keys, uint16 (4, n).

    >>> key, block = np.uint16([0x1918, 0x1110, 0x0908, 0x0100]), np.uint16([0x6574, 0x694C])
    >>> [hex(word) for word in encrypt(block[:, None], key[:, None])[:, 0]]
    ['0xa868', '0x42f2']
    """
    for key in round_keys(keys, rounds):
        left, right = blocks
        blocks = one_round(left, right, key)
    return blocks


def without_the_last_turn(blocks: Words) -> Words:
    """The left words, and the right ones as they were before the last round: no key is needed."""
    left, right = blocks
    return np.stack([left, turned(left ^ right, 14)])
