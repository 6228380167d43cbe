"""What learners answer in lesson 02: (right, wrong) for each exercise."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from helpers import bits
from tests.exercise_answers.numbers import choice, no_such_number

LUCKY = 10_000 / 65_536
POWERS = 2 ** np.arange(15, -1, -1)


def one_by_one(raw_answers):
    return np.uint16([int("".join("1" if x > 0 else "0" for x in row), 2) for row in raw_answers])


def in_place(raw_answers):
    raw_answers[raw_answers > 0] = 1
    raw_answers[raw_answers <= 0] = 0
    return bits.bits_to_blocks(raw_answers.astype(np.uint8))


ANSWERS = {
    "lucky_blocks": (
        [
            LUCKY,
            0.15,
            0.153,
            0.1526,
            0.15259,
            0.1525,
            10_000 / 2**16,
            10_000 * 0.5**16,
            2**-16 * 10**4,
            1e4 / 65536,
            np.float64(LUCKY),
            np.float32(LUCKY),
            np.array(LUCKY),
            Fraction(10_000, 65_536),
            round(LUCKY, 2),
            round(LUCKY, 4),
        ],
        [
            *no_such_number(12),
            0,
            1,
            0.0,
            0.1,
            0.2,
            0.16,
            2**-16,
            0.0015,
            15.26,
            0.12,
            5_000,
            625,
            10_000,
            80,
            6.5536,
            100 / 2**16,
            "0.15",
            "0,15",
            (0, 15),
            10_000 / 2**15,
            10_000 / 2**8,
            [LUCKY],
        ],
    ),
    "blocks_of": (
        [
            one_by_one,
            in_place,
            lambda raw: bits.bits_to_blocks(bits.signs_to_bits(raw)),
            lambda raw: bits.bits_to_blocks((raw > 0).astype(np.uint8)),
            lambda raw: bits.bits_to_blocks(np.where(raw > 0, 1, 0)),
            lambda raw: bits.bits_to_blocks(raw > 0),
            lambda raw: ((raw > 0) @ POWERS).astype(np.uint16),
            lambda raw: (raw > 0) @ POWERS,
            lambda raw: ((raw > 0) * POWERS).sum(axis=1),
            lambda raw: np.packbits(raw > 0, axis=1).view(">u2").ravel(),
            lambda raw: bits.bits_to_blocks(bits.signs_to_bits(raw)).tolist(),
            lambda raw: bits.bits_to_blocks(bits.signs_to_bits(np.sign(raw))),
            lambda raw: [int("".join(map(str, row)), 2) for row in bits.signs_to_bits(raw)],
        ],
        [
            lambda raw: bits.signs_to_bits(raw),
            lambda raw: bits.bits_to_blocks(raw),
            lambda raw: bits.bits_to_blocks((raw > 0.5).astype(np.uint8)),
            lambda raw: bits.bits_to_blocks((raw >= 0).astype(np.uint8)),
            lambda raw: bits.bits_to_blocks((raw < 0).astype(np.uint8)),
            lambda raw: bits.bits_to_blocks(np.abs(np.round(raw)).astype(np.uint8)),
            lambda raw: bits.bits_to_blocks((np.round(raw) > 0).astype(np.uint8)),
            lambda raw: bits.bits_to_blocks((raw != 0).astype(np.uint8)),
            lambda raw: bits.bits_to_blocks((raw > raw.mean()).astype(np.uint8)),
            lambda raw: bits.bits_to_blocks(bits.signs_to_bits(raw)[:, ::-1]),
            lambda raw: bits.bits_to_blocks(bits.signs_to_bits(raw))[::-1],
            lambda raw: bits.bits_to_blocks(bits.signs_to_bits(raw))[:1],
            lambda raw: bits.bits_to_blocks(bits.signs_to_bits(raw))[0],
            lambda raw: bits.bits_to_blocks(bits.signs_to_bits(raw))[None],
            lambda raw: (raw > 0) @ POWERS[::-1],
            lambda raw: (raw > 0) @ (2 ** np.arange(16, 0, -1)),
            lambda raw: np.packbits(raw > 0, axis=1).view("<u2").ravel(),
            lambda raw: np.packbits(raw > 0, axis=1),
            lambda raw: (raw > 0).sum(axis=1),
            lambda raw: np.sign(raw),
            lambda raw: bits.blocks_to_text(bits.bits_to_blocks(bits.signs_to_bits(raw))),
            lambda raw: raw > 0,
        ],
    ),
    "all_wrong": choice("b", "acd"),
    "abeloss_of": (
        [
            lambda b, e, n: b + (n / 2 - e) ** 2 / (n / 2) ** 2,
            lambda b, e, n: b + ((n / 2 - e) / (n / 2)) ** 2,
            lambda b, e, n: b + (1 - 2 * e / n) ** 2,
            lambda b, e, n: b + (e - n / 2) ** 2 / (n / 2) ** 2,
            lambda b, e, n: b + 4 * (n / 2 - e) ** 2 / n**2,
            lambda b, e, n: np.float64(b + (1 - 2 * e / n) ** 2),
            lambda b, e, n: np.array(b + (1 - 2 * e / n) ** 2),
            lambda b, e, n: b + np.square((n / 2 - e) / (n / 2)),
            lambda b, e, n: b + math.pow(1 - 2 * e / n, 2),
            lambda b, e, n: (1 - 2 * e / n) ** 2 + b,
            lambda b, e, n: b + abs(1 - 2 * e / n) ** 2,
        ],
        [
            lambda b, e, n: b - e,
            lambda b, e, n: b + (n / 2 - e) ** 2,
            lambda b, e, n: b + (n / 2 - e) / (n / 2),
            lambda b, e, n: b + abs(n / 2 - e) / (n / 2),
            lambda b, e, n: b + (n - e) ** 2 / (n / 2) ** 2,
            lambda b, e, n: b + (8 - e) ** 2 / 64,
            lambda b, e, n: (n / 2 - e) ** 2 / (n / 2) ** 2,
            lambda b, e, n: b,
            lambda b, e, n: b * (1 - 2 * e / n) ** 2,
            lambda b, e, n: b + (n / 2 - e) ** 2 / n**2,
            lambda b, e, n: b - (1 - 2 * e / n) ** 2,
            lambda b, e, n: e + (1 - 2 * b / n) ** 2,
            lambda b, e, n: [b + (1 - 2 * e / n) ** 2],
            lambda b, e, n: round(b + (1 - 2 * e / n) ** 2, 1),
        ],
    ),
}
