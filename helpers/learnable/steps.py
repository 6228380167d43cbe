"""A small network as a list of steps, which a page follows without Keras: live/classifier.js.

Batch normalisation is folded into the convolution before it, as in `folding`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.learnable.folding import fit
from helpers.quiet_keras import keras

layers = keras.layers
Step = dict[str, Any]  # what it does, the numbers of the steps that it is made of, its weights


def steps_of(model: keras.Model) -> list[Step]:
    """The steps of a model of square pictures, such as `models.narrow_resnet` builds.

    Each is {"op": "conv" | "relu" | "add" | "mean" | "dense", "of": [...]} and its own numbers,
    with weights as float32. Step number 0 is the picture, and the last one gives the logits.

    Raises ValueError where the model has layers of other kinds, or the same layer twice.
    """
    steps: list[Step] = []
    made_by: dict[int, keras.Layer] = {}  # {number of a step: its layer}
    numbers = {id(model.input): 0}  # {id of a tensor: the number of its step}
    for layer in model.layers[1:]:
        inputs = layer.input if isinstance(layer.input, list) else [layer.input]
        of = [known(numbers.get(id(tensor)), layer) for tensor in inputs]
        if folds(made_by.get(of[0]), layer):
            fold(steps[of[0] - 1], layer)
            numbers[id(layer.output)] = numbers.pop(id(inputs[0]))  # nobody else may read it
        else:
            steps.append({"of": of, **step_of(layer, inputs[0].shape)})
            numbers[id(layer.output)] = len(steps)
            made_by[len(steps)] = layer
    known(numbers.get(id(model.output)), model)
    return steps


def known(found: Any, layer: keras.Layer) -> Any:
    """What was found; ValueError where it is None, since a page cannot run this layer."""
    if found is None:
        raise ValueError(
            "This control runs networks like the kit's narrow_resnet in the page, and "
            f'{layer.name} is no part of one: take scenarios.load("Plain")[0], for example.'
        )
    return found


def step_of(layer: keras.Layer, shape: tuple) -> Step:
    """One layer, of tensors of this shape, as a step; ValueError for a kind unknown in pages."""
    return known(KINDS.get(type(layer), lambda *_: None)(layer, shape), layer)


def convolution(layer: keras.Layer, shape: tuple) -> Step | None:
    """A convolution of a square, zeros beyond its edges, without bias or activation."""
    plain = layer.padding == "same" and layer.groups == 1 and {*layer.dilation_rate} == {1}
    bare = plain and not layer.use_bias and layer.activation is keras.activations.linear
    square = shape[1] == shape[2] and len({*layer.strides}) == len({*layer.kernel_size}) == 1
    if not (bare and square):
        return None
    kernel, bias = np.float32(layer.kernel), np.zeros(layer.filters, np.float32)
    return {
        "op": "conv",
        "kernel": kernel,
        "bias": bias,
        "stride": layer.strides[0],
        "side": shape[1],
    }


def relu(layer: keras.Layer, _shape: tuple) -> Step | None:
    """Zero for what is below it, else as it is."""
    bends = layer.max_value is not None or layer.negative_slope or layer.threshold
    return None if bends else {"op": "relu"}


def add(layer: keras.Layer, _shape: tuple) -> Step | None:
    """The sum of two."""
    return {"op": "add"} if len(layer.input) == 2 else None


def mean(layer: keras.Layer, shape: tuple) -> Step | None:
    """Each channel's mean."""
    return None if layer.keepdims else {"op": "mean", "channels": shape[-1]}


def dense(layer: keras.Layer, _shape: tuple) -> Step | None:
    """The logits: no activation."""
    if not layer.use_bias or layer.activation is not keras.activations.linear:
        return None
    return {"op": "dense", "kernel": np.float32(layer.kernel), "bias": np.float32(layer.bias)}


KINDS: dict[type, Callable[[keras.Layer, tuple], Step | None]] = {
    layers.Conv2D: convolution,
    layers.ReLU: relu,
    layers.Add: add,
    layers.GlobalAveragePooling2D: mean,
    layers.Dense: dense,
}


def folds(before: keras.Layer | None, layer: keras.Layer) -> bool:
    """Whether a layer is a normalisation that goes into the convolution before it."""
    both = type(before) is layers.Conv2D and type(layer) is layers.BatchNormalization
    return both and fit(before, layer)


def fold(step: Step, norm: keras.Layer) -> None:
    """Put a normalisation into a convolution's weights, in place."""
    gamma, beta, mean, variance = map(np.float64, norm.get_weights())
    scale = gamma / np.sqrt(variance + norm.epsilon)
    step["kernel"] = np.float32(step["kernel"] * scale)
    step["bias"] = np.float32(beta - mean * scale)
