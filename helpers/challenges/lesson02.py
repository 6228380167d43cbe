"""Challenges of lesson 02, Alice and Bob."""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers import bits
from helpers.challenges import Handed, challenge, flags
from helpers.exercises import kind
from helpers.neural.cipher import NeuralCipher

SEEN = 12  # bits of the key


@challenge(
    title="Over the shoulder",
    task="A picture of a word, encrypted by the pair 'paper': .ciphertext. Of the key you know "
    "the first twelve bits: .seen. Read the word.",
    grade=1,
    hints=[
        "Four bits are missing: so there are sixteen keys to try.",
        "np.append(seen, [0, 0, 0, 0]) is one of the keys; NeuralCipher.load('paper').decrypt "
        "reads the ciphertext with it.",
        "Run through all sixteen ends of four bits, and look at the pictures.",
    ],
    moral="each bit of a key that is known halves the work, and four missing bits are no work.",
)
def over_the_shoulder(rng: np.random.Generator) -> tuple[Handed, flags.Judge]:
    """A word on white under a random key, and most of the key."""
    word, key = flags.word(rng), bits.random_key(rng)
    ciphertext = NeuralCipher.load("paper").encrypt(flags.picture_of(word), key)
    return {"ciphertext": ciphertext, "seen": key[:SEEN]}, flags.is_word(word)


@challenge(
    title="Crossed wires",
    task="The pair 'paper' sends your blocks, uint16 (n,), under your key, and line.send(blocks, "
    "key) is what comes out of the line: float32 (n, 16), but the values in another order. Value "
    "i out of the line is value order[i] of Alice's. The flag is order, 16 numbers.",
    grade=2,
    hints=[
        "You have Alice, too: cipher.encrypt_blocks(blocks, key) is what she sends.",
        "Send some hundred blocks. Each column out of the line is one of the columns of Alice's.",
        "Compare each column with each: (out[:, i] == alices[:, j]).all() tells which is which.",
    ],
    moral="an order that stays is found by asking, as a shuffle of nibbles will be in lesson 5.",
)
def crossed_wires(rng: np.random.Generator) -> tuple[Handed, flags.Judge]:
    """Alice behind a secret permutation of her sixteen values."""
    cipher, order = NeuralCipher.load("paper"), rng.permutation(16)
    salt, digest = flags.hashed(bytes(order.tolist()))

    def send(blocks: np.ndarray, key: bits.KeyLike) -> np.ndarray:
        """send(blocks, key): Alice's values, float32 (n, 16), in another order"""
        return cipher.encrypt_blocks(blocks, key)[:, order]

    def judge(flag: Any) -> str:
        numbers = np.asarray(flag) if isinstance(flag, (list, tuple, np.ndarray)) else np.zeros(0)
        if numbers.shape != (16,) or numbers.dtype.kind not in "iu":
            return f"the flag is a list of 16 whole numbers, and this is {kind(flag)}."
        if sorted(numbers.tolist()) != list(range(16)):
            return "each of the numbers from 0 to 15 comes once, and here it is otherwise."
        if flags.slow_hash(bytes(numbers.tolist()), salt) == digest:
            return ""
        turned = flags.slow_hash(bytes(np.argsort(numbers).tolist()), salt) == digest
        return "this is the order that leads back." if turned else "this is not the order."

    return {"send": send}, judge
