"""Binary pairs made by hand, exact by construction: what tests of modes and proofs run on."""

from __future__ import annotations

import numpy as np

from helpers.neural.chain import Chain, Layer
from helpers.neural.cipher import NeuralCipher


def pad(order: np.ndarray | None = None, name: str = "pad") -> NeuralCipher:
    """The one-time pad as a pair of networks: in signs, c_j is p_j times k_j.

    With an `order` of the numbers 0 to 15, position j of the ciphertext holds bit order[j]. Keys
    and blocks are sums xor each other, so it is known by hand what must come out.
    """
    order = np.arange(16) if order is None else np.asarray(order)
    nothing = np.zeros(16)
    alice = Chain([Layer("gate"), Layer("sign")], [*reads(order, order), np.eye(16), nothing])
    where = np.argsort(order)
    bob = Chain([Layer("gate"), Layer("linear")], [*reads(where, range(16)), np.eye(16), nothing])
    return NeuralCipher(alice, bob, name)


def reads(block_bits, key_bits) -> list[np.ndarray]:
    """The layer whose gate j multiplies one bit of the block by one of the key: kernel and bias."""
    kernel = np.zeros((32, 32), np.float32)
    kernel[block_bits, np.arange(16)] = 1
    kernel[16 + np.asarray(key_bits), 16 + np.arange(16)] = 1
    return [kernel, np.zeros(32, np.float32)]
