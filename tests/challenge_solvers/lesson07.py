"""How the challenges of lesson 07 can be solved."""

from __future__ import annotations

import numpy as np

from challenge_solvers.reading import word_in
from helpers import bits
from helpers.neural import eavesdropping, every_key
from helpers.neural.cipher import NeuralCipher


def one_known_block(challenge):
    """All keys on one known block leave one, and that reads everything."""
    cipher, known = NeuralCipher.load("proven"), np.frombuffer(b"De", ">u2").astype(np.uint16)
    (key,) = eavesdropping.exhaustive_key_search(cipher, known, challenge.values[:1])
    letter = cipher.decrypt_blocks(challenge.values, key).astype(">u2").tobytes().decode()
    return letter.partition("the word is ")[2][:6]


def two_messages(challenge):
    """Two ciphertext bits share a bit of the key, so their XOR is free of it."""
    sent = bits.bits_to_signs(bits.blocks_to_bits(challenge.encrypt([0] * 400)))
    together = np.triu(abs(sent.T @ sent), 1)
    pair = np.unravel_index(together.argmax(), together.shape)

    def parity(blocks):
        return np.bitwise_xor.reduce(bits.blocks_to_bits(blocks)[:, pair], axis=1)

    of_zero = parity(challenge.encrypt([0]))
    single = 1 << np.arange(16)
    told_apart = single[parity(challenge.encrypt(single)) != of_zero]
    return parity(challenge.play(0, int(told_apart[0]))) ^ of_zero


def smooth_patch(challenge):
    """The smoothest key of each of five patches, by its counters; the one that comes most often."""
    alice = NeuralCipher.load("diffusing").alice
    masks, row = every_key.masks_of(alice.round), challenge.shape[1] * 3 // 2
    found = []
    for top in range(0, 160, 32):
        places = (np.arange(top, top + 8)[:, None] * row + 12 * top // 32 + np.arange(12)).ravel()
        counters = (challenge.nonce + places).astype(np.uint16)
        made = every_key.encrypt(masks, alice.schedule, counters) ^ challenge.blocks[places]
        found.append(int(eavesdropping.sum_of_steps(made, (8, 8, 3)).argmin()))
    key = max(set(found), key=found.count)
    counters = (challenge.nonce + np.arange(challenge.blocks.size)).astype(np.uint16)
    stream = every_key.encrypt(masks, alice.schedule, counters, np.array([key]))
    picture = bits.blocks_to_picture(stream.ravel() ^ challenge.blocks, challenge.shape)
    return word_in((picture == 255).all(axis=2))
