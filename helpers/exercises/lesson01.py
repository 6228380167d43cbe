"""Exercises of lesson 01, Pictures as bits."""

from __future__ import annotations

import numpy as np

from helpers import bits
from helpers.exercises import Choice, Exercise, FunctionExercise

bits_of_200 = Exercise(
    expected=[1, 1, 0, 0, 1, 0, 0, 0],
    because="128 + 64 + 8 = 200.",
    hints=[
        "Which of 128, 64, 32, 16, 8, 4, 2 and 1 add up to 200?",
        "128 fits into 200, so the first bit is 1; 72 is left: does 64 fit into that?",
        "After 128 and 64 only 8 is left.",
    ],
    solution_text="bits_of_200 = [1, 1, 0, 0, 1, 0, 0, 0]  # 128 + 64 + 8",
    slips=[
        ([0, 0, 0, 1, 0, 0, 1, 1], "these are the right bits, but the most significant is last."),
        ("11001000", "this is a text, where a list of eight numbers is asked for."),
    ],
)


def some_text(seed: int) -> str:
    """Twenty characters of one block each, drawn from Latin, Greek, Cyrillic and Chinese ones."""
    ranges = np.r_[0x20:0x7F, 0xC0:0x180, 0x391:0x3AA, 0x410:0x450, 0x4E00:0x4E80]
    return "".join(map(chr, np.random.default_rng(seed).choice(ranges, 20)))


bits_of_text = FunctionExercise(
    expected=lambda text: "".join(map(str, bits.blocks_to_bits(bits.text_to_blocks(text)).flat)),
    inputs=["adi", "a", "", "Grüße", "Ω ≈ 7", " aa\n", "\0\uffff", some_text(1), some_text(2)],
    because='"adi" has 48 digits, 16 for each of its three characters.',
    hints=[
        "Each character has a number, and each number 16 bits.",
        "ord(character) is a character's number, and format(5, '08b') is '00000101'.",
        "Do that with sixteen digits for every character, and put all together with ''.join.",
    ],
    solution_text=(
        "def bits_of_text(text):\n"
        '    return "".join(format(ord(character), "016b") for character in text)'
    ),
    slips=[
        (
            lambda text: "".join(format(ord(character), "b") for character in text),
            "the zeros at the front of each character are missing.",
        ),
        (
            lambda text: "".join(format(ord(character), "08b") for character in text),
            "each character has 8 digits, which is too few for the Ω of other inputs.",
        ),
        (
            lambda text: " ".join(format(ord(character), "016b") for character in text),
            "the digits are right, but blanks stand between them.",
        ),
    ],
)


def some_picture(seed: int, *shape: int, values: int = 256) -> np.ndarray:
    """Bytes below `values`, of whatever shape; few values, so that blocks come again."""
    return np.random.default_rng(seed).integers(0, values, shape, np.uint8)


distinct_blocks = FunctionExercise(
    expected=lambda picture: np.unique(bits.picture_to_blocks(picture)).size,
    inputs=[
        np.full((4, 4, 3), (159, 216, 238), np.uint8),  # the penguin's sky: one colour
        np.zeros((3, 3, 3), np.uint8),
        np.arange(5 * 5 * 3, dtype=np.uint8).reshape(5, 5, 3) % 9,
        some_picture(1, 16, 16, 3),
        some_picture(2, 5, 7, 3),
        some_picture(3, 5, 7, 3, values=4),
        some_picture(4, 9, 9, 3, values=3),
        some_picture(5, 1, 1, 3),
    ],
    because="one flat colour makes at most three different blocks, however large the area is.",
    hints=[
        "Cut the picture into blocks, then count each kind once.",
        "Begin with bits.picture_to_blocks(picture).",
        "Python's set() keeps one of each value, and so does np.unique: how many are left?",
    ],
    solution_text=(
        "def distinct_blocks(picture):\n"
        "    return len(set(bits.picture_to_blocks(picture).tolist()))"
    ),
    slips=[
        (
            lambda picture: np.unique(picture.reshape(-1, 3), axis=0).shape[0],
            "you counted the colours, and a block is two bytes, where a pixel is three.",
        ),
        (
            lambda picture: (picture.size + 1) // 2,
            "you counted all blocks, and each that occurs several times counts once only.",
        ),
        (
            lambda picture: np.unique(picture).size,
            "you counted the different bytes, and a block is two bytes.",
        ),
    ],
)

may_be_true = Choice(
    expected="b",
    because="it depends on which bits are wrong, and on whether they come together.",
    wrong={
        "a": (
            "one wrong bit in each byte of a pixel is one in eight of its bits, and the wrong "
            "bits can be spread thinly."
        ),
        "c": "so it is if each bit errs by itself; errors that come together spoil fewer blocks.",
        "d": "if the wrong bits are those worth 128, they show at once.",
    },
    hints=[
        "Compare a wrong bit worth 128 with one worth 1.",
        "One per cent of 24 bits a pixel: in how many pixels can they be?",
        "Two of the answers speak of one way only in which the wrong bits may lie.",
    ],
    solution_text='may_be_true = "b"',
)
