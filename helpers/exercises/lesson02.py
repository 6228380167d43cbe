"""Exercises of lesson 02, Alice and Bob."""

from __future__ import annotations

import numpy as np

from helpers import bits
from helpers.exercises import Exercise, FunctionExercise

penalty = FunctionExercise(
    expected=lambda share: (8 - 16 * (1 - share)) ** 2 / 64,
    inputs=[0.5, 1.0, 0.0, 0.58, 0.75, 0.3, *np.random.default_rng(1).uniform(0, 1, 10).tolist()],
    because="it is 0 where Eve tosses coins, and 1 where she has all bits right or all wrong.",
    hint_text="A share of 0.75 leaves 16 * (1 - 0.75) = 4 bits wrong: how far from 8 is that?",
    solution_text=(
        "def penalty(share):\n"
        "    eves_wrong_bits = 16 * (1 - share)\n"
        "    return (8 - eves_wrong_bits) ** 2 / 8**2"
    ),
    slips=[
        (lambda share: (8 - share) ** 2 / 64, "a share of 16 bits is not yet a number of bits."),
        (lambda share: (7 + share) ** 2 / 64, "a share of 16 bits is not yet a number of bits."),
        (lambda share: (16 * share - 8) ** 2, "the square is there, the division is missing."),
        (lambda share: 2 * share - 1, "the distance has to be squared."),
        (lambda share: (16 * share) ** 2 / 64, "she should have half of the bits wrong."),
    ],
)

lucky_blocks = Exercise(
    expected=10_000 / 2**16,
    tolerance=0.005,  # 0.15 is as good
    because="about 0.15 blocks; the paper's 0.12 % are 12 blocks, some 80 times as many.",
    hint_text="A coin is right half of the time, and all 16 have to be right.",
    solution_text="lucky_blocks = 10_000 / 2**16",
    slips=[
        (2.0**-16, "this is the chance of one block, and 10,000 are tried."),
        (100 / 2**16, "this is a share in percent, and a number of blocks is asked for."),
        (10_000 / 16, "16 bits do not make one chance in 16: each of them halves it."),
        (5_000, "half of the bits are right, but a block needs all 16 of its bits."),
    ],
)

blocks_of = FunctionExercise(
    expected=lambda raw: bits.bits_to_blocks(bits.signs_to_bits(raw)),
    inputs=[
        np.tile([0.9, -0.9], (1, 8)),
        np.random.default_rng(1).uniform(-1, 1, (5, 16)),
        np.full((2, 16), 0.01),
        np.random.default_rng(2).choice([-0.9, -0.4, -0.01, 0, 0.01, 0.4, 0.9], (40, 16)),
        -np.ones((1, 16)),
    ],
    because="a raw answer above 0 is a 1, however little it is above.",
    hint_text="bits.signs_to_bits is the threshold; bits.bits_to_blocks makes numbers of 16 bits.",
    solution_text=(
        "def blocks_of(raw_answers):\n"
        "    return bits.bits_to_blocks(bits.signs_to_bits(raw_answers))"
    ),
    slips=[
        (lambda raw: (raw > 0).astype(np.uint8), "these are the bits, not yet the blocks."),
        (
            lambda raw: bits.bits_to_blocks((raw > 0.5).astype(np.uint8)),
            "the threshold is 0, since the raw answers run from -1 to 1.",
        ),
        (
            lambda raw: bits.bits_to_blocks((raw >= 0).astype(np.uint8)),
            "only what is above 0 is a 1, and 0 itself is not.",
        ),
    ],
)
