"""How the challenges of lesson 07 can be solved."""

from __future__ import annotations

import numpy as np

from challenge_solvers.reading import word_in
from helpers.neural import eavesdropping
from helpers.neural.cipher import NeuralCipher


def one_known_block(challenge):
    """All keys on one known block leave one, and that reads everything."""
    cipher, heard = NeuralCipher.load("proven"), challenge.ciphertext
    (key,) = eavesdropping.exhaustive_key_search(cipher, np.uint16([65535]), heard.values[:1])
    return word_in(cipher.decrypt(heard, key))


def smooth_patch(challenge):
    """The smoothest key of each of the five busiest patches; the one that comes most often."""
    cipher, heard = NeuralCipher.load("diffusing"), challenge.ciphertext
    variety = eavesdropping.variety(heard)
    found = []
    for place in np.argsort(variety, axis=None)[-5:]:
        row, column = np.unravel_index(place, variety.shape)
        patch = eavesdropping.cut(heard, 8 * int(row), 8 * int(column), 8, 8)
        found += [tuple(key) for key in eavesdropping.smoothest_keys(cipher, patch).tolist()]
    key = max(set(found), key=found.count)
    return word_in((cipher.decrypt(heard, key) == 255).all(axis=2))
