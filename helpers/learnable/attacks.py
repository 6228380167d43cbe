"""Attacks on a picture classifier: FGSM, PGD and Square, under the names they have in the field.

Each takes pictures x as floats, mostly (n, height, width, 3) in [0, 1], and their labels y, whole
numbers (n,), and returns pictures of that shape, float32, at most eps away from x and still in
range, that the model should get wrong. A model gives logits (n, classes), before any softmax. What
an attacker of an encrypted model knows, and so which of these are open to them, is in `ladder`.

"The paper" is AprilPyone, Sirichotedumrong and Kiya, "Adversarial Test on Learnable Image
Encryption".
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import numpy as np

from helpers.learnable.gradients import Gradient, classes_of, gradient, margin

# --- with gradients -------------------------------------------------------------------------------


def fast_gradient_method(
    model_fn: Callable,
    x: np.ndarray,
    y: np.ndarray,
    *,
    eps: float = 0.1,
    norm: float = np.inf,
    clip_min: float = 0.0,
    clip_max: float = 1.0,
    targeted: bool = False,
    loss: str = "cross-entropy",
) -> np.ndarray:
    """FGSM (Goodfellow, Shlens and Szegedy 2015; the paper's [9]): PGD in one step as long as eps.

    Arguments, result and errors are those of `projected_gradient_descent`.
    """
    rest = {"norm": norm, "clip_min": clip_min, "clip_max": clip_max}
    rest |= {"targeted": targeted, "loss": loss}
    return projected_gradient_descent(model_fn, x, y, eps=eps, eps_iter=eps, nb_iter=1, **rest)


def projected_gradient_descent(
    model_fn: Callable,
    x: np.ndarray,
    y: np.ndarray,
    *,
    eps: float = 0.1,
    eps_iter: float = 0.01,
    nb_iter: int = 20,
    norm: float = np.inf,
    clip_min: float = 0.0,
    clip_max: float = 1.0,
    rand_init: bool = False,
    rng: np.random.Generator | None = None,
    targeted: bool = False,
    early_stop: bool = False,
    loss: str = "cross-entropy",
    grad: Gradient = gradient,
) -> np.ndarray:
    """PGD, the paper's equation (1): `nb_iter` steps of `eps_iter` uphill on the loss, each put
    back into the ball of radius eps around x, in the `norm` np.inf or 2.

    `rand_init` starts at a random place in the ball (Madry et al. 2018; the paper starts at x).
    `targeted` goes downhill: y are the classes that the model shall see. `early_stop` leaves a
    picture alone once it has succeeded, which saves most of the time where eps is large. `loss` is
    the paper's "cross-entropy" or "margin". `grad` is for attackers who take the gradient
    elsewhere: through a cipher, for instance.

    Returns float32 like x. A picture whose slope is 0 everywhere, or no finite number, stays where
    it is, and a warning says how many these are. ValueError for pictures out of range or not float,
    labels that do not fit, a negative eps, eps_iter or nb_iter, another norm or loss, or
    `rand_init` without `rng`.
    """
    x, y = check_pictures(x, clip_min, clip_max), check_labels(y, len(x), classes_of(model_fn))
    check_budget(eps, eps_iter, nb_iter, norm, clip_max - clip_min)
    low, high = box_around(x, eps, clip_min, clip_max)
    adversarial = x.copy()
    if rand_init:
        adversarial = project(x + start_noise(x.shape, eps, rng), x, low, high, eps, norm)
    step = -eps_iter if targeted else eps_iter
    active = np.arange(len(x)) if early_stop else slice(None)  # a slice copies nothing
    stuck = np.zeros(len(x), bool)
    for _ in range(nb_iter):
        slope, logits = grad(model_fn, adversarial[active], y[active], loss)
        if early_stop:
            going_on = (margin(logits, y[active]) >= 0) == targeted
            active, slope = active[going_on], slope[going_on]
            if not active.size:
                break
        still = no_way_up(slope)
        slope[still], stuck[active] = 0, stuck[active] | still
        moved = adversarial[active] + np.float32(step) * direction(slope, norm)
        here = (part[active] for part in (x, low, high))
        adversarial[active] = project(moved, *here, eps, norm)
    warn_of(stuck)
    return adversarial


def direction(slope: np.ndarray, norm: float) -> np.ndarray:
    """The step of length 1 that climbs the most: the sign of the slope, or in norm 2 the slope."""
    if norm == np.inf:
        return np.sign(slope)
    _, exponent = np.frexp(steepest(slope))
    slope = np.ldexp(slope, -exponent)  # near 1: the squares of tiny slopes would be 0
    return slope / np.maximum(lengths(slope), 1e-12)


def no_way_up(slope: np.ndarray) -> np.ndarray:
    """Which pictures have a slope that is 0 everywhere, or not a finite number, bool (n,)."""
    most = steepest(slope).reshape(-1)
    return ~((most > 0) & (most < np.inf))  # put this way, nan is found too


def steepest(slope: np.ndarray) -> np.ndarray:
    """The size of each picture's greatest slope, shaped to divide it."""
    return np.abs(slope).max(axis=tuple(range(1, slope.ndim)), keepdims=True)


def warn_of(stuck: np.ndarray) -> None:
    """Say so where an attack had no way up: what it leaves alone is not robust, but untried."""
    if stuck.any():
        warnings.warn(
            f"The attack stood still at {stuck.sum()} of {len(stuck)} pictures, since its slope "
            "was 0 or no finite number there: count these as untried, not as withstood, and look "
            "at the network.",
            stacklevel=3,
        )


def box_around(
    x: np.ndarray, eps: float, clip_min: float, clip_max: float
) -> tuple[np.ndarray, np.ndarray]:
    """(low, high): how far each value may go, at most eps and not out of range."""
    noise = np.float32(eps)
    return np.clip(x - noise, clip_min, clip_max), np.clip(x + noise, clip_min, clip_max)


def project(
    moved: np.ndarray, x: np.ndarray, low: np.ndarray, high: np.ndarray, eps: float, norm: float
) -> np.ndarray:
    """`moved` put back into the ball of radius eps around x, and into the box (the paper's clip).

    In the norm np.inf, ball and box are one; in norm 2 the noise is shortened first.
    """
    if norm == 2:
        noise = moved - x
        moved = x + noise * np.minimum(1, eps / np.maximum(lengths(noise), 1e-12))
    return np.clip(moved, low, high)


def lengths(noise: np.ndarray) -> np.ndarray:
    """The Euclidean length of each picture's noise, shaped to divide it."""
    return np.sqrt(np.sum(noise**2, axis=tuple(range(1, noise.ndim)), keepdims=True))


def start_noise(shape: tuple, eps: float, rng: np.random.Generator | None) -> np.ndarray:
    if rng is None:
        raise ValueError(
            "A random start needs a generator; none came: pass rng=np.random.default_rng(seed)."
        )
    return rng.uniform(-eps, eps, shape).astype(np.float32)


# --- without gradients ----------------------------------------------------------------------------


def square_attack(
    query: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    *,
    rng: np.random.Generator,
    eps: float = 0.1,
    n_queries: int = 100,
    p_init: float = 0.8,
) -> np.ndarray:
    """Square attack in the max-norm (Andriushchenko et al. 2020): keep squares that help.

    `query` answers pictures (k, height, width, channels) with their logits (k, classes), and is all
    that is known of the model. Each picture is asked about at most `n_queries` times, the first
    time as it is, the second with vertical stripes, and no more once it has succeeded. `p_init` is
    the share of a picture that the first squares cover, 0.8 as in AutoAttack; it shrinks as the
    budget is spent. Returns float32 like x. ValueError as `projected_gradient_descent`.
    """
    x, y = check_pictures(x, 0.0, 1.0), check_labels(y, len(x))
    check_budget(eps, eps, n_queries, np.inf, 1.0)
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
    now: np.ndarray,
    x: np.ndarray,
    eps: float,
    asked: int,
    n_queries: int,
    p_init: float,
    rng: np.random.Generator,
) -> np.ndarray:
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


def signs(shape: int | tuple, rng: np.random.Generator) -> np.ndarray:
    return rng.choice(np.float32([-1, 1]), shape)


# --- what came in ---------------------------------------------------------------------------------


def check_pictures(x: np.ndarray, clip_min: float, clip_max: float) -> np.ndarray:
    """x as float32. ValueError unless it has a picture, and only floats within the limits."""
    x = np.asarray(x)
    expected = f"An attack takes at least one picture, as floats from {clip_min:g} to {clip_max:g}"
    if x.dtype.kind != "f" or x.ndim < 2 or x.size == 0:
        raise ValueError(
            f"{expected}; these are {x.dtype} {x.shape}: give np.float32(pictures) / 255."
        )
    if not (x.min() >= clip_min and x.max() <= clip_max):  # put this way, nan is refused too
        raise ValueError(
            f"{expected}; these go from {x.min():g} to {x.max():g}: divide bytes by 255."
        )
    return x.astype(np.float32)


def check_labels(y: np.ndarray, n: int, classes: int | None = None) -> np.ndarray:
    """y as int64 (n,). ValueError unless it has one whole number a picture, each a class."""
    y = np.asarray(y)
    if y.shape != (n,) or y.dtype.kind not in "ui":
        raise ValueError(
            f"{n} pictures need {n} labels, whole numbers of shape ({n},); these are {y.dtype} "
            f"{y.shape}: undo one-hot labels with y.argmax(axis=1)."
        )
    if y.min() < 0 or classes is not None and y.max() >= classes:
        last = "on" if classes is None else f"to {classes - 1}"
        raise ValueError(
            f"Labels are classes from 0 {last}; here are {y.min()} to {y.max()}: "
            "check that they belong to this model."
        )
    return y.astype(np.int64)


def check_budget(eps: float, eps_iter: float, nb_iter: int, norm: float, span: float) -> None:
    """ValueError unless the sizes, the number of steps and the norm make sense."""
    if norm not in (np.inf, 2):
        raise ValueError(f"Noise is measured in the norm np.inf or 2; {norm!r} came: take np.inf.")
    for name, size in (("eps", eps), ("eps_iter", eps_iter)):
        if not 0 <= size < np.inf or norm == np.inf and size > span:
            raise ValueError(
                f"{name} is measured on the scale of the pictures, from 0 to {span:g}; {size:g} "
                f"came: a step of one byte is {span:g} / 255."
            )
    if not isinstance(nb_iter, (int, np.integer)) or nb_iter < 0:
        raise ValueError(
            f"An attack takes a whole number of steps or queries, 0 or more; {nb_iter!r} came: "
            "the paper takes 20 steps."
        )
