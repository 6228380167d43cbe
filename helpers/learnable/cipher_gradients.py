"""The loss of a model behind the cipher, as it depends on the plain picture: for attackers with a
key.

Pictures are bytes, uint8 (n, height, width, 3), unless they are called x: float32 from 0 to 1.
"""

from __future__ import annotations

import numpy as np

from helpers.learnable import scramble
from helpers.learnable.gradients import Floats, Gradient, Labels, gradient
from helpers.learnable.scramble import BlockScrambler, Pictures
from helpers.quiet_keras import keras


def bpda(cipher: BlockScrambler | None) -> Gradient:
    """A gradient through the cipher: BPDA, the backward pass differentiable approximation.

    The cipher only moves and reverses nibbles, so slopes go back exactly, to the nibbles. There a
    byte p has the high nibble floor(p / 16), flat almost everywhere; the slope of p / 16 stands in
    for it. The low nibble, a saw of 16 teeth, is dropped. (Athalye, Carlini and Wagner 2018,
    section 4.1; where the identity stands in, it is the straight-through estimator of Bengio,
    Leonard and Courville 2013.)
    """

    def grad(model, x, y, loss):
        _, high, logits = nibble_slopes(model, cipher, floats_to_bytes(x), y, loss)
        return high / 16 * 255, logits

    return grad


def nibble_slopes(
    model: keras.Model,
    cipher: BlockScrambler | None,
    pictures: Pictures,
    labels: Labels,
    loss: str = "cross-entropy",
) -> tuple[Floats, Floats, Floats]:
    """(low, high, logits): how the loss grows with one step of each nibble of the plain pictures.

    low and high are float32 like the pictures. Without a cipher, one step of a high nibble is 16 of
    the low one. With one, the rows and columns that it pads are cut off again.
    """
    if cipher is None:
        slope, logits = gradient(model, bytes_to_floats(pictures), labels, loss)
        by_byte = slope / np.float32(255)
        return by_byte, 16 * by_byte, logits
    slope, logits = gradient(model, bytes_to_floats(cipher.encrypt(pictures)), labels, loss)
    inside = np.s_[:, : pictures.shape[1], : pictures.shape[2]]
    low, high = (part[inside] for part in back_through(cipher, slope / np.float32(255)))
    return low, high, logits


def back_through(cipher: BlockScrambler, slope: Floats) -> tuple[Floats, Floats]:
    """Slopes by the cipher's bytes as slopes by the plain nibbles, low and high.

    Output nibble i is input nibble key[i], reversed if one of the two places reverses and the other
    does not: then its slope changes sign. One step of a high nibble is 16 of its byte.
    """
    by_byte = to_blocks(slope, cipher.block_size)
    by_output = np.concatenate([by_byte, 16 * by_byte], axis=-1)
    backwards = scramble.reversed_nibbles(cipher.key)
    flips = backwards[cipher.key] != backwards
    by_input = np.empty_like(by_output)
    by_input[..., cipher.key] = np.where(flips, -by_output, by_output)
    low, high = np.split(by_input, 2, axis=-1)
    return from_blocks(low, cipher.block_size), from_blocks(high, cipher.block_size)


def to_blocks(pictures: np.ndarray, m: int) -> np.ndarray:
    """(n, height, width, c) as (n, height / m, width / m, m m c), blocks in the cipher's order."""
    n, height, width, c = pictures.shape
    rows = pictures.reshape(n, height // m, m, width // m, m * c)
    return rows.swapaxes(2, 3).reshape(n, height // m, width // m, m * m * c)


def from_blocks(blocks: np.ndarray, m: int) -> np.ndarray:
    """The inverse of `to_blocks`."""
    n, down, across, size = blocks.shape
    rows = blocks.reshape(n, down, across, m, size // m).swapaxes(2, 3)
    return rows.reshape(n, down * m, across * m, size // m // m)


def bytes_to_floats(pictures: Pictures) -> Floats:
    """Bytes, uint8, as float32 from 0 to 1. ValueError unless they are pictures of bytes."""
    return scramble.check_pictures(pictures) / np.float32(255)


def floats_to_bytes(x: Floats) -> Pictures:
    """Floats from 0 to 1 as the nearest bytes, uint8: the inverse of `bytes_to_floats`."""
    return np.round(x * 255).astype(np.uint8)
