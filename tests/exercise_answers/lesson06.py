"""What learners answer in lesson 06: (right, wrong) for each exercise."""

from __future__ import annotations

import numpy as np

from tests.exercise_answers.numbers import forms, no_such_number


def value_by_value(values):
    picture, noisy, size = values
    flat = []
    for old, new in zip(picture.ravel().tolist(), noisy.ravel().tolist()):
        flat.append(max(0, old - size, min(255, old + size, new)))
    return np.array(flat).reshape(picture.shape)


def with_the_input_changed(values):
    picture, noisy, size = values
    noisy[noisy > picture + size] = (picture + size)[noisy > picture + size]
    noisy[noisy < picture - size] = (picture - size)[noisy < picture - size]
    noisy[noisy > 255] = 255
    noisy[noisy < 0] = 0
    return noisy


def near(values):
    picture, noisy, size = values
    return np.clip(noisy, picture - size, picture + size)


def noise(values):
    picture, noisy, size = values
    return np.clip(noisy - picture, -size, size)


def picture_by_picture(fooled):
    lost = [any(column) for column in fooled.T]
    return sum(lost) / len(lost)


ANSWERS = {
    "steps_to_the_border": (
        [*forms(10), 0.1 / 0.01, round(0.1 / 0.01), np.ceil(0.1 / 0.01), 20 // 2, int(0.1 * 100)],
        [*no_such_number(10), 20, 0.1, 0.01, 100, 26, 255, 2, 5, 1, 0, 0.001, 8, 1000],
    ),
    "largest_move": (
        [*forms(16), 2**4, 0x10, 1 << 4, 16 * 1, 0b10000],
        [*no_such_number(16), 1, 240, 15, 255, 17, 8, 256, 2, 0, 101, 128, 6, 96, 100],
    ),
    "put_back": (
        [
            value_by_value,
            with_the_input_changed,
            lambda v: np.clip(near(v), 0, 255),
            lambda v: near(v).clip(0, 255),
            lambda v: np.clip(near(v), 0, 255).astype(np.uint8),
            lambda v: np.clip(near(v), 0, 255).tolist(),
            lambda v: np.clip(near((v[0], np.clip(v[1], 0, 255), v[2])), 0, 255),
            lambda v: near((v[0], np.clip(v[1], 0, 255), v[2])),
            lambda v: np.clip(v[0] + noise(v), 0, 255),
            lambda v: np.clip(v[0] + noise(v), 0, 255).astype(float),
            lambda v: np.clip(v[1], np.maximum(v[0] - v[2], 0), np.minimum(v[0] + v[2], 255)),
            lambda v: np.minimum(255, np.maximum(0, near(v))),
            lambda v: np.maximum(
                np.minimum(v[1], np.minimum(v[0] + v[2], 255)), np.maximum(v[0] - v[2], 0)
            ),
        ],
        [
            near,
            noise,
            lambda v: v[0],
            lambda v: v[1],
            lambda v: np.clip(v[1], 0, 255),
            lambda v: np.clip(noise(v), 0, 255),
            lambda v: v[0] + noise(v),
            lambda v: np.clip(v[0] - noise(v), 0, 255),
            lambda v: np.clip(near(v), 0, 254),
            lambda v: np.clip(near(v), 1, 255),
            lambda v: np.clip(near(v), 0, 256),
            lambda v: near(v).astype(np.uint8),
            lambda v: near(v) % 256,
            lambda v: np.clip(near((v[0], v[1], v[2] - 1)), 0, 255),
            lambda v: np.clip(near((v[0], v[1], v[2] / 255)), 0, 255),
            lambda v: np.clip(near((v[1], v[0], v[2])), 0, 255),
            lambda v: np.clip(v[1], v[0], v[0] + v[2]).clip(0, 255),
            lambda v: np.clip(np.minimum(v[1], v[0] + v[2]), 0, 255),
            lambda v: np.clip(np.maximum(v[1], v[0] - v[2]), 0, 255),
            lambda v: np.clip(v[1], -v[2], v[2]),
            lambda v: np.clip(v[0] + v[2] * np.sign(v[1] - v[0]), 0, 255),
            lambda v: np.clip(near(v), 0, 255).ravel()[:-1],
            lambda v: np.where(np.abs(v[1] - v[0]) > v[2], v[0], v[1]).clip(0, 255),
            lambda v: [255, 95, 0],
        ],
    ),
    "worst_case": (
        [
            picture_by_picture,
            lambda fooled: np.mean(fooled.any(axis=0)),
            lambda fooled: np.mean(np.any(fooled, axis=0)),
            lambda fooled: fooled.any(axis=0).mean(),
            lambda fooled: fooled.max(axis=0).mean(),
            lambda fooled: 1 - np.mean(np.all(~fooled, axis=0)),
            lambda fooled: np.mean(fooled.sum(axis=0) > 0),
            lambda fooled: np.count_nonzero(fooled.any(axis=0)) / fooled.shape[1],
            lambda fooled: float(fooled.any(axis=0).sum() / len(fooled[0])),
            lambda fooled: fooled.T.any(axis=1).mean(),
            lambda fooled: np.logical_or.reduce(fooled).mean(),
            lambda fooled: np.float32(fooled.any(axis=0).mean()),
            lambda fooled: 1 - np.prod(~fooled, axis=0).mean(),
            lambda fooled: len(set(np.nonzero(fooled)[1])) / fooled.shape[1],
        ],
        [
            lambda fooled: np.mean(fooled),
            lambda fooled: np.max(np.mean(fooled, axis=1)),
            lambda fooled: np.max(np.mean(fooled, axis=0)),
            lambda fooled: np.mean(np.all(fooled, axis=0)),
            lambda fooled: np.mean(np.any(fooled, axis=1)),
            lambda fooled: np.sum(np.any(fooled, axis=0)),
            lambda fooled: np.any(fooled, axis=0),
            lambda fooled: np.any(fooled),
            lambda fooled: 1 - np.mean(np.any(fooled, axis=0)),
            lambda fooled: 100 * np.mean(np.any(fooled, axis=0)),
            lambda fooled: np.sum(fooled) / fooled.shape[1],
            lambda fooled: min(1.0, np.sum(fooled) / fooled.shape[1]),
            lambda fooled: np.mean(fooled, axis=0),
            lambda fooled: np.mean(fooled[0]),
            lambda fooled: np.mean(fooled[-1]),
            lambda fooled: np.mean(fooled[0] | fooled[-1]),
            lambda fooled: np.mean(np.logical_xor.reduce(fooled)),
            lambda fooled: np.mean(np.sum(fooled, axis=0) == 1),
            lambda fooled: np.mean(np.sum(fooled, axis=0) > 1),
            lambda fooled: 1 - np.prod(1 - np.mean(fooled, axis=1)),
            lambda fooled: np.sum(np.any(fooled, axis=0)) / len(fooled),
            lambda fooled: np.sum(np.any(fooled, axis=0)) / fooled.size,
            lambda fooled: np.mean(fooled, axis=1),
            lambda fooled: 0.75,
        ],
    ),
}
