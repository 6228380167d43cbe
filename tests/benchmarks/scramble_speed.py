"""Tanaka's cipher on a batch of pictures: against two plainer ways to write it, and a bare copy.

The first peer takes the steps of the program that M. Tanaka published (mastnk/ICCE-TW2018), each on
all pictures at once, as NumPy invites to; the second does what the definition says, nibble after
nibble. Both are written anew here, and each is timed only once it gave the bytes of ours.
"""

from __future__ import annotations

import numpy as np
from measure import Row, in_turns

from helpers.learnable.scramble import BlockScrambler, random_key

BLOCK, BYTES = 4, 48
ON_BYTES = "the published program's steps in NumPy"
ON_FLOATS = "the same, floats in and out, as published"
LITERAL = "a loop over blocks and nibbles"
COPY = "a copy of the pictures"


def rows(pictures: int = 10_000, literal: int = 4, repeats: int = 5) -> list[Row]:
    """Encryption of `pictures` of 32 x 32 pixels; the loop is timed on the first `literal` of them.

    The published program turns floats into bytes by cutting off, so its floats are given half a
    byte more than theirs: both then encrypt the same pictures.
    """
    rng = np.random.default_rng(0)
    key, batch = random_key(rng), rng.integers(0, 256, (pictures, 32, 32, 3), np.uint8)
    floats, few = (batch + np.float32(0.5)) / 255, batch[:literal]
    cipher = BlockScrambler(key)
    expected = cipher.encrypt(batch)
    same(on_bytes(batch, key), expected)
    same(np.rint(on_floats(floats, key) * 255), expected)
    same(literally(few, key), expected[:literal])

    ours, by_bytes, by_floats, loop, copied = in_turns(
        lambda: cipher.encrypt(batch),
        lambda: on_bytes(batch, key),
        lambda: on_floats(floats, key),
        lambda: literally(few, key),
        batch.copy,
        repeats=repeats,
    )

    def row(against: str, peer: float, note: str = "") -> Row:
        name, unit = f"scramble {pictures:,} pictures", "pictures/s"
        return Row(name, against, pictures / ours, peer, unit, note)

    return [
        row(ON_BYTES, pictures / by_bytes),
        row(ON_FLOATS, pictures / by_floats),
        row(LITERAL, literal / loop, f"the loop timed on {literal} pictures"),
        row(COPY, pictures / copied),
    ]


def same(found: np.ndarray, expected: np.ndarray) -> None:
    if not np.array_equal(found, expected):
        raise AssertionError("The peer gave other bytes than ours: the two cannot be compared.")


def on_bytes(pictures: np.ndarray, key: np.ndarray) -> np.ndarray:
    """Blocks to the front, their nibbles on the last axis; then reverse, shuffle, reverse."""
    n, height, width, _ = pictures.shape
    down, across = height // BLOCK, width // BLOCK
    blocks = pictures.reshape(n, down, BLOCK, across, BLOCK, 3).transpose(0, 1, 3, 2, 4, 5)
    blocks = blocks.reshape(n, down, across, BYTES)
    nibbles = np.concatenate([blocks & 15, blocks >> 4], axis=-1)
    backwards = key > BYTES
    nibbles[..., backwards] = 15 - nibbles[..., backwards].astype(np.int32)
    nibbles = nibbles[..., key]
    nibbles[..., backwards] = 15 - nibbles[..., backwards].astype(np.int32)
    blocks = nibbles[..., :BYTES] + (nibbles[..., BYTES:] << 4)
    blocks = blocks.reshape(n, down, across, BLOCK, BLOCK, 3).transpose(0, 1, 3, 2, 4, 5)
    return blocks.reshape(pictures.shape)


def on_floats(pictures: np.ndarray, key: np.ndarray) -> np.ndarray:
    """Floats from 0 to 1, as a network takes them, to bytes and back."""
    return on_bytes((pictures * 255).astype(np.uint8), key).astype(np.float32) / 255


def literally(pictures: np.ndarray, key: np.ndarray) -> np.ndarray:
    """The definition, block by block and nibble by nibble."""
    scrambled = np.empty_like(pictures)
    for picture, result in zip(pictures, scrambled):
        for top in range(0, picture.shape[0], BLOCK):
            for left in range(0, picture.shape[1], BLOCK):
                window = np.s_[top : top + BLOCK, left : left + BLOCK]
                block = [int(byte) for byte in picture[window].ravel()]
                result[window] = np.reshape(scramble_block(block, key), (BLOCK, BLOCK, 3))
    return scrambled


def scramble_block(block: list[int], key: np.ndarray) -> list[int]:
    """One block of 48 bytes."""
    nibbles = [byte % 16 for byte in block] + [byte // 16 for byte in block]
    backwards = [15 - v if k > BYTES else v for v, k in zip(nibbles, key)]
    shuffled = [backwards[k] for k in key]
    low_high = [15 - v if k > BYTES else v for v, k in zip(shuffled, key)]
    return [low + 16 * high for low, high in zip(low_high, low_high[BYTES:])]
