"""APGD, PGD that sets its own step size: the attack that AutoAttack is built on.

Croce and Hein, "Reliable Evaluation of Adversarial Robustness with an Ensemble of Diverse
Parameter-Free Attacks", 2020. What an attack takes and gives is said in `attacks`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import logsumexp

from helpers.learnable.attacks import check_budget, check_labels, check_pictures, classes_of
from helpers.learnable.gradients import Floats, Gradient, Labels, gradient, margin

MOMENTUM = np.float32(0.75)  # of each step; the rest is the step before (their alpha)
ENOUGH = 0.75  # a share of steps that went uphill: with fewer, steps are too long (their rho)


def auto_pgd(
    model_fn: Callable,
    x: Floats,
    y: Labels,
    *,
    rng: np.random.Generator,
    eps: float = 0.1,
    nb_iter: int = 50,
    restarts: int = 1,
    loss: str = "cross-entropy",
    grad: Gradient = gradient,
) -> Floats:
    """PGD with momentum, whose steps are halved where they no longer lead uphill.

    It begins with steps of 2 eps, the first time at a random place in the ball around x, keeps the
    best place met, and goes back there when steps are halved. Each restart is for the pictures that
    still withstand.

    Args:
        model_fn, x, y, eps, nb_iter, grad: as those of `projected_gradient_descent`.
        rng: where it begins.
        restarts: how often it begins, 1 or more.
        loss: "cross-entropy", or "dlr", which is the margin divided by a distance of logits.

    Returns:
        The adversarial examples, float32 like x; of a picture that withstands, its best place.

    Raises:
        ValueError: as `projected_gradient_descent`, and for restarts below 1.

    Source: Croce and Hein (2020), section 3, algorithm 1.

    >>> def colours_of_the_only_pixel(x):
    ...     return x[:, 0, 0, :]
    >>> x, y, rng = np.float32([[[[0.25, 1, 0.25]]]]), np.array([1]), np.random.default_rng(1)
    >>> auto_pgd(colours_of_the_only_pixel, x, y, rng=rng, eps=0.5).tolist()
    [[[[0.75, 0.5, 0.75]]]]
    """
    x, y = check_pictures(x), check_labels(y, len(x), classes_of(model_fn))
    check_budget(eps, eps, nb_iter)
    if restarts < 1:
        raise ValueError(f"An attack begins at least once; {restarts} restarts came: give 1.")
    found, withstands, looks = x.copy(), np.ones(len(x), bool), checkpoints(nb_iter)
    for _ in range(restarts):
        left = np.flatnonzero(withstands)
        if not left.size:
            break
        path = Path(x[left], eps, rng)
        for k in range(nb_iter + 1):
            path.look(lambda x, y: grad(model_fn, x, y, loss), y[left], loss)
            if k in looks:
                path.halve(looks[k])
            path.step(MOMENTUM if k else 1)
        found[left], withstands[left] = path.best, path.lead < 0
    return found


class Path:
    """Where each picture is on its way, and how it goes: arrays of all pictures, (n, ...)."""

    def __init__(self, x: Floats, eps: float, rng: np.random.Generator):
        size = np.float32(eps)
        self.low, self.high = np.clip(x - size, 0, 1), np.clip(x + size, 0, 1)
        self.now = rng.uniform(self.low, self.high).astype(np.float32)
        self.before, self.best = self.now.copy(), self.now.copy()
        self.slope, self.slope_there = np.zeros((2, *x.shape), np.float32)
        self.length = np.full((len(x), *[1] * (x.ndim - 1)), 2 * size)
        self.lead, self.loss, self.peak, self.peak_then = np.full((4, len(x)), -np.inf)
        self.uphill, self.kept = np.zeros(len(x)), np.zeros(len(x), bool)

    def look(self, grad: Callable, y: Labels, loss: str) -> None:
        """Ask the network where each picture is now; those that it gets wrong stay there."""
        on = np.flatnonzero(self.lead < 0)
        if not on.size:
            return
        self.slope[on], logits = grad(self.now[on], y[on])
        value = HEIGHTS[loss](logits, y[on])
        self.lead[on] = margin(logits, y[on])
        self.uphill[on] += value > self.loss[on]
        self.loss[on] = value
        better = on[(value > self.peak[on]) | (self.lead[on] >= 0)]
        self.peak[better] = self.loss[better]
        self.best[better], self.slope_there[better] = self.now[better], self.slope[better]

    def halve(self, steps: int) -> None:
        """Half the step, and back to the best place, where too few of the last `steps` led uphill,
        or none of them higher than before with steps of this very length.
        """
        too_long = (self.uphill < ENOUGH * steps) | self.kept & (self.peak == self.peak_then)
        self.length[too_long] /= 2
        self.now[too_long], self.slope[too_long] = self.best[too_long], self.slope_there[too_long]
        self.kept, self.peak_then = ~too_long, self.peak.copy()
        self.uphill[:] = 0

    def step(self, share: float) -> None:
        """A step uphill, and for the rest of its `share` on as the last one went."""
        there = np.clip(self.now + self.length * np.sign(self.slope), self.low, self.high)
        ahead = share * (there - self.now) + (1 - share) * (self.now - self.before)
        self.before = self.now
        self.now = np.clip(self.now + ahead, self.low, self.high)


def checkpoints(nb_iter: int) -> dict[int, int]:
    """After which steps their length is looked at, and how many were taken since the last look."""
    shares, gap = [0.0, 0.22], 0.22
    while shares[-1] < 1:
        gap = max(gap - 0.03, 0.06)
        shares.append(shares[-1] + gap)
    at = [math.ceil(share * nb_iter) for share in shares]
    return {now: now - before for before, now in zip(at, at[1:]) if now > before}


def log_loss(logits: Floats, y: Labels) -> np.ndarray:
    return logsumexp(logits, axis=1) - logits[np.arange(len(y)), y]


def logit_ratio(logits: Floats, y: Labels) -> np.ndarray:
    """As `gradients.dlr`: the margin over the distance of the first logit and the third."""
    ordered = np.sort(logits, axis=1)
    return margin(logits, y) / (ordered[:, -1] - ordered[:, -3] + 1e-12)


HEIGHTS = {"cross-entropy": log_loss, "dlr": logit_ratio}
