"""A small network as a chain of matrix products.

A convolution is a matrix product too: its few numbers, placed again and again in a larger matrix.
For networks as tiny as Alice's that form is much faster, in training (TensorFlow) and in use
(NumPy, which then needs no TensorFlow at all).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from helpers.files import json_in

# So few that NumPy leaves a product with a matrix of 64 x 64 to one core, also where
# OPENBLAS_NUM_THREADS allows more: shared, it takes ten times as long on a busy machine.
ROWS_AT_ONCE = 96

Array = Any  # of NumPy, or of TensorFlow
Table = Mapping[str, Callable[[Array], Array]]  # by their names

MOST_NUMBERS = 1 << 22  # in a matrix: many times what any network of the kit has


class Layer(NamedTuple):
    """A layer without its weights: its stride (0: Dense), and what length a convolution reads."""

    activation: str
    stride: int = 0
    length: int = 0


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), through tanh, which NumPy computes several times faster than exp."""
    return 0.5 * np.tanh(0.5 * x) + 0.5


def linear(x: Array) -> Array:
    """As it is."""
    return x


def gate(x: Array) -> Array:
    """The left half of the columns times the right half: (..., 2 n) to (..., n)."""
    half = x.shape[-1] // 2
    return x[..., :half] * x[..., half:]


def sign(x: np.ndarray) -> np.ndarray:
    """+1 from 0 upwards, else -1: what makes a ciphertext of bits. Faster than `np.where`."""
    return (x >= 0) * np.float32(2) - np.float32(1)


ACTIVATIONS: Table = {
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "linear": linear,
    "gate": gate,
    "sign": sign,
}


def tensorflow_activations() -> Table:
    """What `forward` needs where all is TensorFlow's, which is loaded only now."""
    from helpers.quiet_keras import tensorflow as tf

    def sign(x: Array) -> Array:
        return tf.where(x >= 0, 1.0, -1.0)

    return {**ACTIVATIONS, "sigmoid": tf.sigmoid, "tanh": tf.tanh, "sign": sign}


def forward(
    layers: Sequence[Layer], matrices: Sequence[tuple], x: Array, activations: Table = ACTIVATIONS
) -> Array:
    """What a network makes of the rows of `x`: (n, inputs) to (n, outputs).

    Args:
        layers: what tells here is each one's activation.
        matrices: a (matrix, bias) for each layer, as `as_matrices` gives them.
        x: float32 (n, inputs).
        activations: NumPy's, or `tensorflow_activations()` where all is TensorFlow's. Both have
            the same "linear" and "gate", so that a network of gates needs no others.

    Returns:
        float32 (n, outputs), of the library of `x`.

    >>> forward([Layer("gate")], [(np.eye(2), np.zeros(2))], np.array([[3.0, 5.0]])).tolist()
    [[15.0]]
    """
    for layer, (matrix, bias) in zip(layers, matrices):
        x = activations[layer.activation](x @ matrix + bias)
    return x


class Chain:
    """A trained network in NumPy: float32 (n, inputs) -> float32 (n, outputs)."""

    def __init__(self, layers: Sequence[Layer], weights: Sequence[np.ndarray]):
        """`weights` = [kernel, bias, kernel, bias, ...], as `keras.Model.get_weights` has them.

        Raises ValueError unless they are finite, and of shapes that fit the layers and each other.
        """
        self.layers = checked_layers(layers)
        self.weights = [finite(w) for w in weights]
        self.shape = checked_shape(self.layers, self.weights)
        self.matrices = as_matrices(self.layers, self.weights)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """The outputs for the rows of `x`; two inputs stand side by side in a row."""
        starts = range(0, max(len(x), 1), ROWS_AT_ONCE)
        parts = (x[i : i + ROWS_AT_ONCE] for i in starts)
        return np.concatenate([forward(self.layers, self.matrices, part) for part in parts])

    def arrays(self) -> dict[str, np.ndarray]:
        """The network as arrays for a file: "links", a JSON text, and the weights "00", "01"."""
        numbered = {f"{i:02d}": weights for i, weights in enumerate(self.weights)}
        return {"links": np.array(json.dumps(self.layers)), **numbered}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Chain:
        """The network that `arrays` describes. ValueError where that is none."""
        return cls(checked_layers(json_in(arrays, "links")), weights_in(arrays))


def weights_in(arrays: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """The weights "00", "01", ... of a network in a file, in their order."""
    names = sorted(filter(str.isdecimal, arrays), key=lambda name: (len(name), name))
    return [arrays[name] for name in names]


def checked_layers(layers: Any) -> tuple[Layer, ...]:
    """Layers, or lists of their parts out of a file, as layers; ValueError for anything else."""
    try:
        found = tuple(Layer(*layer) for layer in layers)
    except TypeError:
        found = ()
    known = [isinstance(one.activation, str) and one.activation in ACTIVATIONS for one in found]
    whole = [isinstance(number, int) and number >= 0 for one in found for number in one[1:]]
    if not found or not all(known + whole):
        raise ValueError(
            "A network is a list of layers, each an activation, a stride and a length, such as "
            f"('tanh', 0, 0), and here is another; the activations are {', '.join(ACTIVATIONS)}: "
            "choose among them."
        )
    return found


def finite(weights: np.ndarray) -> np.ndarray:
    """Weights as float32; ValueError where one is no number, infinite or NaN."""
    weights = np.asarray(weights)
    are_numbers = weights.dtype.kind in "biuf"
    with np.errstate(over="ignore"):
        numbers = weights.astype(np.float32) if are_numbers else np.zeros(0, np.float32)
    if not are_numbers or not np.isfinite(numbers).all():
        raise ValueError(
            "The weights of a network are finite numbers, and here is one that is not: train it "
            "anew, or fetch its file again."
        )
    return numbers


def checked_shape(layers: Sequence[Layer], weights: Sequence[np.ndarray]) -> tuple[int, int]:
    """(inputs, outputs) of a network; ValueError where its layers do not fit together."""
    shapes = [layer_shape(*layer) for layer in zip(layers, weights[0::2], weights[1::2])]
    fit = len(weights) == 2 * len(layers) and all(0 not in shape for shape in shapes)
    if not fit or any(one[1] != next_[0] for one, next_ in pairwise(shapes)):
        raise ValueError(
            "Each layer of a network has a kernel and a bias, and reads as many numbers as the one "
            f"before it gives; weights of {', '.join(str(w.shape) for w in weights)} do not fit "
            "the layers: give those of one network."
        )
    return shapes[0][0], shapes[-1][1]


def layer_shape(layer: Layer, kernel: np.ndarray, bias: np.ndarray) -> tuple[int, int]:
    """(inputs, outputs) of a layer; (0, 0) where kernel and bias are not its own, or are huge."""
    if kernel.ndim != (3 if layer.stride else 2) or bias.shape != kernel.shape[-1:]:
        return 0, 0
    inputs, outputs, size = *kernel.shape[-2:], kernel.size
    if layer.stride:
        positions = -(-layer.length // layer.stride)
        inputs, outputs = inputs * layer.length, outputs * positions
        size = max(inputs * outputs, kernel.shape[0] * layer.length * positions)
    halves = 2 if layer.activation == "gate" else 1
    return (0, 0) if size > MOST_NUMBERS or outputs % halves else (inputs, outputs // halves)


def check_block_function(network: object) -> None:
    """ValueError for a chain that does not read the 32 signs of block and key, and give 16."""
    if isinstance(network, Chain) and network.shape != (32, 16):
        raise ValueError(
            "A network of a cipher has 32 inputs, block and key, and 16 outputs; here are "
            f"{network.shape[0]} and {network.shape[1]}: take one for blocks and keys of 16 bits."
        )


def layers_of(model) -> tuple[Layer, ...]:
    """The layers with weights of a Keras model, in order: Dense, or Conv1D with padding "same"."""
    weighted = [layer for layer in model.layers if layer.weights]
    return tuple(
        Layer(layer.activation.__name__, layer.strides[0], layer.input.shape[1])
        if hasattr(layer, "strides")
        else Layer(layer.activation.__name__)
        for layer in weighted
    )


def as_matrices(layers: Sequence[Layer], weights: Sequence, xp: ModuleType = np) -> list[tuple]:
    """[(matrix (inputs, outputs), bias (outputs,)), ...] from the layers' kernels and biases.

    `xp` is the library that does it: NumPy, or TensorFlow where gradients must flow back to the
    kernels.
    """
    matrices = []
    for layer, kernel, bias in zip(layers, weights[0::2], weights[1::2]):
        if layer.stride:
            where = placement(kernel.shape[0], layer.length, layer.stride)
            inputs, outputs = where.shape[1] * kernel.shape[1], where.shape[2] * kernel.shape[2]
            bias = xp.broadcast_to(bias, (where.shape[2], kernel.shape[2]))  # at every position
            bias = xp.reshape(bias, (outputs,))
            kernel = xp.reshape(xp.einsum("kcf,kij->icjf", kernel, where), (inputs, outputs))
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
