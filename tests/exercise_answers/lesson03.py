"""What learners answer in lesson 03: (right, wrong) for each exercise."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations, pairwise

import numpy as np

from tests.exercise_answers.numbers import choice, forms, no_such_number

YEAR = 31_536_000


def cut(ciphertext, size=16):
    return [ciphertext[i : i + size] for i in range(0, len(ciphertext), size)]


def with_a_set(ciphertext):
    seen, repeats = set(), 0
    for block in cut(ciphertext):
        repeats += block in seen
        seen.add(block)
    return repeats


def with_a_list(ciphertext):
    blocks = cut(ciphertext)
    return sum(blocks[i] in blocks[:i] for i in range(len(blocks)))


def with_numpy(ciphertext):
    rows = np.frombuffer(ciphertext, np.uint8).reshape(-1, 16)
    return len(rows) - len(np.unique(rows, axis=0))


def at_any_place(ciphertext):
    pieces = [ciphertext[i : i + 16] for i in range(len(ciphertext) - 15)]
    return len(pieces) - len(set(pieces))


def by_multiplying(share):
    product = 1
    for _ in range(16):
        product *= share
    return round(product * 100)


ANSWERS = {
    "key_bits": (
        [
            *forms(41),
            16 + 25,
            16 + math.ceil(math.log2(YEAR)),
            np.ceil(np.log2(YEAR)) + 16,
            16 + (YEAR - 1).bit_length(),
        ],
        [
            *no_such_number(41),
            25,
            24,
            40,
            42,
            16,
            128,
            16 + math.log2(YEAR),
            math.log2(YEAR),
            YEAR,
            YEAR * 2**16,
            2**41,
            16 * 25,
            math.log(YEAR) + 16,
            48,
        ],
    ),
    "repeated_blocks": (
        [
            with_a_set,
            with_a_list,
            with_numpy,
            lambda data: len(cut(data)) - len(set(cut(data))),
            lambda data: len(data) // 16 - len(set(cut(data))),
            lambda data: len(data) / 16 - len({data[i : i + 16] for i in range(0, len(data), 16)}),
            lambda data: sum(count - 1 for count in Counter(cut(data)).values()),
            lambda data: sum(cut(data).index(block) < i for i, block in enumerate(cut(data))),
            lambda data: sum(block in cut(data)[:i] for i, block in enumerate(cut(data))),
            lambda data: np.int64(len(cut(data)) - len(set(cut(data)))),
            lambda data: len(cut(data.hex(), 32)) - len(set(cut(data.hex(), 32))),
            lambda data: len(cut(data)) - len(dict.fromkeys(cut(data))),
            lambda data: sum(a == b for a, b in pairwise(sorted(cut(data)))),
        ],
        [
            lambda data: len(set(cut(data))),
            lambda data: len(cut(data)),
            lambda data: sum(a == b for a, b in pairwise(cut(data))),
            lambda data: sum(cut(data).count(block) > 1 for block in cut(data)),
            lambda data: sum(count > 1 for count in Counter(cut(data)).values()),
            lambda data: sum(a == b for a, b in combinations(cut(data), 2)),
            lambda data: max(Counter(cut(data)).values(), default=1) - 1,
            lambda data: sum(block == data[:16] for block in cut(data)[1:]),
            lambda data: len(data) - len(set(data)),
            lambda data: len(cut(data)) - len({bytes(sorted(block)) for block in cut(data)}),
            lambda data: len(cut(data, 8)) - len(set(cut(data, 8))),
            lambda data: len(cut(data, 32)) - len(set(cut(data, 32))),
            lambda data: len(cut(data, 2)) - len(set(cut(data, 2))),
            lambda data: len(cut(data)) != len(set(cut(data))),
            lambda data: [block for i, block in enumerate(cut(data)) if block in cut(data)[:i]],
            lambda data: len({b for b in cut(data) if cut(data).count(b) > 1}),
            lambda data: len(set(cut(data))) - len(cut(data)),
            lambda data: len(cut(data)) - len(set(cut(data))) + 1,
            lambda data: data.count(data[:16]) - 1,
            lambda data: 1 - len(set(cut(data))) / len(cut(data)),
            lambda data: 3,
            lambda data: 0,
            at_any_place,
        ],
    ),
    "whole_blocks": (
        [
            by_multiplying,
            lambda share: round(100 * share**16),
            lambda share: round(share**16 * 100),
            lambda share: round(100 * share**16, 0),
            lambda share: int(round(100 * share**16)),
            lambda share: int(100 * share**16 + 0.5),
            lambda share: np.round(100 * share**16),
            lambda share: np.rint(100 * share**16),
            lambda share: int(np.round(np.power(share, 16) * 100)),
            lambda share: math.floor(100 * share**16 + 0.5),
            lambda share: round(100 * math.pow(share, 16)),
            lambda share: round(100 * np.prod([share] * 16)),
        ],
        [
            lambda share: share**16,
            lambda share: 100 * share**16,
            lambda share: int(100 * share**16),
            lambda share: 100 * share**16 // 1,
            lambda share: math.floor(100 * share**16),
            lambda share: math.ceil(100 * share**16),
            lambda share: round(100 * share**16, 1),
            lambda share: round(100 * share**16, 2),
            lambda share: round(share**16, 2),
            lambda share: round(share**16),
            lambda share: 100 * round(share**16),
            lambda share: round(100 * share),
            lambda share: round(100 * share * 16),
            lambda share: round(100 * share / 16),
            lambda share: round(100 * share**15),
            lambda share: round(100 * share**8),
            lambda share: round(100 * share**2),
            lambda share: round((100 * share) ** 16),
            lambda share: round(100 * (1 - share) ** 16),
            lambda share: round(100 * (1 - share**16)),
            lambda share: round(100 * round(share, 1) ** 16),
            lambda share: round(100 * 16**share),
            lambda share: f"{100 * share**16:.0f}",
            lambda share: f"{100 * share**16:.0f} %",
            lambda share: 44,
            lambda share: 0,
        ],
    ),
    "figure_9_shows": choice("b", "acd"),
    "merged_by": (
        [
            lambda heard, read: len(np.unique(heard, axis=0)) - np.unique(read).size,
            lambda heard, read: len(np.unique(heard, axis=0)) - len(np.unique(read)),
            lambda heard, read: len(np.unique(heard, axis=0)) - len(set(read.tolist())),
            lambda heard, read: len({tuple(row) for row in heard}) - len(set(read.tolist())),
            lambda heard, read: len({row.tobytes() for row in heard}) - len({*read.tolist()}),
            lambda heard, read: len(set(map(bytes, heard))) - len(Counter(read.tolist())),
            lambda heard, read: np.unique(heard, axis=0).shape[0] - np.unique(read).shape[0],
            lambda heard, read: float(len(np.unique(heard, axis=0)) - np.unique(read).size),
            lambda heard, read: np.int64(len(np.unique(heard, axis=0)) - np.unique(read).size),
            lambda heard, read: np.array(len(np.unique(heard, axis=0)) - np.unique(read).size),
            lambda heard, read: -(np.unique(read).size - len(np.unique(heard, axis=0))),
        ],
        [
            lambda heard, read: len(heard) - np.unique(read).size,
            lambda heard, read: len(np.unique(heard, axis=0)) - len(read),
            lambda heard, read: np.unique(read).size,
            lambda heard, read: len(np.unique(heard, axis=0)),
            lambda heard, read: np.unique(read).size - len(np.unique(heard, axis=0)),
            lambda heard, read: len(np.unique(heard)) - np.unique(read).size,
            lambda heard, read: len(heard) - len(read),
            lambda heard, read: len(np.unique(heard, axis=0)) > np.unique(read).size,
            lambda heard, read: len(read) - np.unique(read).size,
            lambda heard, read: 1 - np.unique(read).size / len(np.unique(heard, axis=0)),
            lambda heard, read: max(Counter(read.tolist()).values()) - 1,
            lambda heard, read: sum(count > 1 for count in Counter(read.tolist()).values()),
            lambda heard, read: 0,
            lambda heard, read: [len(np.unique(heard, axis=0)) - np.unique(read).size],
        ],
    ),
}
