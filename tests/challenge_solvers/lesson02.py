"""How the challenges of lesson 02 can be solved."""

from __future__ import annotations

import itertools

import numpy as np

from challenge_solvers.reading import word_in
from helpers import bits
from helpers.neural.cipher import NeuralCipher


def over_the_shoulder(challenge):
    """Sixteen keys; the right one leaves the most different blocks."""
    cipher = NeuralCipher.load("paper")
    keys = [np.append(challenge.seen, end) for end in itertools.product([0, 1], repeat=4)]
    readings = [cipher.decrypt(challenge.ciphertext, key) for key in keys]
    return word_in(max(readings, key=lambda read: np.unique(bits.picture_to_blocks(read)).size))


def crossed_wires(challenge):
    """Each column that comes out equals one of Alice's."""
    blocks, key = np.arange(500, dtype=np.uint16), bits.PAPER_KEY
    out = challenge.send(blocks, key)
    sent = NeuralCipher.load("paper").encrypt_blocks(blocks, key)
    return [int((out[:, [i]] == sent).all(axis=0).argmax()) for i in range(16)]
