"""Challenges of lesson 08, break your own cipher."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from helpers import bits
from helpers.bits import Block, Picture
from helpers.challenges import Handed, challenge, flags
from helpers.exercises import kind
from helpers.neural.cipher import NeuralCipher
from helpers.neural.rounds import Rounds, as_signs, round_table

Encrypt = Callable[[Any], Block]


# --- what several of them share -------------------------------------------------------------------


def oracle(table: np.ndarray, budget: int) -> Encrypt:
    """What encrypts blocks of somebody's choice by a table that stays hidden, and not too many."""
    left = budget

    def encrypt(blocks: Any) -> Block:
        nonlocal left
        asked = np.asarray(blocks)
        if asked.dtype.kind not in "iu" or ((asked < 0) | (asked >= 1 << 16)).any():
            raise ValueError("Blocks are whole numbers from 0 to 65,535: give an array of those.")
        if asked.size > left:
            raise ValueError(
                f"Of {budget:,} blocks {left:,} are left, and these are {asked.size:,}: ask for "
                "fewer, or start the challenge anew."
            )
        left -= asked.size
        return table[asked]

    encrypt.__doc__ = f"Encrypts blocks that you choose, {budget:,} of them in all."
    return encrypt


def grainy(word: str, rng: np.random.Generator) -> Picture:
    """A word in dark grains on bright ones: hardly a block of it comes twice, so ECB hides it."""
    paper = flags.picture_of(word) > 127
    return np.where(
        paper, rng.integers(120, 256, paper.shape), rng.integers(0, 136, paper.shape)
    ).astype(np.uint8)


# --- seventeen blocks -----------------------------------------------------------------------------


@challenge(
    title="Seventeen blocks",
    task="A grainy picture was encrypted block by block with a linear box: each bit of its output "
    "is a xor of bits of its input and of a constant, 272 bits of key in all. The box encrypts 20 "
    "blocks that you choose. Bring the picture back, and read the word.",
    grade=1,
    hints=[
        "Whoever knows how two inputs of a linear box differ knows how the outputs differ: how "
        "many differences are there of a single bit?",
        "Ask for block 0 and for the sixteen blocks that have one bit set; xor the first answer to "
        "each of the others.",
        "The output of any block is the answer to 0, with the change of each set bit xored to it: "
        "so make a table of all 65,536 outputs. np.argsort(table) turns it round, and "
        "bits.blocks_to_picture(blocks.astype(np.uint16), shape) makes a picture.",
    ],
    moral="where differences are certain, a few chosen blocks tell the whole codebook, and the "
    "length of the key does not matter.",
)
def linear_box(rng: np.random.Generator) -> tuple[Handed, flags.Judge]:
    """A random affine permutation of all blocks."""
    table = np.zeros(1, np.uint16)
    while len(np.unique(table)) < 1 << 16:
        table = rng.integers(0, 1 << 16, 1, np.uint16)
        for change in rng.integers(0, 1 << 16, 16, np.uint16):
            table = np.concatenate([table, table ^ change])
    word = flags.word(rng)
    picture = grainy(word, rng)
    sent = table[bits.picture_to_blocks(picture)]
    return {"encrypt": oracle(table, 20), "sent": sent, "shape": picture.shape}, flags.is_word(word)


# --- real or random -------------------------------------------------------------------------------

BOXES, ROUNDS = 20, 12


@challenge(
    title="Real or random",
    task="Of twenty boxes some are 12 rounds of the pair diffusing, each round with a key of its "
    "own, 192 bits in all, so that nobody can try the keys; the others are blocks in random order. "
    "boxes[0] to boxes[19] encrypt blocks that you choose. Say of each whether it is the cipher.",
    grade=2,
    hints=[
        "Which difference of two messages comes back in diffusing far more often than by chance?",
        "Encrypt blocks x, and then x ^ 0x8000: but ask each box for 8,192 pairs at most, and do "
        "not ask for a pair twice.",
        "After 12 rounds the difference 0x8000 comes once in 100 pairs or so, and by chance once "
        "in 65,535: count it in each box, and write a 1 where it came more than five times.",
    ],
    moral="a rare difference is enough, for it can be asked for as often as it takes; that each "
    "round had a key of its own did not help.",
)
def real_or_random(rng: np.random.Generator) -> tuple[Handed, flags.Judge]:
    """Each box is drawn by a coin; rounds have keys that nobody can derive from each other."""
    alice = cast(Rounds, NeuralCipher.load("diffusing").alice)
    real = rng.integers(0, 2, BOXES, np.uint8)
    boxes = []
    for is_real in real:
        table = rng.permutation(bits.ALL_BLOCKS)
        if is_real:
            table = bits.ALL_BLOCKS
            for key in as_signs(rng.integers(0, 1 << 16, ROUNDS, np.uint16)):
                table = round_table(alice.round, key)[table]
        boxes.append(oracle(table, 1 << 14))
    return {"boxes": boxes}, flags.are_bits(real, "random order", "the cipher")


# --- a thousand rounds ----------------------------------------------------------------------------


@challenge(
    title="A thousand rounds",
    task="A cipher runs one round a thousand times: the right half of the block passes and becomes "
    "the left one, and the left half, with secret[right half] xored to it, becomes the right one. "
    "The key is the table secret, 256 random bytes, 2,048 bits. It encrypts 16,384 blocks that you "
    "choose. Find the table.",
    grade=3,
    hints=[
        "If a block q is what one round makes of p, then the ciphertext of q is what one round "
        "makes of the ciphertext of p: which two halves must be equal then?",
        "Ask for all blocks p whose right half is 0, and for all q whose left half is 0. Each of "
        "the 256 values that secret[0] may have says which q belongs to which p: for which value "
        "do the halves of all 256 pairs of ciphertexts fit?",
        "Each such pair of ciphertexts tells one entry: secret[right half of the first] = left "
        "half of the first xor right half of the second. Go on with another right half whose entry "
        "you know by then, until none is missing.",
    ],
    moral="a thousand rounds that are all alike are as weak as one, for whoever finds blocks that "
    "are one round apart: this is the slide attack of Biryukov and Wagner.",
)
def thousand_rounds(rng: np.random.Generator) -> tuple[Handed, flags.Judge]:
    """One Feistel round with a random table for its network, again and again."""
    secret = rng.integers(0, 256, 256, np.uint16)
    left, right = bits.ALL_BLOCKS >> 8, bits.ALL_BLOCKS & 255
    for _ in range(1000):
        left, right = right, left ^ secret[right]
    return {"encrypt": oracle(left << 8 | right, 1 << 14)}, is_table(secret.astype(np.uint8))


def is_table(secret: np.ndarray) -> flags.Judge:
    """A judge that takes this table of 256 bytes."""
    salt, digest = flags.hashed(secret.tobytes())

    def judge(flag: Any) -> str:
        table = flags.as_numbers(flag, 256, 256)
        if table is None:
            return f"the flag is 256 numbers from 0 to 255, and this is {kind(flag)}."
        right = flags.slow_hash(table.tobytes(), salt) == digest
        return "" if right else "at least one entry of this table is wrong."

    return judge
