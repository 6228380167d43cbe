"""What learners answer in lesson 05: (right, wrong) for each exercise."""

from __future__ import annotations

import math

import numpy as np

from tests.exercise_answers.numbers import choice, forms, no_such_number


def by_places(key):
    order = np.empty_like(key)
    order[key] = np.arange(len(key))
    return order


def by_a_loop(key):
    order = [0] * len(key)
    for place, number in enumerate(key):
        order[number] = place
    return order


def likeness(nibbles):
    return np.abs(np.corrcoef(nibbles))


def without_diagonal(likeness, value=0):
    np.fill_diagonal(likeness, value)
    return likeness


def row_by_row(nibbles):
    found = []
    for i in range(len(nibbles)):
        best, most = 0, -1
        for j in range(len(nibbles)):
            r = abs(np.corrcoef(nibbles[i], nibbles[j])[0, 1])
            if i != j and r > most:
                best, most = j, r
        found.append(best)
    return found


def standardized(nibbles):
    x = nibbles - nibbles.mean(axis=1, keepdims=True)
    x = x / x.std(axis=1, keepdims=True)
    return without_diagonal(np.abs(x @ x.T)).argmax(axis=1)


def nearest(nibbles):
    x = nibbles.astype(float)
    distance = np.abs(x[:, None] - x).sum(axis=2)
    return without_diagonal(distance, np.inf).argmin(axis=1)


ANSWERS = {
    "entries_of_a_key": (
        [*forms(384), 8 * 8 * 3 * 2, 6 * 8**2, 4 * 96, 64 * 6],
        [
            *no_such_number(384),
            64,
            192,
            128,
            96,
            16,
            48,
            768,
            1536,
            3072,
            512,
            24,
            math.factorial(384),
        ],
    ),
    "blocks_to_ask_for": (
        [
            *forms(3),
            math.ceil(math.log(768, 16)),
            np.ceil(np.log(768) / np.log(16)),
            1 + 2,
            len("abc"),
        ],
        [*no_such_number(3), 2, 1, 4, 8, 16, 24, 48, 384, 768, math.log(768, 16), 10, 6, 256, 64],
    ),
    "undo": (
        [
            by_places,
            by_a_loop,
            lambda key: np.argsort(key),
            lambda key: key.argsort(),
            lambda key: np.argsort(key).tolist(),
            lambda key: np.argsort(key, kind="stable"),
            lambda key: [list(key).index(i) for i in range(len(key))],
            lambda key: sorted(range(len(key)), key=lambda i: key[i]),
            lambda key: np.array([np.where(key == i)[0][0] for i in range(len(key))]),
            lambda key: [int(np.flatnonzero(key == i)[0]) for i in range(key.size)],
            lambda key: np.eye(len(key))[key].argmax(axis=0),
            lambda key: tuple(np.argsort(key)),
            lambda key: np.argsort(key).astype(np.uint16),
            lambda key: np.lexsort([key]),
        ],
        [
            lambda key: key,
            lambda key: key[::-1],
            lambda key: np.sort(key),
            lambda key: key[key],
            lambda key: key[key][key],
            lambda key: np.argsort(key)[::-1],
            lambda key: np.argsort(key[::-1]),
            lambda key: np.argsort(-key),
            lambda key: np.argsort(np.argsort(key)),
            lambda key: np.argsort(key) + 1,
            lambda key: len(key) - 1 - key,
            lambda key: -key,
            lambda key: np.arange(len(key)),
            lambda key: np.random.default_rng(1).permutation(len(key)),
            lambda key: key.sort(),
            lambda key: [1, 2, 0],
            lambda key: np.roll(key, 1),
            lambda key: np.argsort(key)[key],
            lambda key: dict(zip(key, range(len(key)))),
            lambda key: np.argsort(key)[None],
            lambda key: zip(key, range(len(key))),
            lambda key: set(np.argsort(key)),
        ],
    ),
    "partners": (
        [
            row_by_row,
            standardized,
            lambda nibbles: without_diagonal(likeness(nibbles)).argmax(axis=1),
            lambda nibbles: without_diagonal(likeness(nibbles)).argmax(axis=0),
            lambda nibbles: without_diagonal(likeness(nibbles), -1).argmax(axis=1),
            lambda nibbles: np.argmax(likeness(nibbles) - np.eye(len(nibbles)), axis=1),
            lambda nibbles: np.argmax(likeness(nibbles) * (1 - np.eye(len(nibbles))), axis=1),
            lambda nibbles: without_diagonal(np.corrcoef(nibbles) ** 2).argmax(axis=1),
            lambda nibbles: without_diagonal(likeness(nibbles)).argmax(axis=1).tolist(),
            lambda nibbles: np.argsort(without_diagonal(likeness(nibbles)), axis=1)[:, -1],
            lambda nibbles: without_diagonal(likeness(15 - nibbles)).argmax(axis=1),
            lambda nibbles: [
                max((j for j in range(len(r)) if j != i), key=r.__getitem__)
                for i, r in enumerate(likeness(nibbles).tolist())
            ],
            lambda nibbles: np.array(row_by_row(nibbles), np.uint8),
        ],
        [
            nearest,
            lambda nibbles: likeness(nibbles).argmax(axis=1),
            lambda nibbles: likeness(nibbles),
            lambda nibbles: without_diagonal(likeness(nibbles)),
            lambda nibbles: without_diagonal(likeness(nibbles)).max(axis=1),
            lambda nibbles: without_diagonal(np.corrcoef(nibbles), -1).argmax(axis=1),
            lambda nibbles: without_diagonal(np.corrcoef(nibbles)).argmin(axis=1),
            lambda nibbles: without_diagonal(likeness(nibbles), 1).argmin(axis=1),
            lambda nibbles: without_diagonal(likeness(nibbles)).argmin(axis=1),
            lambda nibbles: without_diagonal(likeness(nibbles)).argmax(axis=1) + 1,
            lambda nibbles: without_diagonal(likeness(nibbles)).argmax(),
            lambda nibbles: without_diagonal(likeness(nibbles.T)).argmax(axis=1),
            lambda nibbles: without_diagonal(np.abs(np.cov(nibbles))).argmax(axis=1),
            lambda nibbles: without_diagonal(nibbles.astype(int) @ nibbles.T.astype(int)).argmax(
                axis=1
            ),
            lambda nibbles: without_diagonal(np.abs(np.corrcoef(nibbles > 7))).argmax(axis=1),
            lambda nibbles: np.argsort(likeness(nibbles), axis=1)[:, -3],
            lambda nibbles: np.arange(len(nibbles)) ^ 1,
            lambda nibbles: np.arange(len(nibbles)),
            lambda nibbles: without_diagonal(np.round(likeness(nibbles), 1)).argmax(axis=1),
            lambda nibbles: [[row] for row in row_by_row(nibbles)],
            lambda nibbles: set(row_by_row(nibbles)),
            lambda nibbles: row_by_row(nibbles)[::-1],
        ],
    ),
    "larger_keys_stop": choice("c", "abd"),
}
