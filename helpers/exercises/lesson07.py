"""Exercises of lesson 07, A cipher with a proof."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from helpers.exercises import Choice, Exercise, FunctionExercise

bits_of_key = Exercise(
    expected=1_572_864,
    because="perfect secrecy asks for a key as long as the message: 192 KiB for 192 KiB.",
    hints=[
        "Perfect secrecy asks for at least as many keys as messages.",
        "How many bits has the picture? Each block needs 16 fresh ones of its own.",
        "256 times 256 pixels, three bytes each, eight bits a byte: multiply.",
    ],
    solution_text="bits_of_key = 256 * 256 * 3 * 8",
    slips=[
        (16, "these serve for one block; whoever knows that block has all under the same 16 bits."),
        (98_304, "these are the blocks, and each of them needs a key of its own."),
        (196_608, "these are the bytes of the picture."),
        (65_536, "this is how many keys of 16 bits there are, and not what the picture uses up."),
        (128, "so much has a key of AES, which is not perfectly secret."),
    ],
)


def rows_alike(table: np.ndarray) -> bool:
    """Whether every row has the same ciphertexts, each as often."""
    rows = np.sort(table, axis=1)
    return bool((rows == rows[0]).all())


def sets_alike(table: np.ndarray) -> bool:
    return all(set(row) == set(table[0].tolist()) for row in table.tolist())


def sums_alike(table: np.ndarray) -> bool:
    return len(set(table.sum(axis=1).tolist())) == 1


def rows_complete(table: np.ndarray) -> bool:
    return all(len(set(row)) == len(row) for row in table.tolist())


TWO_BITS = np.arange(4)
PAD = TWO_BITS[:, None] ^ TWO_BITS
ONE_COIN = TWO_BITS[:, None] ^ 3 * (TWO_BITS >> 1)
TWO_KEYS_EACH = TWO_BITS[:, None] ^ np.arange(8) // 2

SAME_SUMS_AND_SQUARES = np.array([[1, 5, 6], [2, 3, 7]])
SAME_SETS_AND_SUMS = np.array([[0, 1, 1, 1, 2], [2, 2, 0, 0, 1]])


def some_table(seed: int, messages: int, keys: int, ciphertexts: int) -> np.ndarray:
    """A perfectly secret one: the same ciphertexts in every row, in any order."""
    rng = np.random.default_rng(seed)
    return rng.permuted(np.tile(rng.integers(0, ciphertexts, keys), (messages, 1)), axis=1)


def nearly(table: np.ndarray) -> np.ndarray:
    """A table like this one, but in the last row a ciphertext stands in place of another one."""
    table = table.copy()
    different = np.flatnonzero(table[-1] != table[-1, 0])
    table[-1, different[-1]] = table[-1, 0]
    return table


perfectly_secret = FunctionExercise(
    expected=rows_alike,
    inputs=[
        PAD,
        ONE_COIN,
        TWO_KEYS_EACH,
        np.zeros((4, 4), int),
        np.array([[0, 0, 1], [0, 1, 1]]),
        np.array([[0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2], [2, 3, 0, 0]]),
        SAME_SUMS_AND_SQUARES,
        SAME_SETS_AND_SUMS,
        SAME_SETS_AND_SUMS[[0, 1, 0]],
        *(some_table(seed, 4, 9, 5) for seed in range(4)),
        *(nearly(some_table(seed, 4, 9, 5)) for seed in range(4, 12)),
        some_table(12, 3, 20, 65_536),
        nearly(some_table(13, 3, 20, 65_536)),
    ],
    because="it is no matter which ciphertexts there are, as long as every message has the same.",
    hints=[
        "Eve must find the same ciphertexts, each as often, whatever the message.",
        "Put each row in order: np.sort(table, axis=1).",
        "Then each row must equal the first one: compare them all, and ask whether .all() is so.",
    ],
    solution_text=(
        "def perfectly_secret(table):\n"
        "    rows = np.sort(table, axis=1)\n"
        "    return bool((rows == rows[0]).all())"
    ),
    slips=[
        (
            rows_complete,
            "keys may share a ciphertext: it is enough that all messages have it equally often.",
        ),
        (
            lambda table: rows_complete(table.T),
            "you looked along a column: that is what Bob needs, to tell the messages apart.",
        ),
        (
            sets_alike,
            "the rows have the same ciphertexts, but not equally often, so Eve may bet.",
        ),
        (sums_alike, "different ciphertexts can have the same sum."),
        (
            lambda table: sets_alike(table) and sums_alike(table),
            "with the same set and the same sum, one ciphertext may still come more often: count.",
        ),
    ],
)


def by_xor(heard: tuple[int, int, int]) -> int:
    first, second, known = heard
    return first ^ second ^ known


other_message = FunctionExercise(
    expected=by_xor,
    inputs=[
        (0b1100, 0b1001, 0b0110),
        (0xBEEF, 0xCAFE, 0x1234),
        (77, 77, 5),
        (0, 65_535, 65_535),
        *map(tuple, np.random.default_rng(1).integers(0, 2**16, (10, 3)).tolist()),
    ],
    because="the key falls out as soon as it is used twice.",
    hints=[
        "The key was used twice, so it can be made to fall out.",
        "What is left of the two keys if you XOR the two ciphertexts?",
        "The XOR of the ciphertexts is the XOR of the messages, and you know one of them.",
    ],
    solution_text=(
        "def other_message(heard):\n"
        "    first, second, known = heard\n"
        "    return first ^ second ^ known"
    ),
    slips=[
        (
            lambda heard: heard[0] ^ heard[1],
            "this is the XOR of both messages; one of them is known.",
        ),
        (lambda heard: heard[0] ^ heard[2], "this is the key, and the message is asked for."),
        (lambda heard: heard[1], "this is the second ciphertext, as Eve heard it."),
        (lambda heard: heard[2], "this is the message that is known already."),
    ],
)

the_file_says = Choice(
    expected="c",
    because="a sample finds faults that are common, and bits of 50 % do not show secrecy.",
    wrong={
        "a": (
            "the one-coin cipher of this lesson has bits of 50 %, too, and gives half of the "
            "message away."
        ),
        "b": (
            "the planted fault was not found by 100,000 pairs, and a rarer one is not found by "
            "more."
        ),
        "d": "a sample is no proof, but an error in one pair of a hundred would have shown in it.",
    },
    hints=[
        "Think of the planted fault, and of the one-coin cipher.",
        "What would the sample have shown, had Bob erred once in a thousand pairs?",
        "Two of the sentences claim too much, and one claims too little.",
    ],
    solution_text='the_file_says = "c"',
)

Sides = tuple[np.ndarray, np.ndarray, Callable[[np.ndarray, np.ndarray], np.ndarray]]


def round_back(block: np.ndarray, key: np.ndarray, decide: Callable) -> np.ndarray:
    """What one Feistel round was made of: its left half is undone, then the halves change back."""
    passed, changed = block[:, :8], block[:, 8:]
    return np.hstack([changed * decide(passed, key), passed])


def some_round(seed: int, rows: int) -> Sides:
    """Random blocks and keys, in signs, and a network of one layer that decides."""
    rng = np.random.default_rng(seed)
    block, key = (rng.choice([-1.0, 1.0], (rows, 16)) for _ in range(2))
    kernel = rng.normal(size=(24, 8))
    return block, key, lambda half, key: np.where(np.hstack([half, key]) @ kernel >= 0, 1, -1)


one_round_back = FunctionExercise(
    expected=round_back,
    arguments=3,
    inputs=[some_round(seed, rows) for seed, rows in enumerate([1, 3, 20, 100])],
    because="decide may be any function at all, for nobody has to turn it round: what it was "
    "asked about has passed, so both can ask it.",
    hints=[
        "A sign multiplied by itself is +1: so multiply a second time with the same signs.",
        "Alice's decisions were made of her right half and of the key. Where is that half now?",
        "Her right half is called passed here: ask decide about it and the key.",
    ],
    solution_text=(
        "def one_round_back(block, key, decide):\n"
        "    passed, changed = block[:, :8], block[:, 8:]\n"
        "    left = changed * decide(passed, key)\n"
        "    return np.hstack([left, passed])"
    ),
    slips=[
        (
            lambda block, key, decide: np.hstack(
                [block[:, 8:] * decide(block[:, 8:], key), block[:, :8]]
            ),
            "you asked about the half that was changed, and Alice asked about the other one.",
        ),
        (
            lambda block, key, decide: np.hstack([block[:, 8:], block[:, :8]]),
            "the halves are back in their places, but the left one is still changed.",
        ),
        (
            lambda block, key, decide: np.hstack(
                [block[:, 8:], block[:, :8] * decide(block[:, 8:], key)]
            ),
            "this is the round once more, and not what undoes it.",
        ),
        (
            lambda block, key, decide: np.hstack(
                [block[:, :8], block[:, 8:] * decide(block[:, :8], key)]
            ),
            "both halves are right, but they have not changed places.",
        ),
    ],
)
