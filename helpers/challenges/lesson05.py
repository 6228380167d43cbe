"""Challenges of lesson 05, learnable encryption."""

from __future__ import annotations

import numpy as np

from helpers import pictures
from helpers.bits import Picture
from helpers.challenges import Handed, challenge, flags
from helpers.learnable.scramble import BlockScrambler, random_key


def with_word(picture: Picture, word: str, rng: np.random.Generator) -> Picture:
    """A picture with a word in black on white, somewhere."""
    picture, writing = picture.copy(), flags.picture_of(word)
    down, left = rng.integers(0, np.array(picture.shape[:2]) - writing.shape[:2] + 1)
    picture[down : down + writing.shape[0], left : left + writing.shape[1]] = writing
    return picture


@challenge(
    title="From the newspaper",
    task="Tanaka's cipher, blocks of 4 x 4 pixels, one key for two pictures. You know the first "
    "one, known, and what it became, known_encrypted; secret is the ciphertext of the other, with "
    "a word in it.",
    grade=1,
    hints=[
        "A known picture and its ciphertext give the key.",
        "key_recovery.known_plaintext(pictures, ciphertexts) does attack 2; both are arrays of "
        "pictures, so write picture[None] for one.",
        "BlockScrambler(key).decrypt(secret[None])[0] is then the picture: show it.",
    ],
    moral="what is secret hangs on the key alone, and one known picture gives it.",
)
def known_pair(rng: np.random.Generator) -> tuple[Handed, flags.Judge]:
    """A built-in picture, and another one with a word in it."""
    word, cipher = flags.word(rng), BlockScrambler(random_key(rng))
    known, other = (pictures.load(name) for name in rng.permutation(pictures.NAMES)[:2])
    encrypted = cipher.encrypt(np.stack([known, with_word(other, word, rng)]))
    handed = {"known": known, "known_encrypted": encrypted[0], "secret": encrypted[1]}
    return handed, flags.is_word(word)


@challenge(
    title="An account at the hospital",
    task="The service encrypts your pictures, uint8 (n, height, width, 3), in blocks "
    "of 6 x 6 pixels under a secret key: service.encrypt(pictures). What you overheard is "
    "service.secret, the ciphertext of a word.",
    grade=2,
    hints=[
        "A block of 6 x 6 pixels has 216 nibbles: how many digits in base 16 does each need, so "
        "that the reverse of its number is nobody else's?",
        "16 ** 2 is 256, and 432 codes are needed: three digits, three blocks. Attack 1 shows how "
        "blocks are made of digits: scramble.from_nibbles.",
        "Of what comes out, scramble.to_nibbles(..., block_size=6) has the digits: below half of "
        "16 ** 3 it is the number, else 16 ** 3 - 1 minus it.",
    ],
    moral="who may ask three times knows a key of 216 entries.",
)
def tanakas_key(rng: np.random.Generator) -> tuple[Handed, flags.Judge]:
    """An oracle of larger blocks."""
    word, cipher = flags.word(rng), BlockScrambler(random_key(rng, 6), 6)
    picture = np.pad(flags.picture_of(word), ((1, 1), (0, 0), (0, 0)), constant_values=255)

    def encrypt(plain: np.ndarray) -> np.ndarray:
        """encrypt(pictures): their ciphertexts, of sides that blocks of 6 x 6 fill"""
        return cipher.encrypt(plain)

    return {"encrypt": encrypt, "secret": encrypt(picture[None])[0]}, flags.is_word(word)


@challenge(
    title="Nothing but a ciphertext",
    task="One picture of 256 x 256 pixels under Tanaka's cipher, blocks of 4 x 4 pixels: .secret. "
    "There is a word in it.",
    grade=3,
    hints=[
        "Neighbouring pixels are alike, in this picture as in any other.",
        "Attack 3 needs other pictures, to know what is alike where: 200 pictograms will do.",
        "key_recovery.ciphertext_only(secret[None], others), with others from "
        "datasets.pictograms(np.random.default_rng(2), 200)[0].",
    ],
    moral="what a network can learn from, an attacker can learn from as well.",
)
def one_ciphertext(rng: np.random.Generator) -> tuple[Handed, flags.Judge]:
    """A built-in picture with a word in it, under a fresh key."""
    word, cipher = flags.word(rng), BlockScrambler(random_key(rng))
    picture = with_word(pictures.load(rng.choice(pictures.NAMES)), word, rng)
    return {"secret": cipher.encrypt(picture[None])[0]}, flags.is_word(word)
