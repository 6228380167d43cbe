"""Exercises of lesson 04, The wrong key."""

from __future__ import annotations

import numpy as np

from helpers.exercises import Exercise, FunctionExercise

keys_two_bits_away = Exercise(
    expected=120,
    because="16 ways for the first bit times 15 for the second, and their order does not matter.",
    hint_text="How many ways are there to choose two positions of 16? Their order does not matter.",
    solution_text="keys_two_bits_away = 16 * 15 // 2",
    slips=[
        (240, "you counted each pair of positions twice, once in each order."),
        (256, "the same position was chosen twice, which flips its bit there and back."),
        (16, "so many keys are one bit away."),
        (136, "you counted the keys that are one bit away as well."),
    ],
)

values_changed = Exercise(
    expected=32,
    because="a pixel's three bytes lie in two blocks, wherever it stands, each of 16 values.",
    hint_text="In how many blocks do three neighbouring bytes lie? Lesson 01 has a drawing of it.",
    solution_text="values_changed = 2 * 16  # two blocks, 16 values each",
    slips=[
        (16, "a block has two bytes, so the three bytes of a pixel do not fit into one."),
        (48, "three bytes lie in fewer blocks than three."),
        (24, "a block is always encrypted as a whole, even if only one of its bytes has changed."),
        (3, "these are the bytes that change in the picture, before it is encrypted."),
        (98_304 * 16, "in ECB mode a change stays in its own block."),
    ],
)


def pair(seed: int, shape: tuple[int, ...], most: int = 255) -> tuple[np.ndarray, np.ndarray]:
    """Two random pictures of one shape, uint8, whose bytes differ by at most `most` in xor."""
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 256, shape, dtype=np.uint8)
    return picture, picture ^ rng.integers(0, most, shape, dtype=np.uint8, endpoint=True)


def share_of_bits(pictures: tuple[np.ndarray, np.ndarray]) -> float:
    a, b = pictures
    return float(np.mean(np.unpackbits(a ^ b)))


share_wrong = FunctionExercise(
    expected=share_of_bits,
    inputs=[
        (np.full((2, 2, 3), 255, np.uint8), np.full((2, 2, 3), 254, np.uint8)),
        pair(1, (5, 7, 3)),
        (np.zeros((1, 1, 3), np.uint8), np.zeros((1, 1, 3), np.uint8)),
        pair(2, (16, 16, 3)),
        pair(3, (4, 9, 3), most=1),
        pair(4, (3, 3, 3), most=0),
        pair(5, (2, 1, 3), most=3),
    ],
    because="the mean of zeros and ones is the share of the ones.",
    hint_text="np.unpackbits turns the bytes of a picture into bits; how many of the two differ?",
    solution_text=(
        "def share_wrong(pictures):\n"
        "    a, b = pictures\n"
        "    return np.mean(np.unpackbits(a) != np.unpackbits(b))"
    ),
    slips=[
        (
            lambda pictures: float(np.mean(pictures[0] != pictures[1])),
            "you compared bytes: one wrong bit makes a whole byte count.",
        ),
        (
            lambda pictures: int(np.sum(np.unpackbits(pictures[0] ^ pictures[1]))),
            "you counted the wrong bits, and their share of all bits is asked for.",
        ),
        (
            lambda pictures: 1 - share_of_bits(pictures),
            "this is the share of the bits that are right.",
        ),
        (
            lambda pictures: 100 * share_of_bits(pictures),
            "this is in percent, where a share from 0 to 1 is asked for.",
        ),
    ],
)
