"""The one seam to the automatic gradients of Keras' backends, TensorFlow and JAX, in batches.

Pictures are x, float32, mostly (n, height, width, 3) in [0, 1]; labels are y, whole numbers (n,);
logits are float32 (n, classes), a model's answers before any softmax. "The paper" is AprilPyone,
Sirichotedumrong and Kiya, "Adversarial Test on Learnable Image Encryption".
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from helpers.quiet_keras import keras

BATCH = 128  # pictures at once
Gradient = Callable[[Callable, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def gradient(model_fn: Callable, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How the loss of each picture grows with its pixels, float32 like x, and its logits.

    The loss is the cross-entropy L(theta, x, y) of the paper's equation (1), the model in inference
    mode. `model_fn` is a Keras model or, on TensorFlow, any function from x to logits; it is
    compiled once, and always has the weights of the moment.
    """
    return in_batches(compiled_gradient(model_fn), np.asarray(x, np.float32), np.int32(y))


@functools.lru_cache(maxsize=8)
def compiled_gradient(model_fn: Callable) -> Callable:
    """grad(x, y) -> (gradient, logits) for one batch, by the backend that Keras runs on."""
    by_backend = {"tensorflow": tensorflow_gradient, "jax": jax_gradient}
    backend = keras.backend.backend()
    if backend not in by_backend:
        raise ValueError(
            f"Attacks need Keras on TensorFlow or JAX; it runs on {backend}: set KERAS_BACKEND."
        )
    return by_backend[backend](model_fn)


def tensorflow_gradient(model_fn: Callable) -> Callable:
    """Compiled without XLA, whose convolutions are nine times as slow on a CPU.

    Uncompiled, half the time would go into gradients of the weights, which nobody asked for.
    """
    import tensorflow as tf

    @tf.function
    def grad(x, y):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(x)
            logits = keras.ops.cast(model_fn(x), "float32")
            loss = keras.losses.sparse_categorical_crossentropy(y, logits, from_logits=True)
        return tape.gradient(loss, x), logits

    return grad


def jax_gradient(model: keras.Model) -> Callable:
    """The weights are handed over at each call: `fit` and `predict` give the old arrays away."""
    import jax

    def loss(x, y, trainable, others):
        logits, _ = model.stateless_call(trainable, others, x, training=False)
        logits = keras.ops.cast(logits, "float32")
        losses = keras.losses.sparse_categorical_crossentropy(y, logits, from_logits=True)
        return keras.ops.sum(losses), logits

    grad = jax.jit(jax.grad(loss, has_aux=True))

    def with_weights(x, y):
        weights = model.trainable_variables, model.non_trainable_variables
        return grad(x, y, *[[variable.value for variable in part] for part in weights])

    return with_weights


def scores(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """The logits of a Keras model, float32 (n, classes), with little ado even for few pictures."""
    return in_batches(lambda batch: (model.predict_on_batch(batch),), x)[0]


def in_batches(function: Callable, *arrays: np.ndarray) -> list[np.ndarray]:
    """The arrays through `function`, BATCH rows at a time, and its results as whole arrays.

    The last batch is filled up to a power of two by repeating it, so that at most eight sizes are
    ever compiled, and one picture alone does not pay for 128.
    """
    parts = []
    for start in range(0, len(arrays[0]), BATCH):
        batch = [array[start : start + BATCH] for array in arrays]
        size = len(batch[0])
        filled = 1 << (size - 1).bit_length()
        if filled > size:
            batch = [np.resize(rows, (filled, *rows.shape[1:])) for rows in batch]
        parts.append([np.asarray(result, np.float32)[:size] for result in function(*batch)])
    return [np.concatenate(part) for part in zip(*parts)]


def margin(logits: np.ndarray, y: np.ndarray) -> np.ndarray:
    """By how much the best wrong class leads the right one, float (n,): above 0 the model errs."""
    rows, others = np.arange(len(y)), np.array(logits, float)
    others[rows, y] = -np.inf
    return others.max(axis=1) - logits[rows, y]


def classes_of(model_fn: Callable) -> int | None:
    """How many classes a Keras model tells apart; None for a function, which does not say."""
    return model_fn.output_shape[-1] if isinstance(model_fn, keras.Model) else None
