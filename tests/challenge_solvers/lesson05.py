"""How the challenges of lesson 05 can be solved."""

from __future__ import annotations

import numpy as np

from challenge_solvers.reading import word_in
from helpers.learnable import datasets, key_recovery, scramble
from helpers.learnable.scramble import BlockScrambler


def known_pair(challenge):
    """The known pair gives the key, and the key the other picture."""
    key = key_recovery.known_plaintext(challenge.known[None], challenge.known_encrypted[None])
    return word_in(BlockScrambler(key).decrypt(challenge.secret[None])[0])


def tanakas_key(challenge):
    """Three chosen blocks number all 216 nibbles."""
    numbers = np.arange(216)
    digits = np.stack([numbers % 16, numbers // 16 % 16, numbers // 256], axis=1)
    asked = scramble.from_nibbles(digits[:, :, None, None])
    came = scramble.to_nibbles(challenge.encrypt(asked), block_size=6).reshape(216, 3)
    number = came @ [1, 16, 256]
    key = np.where(number < 2048, number, 4095 - number)
    return word_in(BlockScrambler(key, 6).decrypt(challenge.secret[None])[0])


def one_ciphertext(challenge):
    """Attack 3 of the lesson."""
    others, _ = datasets.pictograms(np.random.default_rng(2), 200)
    return word_in(key_recovery.ciphertext_only(challenge.secret[None], others)[0])
