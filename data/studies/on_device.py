"""Batches that are made where they are learned, on a GPU: the pictures lie there and stay there.

The same batches come out as of `scenarios.batch`: a test holds all bytes to it, and those of an
attack but for slopes within rounding of 0. From the CPU come only the random numbers, for the same
streams are drawn. Cutting and mirroring, noise and encryption are one compiled call; on JAX some
batches are made and learned in one.

Pictures are whole numbers from 0 to 255, (n, height, width, 3), as int32 where nothing else is
said. What has a batch of its own in its name is traced, and so made of `keras.ops`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from data.studies.resumable import MANY, strategy
from helpers.learnable import scramble
from helpers.learnable.cipher_gradients import bytes_to_floats
from helpers.learnable.gradients import (
    SURE,
    Labels,
    compiled_gradient,
    cross_entropy,
    log_odds,
    logit_margin,
)
from helpers.learnable.ladder import whole_bytes
from helpers.learnable.scenarios import (
    BATCH,
    BATCH_KEY,
    ORDER,
    Scenario,
    cipher_of,
    stream,
)
from helpers.learnable.scramble import Pictures
from helpers.quiet_keras import keras

ops = keras.ops

PADDING = 4  # pixels, as of `datasets.augment`
LEVELS = bytes_to_floats(np.arange(256, dtype=np.uint8).reshape(1, 1, -1, 1).repeat(3, -1))
LEVELS = LEVELS[0, 0, :, 0]  # each byte as a float; who divides on a GPU may find another one


class OnDevice:
    """What makes the batches of one training, and on JAX learns them.

    Args:
        model: compiled, its optimizer built.
        scenario: what is done to the pictures.
        pictures: uint8 (n, height, width, 3), all that there are to learn from; labels: (n,).
        size: of a batch.
        seed: the training's.
        attack: eps, eps_iter and nb_iter of adversarial training.
    """

    def __init__(
        self,
        model: keras.Model,
        scenario: Scenario,
        pictures: Pictures,
        labels: Labels,
        size: int,
        seed: int,
        attack: dict[str, Any],
    ):
        self.model, self.scenario, self.size, self.seed = model, scenario, size, seed
        self.n, self.batches = len(pictures), -(-len(pictures) // size)
        self.stay = ops.convert_to_tensor(pictures), ops.convert_to_tensor(labels.astype(np.int32))
        self.noise = noise_for(model, **attack) if scenario.adversarial else None
        self.compiled = compiled(model, self.traced_batch)

    def batch(self, i: int) -> tuple[Any, Any]:
        """Batch `i` as the network sees it, on the device: float32 from 0 to 1, int32 labels."""
        return self.compiled(*self.stay, *self.draws(i))

    def draws(self, i: int) -> list[np.ndarray]:
        """All that is random in batch `i`, as int32: which pictures, each (n,), how far down and
        across they are cut, whether they are mirrored; and of a cipher, each (6 M M,), the order of
        nibbles, and which are reversed.
        """
        epoch, place = divmod(i, self.batches)
        rows = order_of(self.seed, epoch, self.n)[place * self.size :][: self.size]
        rng = stream(self.seed, BATCH, i)
        down, across = rng.integers(0, 2 * PADDING + 1, (2, len(rows)))
        mirrored = rng.random(len(rows)) < 0.5
        key = key_of(self.scenario, self.seed, i if self.scenario.fresh_keys else 0)
        return [np.asarray(each, np.int32) for each in (rows, down, across, mirrored, *key)]

    def traced_batch(self, pictures, labels, rows, down, across, mirrored, order, flipped):
        """First augmentation, then noise, then encryption, as in the paper's Figure 5."""
        x, y = augmented(pictures, rows, down, across, mirrored), ops.take(labels, rows)
        if self.noise is not None:
            x = self.noise(x, y)
        if self.scenario.encrypted:
            x = encrypted(x, order, flipped)
        return ops.take(LEVELS, x), y

    def learn(self, first: int, most: int) -> list[tuple[float, int, int]]:
        """Learn from up to `most` batches of one size in one call, on JAX: (loss, how many pictures
        were wrong, how many there were) of each.
        """
        until_the_last = (self.n // self.size) - first % self.batches
        count = max(1, min(most, MANY, until_the_last))
        draws = [self.draws(first + k) for k in range(count)]
        draws += [draws[0]] * (MANY - count)  # of one shape, so that it is compiled once
        state = [[variable.value for variable in part] for part in self.parts()]
        stacked = map(np.stack, zip(*draws))
        state, losses, wrong = self.learning(state, count, *self.stay, *stacked)
        for part, values in zip(self.parts(), state):
            for variable, value in zip(part, values):
                variable.assign(value)
        losses, wrong, n = np.asarray(losses), np.asarray(wrong), len(draws[0][0])
        return [(float(losses[k]), int(wrong[k]), n) for k in range(count)]

    def parts(self) -> list[list[keras.Variable]]:
        """All that changes as it learns."""
        model = self.model
        return [
            model.trainable_variables,
            model.non_trainable_variables,
            model.optimizer.variables,
        ]

    @functools.cached_property
    def learning(self) -> Callable:
        """(state, how many batches, pictures, labels, *draws of all) -> (state, losses, errors)."""
        import jax

        def several(state, count, pictures, labels, *draws):
            def one(k, carried):
                state, losses, wrong = carried
                with at(self.model, state[0], state[1]):
                    x, y = self.traced_batch(pictures, labels, *[each[k] for each in draws])
                state, loss, errors = learned(self.model, state, x, y)
                return state, losses.at[k].set(loss), wrong.at[k].set(errors)

            nothing = np.zeros(MANY, np.float32), np.zeros(MANY, np.int32)
            return jax.lax.fori_loop(0, count, one, (state, *map(ops.convert_to_tensor, nothing)))

        return jax.jit(several)


@functools.lru_cache(maxsize=1)
def order_of(seed: int, epoch: int, n: int) -> np.ndarray:
    """The pictures' order in an epoch, drawn once for all its batches, int64 (n,)."""
    return stream(seed, ORDER, epoch).permutation(n)


@functools.lru_cache(maxsize=1)
def key_of(scenario: Scenario, seed: int, i: int) -> tuple[np.ndarray, np.ndarray]:
    """(order, flipped), each (6 M M,), of the cipher for batch `i`; of none, something unused."""
    cipher = cipher_of(scenario, seed, BATCH_KEY, i)
    key = np.arange(6) if cipher is None else cipher.key
    backwards = scramble.reversed_nibbles(key)
    return key, backwards ^ backwards[key]


# --- the seam between the backends ----------------------------------------------------------------


def compiled(model: keras.Model, function: Callable) -> Callable:
    """A function of arrays that may ask the model, compiled whole, always with its weights of the
    moment.
    """
    if keras.backend.backend() == "jax":
        return compiled_by_jax(model, function)
    import tensorflow as tf

    # XLA is what makes it quick on a GPU; on a CPU its convolutions are nine times as slow.
    return tf.function(function, jit_compile=bool(tf.config.list_physical_devices("GPU")))


def compiled_by_jax(model: keras.Model, function: Callable) -> Callable:
    import jax

    @jax.jit
    def run(trainable, others, arrays):
        with at(model, trainable, others):
            return function(*arrays)

    def with_weights(*arrays):
        weights = model.trainable_variables, model.non_trainable_variables
        return run(*[[variable.value for variable in part] for part in weights], arrays)

    return with_weights


def at(model: keras.Model, trainable: list, others: list) -> Any:
    """Within it, a model has these values, and none that is drawn from outside a compiled call."""
    variables = [*model.trainable_variables, *model.non_trainable_variables]
    return keras.StatelessScope(state_mapping=list(zip(variables, [*trainable, *others])))


def learned(model: keras.Model, state: list, x, y) -> tuple[list, Any, Any]:
    """One step of the model's optimizer on JAX: (state, loss, how many were wrong before it)."""
    import jax

    def loss_of(trainable, others):
        logits, others = model.stateless_call(trainable, others, x, training=True)
        return model.loss(y, logits), (logits, others)

    trainable, others, steps = state
    found, slopes = jax.value_and_grad(loss_of, has_aux=True)(trainable, others)
    loss, (logits, others) = found
    trainable, steps = model.optimizer.stateless_apply(steps, slopes, trainable)
    wrong = ops.sum(ops.cast(ops.argmax(logits, axis=-1) != y, "int32"))
    return [trainable, others, steps], loss, wrong


# --- what is done to a batch ----------------------------------------------------------------------


def augmented(pictures, rows, down, across, mirrored):
    """`datasets.augment` of some rows of all pictures: one look-up of each pixel."""
    _, height, width, _ = pictures.shape
    there = np.arange(width, dtype=np.int32)
    y = np.arange(height, dtype=np.int32) + down[:, None] - PADDING
    x = ops.where(mirrored[:, None] > 0, there[::-1], there) + across[:, None] - PADDING
    inside = ((y >= 0) & (y < height))[:, :, None] & ((x >= 0) & (x < width))[:, None, :]
    y, x = ops.clip(y, 0, height - 1), ops.clip(x, 0, width - 1)
    place = (rows[:, None, None] * height + y[:, :, None]) * width + x[:, None, :]
    pixels = ops.take(ops.reshape(pictures, (-1, 3)), place, axis=0)
    return ops.where(inside[..., None], ops.cast(pixels, "int32"), 0)


def noise_for(model: keras.Model, *, eps: float, eps_iter: float, nb_iter: int) -> Callable:
    """`ladder.model_fed_plain` with all its steps in one: (pictures, labels) -> pictures, traced.

    ValueError for a model in float16, as from any attack.
    """
    grad = compiled_gradient(model, steady_cross_entropy)
    size, step = np.float32(whole_bytes(eps) / 255), np.float32(eps_iter)

    def noisy(pictures, labels):
        x = ops.take(LEVELS, pictures)
        low, high = ops.clip(x - size, 0, 1), ops.clip(x + size, 0, 1)

        def climb(_, now):
            slope = with_a_way_up(grad(now, labels)[0])
            return ops.minimum(ops.maximum(now + step * ops.sign(slope), low), high)

        found = ops.fori_loop(0, nb_iter, climb, x)
        return ops.cast(ops.round(found * 255), "int32")

    return noisy


def steady_cross_entropy(y, logits):
    """The loss of `gradient`: where the odds are too small, what it follows stands in for it."""
    sure = logit_margin(y, logits) < -SURE
    return ops.where(sure, log_odds(y, logits), cross_entropy(y, logits))


def with_a_way_up(slope):
    """Slopes (n, ...), and 0 for a picture where none leads anywhere, as of `no_way_up`."""
    steepest = ops.max(ops.abs(slope), axis=(1, 2, 3), keepdims=True)
    return ops.where((steepest > 0) & (steepest < np.inf), slope, 0.0)


def encrypted(pictures, order, flipped, m: int = 4):
    """`BlockScrambler.encrypt`, by its order of nibbles, and which of them are reversed."""
    n, height, width, _ = pictures.shape
    rows = ops.reshape(pictures, (n, height // m, m, width // m, 3 * m))
    blocks = ops.reshape(ops.transpose(rows, (0, 1, 3, 2, 4)), (n, -1, 3 * m * m))
    nibbles = ops.take(ops.concatenate([blocks % 16, blocks // 16], axis=-1), order, axis=-1)
    low, high = ops.split(ops.where(flipped > 0, 15 - nibbles, nibbles), 2, axis=-1)
    rows = ops.reshape(low + 16 * high, (n, height // m, width // m, m, 3 * m))
    return ops.reshape(ops.transpose(rows, (0, 1, 3, 2, 4)), (n, height, width, 3))


# --- several devices ------------------------------------------------------------------------------


def shared_noise(
    model: keras.Model, devices: int, **attack: Any
) -> Callable[[Pictures, Labels], Pictures]:
    """`ladder.model_fed_plain` on TensorFlow, of which each device takes a share of the pictures.

    The share is the same for all, so the last picture may stand in more than one.
    """
    import tensorflow as tf

    together, noisy = strategy(devices), noise_for(model, **attack)

    @tf.function
    def run(*parts):
        return together.run(noisy, parts)

    def noise(pictures: Pictures, labels: Labels) -> Pictures:
        n, share = len(pictures), -(-len(pictures) // devices)
        rows = np.minimum(np.arange(devices * share), n - 1).reshape(devices, share)
        parts = [np.asarray(each, np.int32)[rows] for each in (pictures, labels)]
        found = run(
            *[
                together.experimental_distribute_values_from_function(
                    lambda at, part=part: tf.constant(part[at.replica_id_in_sync_group])
                )
                for part in parts
            ]
        )
        shares = together.experimental_local_results(found)
        return np.concatenate([each.numpy() for each in shares])[:n].astype(np.uint8)

    return noise
