"""What learners answer in lesson 07: (right, wrong) for each exercise."""

from __future__ import annotations

from collections import Counter

import numpy as np

from tests.exercise_answers.numbers import choice, forms, no_such_number


def two_loops(table):
    for row in table:
        for ciphertext in table.ravel():
            if list(row).count(ciphertext) != list(table[0]).count(ciphertext):
                return False
    return True


def sets(table):
    return [set(row) for row in table.tolist()]


def shares(table):
    return [{c: n / len(row) for c, n in Counter(row).items()} for row in table.tolist()]


def bit_by_bit(block, key, decide):
    before = np.empty_like(block)
    signs = decide(block[:, :8], key)
    for i in range(8):
        before[:, i] = block[:, 8 + i] * signs[:, i]
        before[:, 8 + i] = block[:, i]
    return before


def row_by_row(block, key, decide):
    rows = []
    for b, k in zip(block, key):
        signs = decide(b[None, :8], k[None])[0]
        rows.append([*(b[8:] * signs), *b[:8]])
    return rows


def with_rolled_halves(block, key, decide):
    back = np.roll(block, 8, axis=1)
    back[:, :8] *= decide(back[:, 8:], key)
    return back


def forwards(block, key, decide):
    return np.hstack([block[:, 8:], block[:, :8] * decide(block[:, 8:], key)])


ANSWERS = {
    "bits_of_key": (
        [*forms(1_572_864), 256 * 256 * 3 * 8, 256 * 256 * 24, 98_304 * 16, 3 * 2**19],
        [
            *no_such_number(1_572_864),
            16,
            98_304,
            196_608,
            65_536,
            128,
            256 * 256,
            524_288,
            3_145_728,
            1_048_576,
            2**16 * 16,
            256 * 256 * 16,
            25_165_824,
            192,
        ],
    ),
    "perfectly_secret": (
        [
            two_loops,
            lambda table: bool((np.sort(table, axis=1) == np.sort(table[0])).all()),
            lambda table: (np.sort(table, axis=1) == np.sort(table, axis=1)[0]).all(),
            lambda table: all(sorted(row) == sorted(table[0]) for row in table),
            lambda table: all(Counter(row.tolist()) == Counter(table[0].tolist()) for row in table),
            lambda table: len({tuple(sorted(row)) for row in table.tolist()}) == 1,
            lambda table: len(np.unique(np.sort(table, axis=1), axis=0)) == 1,
            lambda table: not np.ptp(np.sort(table, axis=1), axis=0).any(),
            lambda table: not np.diff(np.sort(table, axis=1), axis=0).any(),
            lambda table: all(row == shares(table)[0] for row in shares(table)),
            lambda table: all(np.array_equal(np.sort(row), np.sort(table[0])) for row in table),
            lambda table: np.array_equal(
                np.sort(table, axis=1), np.sort(np.repeat(table[:1], len(table), axis=0), axis=1)
            ),
            lambda table: all(
                len(set((table == ciphertext).sum(axis=1))) == 1 for ciphertext in np.unique(table)
            ),
        ],
        [
            lambda table: True,
            lambda table: False,
            lambda table: 1,
            lambda table: "yes",
            lambda table: all(row == sets(table)[0] for row in sets(table)),
            lambda table: all(len(row) == table.shape[1] for row in sets(table)),
            lambda table: all(len(row) == len(table) for row in sets(table)),
            lambda table: all(len(row) == len(table) for row in sets(table.T)),
            lambda table: len(set(table.sum(axis=1).tolist())) == 1,
            lambda table: (
                all(row == sets(table)[0] for row in sets(table))
                and len(set(table.sum(axis=1).tolist())) == 1
            ),
            lambda table: len({(row.min(), row.max(), row.sum()) for row in table}) == 1,
            lambda table: len({tuple(np.unique(row)) for row in table}) == 1,
            lambda table: (
                len({tuple(sorted(Counter(row.tolist()).values())) for row in table}) == 1
            ),
            lambda table: sorted(table[0]) == sorted(table[1]),
            lambda table: sorted(table[0]) == sorted(table[-1]),
            lambda table: (table == table[0]).all(),
            lambda table: (np.sort(table, axis=0) == np.sort(table, axis=0)[:, :1]).all(),
            lambda table: (np.sort(table, axis=1) == np.sort(table, axis=1)[0]).any(),
            lambda table: np.sort(table, axis=1) == np.sort(table[0]),
            lambda table: table.shape[1] >= table.shape[0],
            lambda table: not (np.sort(table, axis=1) == np.sort(table[0])).all(),
            lambda table: len(np.unique(table)) == len(table),
            lambda table: (
                np.allclose(table.mean(axis=1), table.mean())
                and np.allclose(table.std(axis=1), table.std())
            ),
            lambda table: len(np.unique(np.median(table, axis=1))) == 1,
        ],
    ),
    "other_message": (
        [
            lambda heard: heard[0] ^ heard[1] ^ heard[2],
            lambda heard: heard[2] ^ heard[1] ^ heard[0],
            lambda heard: heard[0] ^ heard[2] ^ heard[1],
            lambda heard: (heard[0] ^ heard[2]) ^ heard[1],
            lambda heard: np.bitwise_xor.reduce(heard),
            lambda heard: np.bitwise_xor(np.bitwise_xor(heard[0], heard[1]), heard[2]),
            lambda heard: float(heard[0] ^ heard[1] ^ heard[2]),
            lambda heard: np.uint16(heard[0] ^ heard[1] ^ heard[2]),
            lambda heard: int(f"{heard[0] ^ heard[1] ^ heard[2]:016b}", 2),
            lambda heard: (heard[0] | heard[1]) - (heard[0] & heard[1]) ^ heard[2],
            lambda heard: next(m for m in range(65_536) if m ^ heard[1] == heard[2] ^ heard[0]),
            lambda heard: np.array(heard[0] ^ heard[1] ^ heard[2]),
        ],
        [
            lambda heard: heard[0] ^ heard[1],
            lambda heard: heard[0] ^ heard[2],
            lambda heard: heard[1] ^ heard[2],
            lambda heard: heard[0],
            lambda heard: heard[1],
            lambda heard: heard[2],
            lambda heard: 0,
            lambda heard: heard[0] + heard[1] + heard[2],
            lambda heard: heard[0] - heard[1] + heard[2],
            lambda heard: heard[1] - heard[0] + heard[2],
            lambda heard: (heard[0] + heard[1] + heard[2]) % 2**16,
            lambda heard: abs(heard[0] - heard[1]) ^ heard[2],
            lambda heard: heard[0] | heard[1] ^ heard[2],
            lambda heard: heard[0] & heard[1] ^ heard[2],
            lambda heard: heard[0] ^ heard[1] | heard[2],
            lambda heard: heard[0] ^ heard[1] & heard[2],
            lambda heard: ~(heard[0] ^ heard[1] ^ heard[2]),
            lambda heard: heard[0] ** heard[1] % 2**16,
            lambda heard: (heard[0] ^ heard[1] ^ heard[2]) & 0xFF,
            lambda heard: (heard[0] ^ heard[1], heard[2]),
            lambda heard: format(heard[0] ^ heard[1] ^ heard[2], "016b"),
            lambda heard: hex(heard[0] ^ heard[1] ^ heard[2]),
            lambda heard: [heard[0] ^ heard[1] ^ heard[2]],
            lambda heard: 0b0011,
            lambda first, second, message: first ^ second ^ message,
        ],
    ),
    "one_round_back": (
        [
            bit_by_bit,
            row_by_row,
            with_rolled_halves,
            lambda b, k, d: np.hstack([b[:, 8:] * d(b[:, :8], k), b[:, :8]]),
            lambda b, k, d: np.hstack([b[:, 8:] / d(b[:, :8], k), b[:, :8]]),
            lambda b, k, d: np.concatenate([b[:, 8:] * d(b[:, :8], k), b[:, :8]], axis=1),
            lambda b, k, d: np.hstack([np.where(d(b[:, :8], k) > 0, 1, -1) * b[:, 8:], b[:, :8]]),
            lambda b, k, d: np.column_stack([b[:, 8:] * d(b[:, :8], k), b[:, :8]]),
            lambda b, k, d: np.hstack([b[:, 8:] * d(b[:, :8], k), b[:, :8]]).astype(int),
            lambda b, k, d: np.hstack([b[:, 8:] * d(b[:, :8], k), b[:, :8]]).tolist(),
            lambda b, k, d: np.c_[d(b[:, :8], k) * b[:, 8:], b[:, :8]],
            lambda b, k, d: np.roll(np.hstack([b[:, :8], b[:, 8:] * d(b[:, :8], k)]), 8, axis=1),
        ],
        [
            forwards,
            lambda b, k, d: b,
            lambda b, k, d: k,
            lambda b, k, d: np.hstack([b[:, 8:], b[:, :8]]),
            lambda b, k, d: np.hstack([b[:, 8:] * d(b[:, 8:], k), b[:, :8]]),
            lambda b, k, d: np.hstack([b[:, :8], b[:, 8:] * d(b[:, :8], k)]),
            lambda b, k, d: np.hstack([b[:, 8:] * b[:, :8], b[:, :8]]),
            lambda b, k, d: np.hstack([-b[:, 8:] * d(b[:, :8], k), b[:, :8]]),
            lambda b, k, d: np.hstack([b[:, 8:] + d(b[:, :8], k), b[:, :8]]),
            lambda b, k, d: np.hstack([b[:, 8:] * k[:, :8], b[:, :8]]),
            lambda b, k, d: np.hstack([b[:, 8:] * d(b[:, :8], -k), b[:, :8]]),
            lambda b, k, d: np.hstack([b[:, 8:] * d(b[:, :8], k), -b[:, :8]]),
            lambda b, k, d: b[:, 8:] * d(b[:, :8], k),
            lambda b, k, d: d(b[:, :8], k),
            lambda b, k, d: forwards(forwards(b, k, d), k, d),
            lambda b, k, d: d(b, k),
            lambda b, k: b,
        ],
    ),
    "the_file_says": choice("c", "abd"),
}
