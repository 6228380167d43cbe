"""A small network as a chain of matrix products.

A convolution is a matrix product too: its few numbers, placed again and again in a larger matrix.
For networks as tiny as Alice's that form is much faster, in training (TensorFlow) and in use
(NumPy, which then needs no TensorFlow at all).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import NamedTuple

import numpy as np

# So few that NumPy leaves a product with a matrix of 64 x 64 to one core: from 128 rows on it would
# be shared between cores, which on a busy machine takes ten times as long.
ROWS_AT_ONCE = 96


class Link(NamedTuple):
    """A layer without its weights: its stride (0: Dense), and what length a convolution reads."""

    activation: str
    stride: int = 0
    length: int = 0


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), through tanh, which NumPy computes several times faster than exp."""
    return 0.5 * np.tanh(0.5 * x) + 0.5


def linear(x: np.ndarray) -> np.ndarray:
    """As it is."""
    return x


def gate(x: np.ndarray) -> np.ndarray:
    """The left half of the columns times the right half: (..., 2 n) to (..., n)."""
    left, right = np.split(x, 2, axis=-1)
    return left * right


def sign(x: np.ndarray) -> np.ndarray:
    """+1 from 0 upwards, else -1: what makes a ciphertext of bits."""
    return np.where(x >= 0, np.float32(1), np.float32(-1))


ACTIVATIONS = {"sigmoid": sigmoid, "tanh": np.tanh, "linear": linear, "gate": gate, "sign": sign}


class Chain:
    """A trained network in NumPy: float32 (n, inputs) -> float32 (n, outputs)."""

    def __init__(self, links: Sequence[Link], weights: Sequence[np.ndarray]):
        """`weights` = [kernel, bias, kernel, bias, ...], as `keras.Model.get_weights` has them."""
        self.links = tuple(Link(*link) for link in links)
        self.weights = [np.asarray(w, np.float32) for w in weights]
        self.matrices = as_matrices(self.links, self.weights)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """The outputs for the rows of `x`; two inputs stand side by side in a row."""
        starts = range(0, max(len(x), 1), ROWS_AT_ONCE)
        return np.concatenate([self._forward(x[i : i + ROWS_AT_ONCE]) for i in starts])

    def _forward(self, x: np.ndarray) -> np.ndarray:
        for link, (matrix, bias) in zip(self.links, self.matrices):
            x = ACTIVATIONS[link.activation](x @ matrix + bias)
        return x

    def arrays(self) -> dict[str, np.ndarray]:
        """The network as arrays for a file: "links", a JSON text, and the weights "00", "01"."""
        numbered = {f"{i:02d}": weights for i, weights in enumerate(self.weights)}
        return {"links": np.array(json.dumps(self.links)), **numbered}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Chain:
        """The network that `arrays` describes. KeyError where that is none."""
        weights = [arrays[name] for name in sorted(filter(str.isdecimal, arrays), key=int)]
        return cls(json.loads(str(arrays["links"])), weights)


def links_of(model) -> tuple[Link, ...]:
    """The layers with weights of a Keras model, in order: Dense, or Conv1D with padding "same"."""
    weighted = [layer for layer in model.layers if layer.weights]
    return tuple(
        Link(layer.activation.__name__, layer.strides[0], layer.input.shape[1])
        if hasattr(layer, "strides")
        else Link(layer.activation.__name__)
        for layer in weighted
    )


def as_matrices(links: Sequence[Link], weights: Sequence, xp: ModuleType = np) -> list[tuple]:
    """[(matrix (inputs, outputs), bias (outputs,)), ...] from the layers' kernels and biases.

    `xp` is the library that does it: NumPy, or TensorFlow where gradients must flow back to the
    kernels.
    """
    matrices = []
    for link, kernel, bias in zip(links, weights[0::2], weights[1::2]):
        if link.stride:
            where = placement(kernel.shape[0], link.length, link.stride)
            inputs, outputs = where.shape[1] * kernel.shape[1], where.shape[2] * kernel.shape[2]
            kernel = xp.reshape(xp.einsum("kcf,kij->icjf", kernel, where), (inputs, outputs))
            bias = xp.tile(bias, [where.shape[2]])  # the same bias at every position
        matrices.append((kernel, bias))
    return matrices


def placement(window: int, length: int, stride: int) -> np.ndarray:
    """float32 (window, length, outputs): 1 where tap k reads position i for output j.

    The padding is "same": zeros on both sides, one more on the right where the number is odd.
    """
    outputs = -(-length // stride)
    before = max((outputs - 1) * stride + window - length, 0) // 2
    k, i, j = np.ogrid[:window, :length, :outputs]
    return (i == j * stride + k - before).astype(np.float32)
