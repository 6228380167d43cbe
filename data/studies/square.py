"""The Square attack, which needs no gradient (Andriushchenko et al. 2020)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from helpers.learnable.attacks import check_budget, check_labels, check_pictures
from helpers.learnable.gradients import Floats, Labels, margin


def square_attack(
    query: Callable[[Floats], Floats],
    x: Floats,
    y: Labels,
    *,
    rng: np.random.Generator,
    eps: float = 0.1,
    n_queries: int = 100,
    p_init: float = 0.8,
) -> Floats:
    """Square attack in the max-norm: keep squares that help.

    `query` answers pictures (k, height, width, channels) with their logits (k, classes), and is all
    that is known of the model. Each picture is asked about at most `n_queries` times, the first
    time as it is, the second with vertical stripes, and no more once it has succeeded. `p_init` is
    the share of a picture that the first squares cover, 0.8 as in AutoAttack; it shrinks as the
    budget is spent. Returns float32 like x. ValueError as `projected_gradient_descent`.
    """
    x, y = check_pictures(x), check_labels(y, len(x))
    check_budget(eps, eps, n_queries)
    adversarial, lead = x.copy(), np.full(len(x), -np.inf)
    for asked in range(n_queries):
        active = np.flatnonzero(lead < 0)
        if not active.size:
            break
        trial = propose(adversarial[active], x[active], eps, asked, n_queries, p_init, rng)
        logits = query(trial)
        new = margin(logits, check_labels(y[active], len(active), logits.shape[1]))
        better = (new > lead[active]) | (asked == 1)  # whatever comes of it, squares need stripes
        adversarial[active[better]], lead[active[better]] = trial[better], new[better]
    return adversarial


def propose(
    now: Floats,
    x: Floats,
    eps: float,
    asked: int,
    n_queries: int,
    p_init: float,
    rng: np.random.Generator,
) -> Floats:
    """What to ask next: x itself, then stripes, then `now` with a square of each changed."""
    if asked == 0:
        return x
    n, height, width, channels = x.shape
    if asked == 1:
        return np.clip(x + np.float32(eps) * signs((n, 1, width, channels), rng), 0, 1)
    side = square_side(asked / n_queries, p_init, height, width)
    trial = now.copy()
    for new, old in zip(trial, x):
        top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
        window = np.s_[top : top + side, left : left + side]
        new[window] = np.clip(old[window] + np.float32(eps) * signs(channels, rng), 0, 1)
    return trial


def square_side(spent: float, p_init: float, height: int, width: int) -> int:
    """Pixels along a side; the square's area is halved whenever one of these shares is spent."""
    halvings = sum(spent > share for share in (0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8))
    side = round(math.sqrt(p_init / 2**halvings * height * width))
    return min(max(side, 1), height, width)


def signs(shape: int | tuple[int, ...], rng: np.random.Generator) -> Floats:
    return rng.choice(np.array([-1, 1], np.float32), shape)
