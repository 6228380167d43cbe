"""Exercises of lesson 07, A cipher with a proof."""

from __future__ import annotations

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
            lambda table: all(set(row) == set(table[0].tolist()) for row in table.tolist()),
            "the rows have the same ciphertexts, but not equally often, so Eve may bet.",
        ),
        (
            lambda table: len(set(table.sum(axis=1).tolist())) == 1,
            "different ciphertexts can have the same sum.",
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
        "What is left of the two keys if you xor the two ciphertexts?",
        "The xor of the ciphertexts is the xor of the messages, and you know one of them.",
    ],
    solution_text=(
        "def other_message(heard):\n"
        "    first, second, known = heard\n"
        "    return first ^ second ^ known"
    ),
    slips=[
        (
            lambda heard: heard[0] ^ heard[1],
            "this is the xor of both messages; one of them is known.",
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
