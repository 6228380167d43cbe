"""APGD, PGD that sets its own step size: the attack that AutoAttack is built on.

Croce and Hein, "Reliable Evaluation of Adversarial Robustness with an Ensemble of Diverse
Parameter-Free Attacks", 2020. What an attack takes and gives is said in `attacks`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from helpers.learnable import attacks, gradients
from helpers.learnable.gradients import Floats, Gradient, Labels, gradient

MOMENTUM = np.float32(0.75)  # of each step; the rest is the step before (their alpha)
ENOUGH = 0.75  # a share of steps that went uphill: with fewer, steps are too long (their rho)
LOOKS = (0, 22, 41, 57, 70, 80, 87, 93, 99)  # at which of 100 steps their length is checked

# How high a picture is, by its loss. Where the cross-entropy is 0 in float32, log-odds still tell.
HEIGHTS = gradients.LOSSES | {"cross-entropy": gradients.log_odds}


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

    It begins at x with steps of 2 eps, keeps the best place met, and goes back there when steps are
    halved. A picture that succeeds is left alone; the others begin again at each restart, somewhere
    in the ball around x.

    Args:
        model_fn, x, y, eps, nb_iter, grad: as those of `projected_gradient_descent`.
        rng: where it begins again.
        restarts: how often it begins, 1 or more.
        loss: "cross-entropy"; "dlr", the margin over a distance of logits; or "margin" alone, whose
            slope has another direction, as the distance changes too.

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
    classes = attacks.classes_of(model_fn)
    x, y = attacks.check_pictures(x), attacks.check_labels(y, len(x), classes)
    attacks.check_budget(eps, eps, nb_iter)
    if restarts < 1:
        raise ValueError(f"An attack begins at least once; {restarts} restarts came: give 1.")
    found, stuck, left = x.copy(), np.zeros(len(x), bool), np.arange(len(x))
    looks = checkpoints(nb_iter)
    for i in range(restarts):
        path = Path(x[left], eps, rng if i else None)
        for k in range(nb_iter + 1):
            path.look(lambda x, y: grad(model_fn, x, y, loss), y[left], loss)
            path.halve(looks.get(k))
            path.step(MOMENTUM if k else 1)
        found[left], stuck[left] = path.best, path.stuck
        left = left[path.lead < 0]
        if not left.size:
            break
    attacks.warn_of(stuck)
    return found


class Path:
    """Where each picture is on its way, and how it goes: arrays of all pictures, (n, ...)."""

    def __init__(self, x: Floats, eps: float, rng: np.random.Generator | None):
        size, n = np.float32(eps), len(x)
        self.low, self.high = np.clip(x - size, 0, 1), np.clip(x + size, 0, 1)
        self.now = x if rng is None else rng.uniform(self.low, self.high).astype(np.float32)
        self.before, self.best = self.now.copy(), self.now.copy()
        self.slope, self.slope_there = np.zeros((2, *x.shape), np.float32)
        self.length = np.full((n, *[1] * (x.ndim - 1)), 2 * size)
        self.lead, self.peak, self.peak_then = np.full((3, n), -np.inf)
        self.height, self.uphill = np.full(n, np.inf), np.zeros(n, int)
        self.kept, self.stuck = np.zeros((2, n), bool)

    def look(self, grad: Callable, y: Labels, loss: str) -> None:
        """Ask the network where each picture is now; those that it gets wrong stay there."""
        on = np.flatnonzero(self.lead < 0)
        if not on.size:
            return
        slope, logits = grad(self.now[on], y[on])
        flat, height = attacks.no_way_up(slope), np.asarray(HEIGHTS[loss](y[on], logits))
        slope[flat] = 0
        self.slope[on], self.lead[on] = slope, gradients.margin(logits, y[on])
        self.stuck[on] |= flat & (self.lead[on] < 0)
        self.uphill[on] += height > self.height[on]
        self.height[on] = height
        better = on[(height > self.peak[on]) | (self.lead[on] >= 0)]
        self.peak[better] = self.height[better]
        self.best[better], self.slope_there[better] = self.now[better], self.slope[better]

    def halve(self, steps: int | None) -> None:
        """Half the step, and back to the best place, where too few of the last `steps` led uphill,
        or none of them higher than before with steps of this very length.
        """
        if steps is None:  # no checkpoint
            return
        too_long = (self.uphill < ENOUGH * steps) | self.kept & (self.peak == self.peak_then)
        self.length[too_long] /= 2
        self.now[too_long], self.slope[too_long] = self.best[too_long], self.slope_there[too_long]
        self.kept, self.peak_then, self.uphill[:] = ~too_long, self.peak.copy(), 0

    def step(self, share: float) -> None:
        """A step uphill, and for the rest of its `share` on as the last one went."""
        there = np.clip(self.now + self.length * np.sign(self.slope), self.low, self.high)
        ahead = share * (there - self.now) + (1 - share) * (self.now - self.before)
        self.before, self.now = self.now, np.clip(self.now + ahead, self.low, self.high)


def checkpoints(nb_iter: int) -> dict[int, int]:
    """After which steps their length is looked at, and how many were taken since the last look."""
    at = [math.ceil(share * nb_iter / 100) for share in LOOKS]
    return {now: now - before for before, now in zip(at, at[1:]) if now > before}
