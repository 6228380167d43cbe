"""Exercises of lesson 02, Alice and Bob."""

from __future__ import annotations

import numpy as np

from helpers import bits
from helpers.exercises import Choice, Exercise, FunctionExercise

lucky_blocks = Exercise(
    expected=10_000 / 2**16,
    tolerance=0.005,  # 0.15 is as good
    because="about 0.15 blocks; the paper's 0.12 % are 12 blocks, some 80 times as many.",
    hints=[
        "A coin is right about a bit half of the time.",
        "All 16 bits of a block have to be right: one half times itself, sixteen times.",
        "That chance is 1 / 2 ** 16; take it 10,000 times.",
    ],
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
    hints=[
        "Two steps: a threshold, and sixteen bits to a number.",
        "bits.signs_to_bits is the threshold.",
        "bits.bits_to_blocks makes numbers of rows of 16 bits: put the two together.",
    ],
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

all_wrong = Choice(
    expected="b",
    because="so Alice and Bob want her at one half, where turning over does not help.",
    wrong={
        "a": "somebody who is always wrong can be asked, and believed in the opposite.",
        "c": "a coin is wrong in half of the bits, not in all.",
        "d": "nothing forbids it; she only has to answer the opposite of what she knows.",
    },
    hints=[
        "What would you do with a friend who always lies?",
        "Take one of her answers and turn each bit over.",
        "Compare what comes out with the message.",
    ],
    solution_text='all_wrong = "b"',
)


def of_the_pair(bobloss: float, eveloss: float, m_bits: int) -> float:
    """The paper's loss of Alice and Bob."""
    return bobloss + (m_bits / 2 - eveloss) ** 2 / (m_bits / 2) ** 2


abeloss_of = FunctionExercise(
    expected=of_the_pair,
    arguments=3,
    inputs=[
        (0.0, 0.0, 16),
        (0.0, 8.0, 16),
        (0.5, 6.7, 16),
        (1.5, 10.0, 16),
        (0.0, 3.0, 8),
        (2.0, 1.0, 4),
        *((bob, eve, 16) for bob, eve in np.random.default_rng(2).uniform(0, 16, (8, 2)).tolist()),
    ],
    because="Bob's part falls as he learns, and Eve's is 0 where she does no better than coins.",
    hints=[
        "Two parts are added: Bob's wrong bits, and a penalty for what Eve knows.",
        "The penalty is the square of the distance of eveloss from m_bits / 2.",
        "Divide that square by the square of m_bits / 2, so that it is 1 at most.",
    ],
    solution_text=(
        "def abeloss_of(bobloss, eveloss, m_bits):\n"
        "    return bobloss + (m_bits / 2 - eveloss) ** 2 / (m_bits / 2) ** 2"
    ),
    slips=[
        (
            lambda bobloss, eveloss, m_bits: bobloss - eveloss,
            "then the pair would want her wrong in every bit, and that tells her all.",
        ),
        (
            lambda bobloss, eveloss, m_bits: bobloss + (m_bits / 2 - eveloss) ** 2,
            "the square is there, the division is missing.",
        ),
        (
            lambda bobloss, eveloss, m_bits: bobloss + (m_bits / 2 - eveloss) / (m_bits / 2),
            "the distance has to be squared, or an Eve beyond one half would be a reward.",
        ),
        (
            lambda bobloss, eveloss, m_bits: bobloss + (m_bits - eveloss) ** 2 / (m_bits / 2) ** 2,
            "she should have half of the bits wrong, not all.",
        ),
        (
            lambda bobloss, eveloss, m_bits: bobloss + (8 - eveloss) ** 2 / 64,
            "this is right for 16 bits only: use m_bits.",
        ),
    ],
)
