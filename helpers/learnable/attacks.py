"""PGD, the attack of the paper: noise that a picture classifier gets wrong.

Pictures are x, float32, mostly (n, height, width, 3) in [0, 1]; labels are y, whole numbers (n,).
What an attacker of an encrypted model knows, and so which attack is open to them, is in `ladder`.

"The paper" is AprilPyone, Sirichotedumrong and Kiya, "Adversarial Test on Learnable Image
Encryption".
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from helpers.learnable.gradients import Floats, Gradient, Labels, gradient
from helpers.quiet_keras import keras


def projected_gradient_descent(
    model_fn: Callable,
    x: Floats,
    y: Labels,
    *,
    eps: float = 0.1,
    eps_iter: float = 0.01,
    nb_iter: int = 20,
    targeted: bool = False,
    loss: str = "cross-entropy",
    grad: Gradient = gradient,
) -> Floats:
    """PGD: `nb_iter` steps of `eps_iter` uphill on the loss, each put back to within eps of x.

    One step as long as eps is FGSM (Goodfellow, Shlens and Szegedy 2015; the paper's [9]). A
    picture whose slope is 0 everywhere, or no finite number, stays where it is, and a warning says
    how many these are.

    Args:
        model_fn: gives logits (n, classes), before any softmax; see `gradient`.
        x: floats (n, height, width, 3) in [0, 1].
        y: whole numbers (n,), the labels that the model shall not see.
        eps: how far a value may go from x; 8 steps of a byte are 8 / 255.
        eps_iter: how far it goes in one step.
        nb_iter: how many steps are taken.
        targeted: to go downhill: y are the classes that the model shall see.
        loss: "cross-entropy", which is the paper's, or "margin".
        grad: for who takes the gradient elsewhere: through a cipher, for instance.

    Returns:
        The adversarial examples, float32 like x.

    Raises:
        ValueError: for pictures out of range or not float, labels that do not fit, and sizes or
            numbers of steps below 0.

    Source: the paper, equation (1).

    >>> def colours_of_the_only_pixel(x):
    ...     return x[:, 0, 0, :]
    >>> x, y = np.float32([[[[0.25, 1, 0.25]]]]), np.array([1])
    >>> options = {"eps": 0.5, "eps_iter": 0.25, "nb_iter": 20}
    >>> projected_gradient_descent(colours_of_the_only_pixel, x, y, **options).tolist()
    [[[[0.75, 0.5, 0.75]]]]
    """
    x, y = check_pictures(x), check_labels(y, len(x), classes_of(model_fn))
    check_budget(eps, eps_iter, nb_iter)
    noise, step = np.float32(eps), np.float32(-eps_iter if targeted else eps_iter)
    low, high = np.clip(x - noise, 0, 1), np.clip(x + noise, 0, 1)
    adversarial, stuck = x.copy(), np.zeros(len(x), bool)
    for _ in range(nb_iter):
        slope, _ = grad(model_fn, adversarial, y, loss)
        flat = no_way_up(slope)
        slope[flat], stuck = 0, stuck | flat
        adversarial = np.clip(adversarial + step * np.sign(slope), low, high)
    warn_of(stuck)
    return adversarial


def no_way_up(slope: np.ndarray) -> npt.NDArray[np.bool_]:
    """Which pictures have a slope that is 0 everywhere, or not a finite number, bool (n,)."""
    steepest = np.abs(slope).max(axis=tuple(range(1, slope.ndim)))
    return ~((steepest > 0) & (steepest < np.inf))  # put this way, nan is found too


def warn_of(stuck: npt.NDArray[np.bool_]) -> None:
    """Say so where an attack had no way up: what it leaves alone is not robust, but untried."""
    if stuck.any():
        warnings.warn(
            f"The attack stood still at {stuck.sum()} of {len(stuck)} pictures, since its slope "
            "was 0 or no finite number there: count these as untried, not as withstood, and look "
            "at the network.",
            stacklevel=3,
        )


def check_pictures(x: np.ndarray) -> Floats:
    """x as float32. ValueError unless it has a picture, and only floats from 0 to 1."""
    x = np.asarray(x)
    expected = "An attack takes at least one picture, as floats from 0 to 1"
    if x.dtype.kind != "f" or x.ndim < 2 or x.size == 0:
        raise ValueError(
            f"{expected}; these are {x.dtype} {x.shape}: give np.float32(pictures) / 255."
        )
    if not (x.min() >= 0 and x.max() <= 1):  # put this way, nan is refused too
        raise ValueError(
            f"{expected}; these go from {x.min():g} to {x.max():g}: divide bytes by 255."
        )
    return x.astype(np.float32)


def check_labels(y: np.ndarray, n: int, classes: int | None = None) -> npt.NDArray[np.int64]:
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


def classes_of(model_fn: Callable) -> int | None:
    """How many classes a Keras model tells apart; None for a function, which does not say."""
    return model_fn.output_shape[-1] if isinstance(model_fn, keras.Model) else None


def check_budget(eps: float, eps_iter: float, nb_iter: int) -> None:
    """ValueError unless the sizes and the number of steps make sense."""
    for name, size in (("eps", eps), ("eps_iter", eps_iter)):
        if not 0 <= size <= 1:
            raise ValueError(
                f"{name} is measured on the scale of the pictures, from 0 to 1; {size:g} came: a "
                "step of one byte is 1 / 255."
            )
    if not isinstance(nb_iter, (int, np.integer)) or nb_iter < 0:
        raise ValueError(
            f"An attack takes a whole number of steps or queries, 0 or more; {nb_iter!r} came: "
            "the paper takes 20 steps."
        )
