"""Exercises of lesson 04, The wrong key."""

from __future__ import annotations

import numpy as np

from helpers.exercises import Choice, Exercise, FunctionExercise

keys_two_bits_away = Exercise(
    expected=120,
    because="16 ways for the first bit times 15 for the second, and their order does not matter.",
    hints=[
        "Two of the sixteen positions are flipped: how many pairs of positions are there?",
        "There are 16 ways to choose the first and 15 for the second.",
        "Each pair was counted twice, once in each order: take half of the product.",
    ],
    solution_text="keys_two_bits_away = 16 * 15 // 2",
    slips=[
        (240, "you counted each pair of positions twice, once in each order."),
        (256, "the same position was chosen twice, which flips its bit there and back."),
        (16, "so many keys are one bit away."),
        (136, "you counted the keys that are one bit away as well."),
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
    hints=[
        "Compare bits, not bytes: two bytes may differ in one bit or in eight.",
        "np.unpackbits turns the bytes of a picture into bits.",
        "a ^ b has a 1 wherever the two differ; unpack it and take the mean.",
    ],
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

noise_means = Choice(
    expected="c",
    because="what a wrong key does is no measure of secrecy, in either direction.",
    wrong={
        "a": (
            "the pair with the proof gives a readable picture, and is perfectly secret for keys "
            "used once."
        ),
        "b": "nor does a readable picture show anything: look at the paper's pair.",
        "d": "a hundred pictures that look like noise are still only looked at.",
    },
    hints=[
        "Which of the three pairs has a proof, and what does a wrong key do there?",
        "Lesson 7 has a pair that gives noise, and is broken.",
        "Two of the answers take the looks of a picture for a proof.",
    ],
    solution_text='noise_means = "c"',
)


def by_xor(ciphertext: int, known: int, wanted: int) -> int:
    return ciphertext ^ known ^ wanted


forged_byte = FunctionExercise(
    expected=by_xor,
    arguments=3,
    inputs=[
        (0x5A, ord("0"), ord("9")),
        (0, 0, 255),
        (77, 32, 32),
        *map(tuple, np.random.default_rng(4).integers(0, 256, (10, 3)).tolist()),
    ],
    because="what the key did to the byte stays as it is, and only the character changes.",
    hints=[
        "The ciphertext is the message xor something that only the key knows.",
        "ciphertext ^ known is that something; what must be done to it?",
        "Take away the old character and put in the new one, both with ^.",
    ],
    solution_text=(
        "def forged_byte(ciphertext, known, wanted):\n    return ciphertext ^ known ^ wanted"
    ),
    slips=[
        (
            lambda ciphertext, known, wanted: ciphertext ^ known,
            "this is what the key added; the character that you want is not in it.",
        ),
        (
            lambda ciphertext, known, wanted: ciphertext ^ wanted,
            "the old character is still in it, so that both come out mixed.",
        ),
        (
            lambda ciphertext, known, wanted: (ciphertext + wanted - known) % 256,
            "bits are added without carrying here: xor, not plus.",
        ),
    ],
)
