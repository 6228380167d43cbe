"""The one seam to the automatic gradients of Keras' backends, TensorFlow and JAX, in batches.

Pictures are x, float32, mostly (n, height, width, 3) in [0, 1]; labels are y, whole numbers (n,);
logits are float32 (n, classes), a model's answers before any softmax. "The paper" is AprilPyone,
Sirichotedumrong and Kiya, "Adversarial Test on Learnable Image Encryption".
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from helpers.learnable.folding import folded
from helpers.quiet_keras import keras

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.integer]  # (n,): the class of each picture
Gradient = Callable[[Callable, Floats, Labels, str], tuple[Floats, Floats]]  # as `gradient`

BATCH = 128  # pictures at once
SURE = 40.0  # e^-40 = 4e-18: float32 still holds it, down to some e^-87


def cross_entropy(y, logits):
    """L(theta, x, y) of the paper's equation (1): log(1 + odds), odds = P(another class) / P(y)."""
    return keras.losses.sparse_categorical_crossentropy(y, logits, from_logits=True)


def log_odds(y, logits):
    """What the cross-entropy follows, and climbs in the same direction, but never vanishes."""
    right, others = right_and_others(y, logits, keras.ops.logsumexp)
    return others - right


def logit_margin(y, logits):
    """By how much the best wrong class leads, as `margin` does (Carlini and Wagner 2017)."""
    right, best = right_and_others(y, logits, keras.ops.max)
    return best - right


def dlr(y, logits):
    """The difference of logits ratio (Croce and Hein 2020, equation 6): `logit_margin` over the
    distance of the first logit and the third, so that it stays when all logits grow tenfold.
    """
    if logits.shape[-1] < 3:
        raise ValueError('The loss "dlr" takes three classes or more: take "margin" for two.')
    first = keras.ops.top_k(logits, 3)[0]
    return logit_margin(y, logits) / (first[:, 0] - first[:, 2] + 1e-12)


def right_and_others(y, logits, together: Callable):
    """The right class's logit (n,), and all others `together` in one number (n,)."""
    is_right = keras.ops.one_hot(y, logits.shape[-1], dtype="bool")
    right = keras.ops.sum(keras.ops.where(is_right, logits, 0.0), axis=-1)
    return right, together(keras.ops.where(is_right, -np.inf, logits), axis=-1)


LOSSES = {"cross-entropy": cross_entropy, "margin": logit_margin, "dlr": dlr}


def gradient(
    model_fn: Callable, x: Floats, y: Labels, loss: str = "cross-entropy"
) -> tuple[Floats, Floats]:
    """How the loss of each picture grows with each of its values, and the model's logits.

    The more sure a network is, the smaller is the slope of the cross-entropy: with logits ten times
    as large, float32 has nothing left of it, PGD stands still, and the network seems robust. So
    where the odds are below e^-SURE, as for no network that is shipped, `log_odds` stand in.

    Args:
        model_fn: a Keras model, here in inference mode, or, on TensorFlow, any function from x to
            logits. It is compiled once, and always has the weights of the moment.
        x: float32 (n, height, width, 3) in [0, 1].
        y: whole numbers (n,), the labels.
        loss: "cross-entropy", which is the paper's, "margin", or "dlr".

    Returns:
        The slope, float32 like x, and the logits, float32 (n, classes).

    Raises:
        ValueError: for another loss, a model that computes in float16, and logits that are no
            finite numbers.

    Source: the paper, equation (1).

    >>> def colours_of_the_only_pixel(x):
    ...     return x[:, 0, 0, :]
    >>> slope, logits = gradient(colours_of_the_only_pixel, np.ones((1, 1, 1, 3)), np.array([1]))
    >>> np.sign(slope).tolist(), logits.tolist()
    ([[[[1.0, -1.0, 1.0]]]], [[1.0, 1.0, 1.0]])
    """
    if not callable(model_fn):
        raise ValueError(f"A model gives logits; {model_fn!r} came: load one with scenarios.load.")
    if loss not in LOSSES:
        raise ValueError(f"There is no loss {loss!r}: choose one of {', '.join(LOSSES)}.")
    x, y = np.asarray(x, np.float32), np.asarray(y, np.int32)
    slope, logits = in_batches(compiled_gradient(model_fn, LOSSES[loss]), x, y, at_once=2)
    sure = margin(logits, y) < -SURE
    if loss == "cross-entropy" and sure.any():
        slope[sure] = in_batches(compiled_gradient(model_fn, log_odds), x[sure], y[sure])[0]
    return slope, logits


@functools.lru_cache(maxsize=8)
def compiled_gradient(model_fn: Callable, loss: Callable) -> Callable:
    """grad(x, y) -> (gradient, logits) for one batch, by the backend that Keras runs on."""
    if getattr(model_fn, "compute_dtype", None) == "float16":
        raise ValueError(
            "This network computes in float16, where small slopes become 0 and attacks fail: build "
            "it in float32, or in mixed_bfloat16."
        )
    by_backend = {"tensorflow": tensorflow_gradient, "jax": jax_gradient}
    backend = keras.backend.backend()
    if backend not in by_backend:
        raise ValueError(
            f"Attacks need Keras on TensorFlow or JAX; it runs on {backend}: set KERAS_BACKEND."
        )
    return by_backend[backend](model_fn, loss)


def tensorflow_gradient(model_fn: Callable, loss: Callable) -> Callable:
    """Compiled without XLA, whose convolutions are nine times as slow on a CPU.

    Uncompiled, half the time would go into gradients of the weights, which nobody asked for.
    """
    import tensorflow as tf

    model_fn = folded(model_fn)

    @tf.function
    def grad(x, y):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(x)
            logits = keras.ops.cast(model_fn(x), "float32")
            losses = loss(y, logits)
        return tape.gradient(losses, x, unconnected_gradients="zero"), logits

    return grad


def jax_gradient(model: Any, loss: Callable) -> Callable:
    """The weights are handed over at each call: `fit` and `predict` give the old arrays away."""
    import jax

    def total(x, y, trainable, others):
        logits, _ = model.stateless_call(trainable, others, x, training=False)
        logits = keras.ops.cast(logits, "float32")
        return keras.ops.sum(loss(y, logits)), logits

    grad = jax.jit(jax.grad(total, has_aux=True))

    def with_weights(x, y):
        weights = model.trainable_variables, model.non_trainable_variables
        return grad(x, y, *[[variable.value for variable in part] for part in weights])

    return with_weights


def scores(model: keras.Model, x: Floats) -> Floats:
    """A model's answers, with little ado even for few pictures.

    Args:
        model: a Keras model.
        x: float32 (n, height, width, 3) in [0, 1].

    Returns:
        The logits, float32 (n, classes).

    Raises:
        ValueError: where they are no finite numbers, and for what is no Keras model.

    Source: the paper, section II-B: their softmax is the confidence that its Figure 4 names.

    >>> model = keras.Sequential([keras.Input((1, 1, 3)), keras.layers.Flatten()])
    >>> scores(model, np.float32([[[[0, 1, 0.5]]]])).tolist()
    [[0.0, 1.0, 0.5]]
    """
    if not isinstance(model, keras.Model):
        raise ValueError(f"A Keras model gives logits; {model!r} came: load one, scenarios.load.")
    return check_logits(in_batches(lambda batch: (model.predict_on_batch(batch),), x)[0])


def in_batches(function: Callable, *arrays: np.ndarray, at_once: int = 1) -> list[Floats]:
    """The arrays through `function`, BATCH rows at a time, and its results as whole arrays.

    With two batches `at_once`, no core waits where the other has more to do. The last batch is
    filled up to a power of two by repeating it, so that at most eight sizes are ever compiled, and
    one picture alone does not pay for 128.
    """

    def results(start: int) -> list[Floats]:
        batch = [array[start : start + BATCH] for array in arrays]
        size = len(batch[0])
        filled = 1 << (size - 1).bit_length()
        if filled > size:
            batch = [np.resize(rows, (filled, *rows.shape[1:])) for rows in batch]
        return [np.asarray(result, np.float32)[:size] for result in function(*batch)]

    with ThreadPoolExecutor(at_once) as pool:
        parts = list(pool.map(results, range(0, len(arrays[0]), BATCH)))
    return [np.concatenate(part) for part in zip(*parts)]


def margin(logits: Floats, y: Labels) -> npt.NDArray[np.float64]:
    """By how much the best wrong class leads the right one, float (n,).

    From 0 on the model errs: a right answer is the one largest logit, and who says the same of all
    classes has not answered. ValueError for logits that are no finite numbers.

    >>> margin(np.float32([[1, 3, 0], [1, 3, 0]]), np.array([0, 1])).tolist()
    [2.0, -2.0]
    """
    rows, others = np.arange(len(y)), np.array(check_logits(logits), float)
    others[rows, y] = -np.inf
    return others.max(axis=1) - logits[rows, y]


def check_logits(logits: Floats) -> Floats:
    """The logits; ValueError unless all are finite: no broken network may pass for a robust one."""
    broken = ~np.isfinite(logits).min(axis=-1)
    if broken.any():
        raise ValueError(
            f"The network's answers to {broken.sum()} of {len(broken)} pictures are not finite "
            "numbers: look for nan in its weights, and train or load it anew."
        )
    return logits
