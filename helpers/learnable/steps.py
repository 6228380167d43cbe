"""A small network as a list of steps, which a page follows without Keras: live/classifier.js.

Batch normalisation is folded into the convolution before it, as in `folding`.
"""

from __future__ import annotations

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

    Raises ValueError where the model has layers of other kinds.
    """
    steps: list[Step] = []
    numbers: dict[int, int] = {}  # {id of a tensor: the number of its step}
    kept: list[Any] = []  # the tensors themselves, or their ids would be given away again

    def call(layer: keras.Layer, *inputs: Any, **_: Any) -> Any:
        tensors = inputs[0] if isinstance(inputs[0], (list, tuple)) else list(inputs)
        of = [numbers.get(id(tensor), 0) for tensor in tensors]
        result = layer(inputs[0])
        if isinstance(layer, layers.BatchNormalization) and folds_into(steps, of, layer):
            fold(steps[of[0] - 1], layer)
            numbers[id(result)] = of[0]
        else:
            steps.append(step_of(layer, of, tensors[0].shape))
            numbers[id(result)] = len(steps)
        kept.append(result)
        return result

    keras.models.clone_model(model, clone_function=lambda same: same, call_function=call)
    return [{name: each for name, each in step.items() if name != "layer"} for step in steps]


def step_of(layer: keras.Layer, of: list[int], shape: tuple) -> Step:
    """One layer, of tensors of this shape, as a step; ValueError for a kind unknown in pages."""
    weights = [np.float32(weight) for weight in layer.get_weights()]
    step: Step = {"of": of, "layer": layer}
    if type(layer) is layers.Conv2D and layer.padding == "same" and not layer.use_bias:
        bias = np.zeros(layer.filters, np.float32)
        return step | {
            "op": "conv",
            "kernel": weights[0],
            "bias": bias,
            "stride": layer.strides[0],
            "side": shape[1],
        }
    if type(layer) is layers.ReLU:
        return step | {"op": "relu"}
    if type(layer) is layers.Add:
        return step | {"op": "add"}
    if type(layer) is layers.GlobalAveragePooling2D:
        return step | {"op": "mean", "channels": shape[-1]}
    if type(layer) is layers.Dense:
        return step | {"op": "dense", "kernel": weights[0], "bias": weights[1]}
    raise ValueError(
        f"This control runs networks like the kit's narrow_resnet in the page, and {layer.name} is "
        'a layer of another kind: take scenarios.load("Plain")[0], for example.'
    )


def folds_into(steps: list[Step], of: list[int], norm: keras.Layer) -> bool:
    """Whether the step before a normalisation is a convolution that it can be folded into."""
    return bool(of[0]) and steps[of[0] - 1]["op"] == "conv" and fit(steps[of[0] - 1]["layer"], norm)


def fold(step: Step, norm: keras.Layer) -> None:
    """Put a normalisation into a convolution's weights, in place."""
    gamma, beta, mean, variance = map(np.float64, norm.get_weights())
    scale = gamma / np.sqrt(variance + norm.epsilon)
    step["kernel"] = np.float32(step["kernel"] * scale)
    step["bias"] = np.float32(beta - mean * scale)
