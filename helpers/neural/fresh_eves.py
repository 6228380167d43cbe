"""Fresh Eves: networks that practise on the trained Alice, in Keras. Lesson 03 holds the same.

They need Alice, to encrypt messages of their own, and no key; see the table in `eavesdropping`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import singledispatch
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers import bits
from helpers.bits import M_BITS
from helpers.neural.chain import Array, forward, tensorflow_activations
from helpers.neural.cipher import NeuralCipher
from helpers.neural.eavesdropping import random_traffic

if TYPE_CHECKING:
    from helpers.quiet_keras import keras


def deep_eve(
    cipher: NeuralCipher, hidden: Sequence[int] = (512, 512, 512), seed: int = 1
) -> keras.Model:
    """An untrained Eve of Dense layers: ciphertext (n, 16) -> message (n, 16).

    Above 0 means a bit 1, as in `networks.build_eve`. Her first layer brings each position of the
    ciphertext to mean 0 and variance 1, for what she looks for are ripples.
    """
    from helpers.quiet_keras import keras

    _, values = random_traffic(cipher, 10_000, np.random.default_rng(seed))
    even = keras.layers.Normalization(mean=values.mean(axis=0), variance=values.var(axis=0))
    start = [keras.initializers.HeUniform(seed + i) for i in range(len(hidden) + 1)]
    layers = [keras.layers.Dense(n, "silu", kernel_initializer=s) for n, s in zip(hidden, start)]
    answer = keras.layers.Dense(M_BITS, kernel_initializer=start[-1])
    return keras.Sequential([keras.Input((M_BITS,)), even, *layers, answer])


def train_eve(
    eve: keras.Model, cipher: NeuralCipher, steps: int = 1000, batch: int = 256, seed: int = 1
) -> None:
    """Train `eve` against the frozen Alice: random messages, random keys.

    Eve needs Alice, to encrypt messages of her own; she then reads what others send, whatever their
    key. All steps run in one compiled graph, which draws the bits. Loss: cross-entropy.
    """
    from helpers.quiet_keras import keras
    from helpers.quiet_keras import tensorflow as tf

    encrypt, weights = in_a_graph(cipher.alice), eve.trainable_variables
    rate = keras.optimizers.schedules.PolynomialDecay(2e-3, steps, end_learning_rate=2e-4)
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(weights)

    def all_steps():
        for i in tf.range(steps):
            drawn = tf.random.stateless_uniform((batch, 2 * M_BITS), [seed, i], 0, 2, tf.int32)
            signs = 2 * tf.cast(drawn, tf.float32) - 1
            values = encrypt(signs)
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.nn.softplus(-signs[:, :M_BITS] * eve(values)))
            optimizer.apply(tape.gradient(loss, weights), weights)

    tf.function(all_steps, jit_compile=True).get_concrete_function()()


@singledispatch
def in_a_graph(alice: Any) -> Callable[[Array], Array]:
    """Alice in TensorFlow: block and key as signs, float32 (n, 32), to ciphertext (n, 16).

    Here for a `Chain`; who has an Alice of another kind registers how she is computed.
    """
    activations = tensorflow_activations()
    return lambda x: forward(alice.layers, alice.matrices, x, activations)


def read(eve: keras.Model, values: np.ndarray) -> bits.Block:
    """What a trained Eve makes of ciphertext values (n, 16): blocks, uint16 (n,)."""
    parts = [values[i : i + 8192] for i in range(0, len(values), 8192)]
    answers = [eve(part.astype(np.float32)).numpy() for part in parts]
    return bits.bits_to_blocks(bits.signs_to_bits(np.concatenate(answers)))
