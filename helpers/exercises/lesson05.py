"""Exercises of lesson 05, Learnable encryption."""

from __future__ import annotations

import numpy as np

from helpers.exercises import Choice, Exercise, FunctionExercise

entries_of_a_key = Exercise(
    expected=384,
    because="so there are more keys than for 4 x 4, and a broken cipher all the same.",
    hints=[
        "A key has an entry for each nibble of a block.",
        "How many bytes are in such a block, with three colours?",
        "8 times 8 pixels, three bytes each, two nibbles a byte: multiply.",
    ],
    solution_text="entries_of_a_key = 8 * 8 * 3 * 2  # pixels, colours, nibbles in a byte",
    slips=[
        (64, "these are the pixels of a block."),
        (192, "these are the bytes of a block, and a byte has two nibbles."),
        (128, "a pixel has three colours."),
        (96, "so many has a block of 4 x 4 pixels."),
    ],
)

blocks_to_ask_for = Exercise(
    expected=3,
    because="two digits of base 16 tell 256 codes apart, and twice 384 are needed.",
    hints=[
        "One block gives each nibble one digit in base 16.",
        "n blocks tell 16**n codes apart; each nibble needs a code upright and one reversed.",
        "Count the nibbles of such a block, and take twice as many: which power of 16 has room?",
    ],
    solution_text=(
        "blocks_to_ask_for = 1\n"
        "while 16**blocks_to_ask_for < 2 * 8 * 8 * 3 * 2:\n"
        "    blocks_to_ask_for += 1"
    ),
    slips=[
        (2, "so many are enough for blocks of 4 x 4 pixels."),
        (1, "sixteen values cannot tell so many nibbles apart."),
        (8, "a block more makes sixteen times as many codes, so fewer will do."),
        (24, "you divided by the number of values; each block multiplies the number of codes."),
    ],
)


def permutation(seed: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed).permutation(count)


undo = FunctionExercise(
    expected=np.argsort,
    inputs=[
        np.array([2, 0, 1]),
        permutation(1, 6),
        permutation(2, 96),
        np.array([0]),
        np.arange(24),
        *(permutation(seed, 4) for seed in range(3, 10)),
    ],
    because="shuffled[undo(key)] is in its old order again, and so Bob needs no second key.",
    hints=[
        "To undo an order is to ask of each old number where it is now.",
        "Old number key[i] has come to place i. So where in the key does old number 0 stand?",
        "Put the key in order of size and note where each entry came from: np.argsort does that.",
    ],
    solution_text="def undo(key):\n    return np.argsort(key)",
    slips=[
        (lambda key: key, "the same shuffle twice is mostly not the old order."),
        (lambda key: key[::-1], "you read the key from its end, and its places are asked for."),
        (np.sort, "sorted, every key looks the same, and where its entries stood is asked for."),
        (lambda key: key[key], "you shuffled the key once more instead of asking for places."),
    ],
)


def nibbles_like_pixels(seed: int, count: int, blocks: int) -> np.ndarray:
    """Rows in shuffled pairs that go together, some of them turned over: (count, blocks)."""
    rng = np.random.default_rng(seed)
    base = rng.normal(size=(count // 2, blocks)).repeat(2, axis=0)
    rows = base + 0.3 * rng.normal(size=(count, blocks))
    rows *= rng.uniform(1, 4, (count, 1)) * rng.choice([-1, 1], (count, 1))
    return rng.permutation(np.clip(np.round(8 + rows), 0, 15).astype(np.uint8))


def correlated_most(nibbles: np.ndarray, keep_sign: bool = False) -> np.ndarray:
    likeness = np.corrcoef(nibbles) if keep_sign else np.abs(np.corrcoef(nibbles))
    np.fill_diagonal(likeness, -1)
    return likeness.argmax(axis=1)


partners = FunctionExercise(
    expected=correlated_most,
    inputs=[
        *(nibbles_like_pixels(seed, 6 * seed, 40 + seed) for seed in range(1, 9)),
        np.random.default_rng(9).integers(0, 16, (30, 25), np.uint8),
    ],
    because="this is how a ciphertext tells which of its nibbles come from neighbouring pixels.",
    hints=[
        "How two rows go together is their correlation; its sign does not matter here.",
        (
            "np.corrcoef compares all rows with all rows; each is most like itself, which must "
            "not count."
        ),
        (
            "Take np.abs of it, put 0 onto the diagonal with np.fill_diagonal, and look for the "
            "largest of each row."
        ),
    ],
    solution_text=(
        "def partners(nibbles):\n"
        "    likeness = np.abs(np.corrcoef(nibbles))\n"
        "    np.fill_diagonal(likeness, 0)\n"
        "    return likeness.argmax(axis=1)"
    ),
    slips=[
        (
            lambda nibbles: np.abs(np.corrcoef(nibbles)).argmax(axis=1),
            "every row found itself: set the diagonal to zero first.",
        ),
        (
            lambda nibbles: correlated_most(nibbles, keep_sign=True),
            "a reversed nibble goes down where its partner goes up: leave out the sign.",
        ),
        (
            lambda nibbles: np.abs(np.corrcoef(nibbles)),
            "these are all the correlations; for each row the number of its partner is asked for.",
        ),
    ],
)

larger_keys_stop = Choice(
    expected="c",
    because="an attack that finds the key entry by entry does not care how many keys there are.",
    wrong={
        "a": "none of the three attacks tries keys.",
        "b": "it needs three blocks of its own then, in place of two.",
        "d": (
            "neighbouring pixels are as alike within a block of 8 × 8 pixels as within one of 4 "
            "× 4."
        ),
    },
    hints=[
        "What does the number of keys say, and what not?",
        "Go through the three attacks: where is a key tried out?",
        "Exercise 5.3 has the number of blocks for 8 × 8 pixels.",
    ],
    solution_text='larger_keys_stop = "c"',
)
