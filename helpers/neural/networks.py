"""Alice, Bob and Eve as Keras models: the paper's, with what it leaves open from its reference [1].

That is Abadi & Andersen (2016), "Learning to Protect Communications with Adversarial Neural
Cryptography", arXiv:1610.06918. The paper names the kinds of layers, and gives Eve two Dense ones;
windows, strides and filters of the convolutions are Abadi & Andersen's.

Bits enter as -1.0 and +1.0; every output lies in (-1, 1). The paper calls the sizes of message, key
and ciphertext `m_bits`, `k_bits` and `c_bits`: 16 each.
"""

from __future__ import annotations

from helpers.quiet_keras import keras

layers = keras.layers


def build_alice(m_bits: int = 16, k_bits: int = 16, c_bits: int = 16, seed: int = 0) -> keras.Model:
    """Alice encrypts: [message (n, m_bits), key (n, k_bits)] -> ciphertext (n, c_bits)."""
    message, key = keras.Input((m_bits,), name="message"), keras.Input((k_bits,), name="key")
    ciphertext = mix_and_convolve(layers.concatenate([message, key]), c_bits, seed)
    return keras.Model([message, key], ciphertext, name="alice")


def build_bob(m_bits: int = 16, k_bits: int = 16, c_bits: int = 16, seed: int = 0) -> keras.Model:
    """Bob decrypts, built like Alice: [ciphertext (n, c_bits), key (n, k_bits)] -> (n, m_bits)."""
    ciphertext, key = keras.Input((c_bits,), name="ciphertext"), keras.Input((k_bits,), name="key")
    message = mix_and_convolve(layers.concatenate([ciphertext, key]), m_bits, seed)
    return keras.Model([ciphertext, key], message, name="bob")


def build_eve(m_bits: int = 16, c_bits: int = 16, seed: int = 0) -> keras.Model:
    """Eve listens: ciphertext (n, c_bits) -> message (n, m_bits).

    She has no key, and the paper gives her a second Dense layer for "a better chance".
    """
    ciphertext = keras.Input((c_bits,), name="ciphertext")
    message = mix_and_convolve(ciphertext, m_bits, seed, dense_layers=2)
    return keras.Model(ciphertext, message, name="eve")


def mix_and_convolve(inputs, output_bits: int, seed: int, dense_layers: int = 1):
    """The body all three share: Dense layers that mix all inputs, then four small convolutions down
    to `output_bits`.

    Abadi & Andersen (2016), section 2.3: a fully connected layer of 2N values, convolutions with
    windows 4, 2, 1, 1 and strides 1, 2, 1, 1, sigmoid between them and tanh at the end.
    """
    initial = keras.initializers.GlorotUniform
    x = inputs
    for i in range(dense_layers):
        x = layers.Dense(
            2 * output_bits, activation="sigmoid", kernel_initializer=initial(seed + i)
        )(x)
    x = layers.Reshape((2 * output_bits, 1))(x)
    for i, (filters, window, stride, activation) in enumerate(CONVOLUTIONS):
        x = layers.Conv1D(
            filters,
            window,
            strides=stride,
            padding="same",
            activation=activation,
            kernel_initializer=initial(seed + dense_layers + i),
        )(x)
    return layers.Flatten()(x)


CONVOLUTIONS = ((2, 4, 1, "sigmoid"), (4, 2, 2, "sigmoid"), (4, 1, 1, "sigmoid"), (1, 1, 1, "tanh"))
