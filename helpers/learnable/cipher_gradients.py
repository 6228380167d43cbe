"""The loss of a model behind the cipher, as it depends on the plain picture: for attackers with a
key.

Pictures are bytes, uint8 (n, height, width, 3), unless they are called x: float32 from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from helpers.learnable import scramble
from helpers.learnable.gradients import Gradient, gradient
from helpers.learnable.scramble import BlockScrambler
from helpers.quiet_keras import keras

# --- slopes by the nibbles ------------------------------------------------------------------------


def straight_through(next_cipher: Callable[[], BlockScrambler]) -> Gradient:
    """A gradient for plain pictures, through a cipher that is asked for at each step.

    The cipher only moves and reverses nibbles, so slopes go back exactly, to the nibbles. There a
    byte p has the high nibble floor(p / 16), flat almost everywhere; the slope of p / 16 stands in
    for it ("straight-through": Bengio, Leonard and Courville 2013). The low nibble, a saw of 16
    teeth, is left out.
    """

    def grad(model, x, y, loss):
        _, high, logits = nibble_slopes(model, next_cipher(), as_bytes(x), y, loss)
        return high / 16 * 255, logits

    return grad


def nibble_slopes(
    model: keras.Model,
    cipher: BlockScrambler | None,
    pictures: np.ndarray,
    labels: np.ndarray,
    loss: str = "cross-entropy",
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(low, high, logits): how the loss grows with one step of each nibble of the plain pictures.

    low and high are float32 like the pictures, (n, height, width, 3). Without a cipher, one step of
    a high nibble is 16 of the low one.
    """
    if cipher is None:
        slope, logits = gradient(model, as_floats(pictures), labels, loss)
        return slope / 255, 16 * (slope / 255), logits
    slope, logits = gradient(model, as_floats(cipher.encrypt(pictures)), labels, loss)
    low, high = back_through(cipher, slope)
    return cropped(low, pictures), cropped(high, pictures), logits


def back_through(cipher: BlockScrambler, slope: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slopes by the cipher's bytes / 255 as slopes by the plain nibbles, low and high.

    Output nibble i is input nibble key[i], reversed if one of the two places reverses and the other
    does not: then its slope changes sign. One step of a high nibble is 16 of its byte.
    """
    by_byte = to_blocks(slope / 255, cipher.block_size)
    by_output = np.concatenate([by_byte, 16 * by_byte], axis=-1)
    backwards = scramble.reversed_nibbles(cipher.key)
    flips = backwards[cipher.key] != backwards
    by_input = np.empty_like(by_output)
    by_input[..., cipher.key] = np.where(flips, -by_output, by_output)
    low, high = np.split(by_input, 2, axis=-1)
    return from_blocks(low, cipher.block_size), from_blocks(high, cipher.block_size)


# --- the best bytes for such slopes ---------------------------------------------------------------


def border_bytes(pictures: np.ndarray, size: int) -> np.ndarray:
    """The six bytes within `size` of each byte that can be best, uint8 (6, n, height, width, 3).

    A sum g_high * high(v) + g_low * low(v) is straight between two nibble borders, and rises or
    falls evenly from one border to the next. So its greatest value in the ball is at an end, or
    beside the first or the last border.
    """
    first = np.maximum(pictures.astype(np.int16) - size, 0)
    last = np.minimum(pictures.astype(np.int16) + size, 255)
    after, before = (first | 15) + 1, last & ~15  # the lowest and highest multiple of 16 inside
    six = np.stack([first, last, after - 1, after, before - 1, before])
    return np.clip(six, first, last).astype(np.uint8)


def most_promising(candidates: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Of candidates v, uint8 (k, ...), those with the greatest g_high high(v) + g_low low(v)."""
    gain = high * (candidates >> 4) + low * (candidates & 15)
    return np.take_along_axis(candidates, gain.argmax(axis=0)[None], axis=0)[0]


# --- blocks, bytes, padding -----------------------------------------------------------------------


def to_blocks(pictures: np.ndarray, m: int) -> np.ndarray:
    """(n, height, width, c) as (n, height / m, width / m, m m c), blocks in the cipher's order."""
    n, height, width, c = pictures.shape
    return (
        pictures.reshape(n, height // m, m, width // m, m * c)
        .swapaxes(2, 3)
        .reshape(n, height // m, width // m, m * m * c)
    )


def from_blocks(blocks: np.ndarray, m: int) -> np.ndarray:
    """The inverse of `to_blocks`."""
    n, down, across, size = blocks.shape
    return (
        blocks.reshape(n, down, across, m, size // m)
        .swapaxes(2, 3)
        .reshape(n, down * m, across * m, size // m // m)
    )


def as_floats(pictures: np.ndarray) -> np.ndarray:
    """Bytes, uint8, as float32 from 0 to 1. ValueError unless they are pictures of bytes."""
    return scramble.check_pictures(pictures) / np.float32(255)


def as_bytes(x: np.ndarray) -> np.ndarray:
    """Floats from 0 to 1 as the nearest bytes, uint8: the inverse of `as_floats`."""
    return np.round(x * 255).astype(np.uint8)


def cropped(padded: np.ndarray, pictures: np.ndarray) -> np.ndarray:
    """Without the rows and columns that the cipher padded to `pictures`."""
    return padded[:, : pictures.shape[1], : pictures.shape[2]]
