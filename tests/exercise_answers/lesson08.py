"""What learners answer in lesson 08: (right, wrong) for each exercise."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from helpers.neural.cipher import NeuralCipher
from helpers.neural.cryptanalysis import difference_table, slid_key
from tests.exercise_answers.numbers import forms, no_such_number

ALICE = NeuralCipher.load("diffusing").alice  # of 20 rounds


# --- the rounds ---


def round_by_round():
    rounds, bits = 20, 10.23
    while bits < 16:
        rounds, bits = rounds + 1, bits + (10.23 - 9.36) / 2
    return rounds


# --- the differences ---


def counted_one_by_one(question):
    box, difference = question
    counts = [0] * len(box)
    for x in range(len(box)):
        counts[box[x] ^ box[x ^ difference]] += 1
    return counts


def by_a_counter(question):
    box, difference = question
    found = Counter(int(box[x] ^ box[x ^ difference]) for x in range(len(box)))
    return [found[d] for d in range(len(box))]


def by_a_dictionary(question):
    (box, difference), found = question, {}
    for x, y in enumerate(box):
        found[y ^ box[x ^ difference]] = found.get(y ^ box[x ^ difference], 0) + 1
    return np.array([found.get(d, 0) for d in range(len(box))])


def of_pairs_and_doubled(question):
    box, difference = question
    if difference == 0:
        return difference_table(box)[0]
    x = np.arange(len(box))
    x = x[x < x ^ difference]
    return 2 * np.bincount(box[x] ^ box[x ^ difference], minlength=len(box))


def added_at(question):
    counts = np.zeros(len(question[0]))
    np.add.at(counts, all_of(question), 1)
    return counts


def all_of(question):
    box, difference = question
    return box ^ box[np.arange(len(box)) ^ difference]


def outputs(question):
    box, difference = question
    return box[np.arange(len(box)) ^ difference]


def count(found, question):
    return np.bincount(np.abs(found) % len(question[0]), minlength=len(question[0]))


def of_a_box(answer):
    """An answer to a question as a function of its two parts."""
    return lambda box, difference: answer((box, difference))


# --- the guess ---


def of_two(answer):
    """An answer to both machines' shares, as a function of two of them."""
    return lambda first, second: answer(np.array([first, second]))


def one_by_one(shares):
    right = 0
    for first, second in zip(*shares):
        right += max(first, second) / 2
    return right


def by_bayes(shares):
    """How often each number comes, times how sure one is of the machine then."""
    comes = (shares[0] + shares[1]) / 2
    seen = comes > 0
    return (comes * np.max(shares / 2 / np.where(seen, comes, 1), axis=0))[seen].sum()


def where_one_is_larger(shares):
    first, second = shares
    return first[first > second].sum() / 2 + second[first <= second].sum() / 2


# --- the key ---


def by_a_text(key):
    text = f"{key:016b}"
    return int(text[-3:] + text[:-3], 2)


def by_roll(key):
    turned = np.roll([int(bit) for bit in f"{key:016b}"], 3)
    return int("".join(map(str, turned)), 2)


def bit_by_bit(key):
    return sum((key >> place & 1) << (place - 3) % 16 for place in range(16))


def three_times_one(key):
    for _ in range(3):
        key = key // 2 + 32_768 * (key % 2)
    return key


ANSWERS = {
    "rounds_needed": (
        [
            *forms(34),
            round_by_round(),
            math.ceil(20 + (16 - 10.23) / (10.23 - 9.36) * 2),
            math.ceil(18 + (16 - 9.36) / 0.435),
            20 + 2 * math.ceil((16 - 10.23) / 0.87),
            next(r for r in range(20, 99) if 2 ** -(10.23 + 0.435 * (r - 20)) <= 2**-16),
        ],
        [
            *no_such_number(34),
            33,
            20 + (16 - 10.23) / 0.435,
            33.26,
            33.3,
            14,
            13.26,
            13,
            27,
            26,
            26.6,
            32,
            31.3,
            31,
            37,
            36,
            36.8,
            16,
            20,
            40,
            57,
            53,
            0.435,
            10.23 + 0.435,
        ],
    ),
    "output_differences": (
        [
            of_a_box(answer)
            for answer in [
                counted_one_by_one,
                by_a_counter,
                by_a_dictionary,
                of_pairs_and_doubled,
                added_at,
                lambda question: difference_table(question[0])[question[1]],
                lambda question: np.bincount(all_of(question), minlength=len(question[0])),
                lambda question: np.bincount(all_of(question), minlength=len(question[0])).tolist(),
                lambda question: tuple(by_a_counter(question)),
                lambda question: np.histogram(all_of(question), np.arange(len(question[0]) + 1))[0],
                lambda question: [
                    np.count_nonzero(all_of(question) == d) for d in range(len(question[0]))
                ],
                lambda question: (all_of(question)[:, None] == np.arange(len(question[0]))).sum(
                    axis=0
                ),
                lambda question: np.eye(len(question[0]))[all_of(question)].sum(axis=0),
                lambda question: [
                    all_of(question).tolist().count(d) for d in range(len(question[0]))
                ],
            ]
        ],
        [
            of_a_box(answer)
            for answer in [
                lambda question: all_of(question),
                lambda question: count(all_of(question), question) // 2,
                lambda question: count(all_of(question), question) / len(question[0]),
                lambda question: np.bincount(all_of(question)),
                lambda question: np.unique(all_of(question), return_counts=True)[1],
                lambda question: np.unique(all_of(question)),
                lambda question: Counter(all_of(question).tolist()),
                lambda question: count(all_of(question), question).max(),
                lambda question: count(all_of(question), question)[1:],
                lambda question: count(all_of(question), question) > 0,
                lambda question: np.sort(count(all_of(question), question)),
                lambda question: np.bincount(outputs(question)),
                lambda question: count(question[0] - outputs(question), question),
                lambda question: (question[0] - outputs(question)) % len(question[0]),
                lambda question: count(question[0] ^ question[1], question),
                lambda question: count(question[0] ^ question[0][question[1]], question),
                lambda question: count(question[0] ^ np.roll(question[0], question[1]), question),
                lambda question: count(question[0] ^ np.roll(question[0], -question[1]), question),
                lambda question: count(question[0] & outputs(question), question),
                lambda question: count(question[0] | outputs(question), question),
                lambda question: difference_table(question[0])[:, question[1]],
                lambda question: difference_table(question[0]),
                lambda question: difference_table(question[0])[1],
                lambda question: difference_table(np.argsort(question[0]))[question[1]],
                lambda question: difference_table(question[0])[question[1] - 1],
                lambda question: str(counted_one_by_one(question)),
            ]
        ],
    ),
    "best_guess": (
        [
            of_two(answer)
            for answer in [
                one_by_one,
                by_bayes,
                where_one_is_larger,
                lambda shares: np.maximum(shares[0], shares[1]).sum() / 2,
                lambda shares: shares.max(axis=0).sum() / 2,
                lambda shares: np.max(shares / 2, axis=0).sum(),
                lambda shares: 0.5 + np.abs(shares[0] - shares[1]).sum() / 4,
                lambda shares: 1 - np.minimum(*shares).sum() / 2,
                lambda shares: 0.5 + (shares[0] - shares[1]).clip(0).sum() / 2,
                lambda shares: 0.5 + (shares[1] - shares[0]).clip(0).sum() / 2,
                lambda shares: sum(map(max, *shares.tolist())) / 2,
                lambda shares: np.where(shares[0] > shares[1], *shares).sum() / 2,
                lambda shares: (1 + np.linalg.norm(shares[0] - shares[1], 1) / 2) / 2,
                lambda shares: np.float32(shares.max(axis=0).sum() / 2),
            ]
        ],
        [
            of_two(answer)
            for answer in [
                lambda shares: np.maximum(*shares).sum(),
                lambda shares: np.maximum(*shares) / 2,
                lambda shares: np.abs(shares[0] - shares[1]).sum() / 2,
                lambda shares: np.abs(shares[0] - shares[1]).sum(),
                lambda shares: 0.5 + np.abs(shares[0] - shares[1]).sum() / 2,
                lambda shares: 0.5 + np.abs(shares[0] - shares[1]).sum(),
                lambda shares: 0.5 + np.abs(shares[0] - shares[1]).max() / 2,
                lambda shares: 0.5 + np.abs(shares[0] - shares[1]).mean() / 2,
                lambda shares: 0.5 + (shares[0] - shares[1]).sum() / 4,
                lambda shares: 0.5 + np.linalg.norm(shares[0] - shares[1]) / 4,
                lambda shares: 0.5 + ((shares[0] - shares[1]) ** 2).sum() / 4,
                lambda shares: shares[0][shares[0] > shares[1]].sum(),
                lambda shares: shares[1][shares[1] > shares[0]].sum(),
                lambda shares: shares[0][shares[0] >= shares[1]].sum(),
                lambda shares: np.mean(shares[0] > shares[1]),
                lambda shares: np.maximum(*shares).mean(),
                lambda shares: np.maximum(*shares).max(),
                lambda shares: shares.max(axis=1).mean(),
                lambda shares: shares.max(axis=0).mean(),
                lambda shares: np.minimum(*shares).sum() / 2,
                lambda shares: 1 - np.minimum(*shares).sum(),
                lambda shares: (shares**2).sum() / 2,
                lambda shares: (shares[0] * shares[1]).sum(),
                lambda shares: 0.5,
                lambda shares: 1.0,
                lambda shares: round(one_by_one(shares), 2),
                lambda shares: f"{one_by_one(shares):.0%}",
                lambda shares: 100 * one_by_one(shares),
                lambda shares: np.maximum(*shares).prod() / 2,
            ]
        ],
    ),
    "slid": (
        [
            by_a_text,
            by_roll,
            bit_by_bit,
            three_times_one,
            lambda key: (key >> 3 | key << 13) & 0xFFFF,
            lambda key: (key >> 3) + (key % 8 << 13),
            lambda key: key // 8 + key % 8 * 8192,
            lambda key: (key >> 3 | key << 13) % 65_536,
            lambda key: (key << 16 | key) >> 3 & 65_535,
            lambda key: (key >> 3) ^ (key & 7) << 13,
            lambda key: int(ALICE.schedule[1].of_numbers(np.array(key))),
            lambda key: np.uint16(key) >> 3 | np.uint16(key) << 13,
            lambda key: (key << 13 | key >> 3) & 0xFFFF,
            lambda key: key * 8192 % 65_535 if key != 65_535 else key,
            lambda key: next(k for k in range(1 << 16) if (k << 3 | k >> 13) & 0xFFFF == key),
            lambda key: slid_key(ALICE, key),
        ],
        [
            lambda key: key,
            lambda key: key >> 3,
            lambda key: key << 3,
            lambda key: key << 3 & 0xFFFF,
            lambda key: key >> 3 | key << 13,
            lambda key: (key << 3 | key >> 13) & 0xFFFF,
            lambda key: (key >> 12 | key << 4) & 0xFFFF,
            lambda key: (key >> 1 | key << 15) & 0xFFFF,
            lambda key: (key >> 13 | key << 3) & 0xFFFF,
            lambda key: (key >> 3 | key << 5) & 0xFFFF,
            lambda key: (key >> 3 & key << 13) & 0xFFFF,
            lambda key: (key >> 3 | key << 13) & 0xFFF,
            lambda key: (key >> 3 | key << 13) % 65_535,
            lambda key: (key >> 3 | key << 12) & 0xFFFF,
            lambda key: (key >> 6 | key << 10) & 0xFFFF,
            lambda key: key // 3,
            lambda key: (key + 3) % 65_536,
            lambda key: (key - 3) % 65_536,
            lambda key: key ^ 3,
            lambda key: ~key & 0xFFFF,
            lambda key: f"{by_a_text(key):016b}",
            lambda key: [int(bit) for bit in f"{by_a_text(key):016b}"],
            lambda key: np.roll(key, 3),
            lambda key: int(f"{key:016b}"[3:] + f"{key:016b}"[:3], 2),
            lambda key: int(f"{key:b}"[-3:] + f"{key:b}"[:-3], 2),
        ],
    ),
    "what_follows": (
        ["c", "C", " c ", "c.", "(c)", "c)", "C.", " C", "c ", "(C)", "c:"],
        ["a", "b", "d", "e", "A", "(b)", "D.", "cc", "c and b", "the third", 3, 2, "", ["c"], "no"],
    ),
}
