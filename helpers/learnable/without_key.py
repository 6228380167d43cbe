"""An attacker who never held the key: half of it is guessed from ciphertexts overheard, the rest
is drawn anew at each step.

Pictures are bytes, uint8 (n, height, width, 3).
"""

from __future__ import annotations

import numpy as np

from helpers.learnable.cipher_gradients import bpda
from helpers.learnable.gradients import Gradient
from helpers.learnable.key_recovery import high_half
from helpers.learnable.scramble import BlockScrambler, Order, Pictures

UNKNOWN = -1  # an entry of the key of which nothing was found


def half_a_key(ciphertexts: Pictures, public: Pictures, block_size: int = 4) -> Order:
    """What ciphertexts alone tell of the key: where the high nibbles went.

    Args:
        ciphertexts: uint8 (n, height, width, 3), overheard, all under one key.
        public: uint8 (n', height', width', 3), natural pictures of the attacker's own.
        block_size: the side M of a block in pixels.

    Returns:
        int64 (6 M M,): the key where it was found, and `UNKNOWN` where a low nibble went. An entry
        that was found can be wrong, mostly for a neighbour's.

    Raises:
        ValueError: as `key_recovery.ciphertext_only`.

    Source: none; the attack is the kit's own.

    >>> grey = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=3)
    >>> half = half_a_key(BlockScrambler(np.arange(96)).encrypt(grey), grey)
    >>> int((half == UNKNOWN).sum())
    48
    """
    slots, places, _ = high_half(ciphertexts, public, block_size)
    half = np.full(6 * block_size**2, UNKNOWN)
    half[slots] = 3 * block_size**2 + places
    return half


def guessing_the_rest(half: Order, *, rng: np.random.Generator) -> Gradient:
    """BPDA through a cipher whose unknown entries are drawn anew at each step, for `attacks`.

    So the steps together follow the mean over all keys that it can be: expectation over
    transformation, EOT, with one draw a step (Athalye, Engstrom, Ilyas and Kwok 2018). With nothing
    known, `half` all `UNKNOWN`, every step takes a fresh key.
    """
    missing, open_ = np.setdiff1d(np.arange(len(half)), half), half == UNKNOWN
    block_size = round((len(half) / 6) ** 0.5)

    def grad(model, x, y, loss):
        key = half.copy()
        key[open_] = rng.permutation(missing)
        return bpda(BlockScrambler(key, block_size))(model, x, y, loss)

    return grad
