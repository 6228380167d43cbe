"""Exercises of lesson 03, Eve."""

from __future__ import annotations

import numpy as np

from helpers.exercises import Exercise, FunctionExercise

key_bits = Exercise(
    expected=41,
    because="25 bits more make the second into 33,554,432 seconds; AES has 128 bits and more.",
    hint_text="How often must 1 be doubled until it is at least 31,536,000? Add that to 16.",
    solution_text=("key_bits = 16\nwhile 2 ** (key_bits - 16) < 31_536_000:\n    key_bits += 1"),
    slips=[
        (25, "that is how many bits more than the first ones are needed."),
        (40, "half a year is over by then, but not a whole one."),
        (42, "that is enough, but one bit fewer would be enough too."),
    ],
)


def _blocks(ciphertext: bytes) -> list[bytes]:
    return [ciphertext[i : i + 16] for i in range(0, len(ciphertext), 16)]


def some_ciphertext(seed: int, blocks: int, different: int) -> bytes:
    """So many blocks of 16 bytes, each one of a few `different` ones, in any order."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (different, 16), np.uint8)[
        rng.integers(0, different, blocks)
    ].tobytes()


repeated_blocks = FunctionExercise(
    expected=lambda ciphertext: len(_blocks(ciphertext)) - len(set(_blocks(ciphertext))),
    inputs=[
        bytes(range(16)) * 3 + bytes(16) * 2,
        bytes(range(256)),
        bytes(range(16)) + bytes(range(16))[::-1],  # the same bytes in another order
        b"",
        bytes(8) + bytes(range(16)) + bytes(range(16)) + bytes(8),
        some_ciphertext(1, blocks=9, different=3),
        some_ciphertext(2, blocks=30, different=12),
        some_ciphertext(3, blocks=50, different=500),
        bytes(range(16)) + bytes(range(8)) * 2 + bytes(range(16)),
    ],
    because="in ECB mode equal blocks show; in counter mode a repeat is all but impossible.",
    hint_text="Cut the bytes into pieces of 16; Python's set() keeps one of each.",
    solution_text=(
        "def repeated_blocks(ciphertext):\n"
        "    blocks = [ciphertext[i : i + 16] for i in range(0, len(ciphertext), 16)]\n"
        "    return len(blocks) - len(set(blocks))"
    ),
    slips=[
        (
            lambda ciphertext: len(set(_blocks(ciphertext))),
            "you counted the different blocks, not those that have come before.",
        ),
        (
            lambda ciphertext: sum(_blocks(ciphertext).count(b) > 1 for b in _blocks(ciphertext)),
            "the first of several equal blocks has not come before it.",
        ),
        (
            lambda ciphertext: len(ciphertext) - len(set(ciphertext)),
            "you compared single bytes, and a block has 16 of them.",
        ),
    ],
)

whole_blocks = FunctionExercise(
    expected=lambda share: round(100 * share**16),
    inputs=[0.95, 0.99, 0.58, 0.5, 1.0, 0.0, 0.9, 0.96, *np.linspace(0.701, 0.999, 40).tolist()],
    because="58 % of the bits look like 0 % of the blocks, which is how a leak stays unseen.",
    hint_text="Two bits are both right with a chance of share * share; go on to sixteen.",
    solution_text="def whole_blocks(share_of_bits):\n    return round(100 * share_of_bits**16)",
    slips=[
        (lambda share: share**16, "this is a share from 0 to 1; percent are asked for."),
        (
            lambda share: 100 * share**16,
            "this is in percent, but not yet rounded to a whole number.",
        ),
        (lambda share: int(100 * share**16), "this cuts the digits off, and does not round."),
        (lambda share: round(100 * share), "this is the share of bits; sixteen must be right."),
        (
            lambda share: round(100 * share * 16),
            "chances of independent events multiply, they do not add.",
        ),
    ],
)
