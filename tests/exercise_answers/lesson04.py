"""What learners answer in lesson 04: (right, wrong) for each exercise."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np

from helpers import bits, metrics
from tests.exercise_answers.numbers import choice, forms, no_such_number


def one_bit_at_a_time(pictures):
    a, b = (np.unpackbits(picture).tolist() for picture in pictures)
    wrong = 0
    for i in range(len(a)):
        if a[i] != b[i]:
            wrong += 1
    return wrong / len(a)


def ones(array):
    return sum(int(byte).bit_count() for byte in array.ravel())


ANSWERS = {
    "keys_two_bits_away": (
        [
            *forms(120),
            16 * 15 // 2,
            16 * 15 / 2,
            math.comb(16, 2),
            sum(range(16)),
            len(list(combinations(range(16), 2))),
        ],
        [
            *no_such_number(120),
            16 * 15,
            256,
            16,
            136,
            32,
            2,
            4,
            65_536,
            128,
            105,
            14,
            2**14,
            16**2 / 2,
        ],
    ),
    "share_wrong": (
        [
            one_bit_at_a_time,
            lambda ab: np.mean(np.unpackbits(ab[0]) != np.unpackbits(ab[1])),
            lambda ab: np.mean(np.unpackbits(ab[0] ^ ab[1])),
            lambda ab: 1 - np.mean(np.unpackbits(ab[0]) == np.unpackbits(ab[1])),
            lambda ab: np.unpackbits(ab[0] ^ ab[1]).mean(),
            lambda ab: np.unpackbits(ab[0] ^ ab[1]).mean(dtype=np.float32),
            lambda ab: float(np.count_nonzero(np.unpackbits(ab[0] ^ ab[1])) / ab[0].size / 8),
            lambda ab: np.bitwise_count(ab[0] ^ ab[1]).sum() / (8 * ab[0].size),
            lambda ab: np.bitwise_count(ab[0] ^ ab[1]).mean() / 8,
            lambda ab: metrics.bits_wrong(*ab),
            lambda ab: np.mean(bits.picture_to_bits(ab[0]) != bits.picture_to_bits(ab[1])),
            lambda ab: ones(ab[0] ^ ab[1]) / ab[0].size / 8,
            lambda ab: np.abs(np.unpackbits(ab[0]).astype(int) - np.unpackbits(ab[1])).mean(),
            lambda ab: (
                (np.unpackbits(ab[0]) != np.unpackbits(ab[1])).sum() / np.unpackbits(ab[0]).size
            ),
        ],
        [
            lambda ab: np.mean(ab[0] != ab[1]),
            lambda ab: np.mean((ab[0] != ab[1]).any(axis=2)),
            lambda ab: np.sum(np.unpackbits(ab[0] ^ ab[1])),
            lambda ab: 1 - np.mean(np.unpackbits(ab[0] ^ ab[1])),
            lambda ab: np.mean(np.unpackbits(ab[0]) == np.unpackbits(ab[1])),
            lambda ab: 100 * np.mean(np.unpackbits(ab[0] ^ ab[1])),
            lambda ab: np.mean(ab[0] ^ ab[1]),
            lambda ab: np.mean(ab[0] ^ ab[1]) / 255,
            lambda ab: np.mean(ab[0] - ab[1]) / 255,
            lambda ab: np.mean(np.abs(ab[0].astype(int) - ab[1])) / 255,
            lambda ab: np.mean(np.unpackbits(ab[0] & ab[1])),
            lambda ab: np.mean(np.unpackbits(ab[0] | ab[1])),
            lambda ab: np.mean(np.unpackbits(ab[0] - ab[1])),
            lambda ab: np.mean(np.unpackbits(ab[0])) - np.mean(np.unpackbits(ab[1])),
            lambda ab: abs(np.mean(np.unpackbits(ab[0])) - np.mean(np.unpackbits(ab[1]))),
            lambda ab: np.mean(np.unpackbits(ab[0]) - np.unpackbits(ab[1])),
            lambda ab: np.sum(np.unpackbits(ab[0] ^ ab[1])) / ab[0].size,
            lambda ab: np.sum(np.unpackbits(ab[0] ^ ab[1])) / (16 * ab[0].size),
            lambda ab: np.unpackbits(ab[0]) != np.unpackbits(ab[1]),
            lambda ab: (np.unpackbits(ab[0]) != np.unpackbits(ab[1])).any(),
            lambda ab: round(np.mean(np.unpackbits(ab[0] ^ ab[1])), 1),
            lambda ab: np.mean(ab[0]) == np.mean(ab[1]),
            lambda ab: 0.125,
            lambda ab: 0.5,
        ],
    ),
    "noise_means": choice("c", "abd"),
    "forged_byte": (
        [
            lambda c, k, w: c ^ k ^ w,
            lambda c, k, w: w ^ k ^ c,
            lambda c, k, w: c ^ (k ^ w),
            lambda c, k, w: np.uint8(c) ^ np.uint8(k) ^ np.uint8(w),
            lambda c, k, w: np.int64(c ^ k ^ w),
            lambda c, k, w: float(c ^ k ^ w),
            lambda c, k, w: np.bitwise_xor(np.bitwise_xor(c, k), w),
            lambda c, k, w: int(bin(c ^ k ^ w), 2),
            lambda c, k, w: np.array(c ^ k ^ w),
            lambda c, k, w: (c | k) - (c & k) ^ w,
            lambda c, k, w: sum(((c ^ k ^ w) >> i & 1) << i for i in range(8)),
        ],
        [
            lambda c, k, w: c ^ k,
            lambda c, k, w: c ^ w,
            lambda c, k, w: k ^ w,
            lambda c, k, w: (c + w - k) % 256,
            lambda c, k, w: c - k + w,
            lambda c, k, w: c | k ^ w,
            lambda c, k, w: w,
            lambda c, k, w: c,
            lambda c, k, w: ~(c ^ k ^ w) & 255,
            lambda c, k, w: c ^ k ^ w ^ 1,
            lambda c, k, w: bytes([c ^ k ^ w]),
            lambda c, k, w: chr(c ^ k ^ w),
            lambda c, k, w: [c ^ k ^ w],
            lambda c, k, w: c & k & w,
        ],
    ),
}
