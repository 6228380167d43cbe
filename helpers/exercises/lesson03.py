"""Exercises of lesson 03, Eve."""

from __future__ import annotations

import numpy as np

from helpers.exercises import Choice, Exercise, FunctionExercise

key_bits = Exercise(
    expected=41,
    because="25 bits more make the second into 33,554,432 seconds; AES has 128 bits and more.",
    hints=[
        "Each bit more doubles the time: 17 bits take two seconds, 18 take four.",
        "How often must 1 be doubled until it is at least 31,536,000?",
        (
            "Try 2 ** 24 and the power after it, and add the exponent to the 16 bits that take "
            "one second."
        ),
    ],
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
    hints=[
        "The order does not matter, only which blocks have been there before.",
        "Cut the bytes into pieces of 16; Python's set() keeps one of each.",
        "All pieces, less the different ones, are those that came before: take the two lengths.",
    ],
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
    hints=[
        "Two bits are both right with a chance of share * share.",
        "Go on to sixteen bits: a power.",
        "Take the share to the power of 16, times 100 for percent, and round() it.",
    ],
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


figure_9_shows = Choice(
    expected="b",
    because="one burglar failed; the lock was tried by nobody else.",
    wrong={
        "a": "to show that, every possible reader would have to fail, and only one was tried.",
        "c": "only one kind of network was tried, with one kind of training.",
        "d": "seven wrong bits of sixteen are fewer than the eight of a coin.",
    },
    hints=[
        "Ask who was tried, and who was not.",
        "A test of one Eve says something about that Eve.",
        "Three of the four sentences speak of all readers, or of a coin; the test has neither.",
    ],
    solution_text='figure_9_shows = "b"',
)


def _merged(heard: np.ndarray, read: np.ndarray) -> int:
    return len(np.unique(heard, axis=0)) - np.unique(read).size


def some_reading(seed: int, count: int, different: int, meanings: int) -> tuple:
    """Blocks of ciphertext, some equal, and what a key makes of them, equal where they are."""
    rng = np.random.default_rng(seed)
    which = rng.integers(0, different, count)
    values = rng.normal(size=(different, 16)).astype(np.float16)
    return values[which], rng.integers(0, meanings, different).astype(np.uint16)[which]


merged_by = FunctionExercise(
    expected=_merged,
    arguments=2,
    inputs=[
        (np.eye(16)[[0, 0, 1, 2, 3]], np.array([7, 7, 7, 9, 9])),
        (np.eye(16), np.arange(16, dtype=np.uint16)),
        (np.zeros((5, 16)), np.zeros(5, np.uint16)),
        *(some_reading(seed, 40, 25, meanings) for seed, meanings in enumerate([5, 20, 300])),
    ],
    because="the right key merges none, and a wrong one most: that tells them apart.",
    hints=[
        "Two different ciphertext blocks that are read as the same block are one loss.",
        (
            "The first line has the different blocks of ciphertext; you need the different ones "
            "of read."
        ),
        "np.unique(read) has each of them once: how many are they?",
    ],
    solution_text=(
        "def merged_by(heard, read):\n"
        "    different = np.unique(heard, axis=0)\n"
        "    return len(different) - np.unique(read).size"
    ),
    slips=[
        (
            lambda heard, read: len(heard) - np.unique(read).size,
            "equal blocks of ciphertext are no loss: count different ones on both sides.",
        ),
        (
            lambda heard, read: len(np.unique(heard, axis=0)) - len(read),
            "you took all that was read, also what was read twice.",
        ),
        (
            lambda heard, read: np.unique(read).size,
            "this is how many different blocks are left, not how many were lost.",
        ),
    ],
)
