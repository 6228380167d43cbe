"""Alice, Bob and Eve as Keras models: the paper's, with what it leaves open from its reference [1].

That is Abadi & Andersen (2016), "Learning to Protect Communications with Adversarial Neural
Cryptography", arXiv:1610.06918. The paper names the kinds of layers, and gives Eve two Dense ones;
windows, strides and filters of the convolutions are Abadi & Andersen's.

Bits enter as -1.0 and +1.0; every output lies in (-1, 1). Message, key and ciphertext have 16 each:
the paper's `m_bits`, `k_bits` and `c_bits`.
"""

from __future__ import annotations

from helpers.bits import M_BITS as BITS
from helpers.quiet_keras import keras

layers = keras.layers

# Filters, window, stride and activation of each.
CONVOLUTIONS = ((2, 4, 1, "sigmoid"), (4, 2, 2, "sigmoid"), (4, 1, 1, "sigmoid"), (1, 1, 1, "tanh"))


def build_alice(seed: int = 0) -> keras.Model:
    """Alice encrypts: [message (n, 16), key (n, 16)] -> ciphertext (n, 16)."""
    message, key = keras.Input((BITS,), name="message"), keras.Input((BITS,), name="key")
    ciphertext = mix_and_convolve(layers.concatenate([message, key]), seed)
    return keras.Model([message, key], ciphertext, name="alice")


def build_bob(seed: int = 0) -> keras.Model:
    """Bob decrypts, built like Alice: [ciphertext (n, 16), key (n, 16)] -> message (n, 16)."""
    ciphertext, key = keras.Input((BITS,), name="ciphertext"), keras.Input((BITS,), name="key")
    message = mix_and_convolve(layers.concatenate([ciphertext, key]), seed)
    return keras.Model([ciphertext, key], message, name="bob")


def build_eve(seed: int = 0) -> keras.Model:
    """Eve listens: ciphertext (n, 16) -> message (n, 16).

    She has no key, and the paper gives her a second Dense layer for "a better chance".
    """
    ciphertext = keras.Input((BITS,), name="ciphertext")
    return keras.Model(ciphertext, mix_and_convolve(ciphertext, seed, dense_layers=2), name="eve")


def mix_and_convolve(inputs: keras.KerasTensor, seed: int, dense_layers: int = 1):
    """The body all three share: Dense layers that mix all inputs, then four small convolutions down
    to 16 values.

    Abadi & Andersen (2016), section 2.3: a fully connected layer of 2N values, convolutions with
    windows 4, 2, 1, 1 and strides 1, 2, 1, 1, sigmoid between them and tanh at the end.
    """
    starts = [keras.initializers.GlorotUniform(seed + i) for i in range(dense_layers + 4)]
    x = inputs
    for start in starts[:dense_layers]:
        x = layers.Dense(2 * BITS, activation="sigmoid", kernel_initializer=start)(x)
    x = layers.Reshape((2 * BITS, 1))(x)
    for start, (filters, window, stride, activation) in zip(starts[dense_layers:], CONVOLUTIONS):
        convolution = layers.Conv1D(
            filters, window, stride, "same", activation=activation, kernel_initializer=start
        )
        x = convolution(x)
    return layers.Flatten()(x)
