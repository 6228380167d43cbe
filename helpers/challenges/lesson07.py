"""Challenges of lesson 07, a cipher with a proof."""

from __future__ import annotations

import numpy as np

from helpers import bits, pictures
from helpers.challenges import Handed, challenge, flags
from helpers.neural.cipher import NeuralCipher


@challenge(
    title="One known block",
    task="A picture of a word, encrypted by the pair 'proven', every block under one secret key. "
    "The first block of the message is 65,535, white. Read the word.",
    grade=1,
    hints=[
        "With as many keys as messages, a known block leaves one key.",
        "eavesdropping.exhaustive_key_search(cipher, blocks, values) tries all keys; the values of "
        "the first block are known.ciphertext.values[:1].",
        "cipher = NeuralCipher.load('proven'), blocks = np.uint16([65535]); then decrypt the whole "
        "ciphertext with the key that is found, and look.",
    ],
    moral="a proof for one block under a fresh key says nothing of many blocks under one.",
)
def one_known_block(rng: np.random.Generator) -> tuple[Handed, flags.Judge]:
    """A word on white under one key of the pad."""
    word = flags.word(rng)
    picture = np.pad(flags.picture_of(word), ((16, 16), (16, 16), (0, 0)), constant_values=255)
    ciphertext = NeuralCipher.load("proven").encrypt(picture, bits.random_key(rng))
    return {"ciphertext": ciphertext}, flags.is_word(word)


@challenge(
    title="Nothing but a ciphertext",
    task="A picture with a word in it, encrypted by the pair 'diffusing', every block under one "
    "secret key. Read the word.",
    grade=3,
    hints=[
        "A wrong key makes noise of every block; a picture is smoother than noise.",
        "Take a patch of 8 by 8 pixels with many different blocks: eavesdropping.variety "
        "says where "
        "they are, eavesdropping.cut cuts one out.",
        "eavesdropping.smoothest_keys(NeuralCipher.load('diffusing'), patch) tries all keys on it. "
        "Should the key be wrong, another patch helps.",
    ],
    moral="messages are not random, so with few keys a ciphertext of a picture names its own.",
)
def smooth_patch(rng: np.random.Generator) -> tuple[Handed, flags.Judge]:
    """A white word in one of the kit's pictures under one key of the rounds."""
    word, picture = flags.word(rng), pictures.load(rng.choice(pictures.NAMES)).copy()
    writing = flags.picture_of(word)
    down, left = rng.integers(0, 256 - np.array(writing.shape[:2]))
    place = picture[down : down + writing.shape[0], left : left + writing.shape[1]]
    place[writing < 128] = 255
    ciphertext = NeuralCipher.load("diffusing").encrypt(picture, bits.random_key(rng))
    return {"ciphertext": ciphertext}, flags.is_word(word)
