"""What learners answer in lesson 06: (right, wrong) for each exercise."""

from __future__ import annotations

import numpy as np

from tests.exercise_answers.numbers import choice, forms, no_such_number


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


def whole_step(now, slope, original, eps, alpha):
    moved = now + alpha * np.sign(slope)
    return np.clip(np.clip(moved, original - eps, original + eps), 0, 1)


ANSWERS = {
    "largest_move": (
        [*forms(16), 2**4, 0x10, 1 << 4, 16 * 1, 0b10000],
        [*no_such_number(16), 1, 240, 15, 255, 17, 8, 256, 2, 0, 101, 128, 6, 96, 100],
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
    "ask_first": choice("c", "abd"),
    "pgd_step": (
        [
            whole_step,
            lambda now, slope, x, eps, alpha: np.clip(
                np.minimum(np.maximum(now + alpha * np.sign(slope), x - eps), x + eps), 0, 1
            ),
            lambda now, slope, x, eps, alpha: np.clip(
                now + alpha * np.sign(slope), np.maximum(x - eps, 0), np.minimum(x + eps, 1)
            ),
            lambda now, slope, x, eps, alpha: np.clip(
                x + np.clip(now + alpha * np.sign(slope) - x, -eps, eps), 0, 1
            ),
            lambda now, slope, x, eps, alpha: np.clip(
                np.clip(
                    now + np.where(slope > 0, alpha, np.where(slope < 0, -alpha, 0)),
                    x - eps,
                    x + eps,
                ),
                0,
                1,
            ),
            lambda *a: whole_step(*a).tolist(),
            lambda *a: whole_step(*a).astype(np.float64),
            lambda *a: whole_step(*a) + 1e-9,
            lambda now, slope, x, eps, alpha: (
                (now + alpha * np.sign(slope)).clip(x - eps, x + eps).clip(0, 1)
            ),
            lambda *a: np.maximum(0, np.minimum(1, whole_step(*a))),
            lambda *a: np.array(whole_step(*a), dtype=object),
        ],
        [
            lambda now, slope, x, eps, alpha: np.clip(
                np.clip(now + alpha * slope, x - eps, x + eps), 0, 1
            ),
            lambda now, slope, x, eps, alpha: np.clip(
                np.clip(now - alpha * np.sign(slope), x - eps, x + eps), 0, 1
            ),
            lambda now, slope, x, eps, alpha: np.clip(
                now + alpha * np.sign(slope), x - eps, x + eps
            ),
            lambda now, slope, x, eps, alpha: np.clip(now + alpha * np.sign(slope), 0, 1),
            lambda now, slope, x, eps, alpha: np.clip(
                np.clip(x + alpha * np.sign(slope), x - eps, x + eps), 0, 1
            ),
            lambda now, slope, x, eps, alpha: np.clip(
                np.clip(now + alpha * np.sign(slope), now - eps, now + eps), 0, 1
            ),
            lambda now, slope, x, eps, alpha: np.clip(
                np.clip(now + eps * np.sign(slope), x - eps, x + eps), 0, 1
            ),
            lambda now, slope, x, eps, alpha: np.clip(
                np.clip(now + alpha * np.abs(slope), x - eps, x + eps), 0, 1
            ),
            lambda now, slope, x, eps, alpha: np.clip(
                np.clip(now + alpha * np.where(slope >= 0, 1, -1), x - eps, x + eps), 0, 1
            ),
            lambda now, slope, x, eps, alpha: np.clip(
                np.clip(now + alpha * np.sign(slope), -eps, eps), 0, 1
            ),
            lambda now, slope, x, eps, alpha: now,
            lambda now, slope, x, eps, alpha: x,
            lambda *a: whole_step(*a)[..., 0],
            lambda *a: np.round(whole_step(*a), 2),
        ],
    ),
}
